"""How a plan goes: each measure since the plan began, beside its target; each task, done or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.counting import VALID_NOW, Catalogue
from accounts.periods import add_months, day_of, last_instant_of
from accounts.postgres.statements import ask
from accounts.readings import BadReading, Reading, as_of, check_reading, reading_sql, values_of
from accounts.windows import ROLLING, Window
from partners.models import Plan, PlanDone, PlanGoal, PlanState, PlanVersion

NOW = Window(VALID_NOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Of a goal: what is reached, in the measure's own units, None for a task or a measure that is
    gone; `percent` rounded down, at most 100."""

    goal: PlanGoal
    value: int | None
    percent: int
    done: PlanDone | None
    is_late: bool


def agreed_version(plan: Plan) -> PlanVersion | None:
    return plan.versions.filter(state=PlanState.AGREED).prefetch_related("goals").first()


def progress_of(
    plan: Plan, version: PlanVersion, *, catalogue: Catalogue, zone: ZoneInfo, now: datetime
) -> list[Progress]:
    """As of now, or of the plan's last day once it is over; in three queries."""
    goals = list(version.goals.order_by("place"))
    day = min(day_of(now, zone), plan.ends_on)
    done = {one.key: one for one in PlanDone.objects.filter(plan=plan)}
    values = _values(plan, goals, day=day, catalogue=catalogue, zone=zone, now=now)
    return [
        Progress(
            goal=goal,
            value=values.get(goal.measure),
            percent=_percent(goal, values.get(goal.measure), done.get(goal.key)),
            done=done.get(goal.key),
            is_late=bool(
                not goal.measure and goal.due_on and goal.key not in done and goal.due_on < day
            ),
        )
        for goal in goals
    ]


def window_of(plan: Plan, *, day: date) -> Window | None:
    """Whole months from the plan's first one through that of `day`; None before it begins."""
    months = (day.year - plan.starts_on.year) * 12 + day.month - plan.starts_on.month + 1
    return Window(ROLLING, months=months) if months > 0 else None


def _values(
    plan: Plan,
    goals: Sequence[PlanGoal],
    *,
    day: date,
    catalogue: Catalogue,
    zone: ZoneInfo,
    now: datetime,
) -> dict[str, int]:
    window = window_of(plan, day=day)
    readings = []
    for measure in sorted({goal.measure for goal in goals if goal.measure}):
        for read in (window, NOW):
            if read is not None and _is_readable(Reading(measure, read), catalogue):
                readings.append(Reading(measure, read))
                break
    if not readings:
        return {}
    instant = min(now, last_instant_of(plan.ends_on, zone))
    query = reading_sql(
        readings,
        catalogue=catalogue,
        as_of=as_of(instant, zone),
        zone=zone,
        fiscal_year_starts=1,  # no window here is of a fiscal year
        accounts=[plan.account_id],
    )
    with transaction.atomic():
        (found,) = ask(values_of(query))
    own = found.get(plan.account_id, {})
    return {reading.measure: value.value for reading, value in own.items()}


def _is_readable(reading: Reading, catalogue: Catalogue) -> bool:
    try:
        check_reading(reading, catalogue)
    except BadReading:
        return False
    return True


def _percent(goal: PlanGoal, value: int | None, done: PlanDone | None) -> int:
    if not goal.measure:
        return 100 if done else 0
    return max(0, min(100, 100 * (value or 0) // (goal.target or 1)))


def starts(*, today: date) -> list[date]:
    """First days that a new plan may have: from six months ago to a year ahead."""
    first = today.replace(day=1)
    return [add_months(first, months) for months in range(-6, 13)]
