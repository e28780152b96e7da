"""One joint plan for both faces: what it shows, and what each side may do with it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.periods import day_of
from loyalty.measure_words import measure_words
from loyalty.plan_goals import GoalForms
from loyalty.plan_words import plan_words, progress_words, version_words
from partners.models import Plan, PlanState, Side
from partners.plans import agreeing, keeping
from partners.plans.agreeing import NotNow, is_wrong_side
from rewards.voice import Voice

LAST_NOTES = 50


def plan_context(
    plan: Plan, *, tenant: Tenant, voice: Voice, side: str, by: str, may_act: bool, now: datetime
) -> dict[str, Any]:
    """What the page of a plan shows to `side`, and what it offers."""
    words = measure_words(voice)
    versions = list(plan.versions.prefetch_related("goals").order_by("-number"))
    goals = progress_words([plan], words=words, zone=tenant.zone, now=now)[plan.pk]
    waiting = next((one for one in versions if one.state == PlanState.PROPOSED), None)
    may = may_act and plan.ended_at is None and not is_wrong_side(plan, side, by)
    return {
        "plan": plan,
        "words": plan_words(plan, versions, goals, today=day_of(now, tenant.zone)),
        "goals": goals,
        "versions": version_words(versions, words=words),
        "waiting": waiting,
        "notes": list(plan.notes.order_by("-noted_at", "-id")[:LAST_NOTES]),
        "side": side,
        "may_act": may,
        "may_answer": bool(may and waiting and waiting.side != side),
        "may_withdraw": bool(may and waiting and waiting.side == side),
        "may_propose": may and waiting is None,
        "may_note": may_act and not is_wrong_side(plan, side, by),
        "is_company": side == Side.COMPANY,
    }


def goal_forms(plan: Plan | None, posted: Any, *, voice: Voice) -> GoalForms:
    """To write the next version, beginning with the goals as they are agreed or were proposed."""
    version = None
    if plan is not None:
        known = plan.versions.order_by("-number")
        version = known.filter(state=PlanState.AGREED).first() or known.first()
    return GoalForms(posted, words=measure_words(voice), version=version)


def act(plan: Plan, posted: Any, *, side: str, by: str, now: datetime) -> str:
    """Do what the button says; what is to be told. Raises NotNow, Http404."""
    text = posted.get("note", "").replace("\x00", "")
    doing: dict[str, tuple[Callable[[], Any], str]] = {
        "agree": (
            lambda: agreeing.agree(_key(posted, "version"), side=side, by=by, now=now),
            _("“%s” is agreed."),
        ),
        "reject": (
            lambda: agreeing.reject(
                _key(posted, "version"), side=side, reason=text, by=by, now=now
            ),
            _("“%s” stays as it was; the other side reads why."),
        ),
        "withdraw": (
            lambda: agreeing.withdraw(_key(posted, "version"), side=side, by=by, now=now),
            _("What was proposed for “%s” is withdrawn."),
        ),
        "done": (
            lambda: keeping.mark_done(plan.pk, key=_key(posted, "goal"), side=side, by=by, now=now),
            _("It is noted as done in “%s”."),
        ),
        "note": (
            lambda: keeping.add_note(plan.pk, text=text, side=side, by=by, now=now),
            _("It is noted in “%s”."),
        ),
    }
    if side == Side.COMPANY:
        doing["end"] = (
            lambda: agreeing.end(plan.pk, note=text, by=by, now=now),
            _("“%s” has ended."),
        )
    if posted.get("action") not in doing:
        raise Http404
    if "version" in posted and not plan.versions.filter(pk=_key(posted, "version")).exists():
        raise NotNow(_("There is no such version of this plan."))
    do, said = doing[posted["action"]]
    do()
    return said % plan.name


def _key(posted: Any, name: str) -> UUID:
    try:
        return UUID(posted.get(name, ""))
    except ValueError:
        raise NotNow(_("Choose one of those on the page.")) from None
