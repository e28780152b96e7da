from rewards.models.campaigns import (
    Boost,
    Budget,
    BudgetUse,
    Campaign,
    GrantNote,
    Milestone,
)
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
    "Boost",
    "Budget",
    "BudgetUse",
    "Campaign",
    "CapUse",
    "CorrectionTerms",
    "EarningRule",
    "Entry",
    "EntryKind",
    "GrantNote",
    "Lot",
    "LotState",
    "LotUse",
    "Milestone",
    "RuleVersion",
    "Transfer",
    "Unit",
    "Wallet",
]
