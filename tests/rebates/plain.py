"""Rebates in plain Python: what accounts sold, and what that owes, without a database."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from accounts.periods import add_months
from rebates.terms import Terms
from rebates.working import Sales, base_of, split, work_out


@dataclass(frozen=True)
class Sold:
    line: str
    month: date
    amount: int
    quantity: int
    points: int


@dataclass(frozen=True)
class Back:
    line: str
    month: date  # in which it was bought
    returned: date
    amount: int
    quantity: int


@dataclass(frozen=True)
class Tax:
    line: str
    month: date
    total: Decimal  # as facts state it: 12.34


@dataclass
class Books:
    sold: list[Sold] = field(default_factory=list)
    back: list[Back] = field(default_factory=list)
    tax: list[Tax] = field(default_factory=list)


def by_line(books: Books, terms: Terms, since: date, until: date) -> dict[str, tuple[int, int]]:
    """(sold, before returns) of each line in the months [since, until)."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in books.sold:
        if since <= one.month < until:
            for place in (0, 1):
                found[one.line][place] += _measure(terms, one)
    for one in books.back:
        counted = {"with_the_original": one.month, "in_their_month": one.returned}
        when = counted.get(terms.returns)
        if when is not None and since <= when < until:
            found[one.line][0] -= _measure(terms, one)
    taxes: dict[str, Decimal] = defaultdict(Decimal)
    for one in books.tax:
        if terms.net_of and since <= one.month < until:
            taxes[one.line] += one.total
    for line, total in taxes.items():
        cents = int((total * 100).quantize(Decimal(1), ROUND_HALF_UP))
        found[line] = [found[line][0] - cents, found[line][1] - cents]
    return {
        line: (sold, before)
        for line, (sold, before) in found.items()
        if not terms.lines or line in terms.lines
    }


def _measure(terms: Terms, one: Sold | Back) -> int:
    if terms.measure == "value":
        return one.amount
    return one.quantity if terms.measure == "quantity" else getattr(one, "points", 0)


def owed(
    members: Sequence[Books],
    terms: Terms,
    *,
    since: date,
    months: int,
    to_each: bool,
    multiplier: Decimal = Decimal(1),
) -> tuple[int | None, list[tuple[int, dict[str, int]]]]:
    """(what 100 % is, per payee its amount and that of each line); members in their order."""
    until = add_months(since, months)
    lines = [by_line(one, terms, since, until) for one in members]
    earning = [
        {
            line: sold
            for line, (sold, _) in one.items()
            if not terms.earning_lines or line in terms.earning_lines
        }
        for one in lines
    ]
    base = None
    if terms.base is not None:
        step = 12 if terms.base.of == "year_before" else months
        history = [
            sum(
                sold
                for one in members
                for sold, _ in by_line(
                    one, terms, add_months(since, -step * k), add_months(until, -step * k)
                ).values()
            )
            for k in range(1, terms.base.periods + 1)
        ]
        base = base_of(terms.base, history)
    sales = Sales(
        measured=sum(sold for one in lines for sold, _ in one.values()),
        before_returns=sum(before for one in lines for _, before in one.values()),
        earning=sum(sum(one.values()) for one in earning),
        base=base,
        multiplier=multiplier,
    )
    amount = work_out(terms, sales).amount
    if not to_each:
        merged: dict[str, int] = defaultdict(int)
        for one in earning:
            for line, sold in one.items():
                merged[line] += sold
        earning = [merged]
    parts = split(amount, [sum(one.values()) for one in earning])
    return base, [(part, _lines(part, one)) for part, one in zip(parts, earning, strict=True)]


def _lines(amount: int, earning: dict[str, int]) -> dict[str, int]:
    names = sorted(line for line, sold in earning.items() if sold)
    if not names:
        return {"": amount} if amount else {}
    return dict(zip(names, split(amount, [earning[name] for name in names]), strict=True))
