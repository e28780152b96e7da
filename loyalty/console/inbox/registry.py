"""Every kind that the inbox shows, in the order of its chips. A program adds its own here."""

from collections.abc import Mapping

from loyalty.console.inbox import (
    directory,
    drafts,
    funds,
    partners,
    rebates,
    referrals,
    rewards,
    spiffs,
)
from loyalty.console.inbox.kind import Kind

ALL = (
    rewards.REDEMPTIONS,
    rewards.ADJUSTMENTS,
    rewards.CLAIMS,
    rebates.SALES,
    partners.DEALS,
    partners.EXTENSIONS,
    partners.SUPPORT,
    funds.REQUESTS,
    funds.CLAIMS,
    funds.PAYMENTS,
    spiffs.CLAIMS,
    referrals.REFERRALS,
    directory.PAGES,
    rebates.STATEMENTS,
    rebates.DISPUTES,
    rebates.RUNS,
    drafts.PINS,
    drafts.RULES,
    drafts.CAMPAIGNS,
    drafts.LADDERS,
)
KINDS: Mapping[str, Kind] = {kind.code: kind for kind in ALL}
READ_ONLY = "analyst"


def kinds_for(role: str) -> list[Kind]:
    """Those that somebody of this role decides; analysts look at all of them and decide none."""
    return [kind for kind in ALL if role in kind.roles or role == READ_ONLY]
