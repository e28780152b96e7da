"""The console's lists: filtered, sorted, kept as views and taken out as files, all the same way."""

from loyalty.lists.accounts import ACCOUNTS
from loyalty.lists.catalog import REWARDS
from loyalty.lists.directory import IMPORTS, MEMBERS, PRODUCTS, STAFF
from loyalty.lists.history import HISTORY
from loyalty.lists.leads import LEADS
from loyalty.lists.listed import Listed
from loyalty.lists.queues import ADJUSTMENTS, CLAIMS, REDEMPTIONS

LISTS: dict[str, Listed] = {
    one.code: one
    for one in (
        ACCOUNTS,
        REDEMPTIONS,
        CLAIMS,
        ADJUSTMENTS,
        IMPORTS,
        REWARDS,
        PRODUCTS,
        MEMBERS,
        STAFF,
        HISTORY,
        LEADS,
    )
}

__all__ = [
    "ACCOUNTS",
    "ADJUSTMENTS",
    "CLAIMS",
    "HISTORY",
    "IMPORTS",
    "LEADS",
    "LISTS",
    "MEMBERS",
    "PRODUCTS",
    "REDEMPTIONS",
    "REWARDS",
    "STAFF",
]
