from partners.models.deals import (
    Credits,
    Deal,
    DealDocument,
    DealForm,
    DealKey,
    DealProduct,
    DealState,
)
from partners.models.spiffs import (
    Beneficiary,
    Spiff,
    SpiffClaim,
    SpiffClaimState,
    SpiffConsent,
    SpiffSerial,
    SpiffSettings,
    SpiffUnit,
    SpiffVersion,
)

__all__ = [
    "Beneficiary",
    "Credits",
    "Deal",
    "DealDocument",
    "DealForm",
    "DealKey",
    "DealProduct",
    "DealState",
    "Spiff",
    "SpiffClaim",
    "SpiffClaimState",
    "SpiffConsent",
    "SpiffSerial",
    "SpiffSettings",
    "SpiffUnit",
    "SpiffVersion",
]
