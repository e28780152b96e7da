from rewards.models.campaigns import (
    Boost,
    Budget,
    BudgetUse,
    Campaign,
    GrantNote,
    Milestone,
)
from rewards.models.ledger import Entry, EntryKind, Lot, LotState, LotUse, Unit, Wallet
from rewards.models.rules import CapUse, EarningRule, RuleVersion

__all__ = [
    "Boost",
    "Budget",
    "BudgetUse",
    "Campaign",
    "CapUse",
    "EarningRule",
    "Entry",
    "EntryKind",
    "GrantNote",
    "Lot",
    "LotState",
    "LotUse",
    "Milestone",
    "RuleVersion",
    "Unit",
    "Wallet",
]
