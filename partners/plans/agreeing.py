"""A plan and its versions: one side proposes, the other agrees; nothing holds before both have.

Whoever belongs to the account speaks for the partner alone, even where they are staff as well: one
person never agrees with themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.facts import MAX_AMOUNT
from accounts.hands import accounts_of, hands_of
from accounts.ids import uuid7
from accounts.models import Account
from accounts.periods import add_months
from partners.models import Plan, PlanGoal, PlanState, PlanVersion, Side
from partners.plans.telling import tell

MOST_GOALS = 20
MOST_MONTHS = 24
LONGEST_NOTE = 300


class NotNow(ValueError):
    """The plan's state, or a rule, does not allow it; its text says why. Nothing changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """See `PlanGoal`; `key` is that of the goal of the version before which this one goes on."""

    title: str
    measure: str = ""
    target: int | None = None
    side: str = Side.PARTNER
    due_on: date | None = None
    key: UUID = field(default_factory=uuid7)


def draw_up(
    account: Account,
    *,
    name: str,
    starts_on: date,
    months: int,
    goals: Sequence[Goal],
    note: str,
    by: str,
    now: datetime,
) -> Plan:
    """A plan for whole months, proposed by the tenant. Raises NotNow."""
    if not name.strip():
        raise NotNow(_("A plan has a name."))
    if starts_on.day != 1 or not 1 <= months <= MOST_MONTHS:
        raise NotNow(_("It begins with a month, and lasts for 1 to %d of them.") % MOST_MONTHS)
    try:
        with transaction.atomic():
            plan = Plan.objects.create(
                account=account,
                name=name.strip(),
                starts_on=starts_on,
                ends_on=date.fromordinal(add_months(starts_on, months).toordinal() - 1),
                created_at=now,
                created_by=by,
            )
            propose(plan.pk, goals=goals, note=note, side=Side.COMPANY, by=by, now=now)
    except IntegrityError as error:
        if "plan_name_once_per_account" not in str(error):
            raise
        raise NotNow(_("The account has a plan of this name already.")) from None
    return plan


def propose(
    plan_id: UUID, *, goals: Sequence[Goal], note: str, side: str, by: str, now: datetime
) -> PlanVersion:
    """The next version, which the other side is to agree on. Raises NotNow."""
    if len(note) > LONGEST_NOTE:
        raise NotNow(_("Say it in at most %d characters.") % LONGEST_NOTE)
    with transaction.atomic():
        plan = _open(plan_id)
        _refuse_wrong_side(plan, side, by)
        _check(goals, plan)
        if plan.versions.filter(state=PlanState.PROPOSED).exists():
            raise NotNow(_("A version waits for an answer already: answer or withdraw it first."))
        last = plan.versions.order_by("-number").first()
        version = PlanVersion.objects.create(
            plan=plan,
            number=last.number + 1 if last else 1,
            side=side,
            proposed_by=by,
            proposed_at=now,
            note=note.strip(),
        )
        PlanGoal.objects.bulk_create(
            PlanGoal(
                version=version,
                place=place,
                key=goal.key,
                title=goal.title.strip(),
                measure=goal.measure,
                target=goal.target,
                side=goal.side,
                due_on=goal.due_on,
            )
            for place, goal in enumerate(goals)
        )
        tell(plan, "proposed", actor=by, now=now, number=version.number, side=side, note=note)
    return version


def agree(version_id: UUID, *, side: str, by: str, now: datetime) -> PlanVersion:
    """From now on the plan is this version. Raises NotNow, also for one's own proposal."""
    with transaction.atomic():
        version = _proposed(version_id, side=side, by=by)
        PlanVersion.objects.filter(plan=version.plan, state=PlanState.AGREED).update(
            state=PlanState.REPLACED
        )
        return _decided(version, PlanState.AGREED, "", by=by, now=now)


def reject(version_id: UUID, *, side: str, reason: str, by: str, now: datetime) -> PlanVersion:
    """The plan stays as it was. Raises NotNow without a reason, and for one's own proposal."""
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_NOTE:
        raise NotNow(_("Say why, in at most %d characters.") % LONGEST_NOTE)
    with transaction.atomic():
        version = _proposed(version_id, side=side, by=by)
        return _decided(version, PlanState.REJECTED, reason, by=by, now=now)


