"""The tables of the middle floor; see the modules for what each means."""

from tiers.models.schemes import Falls, Lead, PeriodUnit, Rises, Scheme, SchemeVersion, State, Tier
from tiers.models.standings import Cause, Nearness, Pin, Standing, TierInvitation

__all__ = [
    "Cause",
    "Falls",
    "Lead",
    "Nearness",
    "PeriodUnit",
    "Pin",
    "Rises",
    "Scheme",
    "SchemeVersion",
    "Standing",
    "State",
    "Tier",
    "TierInvitation",
]
