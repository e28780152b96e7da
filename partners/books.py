"""What must be true of the partner programs, room by room; see `accounts.books`."""

from collections.abc import Sequence

from accounts.books import Invariant
from partners.deals.books import DEALS
from partners.directory.books import DIRECTORY
from partners.leads.books import LEADS


def per_tenant() -> Sequence[Invariant]:
    return (*DEALS, *LEADS, *DIRECTORY)
