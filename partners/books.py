"""What must be true of the partner programs, room by room; see `accounts.books`."""

from collections.abc import Sequence

from accounts.books import Invariant
from partners.deals.books import DEALS
from partners.training.books import TRAINING


def per_tenant() -> Sequence[Invariant]:
    return (*DEALS, *TRAINING)
