"""What the account did: each fact with what it earned, and where it earned nothing why not."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.kinds import kind_names
from accounts.models import Activity
from accounts.roles import member_required
from loyalty.ledger_lines import ledger_lines
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from rewards import queries
from rewards.given import given_for, moved_by_facts, without_yield
from rewards.models import Entry
from rewards.voice import voice_of
from rewards.why_not import WhyNot, why_not

PER_PAGE = 50


@require_safe
@member_required()
def activities(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    whose = {"program_id": enrollment.program_id, "member_id": member.pk}
    only_nothing = request.GET.get("earned") == "nothing"
    found = Activity.objects.filter(account=enrollment.account).select_related("product", "member")
    if only_nothing:
        found = without_yield(found, **whose)
    page = Paginator(found.order_by("-occurred_at", "-id"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    facts = list(page.object_list)
    names, given = _kind_names(), given_for(facts, **whose)
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "page": page,
        "rows": [(one, names.get(one.kind, one.kind), given.get(one.pk, {})) for one in facts],
        "only_nothing": only_nothing,
    }
    return render(request, "portal/activities.html", context)


@require_safe
@member_required()
def activity(request: HttpRequest, enrollment_id: UUID, activity_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    facts = Activity.objects.filter(account=enrollment.account)
    fact = get_object_or_404(
        facts.select_related("account", "member", "product", "reverses"), pk=activity_id
    )
    voice = voice_of(request.tenant, enrollment.program.points_name)
    moved = moved_by_facts(program_id=enrollment.program_id, member_id=member.pk)
    found = queries.entries().filter(pk__in=moved.filter(cause=fact.pk).values("pk"))
    entries = list(found)
    reasons = why_not(fact, voice=voice) if fact.reverses_id is None else []
    # Programs that the account is not in are not its business.
    reasons = [one for one in reasons if one.program == enrollment.program.slug]
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "fact": fact,
        "kind": _kind_names().get(fact.kind, fact.kind),
        "lines": ledger_lines(entries, voice=voice),
        "reasons": _as_partners_see(reasons, entries),
    }
    return render(request, "portal/activity.html", context)


def _as_partners_see(reasons: list[WhyNot], entries: list[Entry]) -> list[WhyNot]:
    """A rule is one promise to them, however many versions it had: that another version was for
    other days is told only where no version was for that day."""
    told = {one.rule_version.rule.code for one in entries if one.rule_version is not None}
    told |= {one.rule for one in reasons if one.reason != "not_valid"}
    return [one for one in reasons if one.reason != "not_valid" or one.rule not in told]


def _kind_names() -> dict[str, str]:
    return kind_names()
