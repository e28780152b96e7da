"""What must be true of the partner programs, room by room; see `accounts.books`."""

from collections.abc import Sequence

from accounts.books import Invariant
from partners.deals.books import DEALS
from partners.referrals.books import REFERRALS
from partners.spiffs.books import SPIFFS


def per_tenant() -> Sequence[Invariant]:
    return (*DEALS, *SPIFFS, *REFERRALS)
