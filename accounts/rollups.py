"""The roll-ups beside the measures: people, numbers in attributes, what is valid, what came back.

Whoever writes them has locked their accounts, as for the measures. Most facts touch none of them.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.activities import NewActivity, Original
from accounts.periods import start_of
from accounts.postgres.arrays import instants, plain, texts, uuids
from accounts.postgres.statements import Ask, nothing
from accounts.tenancy import current_tenant_id

CERTIFICATE = "certificate"  # facts of this kind are valid, with or without an end
VALID_UNTIL = "valid_until"  # of other kinds, those that state in this attribute until when

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PLACES = Decimal("0.000000001")
_EARLIEST, _FOR_EVER = date(1970, 1, 1), date(9999, 1, 1)  # as ERPs write “without an end”


class Key(NamedTuple):
    """A row of a roll-up; `of` is the person, the attribute, or the month of the return."""

    account_id: UUID
    month: date
    kind: str
    product_line: str
    of: Any


class Valid(NamedTuple):
    activity_id: UUID
    account_id: UUID
    member_id: UUID | None
    kind: str
    product_line: str
    begins_at: datetime
    ends_at: datetime | None


class Back(NamedTuple):
    """What a return took back of its original: positive numbers, `count` 1 if nothing is left."""

    amount: int
    quantity: Decimal
    count: int


@dataclass(slots=True)
class RollUps:
    """What a batch changes in them. `month` is the first day of an instant's local month."""

    zone: ZoneInfo
    month: Callable[[datetime], date]
    people: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    numbers: dict[Key, tuple[Decimal, int]] = field(default_factory=dict)
    back: dict[Key, Back] = field(default_factory=dict)
    valid: list[Valid] = field(default_factory=list)
    revoked: dict[UUID, datetime] = field(default_factory=dict)

    def add(self, facts: Iterable[NewActivity]) -> None:
        """Take new facts in."""
        for fact in facts:
            if fact.member_id is None and not fact.attributes and fact.kind != CERTIFICATE:
                continue
            self._count(fact, fact.attributes or {}, times=1)
            if fact.kind == CERTIFICATE or _stated_end(fact.attributes):
                self.valid.append(_validity(fact, self.zone))

    def take_back(self, original: Original, back: Back, *, occurred_at: datetime) -> None:
        """Take a return in, which occurred at `occurred_at`."""
        key = self._key(original, self.month(occurred_at))
        there = self.back.get(key, _NOTHING_BACK)
        self.back[key] = Back(
            there.amount + back.amount, there.quantity + back.quantity, there.count + back.count
        )
        if back.count:
            self._count(original, original.attributes, times=-1)
            self.revoked[original.id] = occurred_at

    def writes(self) -> list[Ask[None]]:
        """What writes them all."""
        asks = []
        if self.people:
            asks.append(_adding(_PEOPLE, self.people, [plain(self.people.values())], uuids))
        if self.numbers:
            columns = [plain(column) for column in zip(*self.numbers.values(), strict=True)]
            asks.append(_adding(_NUMBERS, self.numbers, columns, texts))
        if self.back:
            columns = [plain(column) for column in zip(*self.back.values(), strict=True)]
            asks.append(_adding(_BACK, self.back, columns, plain))
        if self.valid:
            asks.append(_validating(self.valid))
        if self.revoked:
            asks.append(_revoking(self.revoked))
        return asks

    def _key(self, fact: NewActivity | Original, of: Any) -> Key:
        month = self.month(fact.occurred_at)
        return Key(fact.account_id, month, fact.kind, fact.product_line, of)

    def _count(
        self, fact: NewActivity | Original, attributes: Mapping[str, Any], *, times: int
    ) -> None:
        if fact.member_id is not None:
            self.people[self._key(fact, fact.member_id)] += times
        for name, value in attributes.items():
            if type(value) is int or type(value) is float:
                key = self._key(fact, name)
                total, count = self.numbers.get(key, (Decimal(0), 0))
                self.numbers[key] = (total + times * _exact(value), count + times)


_NOTHING_BACK = Back(0, Decimal(0), 0)


def _exact(value: int | float) -> Decimal:
    """As JSON writes it, and so as the database reads it; cut to the places that are kept."""
    return Decimal(repr(value)).quantize(_PLACES, rounding=ROUND_DOWN)


