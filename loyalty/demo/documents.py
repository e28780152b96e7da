"""The history as the ERP would send it: facts with document numbers, in the order of time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from accounts.facts import Fact
from accounts.periods import quarter_around, start_of
from loyalty.demo.businesses import Business
from loyalty.demo.catalog import Item
from loyalty.demo.stories import cast, endings, trainings_of_stories
from loyalty.demo.trading import (
    Calendar,
    Order,
    OrderLine,
    Return,
    Training,
    joined_on,
    orders_of,
    returns_of,
    trainings_of,
)

FIRST_ORDER = 48_201


def facts_of(people: Sequence[Business], calendar: Calendar, items: Sequence[Item]) -> list[Fact]:
    """Everything these businesses did on the days of the calendar, by `occurred_at`."""
    people = cast(people)
    orders = [order for business in people for order in orders_of(business, calendar, items)]
    returns = [back for order in orders for back in returns_of(order, calendar)]
    so_far = _running_quarter(orders, returns, calendar)
    orders += endings(people, calendar, items, so_far=so_far)
    trainings = [
        training
        for business in people
        for training in (
            *trainings_of(business, calendar),
            *trainings_of_stories(business, calendar),
        )
        if training.at >= start_of(joined_on(business, calendar), calendar.zone)
    ]
    facts = [*_order_facts(orders, returns), *map(_training_fact, trainings)]
    return sorted(facts, key=lambda fact: (fact.occurred_at, fact.external_id, fact.line))


def _running_quarter(
    orders: Iterable[Order], returns: Iterable[Return], calendar: Calendar
) -> dict[str, int]:
    """What each number has bought since the quarter began, less what it returned, in cents."""
    begin = start_of(quarter_around(calendar.last), calendar.zone)
    bought: dict[str, int] = defaultdict(int)
    for order in orders:
        bought[order.business.number] += order.amount if order.at >= begin else 0
    for back in returns:
        bought[back.order.business.number] -= back.amount if back.at >= begin else 0
    return bought


def _order_facts(orders: Iterable[Order], returns: Iterable[Return]) -> Iterable[Fact]:
    in_time = sorted(orders, key=lambda order: (order.at, order.business.place, order.amount))
    numbers = {order: f"SO-{FIRST_ORDER + n}" for n, order in enumerate(in_time)}
    for order, number in numbers.items():
        for index, line in enumerate(order.lines):
            yield _purchase(order, line, number, str(index + 1))
    for back in returns:
        yield _return(back, numbers[back.order], str(back.index + 1))


def _purchase(order: Order, line: OrderLine, number: str, position: str) -> Fact:
    return Fact(
        account=order.business.number,
        kind="purchase",
        external_id=number,
        line=position,
        occurred_at=order.at,
        amount=line.amount,
        quantity=Decimal(line.quantity),
        product=line.item.sku,
        attributes=None,
        reverses=None,
    )


def _return(back: Return, number: str, position: str) -> Fact:
    return Fact(
        account=back.order.business.number,
        kind="return",
        external_id=f"RMA-{number.removeprefix('SO-')}",
        line=position,
        occurred_at=back.at,
        amount=back.amount,
        quantity=Decimal(back.quantity),
        product="",
        attributes=None,
        reverses=(number, position),
    )


def _training_fact(training: Training) -> Fact:
    return Fact(
        account=training.business.number,
        kind="training",
        external_id=f"TR-{training.business.number.removeprefix('C-')}-{training.at:%y%m%d%H%M}",
        line="",
        occurred_at=training.at,
        amount=0,
        quantity=Decimal(1),
        product="",
        attributes={"course": training.course},
        reverses=None,
    )