def withdraw(version_id: UUID, *, side: str, by: str, now: datetime) -> PlanVersion:
    """By the side that proposed it. Raises NotNow."""
    with transaction.atomic():
        version = _waiting(version_id)
        _refuse_wrong_side(version.plan, side, by)
        if version.side != side:
            raise NotNow(_("The other side has proposed it: agree, or say why not."))
        return _decided(version, PlanState.WITHDRAWN, "", by=by, now=now)


def end(plan_id: UUID, *, note: str, by: str, now: datetime) -> Plan:
    """The tenant ends it before its time; what was agreed stays to be read. Raises NotNow."""
    note = note.strip()
    if not note or len(note) > LONGEST_NOTE:
        raise NotNow(_("Say why, in at most %d characters.") % LONGEST_NOTE)
    with transaction.atomic():
        plan = _open(plan_id)
        _refuse_wrong_side(plan, Side.COMPANY, by)
        for version in plan.versions.filter(state=PlanState.PROPOSED):
            version.state, version.decided_by, version.decided_at = PlanState.WITHDRAWN, by, now
            version.save(update_fields=["state", "decided_by", "decided_at"])
        plan.ended_at, plan.ended_by, plan.end_note = now, by, note
        plan.save(update_fields=["ended_at", "ended_by", "end_note"])
        tell(plan, "ended", actor=by, now=now, note=note)
    return plan


def is_wrong_side(plan: Plan, side: str, by: str) -> bool:
    """Whether the person behind `by` would speak for the tenant, but belongs to the account."""
    return side == Side.COMPANY and plan.account_id in accounts_of(hands_of(by))


def _refuse_wrong_side(plan: Plan, side: str, by: str) -> None:
    if is_wrong_side(plan, side, by):
        raise NotNow(_("You belong to this account: a colleague speaks for the company."))


def _open(plan_id: UUID) -> Plan:
    """The plan, locked: of two proposals at once the second sees the first."""
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan_id)
    if plan.ended_at is not None:
        raise NotNow(_("The plan has ended."))
    return plan


def _waiting(version_id: UUID) -> PlanVersion:
    plan_id = PlanVersion.objects.values_list("plan_id", flat=True).get(pk=version_id)
    plan = _open(plan_id)
    version = PlanVersion.objects.get(pk=version_id)
    version.plan = plan
    if version.state != PlanState.PROPOSED:
        said = _("It is “%s” meanwhile. Nothing changed.")
        raise NotNow(said % version.get_state_display())
    return version


def _proposed(version_id: UUID, *, side: str, by: str) -> PlanVersion:
    version = _waiting(version_id)
    _refuse_wrong_side(version.plan, side, by)
    if version.side == side or version.proposed_by in hands_of(by):
        raise NotNow(_("Your side has proposed it: the other one answers."))
    return version


def _decided(
    version: PlanVersion, state: PlanState, reason: str, *, by: str, now: datetime
) -> PlanVersion:
    version.state, version.reason = state, reason
    version.decided_by, version.decided_at = by, now
    version.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    tell(version.plan, state.value, actor=by, now=now, number=version.number, note=reason)
    return version


def _check(goals: Sequence[Goal], plan: Plan) -> None:
    if not 1 <= len(goals) <= MOST_GOALS:
        raise NotNow(_("A plan has 1 to %d goals.") % MOST_GOALS)
    if len({goal.key for goal in goals}) < len(goals):
        raise NotNow(_("Each goal goes on from one of before, and only one."))
    for goal in goals:
        if not goal.title.strip():
            raise NotNow(_("Say what each goal is."))
        if goal.measure and not 0 < (goal.target or 0) <= MAX_AMOUNT:
            raise NotNow(_("“%s” needs a target above zero, and no astronomic one.") % goal.title)
        if not goal.measure and goal.due_on is None:
            raise NotNow(_("“%s” needs a day until which it is done.") % goal.title)
        if goal.due_on and not plan.starts_on <= goal.due_on <= plan.ends_on:
            raise NotNow(_("“%s” is due while the plan lasts.") % goal.title)
