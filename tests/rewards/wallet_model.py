"""A wallet as a page of arithmetic: what the ledger must do, without a database and without sets.

Written from the rules alone and sharing nothing with `rewards.ledger`, so that both can only agree
by being right. Whole units.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Lot:
    remaining: int
    earned_at: datetime
    order: int  # of making, among credits of the same instant
    expires_at: datetime | None
    activates_at: datetime | None = None  # None once active
    expired: int = 0
    reinstated: int = 0
    heirs: list["Lot"] = field(default_factory=list)  # what came back or was passed on

    def spending_order(self) -> tuple:
        """Soonest expiry first, those that never expire last; then the oldest."""
        return (self.expires_at or NEVER, self.earned_at, self.order)

    def lost(self) -> int:
        """What of it is gone for good: expired, here or where it went, and not brought back."""
        return self.expired - self.reinstated + sum(heir.lost() for heir in self.heirs)


class Refused(Exception):
    """Less is available than was to be spent."""


Parts = list[tuple[Lot, int]]


@dataclass(slots=True)
class WalletModel:
    available: int = 0
    pending: int = 0
    reserved: int = 0
    made: int = 0
    lots: dict[str, Lot] = field(default_factory=dict)  # by the document or command that made it
    granted: dict[str, int] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)  # of what was granted, in proportion
    reversed: dict[str, int] = field(default_factory=dict)  # of that, what was taken back
    held: dict[object, Parts] = field(default_factory=dict)  # by cause
    captured: dict[object, Parts] = field(default_factory=dict)

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
        self._make(document, left, earned_at, expires_at, activates_at)

    def give(
        self, name: str, amount: int, *, earned_at: datetime, expires_at: datetime | None
    ) -> Lot:
        """By hand, or from another wallet."""
        return self._make(name, self._credit(amount), earned_at, expires_at)

    def _make(
        self,
        name: str,
        amount: int,
        earned_at: datetime,
        expires_at: datetime | None,
        activates_at: datetime | None = None,
    ) -> Lot:
        self.made += 1
        lot = Lot(amount, earned_at, self.made, expires_at, activates_at)
        self.lots[name] = lot
        return lot

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

    def _take(self, amount: int) -> Parts:
        """Out of active lots in spending order, as far as they reach."""
        parts = []
        active = [lot for lot in self.lots.values() if lot.activates_at is None]
        for lot in sorted(active, key=Lot.spending_order):
            part = min(lot.remaining, amount)
            if part:
                lot.remaining -= part
                amount -= part
                parts.append((lot, part))
        return parts

    def settle(self, at: datetime) -> None:
        self.activate(at)
        self.expire(at)

    def _refuse_unless_there_is(self, amount: int, at: datetime) -> None:
        """At the instant `at`: what is due by then is settled first. Refused, nothing moved."""
        settled = deepcopy(self)
        settled.settle(at)
        if settled.available < amount:
            raise Refused
        self.settle(at)

    def spend(self, amount: int, *, at: datetime) -> Parts:
        self._refuse_unless_there_is(amount, at)
        self.available -= amount
        return self._take(amount)

    def reserve(self, cause: object, amount: int, *, at: datetime) -> None:
        self.held[cause] = self.spend(amount, at=at)
        self.reserved += amount

    def capture(self, cause: object) -> None:
        self.captured[cause] = self.held.pop(cause)
        self.reserved -= sum(part for _, part in self.captured[cause])

    def release(self, cause: object, *, at: datetime) -> None:
        parts = self.held.pop(cause)
        self.reserved -= sum(part for _, part in parts)
        self._give_back(parts, at=at)

    def refund(self, cause: object, *, at: datetime, grace_until: datetime | None) -> None:
        """What had expired meanwhile expires now, or lives until the end of the days of grace."""
        parts = self.captured.pop(cause)
        if grace_until is not None:
            over = [(lot, part) for lot, part in parts if _is_over(lot, at)]
            parts = [(lot, part) for lot, part in parts if not _is_over(lot, at)]
            for number, (lot, part) in enumerate(sorted(over, key=lambda one: one[0].order)):
                revived = self._make(f"refund {cause} {number}", 0, lot.earned_at, grace_until)
                lot.heirs.append(revived)
                parts.append((revived, part))
        self._give_back(parts, at=at)

    def _give_back(self, parts: Parts, *, at: datetime) -> None:
        for lot, part in sorted(parts, key=lambda one: one[0].spending_order()):
            if _is_over(lot, at):
                lot.expired += part
            else:
                lot.remaining += self._credit(part)

    def debit(self, amount: int, *, at: datetime, into_debt: bool) -> None:
        if into_debt:
            self.settle(at)
        else:
            self._refuse_unless_there_is(amount, at)
        self._take(amount)
        self.available -= amount

    def pass_on(self, taker: "WalletModel", amount: int, *, name: str, at: datetime) -> None:
        """To another wallet of the account, with its expiry."""
        for number, (lot, part) in enumerate(self.spend(amount, at=at)):
            heir = taker.give(
                f"{name} {number}", part, earned_at=lot.earned_at, expires_at=lot.expires_at
            )
            lot.heirs.append(heir)

    def expire(self, upto: datetime) -> None:
        for lot in self.lots.values():
            if lot.activates_at is None and _is_over(lot, upto):
                self.available -= lot.remaining
                lot.expired += lot.remaining
                lot.remaining = 0

    def take_back(self, document: str, amount: int) -> None:
        """A return of `document`: the same lot, what came back of it, any other, then debt."""
        self.returned[document] += amount
        assert self.returned[document] <= self.granted[document]
        lot = self.lots[document]
        # What expired of the lot is gone already; a return does not take it a second time.
        due = max(0, self.returned[document] - lot.lost())
        left = due - self.reversed[document]
        if left <= 0:
            return
        self.reversed[document] = due
        part = min(lot.remaining, left)
        lot.remaining -= part
        left -= part
        if lot.activates_at is None:
            self.available -= part
        else:
            self.pending -= part
        for heir in sorted(self._come_back(lot), key=Lot.spending_order):
            part = min(heir.remaining, left)
            heir.remaining -= part
            left -= part
            self.available -= part
        self._take(left)
        self.available -= left

    def _come_back(self, lot: Lot) -> list[Lot]:
        """What was transferred is the taker's, and not among it."""
        own = [heir for heir in lot.heirs if heir in self.lots.values()]
        return own + [later for heir in own for later in self._come_back(heir)]

    # ── What is put right ──

    def extend(self, expiring_at: datetime, *, until: datetime) -> None:
        for lot in self.lots.values():
            if lot.expires_at == expiring_at:
                lot.expires_at = until

    def reinstate(self, lots: Parts, *, names: list[str], expires_at: datetime | None) -> None:
        for (lot, amount), name in zip(lots, names, strict=True):
            lot.reinstated += amount
            lot.heirs.append(
                self.give(name, amount, earned_at=lot.earned_at, expires_at=expires_at)
            )

    # ── What can be seen ──

    def open_lots(self) -> list[tuple]:
        """(expiry, earned at, remaining, active) of each lot that has something left."""
        return [
            (lot.expires_at, lot.earned_at, lot.remaining, lot.activates_at is None)
            for lot in sorted(self.lots.values(), key=Lot.spending_order)
            if lot.remaining
        ]


def _is_over(lot: Lot, at: datetime) -> bool:
    return lot.expires_at is not None and lot.expires_at <= at
