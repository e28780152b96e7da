from rewards.models.corrections import (
    Adjustment,
    AdjustmentAction,
    AdjustmentLimit,
    AdjustmentState,
    CorrectionTerms,
    Transfer,
)
from rewards.models.ledger import Entry, EntryKind, Lot, LotState, LotUse, Unit, Wallet
from rewards.models.rules import CapUse, EarningRule, RuleVersion

__all__ = [
    "Adjustment",
    "AdjustmentAction",
    "AdjustmentLimit",
    "AdjustmentState",
    "CapUse",
    "CorrectionTerms",
    "EarningRule",
    "Entry",
    "EntryKind",
    "Lot",
    "LotState",
    "LotUse",
    "RuleVersion",
    "Transfer",
    "Unit",
    "Wallet",
]
