"""A wallet as a page of arithmetic: what the ledger must do, without a database and without sets.

Written from the rules alone and sharing nothing with `rewards.ledger`, so that both can only agree
by being right. Whole units.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Lot:
    amount: int
    remaining: int
    earned_at: datetime
    order: int  # of making, among credits of the same instant
    expires_at: datetime | None
    activates_at: datetime | None  # None once active
    expired: int = 0

    def spending_order(self) -> tuple:
        """Soonest expiry first, those that never expire last; then the oldest."""
        return (self.expires_at or NEVER, self.earned_at, self.order)


class Refused(Exception):
    """Less is available than was to be spent."""


@dataclass(slots=True)
class WalletModel:
    available: int = 0
    pending: int = 0
    lots: dict[str, Lot] = field(default_factory=dict)  # by the document that earned it
    granted: dict[str, int] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)  # of what was granted, in proportion
    reversed: dict[str, int] = field(default_factory=dict)  # of that, what was taken back

    # ── What comes in ──

    def earn(
        self,
        document: str,
        amount: int,
        *,
        earned_at: datetime,
        expires_at: datetime | None,
        activates_at: datetime | None,
    ) -> None:
        self.granted[document] = amount
        self.reversed[document] = self.returned[document] = 0
        if activates_at is not None:
            self.pending += amount
            left = amount
        else:
            left = self._credit(amount)
        if left:
            order = len(self.granted)
            self.lots[document] = Lot(left, left, earned_at, order, expires_at, activates_at)

    def _credit(self, amount: int) -> int:
        """Add to available; what is left of it once the debt is repaid."""
        debt = max(0, -self.available)
        self.available += amount
        return amount - min(debt, amount)

    def activate(self, upto: datetime) -> None:
        due = [lot for lot in self.lots.values() if lot.activates_at and lot.activates_at <= upto]
        for lot in sorted(due, key=lambda lot: (lot.activates_at, lot.earned_at, lot.order)):
            self.pending -= lot.remaining
            lot.remaining = self._credit(lot.remaining)
            lot.activates_at = None

    # ── What goes out ──

    def _take(self, amount: int) -> None:
        """Out of active lots in spending order, as far as they reach."""
        active = [lot for lot in self.lots.values() if lot.activates_at is None]
        for lot in sorted(active, key=Lot.spending_order):
            part = min(lot.remaining, amount)
            lot.remaining -= part
            amount -= part

    def spend(self, amount: int, *, at: datetime) -> None:
        """At the instant `at`: what is due by then is settled first. Refused, nothing moved."""
        settled = deepcopy(self)
        settled.activate(at)
        settled.expire(at)
        if settled.available < amount:
            raise Refused
        self.activate(at)
        self.expire(at)
        self._take(amount)
        self.available -= amount

    def expire(self, upto: datetime) -> None:
        for lot in self.lots.values():
            if lot.activates_at is None and lot.expires_at and lot.expires_at <= upto:
                self.available -= lot.remaining
                lot.expired += lot.remaining
                lot.remaining = 0

    def take_back(self, document: str, amount: int) -> None:
        """A return of `document`: the same lot, then any other, then debt."""
        self.returned[document] += amount
        assert self.returned[document] <= self.granted[document]
        lot = self.lots.get(document)
        # What expired of the lot is gone already; a return does not take it a second time.
        due = max(0, self.returned[document] - (lot.expired if lot else 0))
        left = due - self.reversed[document]
        if left <= 0:
            return
        self.reversed[document] = due
        if lot is not None:
            part = min(lot.remaining, left)
            lot.remaining -= part
            left -= part
            if lot.activates_at is None:
                self.available -= part
            else:
                self.pending -= part
        self._take(left)
        self.available -= left

    # ── What can be seen ──

    def open_lots(self) -> list[tuple]:
        """(expiry, earned at, remaining, active) of each lot that has something left."""
        return [
            (lot.expires_at, lot.earned_at, lot.remaining, lot.activates_at is None)
            for lot in sorted(self.lots.values(), key=Lot.spending_order)
            if lot.remaining
        ]
