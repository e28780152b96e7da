"""The console's lists: filtered, sorted, kept as views and taken out as files, all the same way."""

from loyalty.lists.accounts import ACCOUNTS
from loyalty.lists.catalog import REWARDS
from loyalty.lists.certificates import CERTIFICATES
from loyalty.lists.directory import IMPORTS, MEMBERS, PRODUCTS, STAFF
from loyalty.lists.history import HISTORY
from loyalty.lists.leads import LEADS
from loyalty.lists.listed import Listed
from loyalty.lists.paying import MONEY_OWED, MONEY_PAID
from loyalty.lists.programs import CAMPAIGNS, LADDERS, REPLAYS, RULES
from loyalty.lists.queues import ADJUSTMENTS, CLAIMS, REDEMPTIONS
from loyalty.lists.referrals import REFERRALS
from loyalty.lists.spiffs import SPIFF_CLAIMS, SPIFF_PEOPLE
from loyalty.lists.systems import KEYS, WEBHOOKS
from loyalty.lists.vocabulary import KINDS, MEASURES, SEGMENTS

LISTS: dict[str, Listed] = {
    one.code: one
    for one in (
        ACCOUNTS,
        REDEMPTIONS,
        CLAIMS,
        ADJUSTMENTS,
        CERTIFICATES,
        IMPORTS,
        REWARDS,
        PRODUCTS,
        MEMBERS,
        STAFF,
        RULES,
        CAMPAIGNS,
        LADDERS,
        REPLAYS,
        KINDS,
        SEGMENTS,
        MEASURES,
        KEYS,
        WEBHOOKS,
        HISTORY,
        REFERRALS,
        SPIFF_CLAIMS,
        SPIFF_PEOPLE,
        MONEY_OWED,
        MONEY_PAID,
        LEADS,
    )
}

__all__ = [
    "ACCOUNTS",
    "ADJUSTMENTS",
    "CAMPAIGNS",
    "CERTIFICATES",
    "CLAIMS",
    "HISTORY",
    "IMPORTS",
    "KEYS",
    "KINDS",
    "LADDERS",
    "LEADS",
    "LISTS",
    "MEASURES",
    "MEMBERS",
    "MONEY_OWED",
    "MONEY_PAID",
    "PRODUCTS",
    "REDEMPTIONS",
    "REFERRALS",
    "REPLAYS",
    "REWARDS",
    "RULES",
    "SEGMENTS",
    "SPIFF_CLAIMS",
    "SPIFF_PEOPLE",
    "STAFF",
    "WEBHOOKS",
]
