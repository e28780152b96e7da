from rewards.models.catalogue import (
    Redemption,
    RedemptionState,
    Reward,
    RewardCode,
    RewardPrice,
    RewardSlot,
    RewardState,
    RewardType,
)
from rewards.models.ledger import Entry, EntryKind, Lot, LotState, LotUse, Unit, Wallet
from rewards.models.rules import CapUse, EarningRule, RuleVersion

__all__ = [
    "CapUse",
    "EarningRule",
    "Entry",
    "EntryKind",
    "Lot",
    "LotState",
    "LotUse",
    "Redemption",
    "RedemptionState",
    "Reward",
    "RewardCode",
    "RewardPrice",
    "RewardSlot",
    "RewardState",
    "RewardType",
    "RuleVersion",
    "Unit",
    "Wallet",
]
