"""Endings for the history: who is close to a tier, who has just moved up.

The businesses of a story buy in the running quarter what is missing to what the story asks. In a
quarter without a working day yet there are no endings: nobody has bought anything.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from accounts.periods import quarter_around
from loyalty.demo.businesses import Business
from loyalty.demo.catalog import Item
from loyalty.demo.rules import FOCUS
from loyalty.demo.trading import Calendar, Order, OrderLine, Training, lines_for

SMALLEST = 500  # dollars; nobody orders less to make a story true
ORDERS_UNTIL_THEN = 3


@dataclass(frozen=True, slots=True)
class Story:
    """Of a business that buys `quarterly` dollars in an ordinary quarter: it has come to `reached`
    in the running one, the last order among them being one of `closing`."""

    quarterly: int
    reached: int
    closing: int


# Tiers ask for 25,000, 100,000 and 250,000, and for trainings; see `loyalty.demo.tiers`.
STORIES = {
    0: Story(52_000, 86_400, 4_200),  # Silver, most of the way to Gold; the partner who signs in
    2: Story(56_000, 104_300, 9_800),  # Gold since its last order
    3: Story(14_000, 23_700, 1_150),  # 95 % of the way to Silver
    4: Story(148_000, 238_500, 12_600),  # Gold, 95 % of the way to Platinum
    6: Story(15_000, 26_100, 2_300),  # Silver since its last order
    7: Story(152_000, 261_000, 15_400),  # Platinum since its last order
    8: Story(58_000, 97_200, 5_100),  # Silver, a single order away from Gold
}


def cast(people: Sequence[Business]) -> list[Business]:
    """The businesses, those of a story with the size it asks for."""
    return [
        replace(one, quarterly=STORIES[one.place].quarterly, trend="steady")
        if one.place in STORIES
        else one
        for one in people
    ]


def endings(
    people: Sequence[Business],
    calendar: Calendar,
    items: Sequence[Item],
    *,
    so_far: Mapping[str, int],
) -> Iterator[Order]:
    """The orders that make the stories true; `so_far` is what each number has bought in the running
    quarter, less what it returned, in cents."""
    days = _running_days(calendar)
    for business in people if days else ():
        if business.place in STORIES:
            bought = so_far.get(business.number, 0)
            yield from _ending(business, STORIES[business.place], days, calendar, items, bought)


def trainings_of_stories(business: Business, calendar: Calendar) -> Iterator[Training]:
    """The partner who signs in has just sent somebody to a course; the others of the stories know
    what Gold and Platinum ask."""
    days = _running_days(calendar)
    if business.place not in STORIES or not days:
        return
    dice = random.Random(f"course {business.number}")
    for day in days[-1:] if business.place == 0 else (days[0], days[len(days) // 2]):
        yield Training(business, "New catalog", calendar.instant(day, dice))


def _ending(
    business: Business,
    story: Story,
    days: Sequence[date],
    calendar: Calendar,
    items: Sequence[Item],
    bought: int,
) -> Iterator[Order]:
    dice = random.Random(f"story {business.number}")
    missing = story.reached - story.closing - bought / 100
    # Spread over the quarter: one order of a whole quarter's worth would look made up.
    for _ in range(ORDERS_UNTIL_THEN if missing > SMALLEST else 0):
        lines = lines_for(missing / ORDERS_UNTIL_THEN, business, items, dice)
        order = Order(business, calendar.instant(dice.choice(days[:-1] or days), dice), lines)
        bought += order.amount
        yield order
    closing = max(SMALLEST * 100, story.reached * 100 - bought)
    yield Order(business, calendar.instant(days[-1], dice), _worth(closing, items, dice))


def _worth(cents: int, items: Sequence[Item], dice: random.Random) -> tuple[OrderLine, ...]:
    """Lines worth `cents`, and less than one of the cheapest item more. The main one is of the
    line that earns extra, so that there is something pending to look at."""
    cheapest = min(items, key=lambda item: item.price)
    promoted = [item for item in items if item.line == FOCUS["value"]]
    item = dice.choice([item for item in promoted if item.price * 3 < cents])
    most = OrderLine(item, cents * 9 // 10 // item.price)
    return (most, OrderLine(cheapest, -(-(cents - most.amount) // cheapest.price)))


def _running_days(calendar: Calendar) -> list[date]:
    """The working days so far of the quarter in which the history ends."""
    first = quarter_around(calendar.last)
    months = [month for month in calendar.months() if month >= first]
    return [day for month in months for day in calendar.working_days(month)]
