"""While a plan lasts: tasks are done, and what both saw when they looked at it is noted."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from partners.models import Plan, PlanDone, PlanGoal, PlanNote, PlanState
from partners.plans.agreeing import NotNow, is_wrong_side
from partners.plans.telling import tell

LONGEST_NOTE = 1000


def mark_done(plan_id: UUID, *, key: UUID, side: str, by: str, now: datetime) -> PlanDone:
    """By the side whose task it is; said again, the first one is returned. Raises NotNow."""
    with transaction.atomic():
        plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan_id)
        task = PlanGoal.objects.filter(
            version__plan=plan, version__state=PlanState.AGREED, key=key, measure=""
        ).first()
        if task is None or plan.ended_at is not None:
            raise NotNow(_("It is no task of the plan as it is agreed now."))
        if task.side != side or is_wrong_side(plan, side, by):
            raise NotNow(_("The other side says when its tasks are done."))
        earlier = PlanDone.objects.filter(plan=plan, key=key).first()
        if earlier is not None:
            return earlier
        done = PlanDone.objects.create(plan=plan, key=key, done_at=now, done_by=by)
        tell(plan, "task_done", actor=by, now=now, note=task.title)
    return done


def add_note(plan_id: UUID, *, text: str, side: str, by: str, now: datetime) -> PlanNote:
    """Raises NotNow for one without words, or with too many."""
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise NotNow(_("Write a note of at most %d characters.") % LONGEST_NOTE)
    with transaction.atomic():
        plan = Plan.objects.get(pk=plan_id)
        if is_wrong_side(plan, side, by):
            raise NotNow(_("You belong to this account: a colleague speaks for the company."))
        note = PlanNote.objects.create(plan=plan, text=text, side=side, noted_by=by, noted_at=now)
        tell(plan, "noted", actor=by, now=now, note=text)
    return note