def _stated_end(attributes: Mapping[str, Any] | None) -> date | None:
    """The day in `valid_until`; None for what is no date."""
    stated = (attributes or {}).get(VALID_UNTIL)
    if not isinstance(stated, str) or not _DATE.fullmatch(stated) or not stated.isascii():
        return None
    try:
        return date.fromisoformat(stated)
    except ValueError:
        return None


def _validity(fact: NewActivity, zone: ZoneInfo) -> Valid:
    last = _stated_end(fact.attributes)
    ends_at = None
    if last is not None and last < _FOR_EVER:
        ends_at = start_of(max(last, _EARLIEST) + timedelta(days=1), zone)
    return Valid(
        fact.id,
        fact.account_id,
        fact.member_id,
        fact.kind,
        fact.product_line,
        fact.occurred_at,
        ends_at,
    )


# ── What is written ──────────────────────────────────────────────────────────────────────────────

_PEOPLE = """
INSERT INTO accounts_personmeasure AS m
    (tenant_id, account_id, month, kind, product_line, member_id, count)
SELECT %s, * FROM unnest(%s::uuid[], %s::date[], %s::text[], %s::text[], %s::uuid[], %s::bigint[])
ON CONFLICT (tenant_id, account_id, month, kind, product_line, member_id) DO UPDATE
SET count = m.count + EXCLUDED.count
"""
_NUMBERS = """
INSERT INTO accounts_attributemeasure AS m
    (tenant_id, account_id, month, kind, product_line, attribute, total, count)
SELECT %s, * FROM unnest(%s::uuid[], %s::date[], %s::text[], %s::text[], %s::text[],
                         %s::numeric[], %s::bigint[])
ON CONFLICT (tenant_id, account_id, month, kind, product_line, attribute) DO UPDATE
SET total = m.total + EXCLUDED.total, count = m.count + EXCLUDED.count
"""
_BACK = """
INSERT INTO accounts_returned AS m
    (tenant_id, account_id, month, kind, product_line, returned, amount, quantity, count)
SELECT %s, * FROM unnest(%s::uuid[], %s::date[], %s::text[], %s::text[], %s::date[],
                         %s::bigint[], %s::numeric[], %s::bigint[])
ON CONFLICT (tenant_id, account_id, month, returned, kind, product_line) DO UPDATE
SET amount = m.amount + EXCLUDED.amount,
    quantity = m.quantity + EXCLUDED.quantity,
    count = m.count + EXCLUDED.count
"""


def _adding(
    statement: str,
    keys: Iterable[Key],
    columns: Sequence[str],
    as_array: Callable[[Iterable[Any]], str],
) -> Ask[None]:
    rows = list(keys)
    return Ask(
        statement,
        [
            current_tenant_id(),
            uuids(key.account_id for key in rows),
            plain(key.month for key in rows),
            texts(key.kind for key in rows),
            texts(key.product_line for key in rows),
            as_array(key.of for key in rows),
            *columns,
        ],
        nothing,
    )


def _validating(rows: Sequence[Valid]) -> Ask[None]:
    return Ask(
        """
        INSERT INTO accounts_validity
            (tenant_id, activity_id, account_id, member_id, kind, product_line, begins_at, ends_at)
        SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[],
                                 %s::timestamptz[], %s::timestamptz[])
        """,
        [
            current_tenant_id(),
            uuids(row.activity_id for row in rows),
            uuids(row.account_id for row in rows),
            uuids(row.member_id for row in rows),
            texts(row.kind for row in rows),
            texts(row.product_line for row in rows),
            instants(row.begins_at for row in rows),
            instants(row.ends_at for row in rows),
        ],
        nothing,
    )


def _revoking(revoked: Mapping[UUID, datetime]) -> Ask[None]:
    """Wherever they count: a certificate may have gone to another account with its person."""
    return Ask(
        """
        UPDATE accounts_validity v SET revoked_at = back.revoked_at
        FROM unnest(%s::uuid[], %s::timestamptz[]) AS back (activity_id, revoked_at)
        WHERE v.tenant_id = %s AND v.activity_id = back.activity_id
        """,
        [uuids(revoked), instants(revoked.values()), current_tenant_id()],
        nothing,
    )
