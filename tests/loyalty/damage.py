"""Damage to rows of the story in `test_verify_books`: (the claims that fail, what did it)."""

from tests.loyalty.damage_to_facts import TO_FACTS
from tests.loyalty.damage_to_points import TO_POINTS

_TABLES = (
    "accounts_activity",
    "accounts_enrollment",
    "accounts_event",
    "accounts_jobrun",
    "accounts_attributemeasure",
    "accounts_measure",
    "accounts_personmeasure",
    "accounts_returned",
    "accounts_validity",
    "accounts_webhookdelivery",
    "rewards_boost",
    "rewards_budget",
    "rewards_budgetuse",
    "rewards_campaign",
    "rewards_capuse",
    "rewards_earningrule",
    "rewards_entry",
    "rewards_grantnote",
    "rewards_lot",
    "rewards_lotuse",
    "rewards_ruleversion",
    "rewards_adjustment",
    "rewards_transfer",
    "rewards_wallet",
    "tiers_standing",
    "tiers_tier",
)
WITHOUT_TRIGGERS = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in _TABLES]
WITH_TRIGGERS = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in _TABLES]

DAMAGE = TO_FACTS | TO_POINTS
