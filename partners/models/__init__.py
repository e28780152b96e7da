from partners.models.deals import Credits, Deal, DealForm, DealKey, DealProduct, DealState

__all__ = ["Credits", "Deal", "DealForm", "DealKey", "DealProduct", "DealState"]
