"""What a reading means, in plain Python over the activities themselves.

It knows nothing of roll-ups: whatever SQL reads must come out the same here.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.counting import Catalogue, Counting
from accounts.models import Account, Activity
from accounts.periods import start_of
from accounts.readings import AsOf, Reading, Value
from accounts.windows import Window, months_of


@dataclass
class History:
    """All that the accounts did; `enrolled` says when they joined the program."""

    activities: Sequence[Activity]
    accounts: dict[UUID, Account]
    enrolled: dict[UUID, datetime]
    zone: ZoneInfo
    fiscal_year_starts: int

    def local(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def family(self, account_id: UUID) -> set[UUID]:
        top = self._top(account_id)
        return {one for one in self.accounts if self._top(one) == top}

    def _top(self, account_id: UUID) -> UUID:
        while parent := self.accounts[account_id].parent_id:
            account_id = parent
        return account_id

    def completing(self) -> dict[UUID, Activity]:
        """Originals of which nothing is left, and the return that saw to it."""
        originals = {one.pk: one for one in self.activities if one.reverses_id is None}
        left = {pk: (one.quantity, one.amount) for pk, one in originals.items()}
        found = {}
        for back in sorted(self.activities, key=lambda one: (one.recorded_at, one.pk)):
            if back.reverses_id not in originals:
                continue
            quantity, amount = left[back.reverses_id]
            quantity, amount = quantity + back.quantity, amount + back.amount
            left[back.reverses_id] = quantity, amount
            if (quantity if originals[back.reverses_id].quantity else amount) == 0:
                found[back.reverses_id] = back
        return found


def plain_value(
    reading: Reading, account_id: UUID, history: History, catalogue: Catalogue, on: AsOf
) -> Value:
    counting = catalogue[reading.measure]
    whose = history.family(account_id) if reading.family else {account_id}
    if counting.counts == "ratio":
        of, to = (
            _value(catalogue[code], reading.window, whose, history, on)
            for code in (counting.of, counting.to)
        )
        return Value(max(of, 0) * 10_000 // to if to > 0 else 0, "")
    if reading.take == "total":
        return Value(_value(counting, reading.window, whose, history, on), "")
    split = _splitter(reading.by, history)
    best: dict[str, int] = {}
    for name in {split(one) for one in history.activities}:
        chosen = [one for one in history.activities if one.reverses_id or split(one) == name]
        part = replace(history, activities=chosen)
        best[name] = _value(counting, reading.window, whose, part, on)
    carrier = min(best, key=lambda name: (-best[name], name), default="")
    return Value(best[carrier], carrier) if best and best[carrier] > 0 else Value(0, "")


def _splitter(by: str, history: History) -> Callable[[Activity], str]:
    if by in ("region", "vertical"):
        return lambda one: getattr(history.accounts[one.account_id], by)
    return lambda one: getattr(one, by)


def _value(
    counting: Counting,
    window: Window,
    whose: Collection[UUID],
    history: History,
    on: AsOf,
) -> int:
    gone = history.completing()

    def counts(one: Activity) -> bool:
        return (
            one.account_id in whose
            and (not counting.kinds or one.kind in counting.kinds)
            and (not counting.lines or one.product_line in counting.lines)
        )

    mine = [one for one in history.activities if one.reverses_id is None and counts(one)]
    if counting.counts == "valid_now":
        return _valid(counting, [one for one in mine if _is_valid(one, gone, history, on)])
    there = [one for one in mine if _falls(one, window, history, on)]
    left = [one for one in there if one.pk not in gone]
    if counting.counts == "people":
        return len({one.member_id for one in left} - {None})
    if counting.counts == "average":
        stated = [(one.attributes or {}).get(counting.attribute) for one in left]
        numbers = [Fraction(repr(one)) for one in stated if type(one) in (int, float)]
        return floor(sum(numbers) * 100 / len(numbers)) if numbers else 0
    moves = [(one.amount, one.quantity, 1) for one in there]
    if counting.returns != "ignored":
        by_return = counting.returns == "in_their_month"
        originals = {one.pk: one for one in mine}
        for back in history.activities:
            original = originals.get(back.reverses_id)
            known_then = history.local(back.occurred_at).replace(day=1) <= on.day
            if original is None or not (by_return or known_then):
                continue
            if _falls(back if by_return else original, window, history, on):
                completes = gone.get(original.pk) is back
                moves.append((back.amount, back.quantity, -1 if completes else 0))
    index = ("amount", "quantity", "facts").index(counting.counts)
    scale = 10_000 if counting.counts == "quantity" else 1
    return int(sum(move[index] for move in moves) * scale)


def _falls(one: Activity, window: Window, history: History, on: AsOf) -> bool:
    enrolled = history.enrolled.get(one.account_id)
    since, until = months_of(
        window,
        day=on.day,
        fiscal_year_starts=history.fiscal_year_starts,
        enrolled_on=history.local(enrolled) if enrolled else date(9000, 1, 1),
    )
    return since <= history.local(one.occurred_at) < until


def _is_valid(one: Activity, gone: dict, history: History, on: AsOf) -> bool:
    stated = (one.attributes or {}).get("valid_until")
    if one.kind != "certificate" and not stated:
        return False
    last = date.fromisoformat(stated) if stated else None
    ends = start_of(last + timedelta(days=1), history.zone) if last else None
    revoked = gone[one.pk].occurred_at if one.pk in gone else None
    return one.occurred_at <= on.known and all(
        end is None or end > on.lasts for end in (ends, revoked)
    )


def _valid(counting: Counting, valid: Sequence[Activity]) -> int:
    if not counting.per_person:
        return len(valid)
    each: dict[UUID, int] = defaultdict(int)
    for one in valid:
        if one.member_id:
            each[one.member_id] += 1
    return sum(min(count, counting.per_person) for count in each.values())
