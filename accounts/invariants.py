"""What an invariant is, for the books of every floor; see `accounts.books`."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """One thing that must be true; `number` is its number in the list of ledger invariants.

    `violations` returns a row for each violation; its first column names the offending row. It may
    use `%(places)s`, the decimal places of the tenant's currency, and so writes `%%` for a percent.
    Where the query depends on what a tenant has declared, it is a function that writes it for the
    open tenant.
    """

    number: int
    claim: str
    violations: str | Callable[[], str]
    # Whether nothing may be handed out while it is not true (rewards.payouts).
    stops_payouts: bool = True

    @property
    def query(self) -> str:
        return self.violations if isinstance(self.violations, str) else self.violations()


# Facts of which nothing is left, each with the return that completed it.
COMPLETED = """
        SELECT whole.id, (array_agg(taken.id ORDER BY taken.recorded_at DESC, taken.id DESC))[1]
                   AS last
        FROM accounts_activity whole
        JOIN accounts_activity taken
          ON taken.tenant_id = whole.tenant_id AND taken.reverses_id = whole.id
        GROUP BY whole.tenant_id, whole.id, whole.quantity, whole.amount
        HAVING CASE WHEN whole.quantity > 0 THEN -sum(taken.quantity) = whole.quantity
                    ELSE -sum(taken.amount) = whole.amount END
"""
