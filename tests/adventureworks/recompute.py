"""What the books must say after the AdventureWorks resellers' history, worked out a second time.

Plain Python over the CSV files: `csv`, `decimal` and `datetime`, nothing of the product, so that a
mistake there is not repeated here. Every date of the files is a local day of the tenant; money is
in cents, points are whole points.

The rules, in a sentence each:
- 1 point per 1.00 of each order line, times the multiplier of the tier held at the start of that
  day, rounded down once per line;
- a tier is held from the day after the day on which the quarter's value reached its threshold;
- at a quarter's end the tier becomes the best one met in the last `keep_quarters` quarters;
- where the ladder counts twelve rolling months, these are the running month and the eleven before
  it, at a quarter's end the twelve before that; nothing is kept beyond it;
- points earned in a quarter expire at the end of the next one.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sale:
    day: date
    account: str
    order: str
    product: str
    line: str  # the product's category
    cents: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of the ladder: `threshold` in cents per quarter, `multiplier` such as "1.5"."""

    threshold: int
    multiplier: str = "1"


@dataclass(slots=True)
class Books:
    """Keyed by account number; quarters and months by their first day; tiers by rank."""

    amounts: dict[tuple[str, date, str], int] = field(default_factory=lambda: defaultdict(int))
    quantities: dict[tuple[str, date, str], int] = field(default_factory=lambda: defaultdict(int))
    counts: dict[tuple[str, date, str], int] = field(default_factory=lambda: defaultdict(int))
    # account -> [(first day of holding it, rank)], one more wherever the rank changes
    tiers: dict[str, list[tuple[date, int]]] = field(default_factory=dict)
    earned: dict[tuple[str, date], int] = field(default_factory=lambda: defaultdict(int))
    earned_by_line: dict[tuple[str, str], int] = field(default_factory=dict)  # (order, product)
    expired: dict[tuple[str, date], int] = field(default_factory=lambda: defaultdict(int))
    outstanding: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def rank_on(self, account: str, day: date) -> int:
        return [rank for since, rank in self.tiers[account] if since <= day][-1]


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def quarter_of(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def quarter_after(first: date, count: int = 1) -> date:
    months = first.year * 12 + first.month - 1 + 3 * count
    return date(months // 12, months % 12 + 1, 1)


def number_of(day: date) -> int:
    """Months since the year 0."""
    return day.year * 12 + day.month - 1


def in_cents(text: str) -> int:
    cents = Decimal(text) * 100
    if cents != int(cents):
        raise ValueError(f"{text} has a fraction of a cent")
    return int(cents)


def account_numbers(folder: Path) -> list[str]:
    return [row["ResellerKey"] for row in rows_of(folder / "Resellers.csv")]


def sales(folder: Path, until: date) -> list[Sale]:
    """Every order line up to and including `until`, by day."""
    line_of = {
        row["ProductKey"]: row["EnglishProductCategoryName"]
        for row in rows_of(folder / "Product.csv")
    }
    found = [
        Sale(
            day=date.fromisoformat(row["OrderDate"]),
            account=row["ResellerKey"],
            order=row["SalesOrderNumber"],
            product=row["ProductKey"],
            line=line_of[row["ProductKey"]],
            cents=in_cents(row["SalesAmount"]),
            quantity=int(row["OrderQuantity"]),
        )
        for row in rows_of(folder / "FactResellerSales.csv")
    ]
    return sorted((sale for sale in found if sale.day <= until), key=lambda sale: sale.day)


def points_of(cents: int, multiplier: str) -> int:
    """1 point per 1.00 times the multiplier, rounded down once, exactly."""
    exact = Fraction(cents, 100) * Fraction(multiplier)
    return exact.numerator // exact.denominator


class Ladder:
    """Quarter values of every account, and the rank each is worth."""

    def __init__(self, steps: Iterable[Step], *, span: str, keep_quarters: int) -> None:
        self.steps = list(steps)
        self.span = span
        self.keep_quarters = keep_quarters
        self.values: dict[tuple[str, date], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.months: dict[tuple[str, int], int] = defaultdict(int)

    def add(self, sale: Sale) -> None:
        self.values[sale.account, quarter_of(sale.day)][sale.line] += sale.cents
        self.months[sale.account, number_of(sale.day)] += sale.cents

    def rank_at(self, account: str, day: date) -> int:
        """The rank that counts at once on `day`."""
        if self.span != "rolling":
            return self.rank_in(account, quarter_of(day))
        last = number_of(day)
        return self.rank_of(
            sum(self.months.get((account, month), 0) for month in range(last - 11, last + 1))
        )

    def rank_in(self, account: str, quarter: date) -> int:
        lines = self.values.get((account, quarter), {}).values()
        return self.rank_of(sum(lines) if self.span == "total" else max(lines, default=0))

    def rank_of(self, value: int) -> int:
        return max(rank for rank, step in enumerate(self.steps) if value >= step.threshold)

    def rank_kept(self, account: str, boundary: date) -> int:
        """The rank from the quarter's first day `boundary` on, by what ended before it."""
        if self.span == "rolling":
            return self.rank_at(account, boundary - timedelta(days=1))
        quarters = [quarter_after(boundary, -back) for back in range(1, self.keep_quarters + 1)]
        return max((self.rank_in(account, quarter) for quarter in quarters), default=0)


def recompute(
    folder: Path,
    *,
    steps: Iterable[Step],
    span: str,
    enrolled_on: date,
    until: date,
    keep_quarters: int = 1,
) -> Books:
    """The books at the end of the local day `until`; all accounts enrolled at `enrolled_on`."""
    ladder = Ladder(steps, span=span, keep_quarters=keep_quarters)
    books = Books()
    books.tiers = {number: [(enrolled_on, 0)] for number in account_numbers(folder)}
    boundary = quarter_after(quarter_of(enrolled_on))
    for day, of_the_day in groupby(sales(folder, until), key=lambda sale: sale.day):
        boundary = _close_quarters(books, ladder, boundary, upto=day)
        todays = list(of_the_day)
        for sale in todays:
            _measure(books, sale)
            _earn(books, ladder, sale)
            ladder.add(sale)
        for account in {sale.account for sale in todays}:
            rank = ladder.rank_at(account, day)
            if rank > books.tiers[account][-1][1]:
                books.tiers[account].append((day + timedelta(days=1), rank))
    _close_quarters(books, ladder, boundary, upto=until)
    _expire(books, until)
    return books


def _close_quarters(books: Books, ladder: Ladder, boundary: date, *, upto: date) -> date:
    """Evaluate everybody at each quarter's first day up to `upto`; the next one still to come."""
    while boundary <= upto:
        for account, held in books.tiers.items():
            rank = ladder.rank_kept(account, boundary)
            if rank != held[-1][1]:
                held.append((boundary, rank))
        boundary = quarter_after(boundary)
    return boundary


def _measure(books: Books, sale: Sale) -> None:
    key = (sale.account, sale.day.replace(day=1), sale.line)
    books.amounts[key] += sale.cents
    books.quantities[key] += sale.quantity
    books.counts[key] += 1


def _earn(books: Books, ladder: Ladder, sale: Sale) -> None:
    rank = books.rank_on(sale.account, sale.day)
    points = points_of(sale.cents, ladder.steps[rank].multiplier)
    books.earned_by_line[sale.order, sale.product] = points
    books.earned[sale.account, quarter_of(sale.day)] += points


def _expire(books: Books, until: date) -> None:
    """Split what was earned into expired (by the quarter it was earned in) and outstanding."""
    for (account, quarter), points in books.earned.items():
        if quarter_after(quarter, 2) <= until:
            books.expired[account, quarter] += points
        else:
            books.outstanding[account] += points
