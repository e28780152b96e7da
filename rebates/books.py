"""What must be true of the books of this floor; see `accounts.books`."""

from accounts.invariants import Invariant
from rebates.books_of_payments import PAYMENTS
from rebates.books_of_sales import SALES


def per_tenant() -> tuple[Invariant, ...]:
    """Run once for each tenant, in its scope."""
    return (*SALES, *PAYMENTS)
