from partners.models.deals import (
    Credits,
    Deal,
    DealDocument,
    DealForm,
    DealKey,
    DealProduct,
    DealState,
)

__all__ = ["Credits", "Deal", "DealDocument", "DealForm", "DealKey", "DealProduct", "DealState"]
