"""How plans go: each measure since a plan began, beside its target; each task, done or not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Prefetch

from accounts.counting import VALID_NOW, Catalogue
from accounts.periods import add_months, day_of, last_instant_of
from accounts.postgres.statements import ask
from accounts.readings import BadReading, Reading, as_of, check_reading, reading_sql, values_of
from accounts.windows import ROLLING, Window
from partners.models import Plan, PlanDone, PlanGoal, PlanState, PlanVersion

NOW = Window(VALID_NOW)
Values = Mapping[UUID, Mapping[Reading, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Of a goal: what is reached, in the measure's own units, None for a task or a measure that is
    gone; `percent` rounded down, at most 100."""

    goal: PlanGoal
    value: int | None
    percent: int
    done: PlanDone | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class Course:
    """How a plan goes. `version` is the agreed one, None while there is none."""

    version: PlanVersion | None
    goals: list[Progress]


def courses_of(
    plans: Sequence[Plan], *, catalogue: Catalogue, zone: ZoneInfo, now: datetime
) -> dict[UUID, Course]:
    """By the plans' ids, as of now, or of a plan's last day once it is over: three queries, and one
    for each day as of which some plan is looked at."""
    versions = {one.plan_id: one for one in _agreed(plans)}
    done = {(one.plan_id, one.key): one for one in PlanDone.objects.filter(plan__in=list(versions))}
    today = day_of(now, zone)
    by_day: dict[date, list[Plan]] = defaultdict(list)
    for plan in plans:
        if plan.pk in versions:
            by_day[min(today, plan.ends_on)].append(plan)
    found = {plan.pk: Course(None, []) for plan in plans}
    for day, some in sorted(by_day.items()):
        about = {"day": day, "catalogue": catalogue}
        values = _values(some, versions, zone=zone, now=now, **about)
        for plan in some:
            goals = sorted(versions[plan.pk].goals.all(), key=lambda goal: goal.place)
            told = [
                _progress(goal, plan, values, done.get((plan.pk, goal.key)), **about)
                for goal in goals
            ]
            found[plan.pk] = Course(versions[plan.pk], told)
    return found


def _agreed(plans: Iterable[Plan]) -> Iterable[PlanVersion]:
    goals = Prefetch("goals", queryset=PlanGoal.objects.order_by("place"))
    agreed = PlanVersion.objects.filter(plan__in=list(plans), state=PlanState.AGREED)
    return agreed.prefetch_related(goals)


def _progress(
    goal: PlanGoal,
    plan: Plan,
    values: Values,
    done: PlanDone | None,
    *,
    day: date,
    catalogue: Catalogue,
) -> Progress:
    reading = _reading(goal, plan, day=day, catalogue=catalogue)
    value = values.get(plan.account_id, {}).get(reading) if reading else None
    if goal.measure:
        percent = max(0, min(100, 100 * (value or 0) // (goal.target or 1)))
    else:
        percent = 100 if done else 0
    is_late = not goal.measure and done is None and goal.due_on is not None and goal.due_on < day
    return Progress(goal=goal, value=value, percent=percent, done=done, is_late=is_late)


def _values(
    plans: Sequence[Plan],
    versions: Mapping[UUID, PlanVersion],
    *,
    day: date,
    catalogue: Catalogue,
    zone: ZoneInfo,
    now: datetime,
) -> Values:
    """Of all accounts, what any of the plans measures; of each, more than is asked for."""
    readings = {
        reading
        for plan in plans
        for goal in versions[plan.pk].goals.all()
        if (reading := _reading(goal, plan, day=day, catalogue=catalogue))
    }
    if not readings:
        return {}
    query = reading_sql(
        sorted(readings, key=lambda reading: reading.key),
        catalogue=catalogue,
        as_of=as_of(min(now, last_instant_of(day, zone)), zone),
        zone=zone,
        fiscal_year_starts=1,  # no window here is of a fiscal year
        accounts=sorted({plan.account_id for plan in plans}),
    )
    with transaction.atomic():
        (found,) = ask(values_of(query))
    return {
        account: {reading: value.value for reading, value in own.items()}
        for account, own in found.items()
    }


def _reading(goal: PlanGoal, plan: Plan, *, day: date, catalogue: Catalogue) -> Reading | None:
    """What the goal's measure counts from the plan's first month through that of `day`, or what is
    valid then; None for a task, before the plan begins, and for a measure that is gone."""
    months = (day.year - plan.starts_on.year) * 12 + day.month - plan.starts_on.month + 1
    if not goal.measure or months < 1:
        return None
    for window in (Window(ROLLING, months=months), NOW):
        reading = Reading(goal.measure, window)
        try:
            check_reading(reading, catalogue)
        except BadReading:
            continue
        return reading
    return None


def starts(*, today: date) -> list[date]:
    """First days that a new plan may have: from six months ago to a year ahead."""
    first = today.replace(day=1)
    return [add_months(first, months) for months in range(-6, 13)]
