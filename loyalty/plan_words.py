"""Joint plans as all faces show them: goals with their progress, versions with their state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.measure_words import MeasureWords
from partners.models import Plan, PlanGoal, PlanState, PlanVersion
from partners.plans.progress import Progress, courses_of

LOOKS = {
    PlanState.PROPOSED: ("clock", "warn"),
    PlanState.AGREED: ("check-circle", "good"),
    PlanState.REJECTED: ("x-circle", "bad"),
    PlanState.WITHDRAWN: ("arrow-uturn-left", ""),
    PlanState.REPLACED: ("arrow-path", ""),
}

STEPS: dict[str, Promise] = {
    "plan.proposed": gettext_lazy("Proposed"),
    "plan.agreed": gettext_lazy("Agreed"),
    "plan.rejected": gettext_lazy("Not agreed"),
    "plan.withdrawn": gettext_lazy("Withdrawn"),
    "plan.task_done": gettext_lazy("Task done"),
    "plan.noted": gettext_lazy("Noted"),
    "plan.ended": gettext_lazy("Ended early"),
}


@dataclass(frozen=True, slots=True)
class GoalWords:
    """`reached` and `wanted` are the measure's values, or what is known of a task."""

    goal: PlanGoal
    wanted: str
    reached: str
    percent: int
    is_done: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class PlanWords:
    plan: Plan
    state: str
    icon: str
    tone: str
    percent: int  # the mean of its goals, rounded down


def goal_words(found: Sequence[Progress], *, words: MeasureWords) -> list[GoalWords]:
    return [
        GoalWords(
            one.goal,
            wanted(one.goal, words),
            _reached(one, words),
            one.percent,
            one.percent == 100,
            one.is_late,
        )
        for one in found
    ]


def wanted(goal: PlanGoal, words: MeasureWords) -> str:
    """“$100,000 of revenue”, or until when."""
    if not goal.measure:
        return _("until %s") % words.voice.day(goal.due_on) if goal.due_on else ""
    if goal.measure not in words.catalogue:
        return _("a measure that is gone")
    return f"{words.name(goal.measure)}: {words.value(goal.measure, goal.target or 0)}"


def _reached(one: Progress, words: MeasureWords) -> str:
    if not one.goal.measure:
        return _("done on %s") % words.voice.day(one.done.done_at) if one.done else _("open")
    if one.value is None or one.goal.measure not in words.catalogue:
        return _("nothing yet")
    return words.value(one.goal.measure, one.value)


def progress_words(
    plans: Sequence[Plan], *, words: MeasureWords, zone: ZoneInfo, now: datetime
) -> dict[UUID, list[GoalWords]]:
    """By the plans' ids, of their agreed versions; nothing where there is none."""
    found = courses_of(plans, catalogue=words.catalogue, zone=zone, now=now)
    return {key: goal_words(course.goals, words=words) for key, course in found.items()}


def plan_words(
    plan: Plan, versions: Sequence[PlanVersion], goals: Sequence[GoalWords], *, today: date
) -> PlanWords:
    """How it stands; `versions` are all of its."""
    states = {version.state for version in versions}
    if plan.ended_at is not None:
        look = (_("Ended early"), "no-symbol", "")
    elif PlanState.AGREED in states and plan.ends_on < today:
        look = (_("Over"), "flag", "")
    elif PlanState.AGREED in states and PlanState.PROPOSED in states:
        look = (_("A change is proposed"), "clock", "warn")
    elif PlanState.AGREED in states:
        look = (_("Agreed"), "check-circle", "good")
    elif PlanState.PROPOSED in states:
        look = (_("Proposed"), "clock", "warn")
    else:
        look = (_("Not agreed"), "x-circle", "bad")
    mean = sum(goal.percent for goal in goals) // len(goals) if goals else 0
    return PlanWords(plan, *look, mean)


def version_words(versions: Sequence[PlanVersion], *, words: MeasureWords) -> list[tuple]:
    """(version, icon, tone, its goals in words), the newest first."""
    return [
        (
            one,
            *LOOKS[PlanState(one.state)],
            [(goal, wanted(goal, words)) for goal in sorted(one.goals.all(), key=_place)],
        )
        for one in versions
    ]


def _place(goal: PlanGoal) -> int:
    return goal.place
