"""What makes an account worth a call: reasons in words, and an order in which the pressing ones
come first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import (
    BigIntegerField,
    Case,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, ngettext

from accounts.models import Account, Measure
from accounts.periods import add_months, month_of
from rewards.claiming import PURCHASE
from rewards.models import Reward, RewardState
from rewards.voice import Voice

# The last whole months, against the nine before them.
LATELY_MONTHS, HABIT_MONTHS = 3, 9
# Less than so much of the habit is no accident; less than a line a month is no habit.
FALLEN_TO_PERCENT = 60
LEAST_HABIT = 9
NEAR_PERCENT = 75

# What holds of an account adds up; what costs most to miss weighs more than all that follow.
FALLING, LOSING, EXPIRING, BAND, NEAR, UNREDEEMED = 32, 16, 8, 4, 2, 1


@dataclass(frozen=True, slots=True)
class Reason:
    """`text` says what holds, `say` what to tell them."""

    text: str
    say: str
    icon: str
    tone: str


def cheapest(program_id: Any) -> int | None:
    """Points of the program's cheapest reward; None while it offers none."""
    published = Reward.objects.filter(program_id=program_id, state=RewardState.PUBLISHED)
    return published.aggregate(least=Min("points"))["least"]


def with_worth(
    accounts: QuerySet[Account],
    *,
    has_tiers: bool,
    least: int | None,
    near_bands: Collection[UUID],
    as_of: datetime,
    zone: ZoneInfo,
) -> QuerySet[Account]:
    """Adds to a roster with `soon` the purchases `lately` and by `habit`, both of as many months;
    when the tier ends, `falls_at`, unless it is met again; and `worth`, the sum of what holds. Read
    from the roll-ups by month; `near_bands` are those near the next band of an agreement."""
    this_month = month_of(as_of, zone)
    lately = add_months(this_month, -LATELY_MONTHS)
    counted = accounts.annotate(
        lately=_bought(lately, this_month),
        before=_bought(add_months(lately, -HABIT_MONTHS), lately),
        # Multiplied across: a division of whole numbers would round the habit down.
        short=F("before") * LATELY_MONTHS * FALLEN_TO_PERCENT - F("lately") * HABIT_MONTHS * 100,
    )
    falling = Q(before__gte=LEAST_HABIT, short__gt=0)
    held = _when(falling, FALLING) + _when(Q(soon__gt=0), EXPIRING)
    if near_bands:
        held += _when(Q(pk__in=near_bands), BAND)
    if has_tiers:
        counted = counted.annotate(falls_at=F("standing__falls_at"))
        held += _when(Q(falls_at__isnull=False), LOSING) + _when(Q(way__gte=NEAR_PERCENT), NEAR)
    if least is not None:
        held += _when(Q(available__gte=least), UNREDEEMED)
    return counted.annotate(worth=held)


def _bought(since: Any, until: Any) -> Coalesce:
    months = Measure.objects.filter(
        account_id=OuterRef("pk"), kind=PURCHASE, month__gte=since, month__lt=until
    )
    total = months.order_by().values("account_id").annotate(sum=Sum("count")).values("sum")
    return Coalesce(Subquery(total), Value(0), output_field=BigIntegerField())


def _when(condition: Q, weight: int) -> Case:
    return Case(When(condition, then=weight), default=0, output_field=BigIntegerField())


def reasons_of(
    row: Any, *, opening: str, warning: str, least: int | None, band: str, voice: Voice
) -> list[Reason]:
    """In words, of a row of `with_worth`, the most pressing first; `opening` is what its next tier
    takes, `warning` what keeps the present one, `band` what the next band of an agreement takes and
    adds."""
    found = []
    if row.worth & FALLING:
        values = {
            "lines": _lines(row.lately, voice),
            "habit": voice.number(round(row.before * LATELY_MONTHS / HABIT_MONTHS)),
        }
        found.append(
            Reason(
                gettext(
                    "Buys less: {lines} in the last three full months, {habit} by their habit"
                ).format(**values),
                gettext(
                    "You bought {lines} in the last three months, {habit} by your habit: is "
                    "anything in the way?"
                ).format(**values),
                "arrow-trending-down",
                "bad",
            )
        )
    if row.worth & LOSING and warning:
        ends = gettext("{tier} ends after {day}").format(
            tier=row.tier_name, day=voice.last_day(row.falls_at)
        )
        found.append(Reason(ends, warning, "arrow-down-circle", "bad"))
    if row.worth & EXPIRING:
        soon = voice.amount(row.soon, "points")
        found.append(
            Reason(
                gettext("{points} expire within 30 days").format(points=soon),
                gettext(
                    "{points} of yours expire within 30 days: let us find something for them."
                ).format(points=soon),
                "clock",
                "warn",
            )
        )
    if band:
        found.append(Reason(band, f"{band}.", "banknotes", "brand"))
    if row.worth & NEAR and opening:
        found.append(Reason(gettext("Near the next tier"), f"{opening}.", "trophy", "brand"))
    if row.worth & UNREDEEMED and least is not None:
        values = {
            "points": voice.amount(row.available, "points"),
            "least": voice.number(least),
        }
        found.append(
            Reason(
                gettext("{points} not redeemed; rewards begin at {least}").format(**values),
                gettext("You have {points}, and rewards begin at {least}.").format(**values),
                "gift",
                "",
            )
        )
    return found


def _lines(count: int, voice: Voice) -> str:
    if not count:
        return gettext("no order lines")
    said = ngettext("{count} order line", "{count} order lines", count)
    return said.format(count=voice.number(count))
