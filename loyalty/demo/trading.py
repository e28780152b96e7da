"""A made-up history of trade: orders with a season and a trend, some returns, some trainings.

Nothing here is random: the dice of each business are seeded with its number, so that the same days
give the same history, today and after a restart.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.periods import add_months
from loyalty.demo.businesses import TRENDS, Business
from loyalty.demo.catalog import Item

SEASON = (0.85, 0.9, 1.1, 1.05, 1.1, 1.1, 0.9, 0.9, 1.1, 1.2, 1.05, 0.75)  # January first
MONTHS_IN_A_QUARTER = 3
FAVORED = 6  # times as often bought as other lines
MOST_UNITS = 200  # on one order line
RETURNED = 0.035  # share of order lines
TRAINED = 0.16  # chance of a training per business and month
COURSES = ("Power tool safety", "Fastening fundamentals", "Selling safety programs", "New catalog")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of the history, first and last, in the company's zone."""

    first: date
    last: date
    zone: ZoneInfo

    def months(self) -> list[date]:
        found = [self.first.replace(day=1)]
        while (later := add_months(found[-1], 1)) <= self.last:
            found.append(later)
        return found

    def working_days(self, month: date) -> list[date]:
        """Monday to Friday of `month`, as far as they are within the history."""
        days = (month + timedelta(days=n) for n in range((add_months(month, 1) - month).days))
        return [day for day in days if day.weekday() < 5 and self.first <= day <= self.last]

    def instant(self, day: date, dice: random.Random) -> datetime:
        """Some minute of the working day, in UTC."""
        minute = dice.randrange(8 * 60, 17 * 60 + 30)
        local = datetime.combine(day, time(minute // 60, minute % 60), self.zone)
        return local.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class OrderLine:
    item: Item
    quantity: int

    @property
    def amount(self) -> int:
        return self.item.price * self.quantity


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    business: Business
    at: datetime
    lines: tuple[OrderLine, ...]

    @property
    def amount(self) -> int:
        """In cents."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Return:
    """Of the line with this index of an order, so many units."""

    order: Order
    index: int
    quantity: int
    at: datetime

    @property
    def amount(self) -> int:
        """In cents."""
        return self.order.lines[self.index].item.price * self.quantity


@dataclass(frozen=True, slots=True)
class Training:
    business: Business
    course: str
    at: datetime


def joined_on(business: Business, calendar: Calendar) -> date:
    """The first day on which the business trades, and on which it joins the program."""
    months = calendar.months()
    return months[len(months) * 2 // 5] if business.trend == "new" else calendar.first


def orders_of(business: Business, calendar: Calendar, items: Sequence[Item]) -> Iterator[Order]:
    dice = random.Random(f"orders {business.number}")
    months = calendar.months()
    joined = joined_on(business, calendar)
    for age, month in enumerate(months):
        share = _share(business, age, len(months), month) * dice.uniform(0.75, 1.25)
        wanted = business.quarterly / MONTHS_IN_A_QUARTER * share
        days = calendar.working_days(month)
        # A month of which a part is in the history has that part of its orders.
        wanted *= len(days) / 21
        if month < joined.replace(day=1) or not days:
            continue
        count = round(wanted / business.per_order + dice.random() / 2)
        for day in sorted(dice.choices(days, k=count)):
            at = calendar.instant(day, dice)
            yield Order(business, at, lines_for(wanted / count, business, items, dice))


def _share(business: Business, age: int, ages: int, month: date) -> float:
    """The month's size beside that of an average one."""
    if business.trend == "silent" and age >= ages * 2 / 3:
        return 0.0
    return SEASON[month.month - 1] * TRENDS[business.trend] ** (age - ages / 2)


def lines_for(
    dollars: float, business: Business, items: Sequence[Item], dice: random.Random
) -> tuple[OrderLine, ...]:
    """One to four lines worth about `dollars`, mostly of the lines that the business favors."""
    dear_enough = [item for item in items if item.price * MOST_UNITS >= dollars * 100]
    weights = [FAVORED if item.line in business.favorites else 1 for item in dear_enough]
    chosen = dict.fromkeys(dice.choices(dear_enough, weights, k=dice.randint(1, 4)))
    cents = dollars * 100 / len(chosen)
    return tuple(OrderLine(item, max(1, round(cents / item.price))) for item in chosen)


def returns_of(order: Order, calendar: Calendar) -> Iterator[Return]:
    dice = random.Random(f"returns {order.business.number} {order.at:%Y%m%d%H%M}")
    for index, line in enumerate(order.lines):
        if dice.random() >= RETURNED:
            continue
        quantity = max(1, round(line.quantity * dice.choice((0.1, 0.25, 0.5, 1))))
        # In whole weeks: goods come back on working days, as they went out.
        day = order.at.astimezone(calendar.zone).date() + timedelta(weeks=dice.randint(1, 3))
        if day <= calendar.last:
            yield Return(order, index, quantity, calendar.instant(day, dice))


def trainings_of(business: Business, calendar: Calendar) -> Iterator[Training]:
    dice = random.Random(f"trainings {business.number}")
    for month in calendar.months():
        if dice.random() < TRAINED and (days := calendar.working_days(month)):
            at = calendar.instant(dice.choice(days), dice)
            yield Training(business, dice.choice(COURSES), at)
