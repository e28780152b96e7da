"""The agreements of the reader's account: earned so far, the next band, and accepting what is
offered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Enrollment
from accounts.models.people import PortalRole
from accounts.periods import day_of
from accounts.roles import member_required
from loyalty.agreement_sheet import Listed, earned_chart, history, listed, period_sheet
from loyalty.file_answer import file_answer
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from loyalty.rebate_statements import all_statements, statements_told
from loyalty.rebate_terms import Names, names, sold_text, terms_words
from loyalty.rebate_words import StatementWords, agreement_look, days_text, period_name
from rebates import offering, papers
from rebates.drafting import AgreementRefused
from rebates.models import Acceptance, Accrual
from rebates.nearness import terms_of
from rebates.of_account import Own, own_agreements
from rebates.of_group import OwnPart, own_parts
from rebates.setting_off import carried_by
from rewards.voice import Voice, voice_of

PER_PAGE = 20
MOST_PERIODS = 24
CHARTED = 12


@require_safe
@member_required()
def agreements(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    """All of them, with what waits for an answer first; then the statements, a page at a time."""
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    voice, now = voice_of(request.tenant, enrollment.program.points_name), timezone.now()
    found = all_statements().filter(
        account=enrollment.account, agreement__program=enrollment.program
    )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "agreements": listed_agreements(enrollment, voice, now=now),
        "parts": _parts(enrollment, request, voice, now=now),
        "page": page,
        "statements": statements_told(list(page.object_list), voice=voice, now=now),
        "carried": carried_by(enrollment.account, program_id=enrollment.program_id),
    }
    return render(request, "portal/rebates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def agreement(request: HttpRequest, enrollment_id: UUID, agreement_id: UUID) -> HttpResponse:
    """Look at a period of it (GET, `?period=` its first day), or accept what is offered (POST)."""
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    own = _one(enrollment, request, agreement_id)
    if request.method == "POST":
        return _accept(request, enrollment, own)
    voice, now = voice_of(request.tenant, enrollment.program.points_name), timezone.now()
    said = names(voice=voice, program_id=enrollment.program_id, at=now)
    accruals = list(
        Accrual.objects.filter(account=enrollment.account, agreement=own.agreement)
        .select_related("agreement", "version")
        .order_by("-since")[:MOST_PERIODS]
    )
    accrual = _chosen(request, accruals, own)
    past = history(accruals, voice=voice)
    period = own.agreement.period
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "own": own,
        "look": agreement_look(own.agreement.state),
        "terms": terms_words(own.version, said.wording(own.version, period=period)),
        "days": days_text(own.agreement.starts_on, own.agreement.ends_on, voice=voice),
        "sheet": period_sheet(accrual, names=said, today=day_of(now, voice.zone))
        if accrual
        else None,
        "past": past,
        "chart": earned_chart(past[::-1][-CHARTED:], voice=voice) if len(past) > 1 else None,
        "statements": _statements(enrollment, own, voice=voice, now=now),
        "acceptance": _acceptance(enrollment, own),
    }
    context |= _offer(request, enrollment, own, said)
    return render(request, "portal/agreement.html", context)


@require_safe
@member_required()
def paper(
    request: HttpRequest, enrollment_id: UUID, agreement_id: UUID, file_id: UUID
) -> HttpResponse:
    """A paper of what holds for the account, of what it is offered, or of what it has accepted."""
    enrollment, _enrollments = own_enrollment(request, enrollment_id)
    own = _one(enrollment, request, agreement_id)
    shown = [own.version, *([own.offered] if own.offered else [])]
    versions = papers.readable_by(enrollment.account, own.agreement, shown)
    found = papers.paper_of(versions, file_id)
    if found is None:
        raise Http404
    return file_answer(found)


def listed_agreements(enrollment: Enrollment, voice: Voice, *, now: datetime) -> list[Listed]:
    """The account's agreements in the program, those that wait for its answer first."""
    said = names(voice=voice, program_id=enrollment.program_id, at=now)
    today = day_of(now, voice.zone)
    own = own_agreements(enrollment.account, program_id=enrollment.program_id, at=now, day=today)
    found = [
        listed(
            one.agreement,
            one.offered or one.version,
            one.running,
            names=said,
            today=today,
            is_to_accept=one.offered is not None,
        )
        for one in own
    ]
    return sorted(found, key=lambda one: not one.is_to_accept)


def _parts(
    enrollment: Enrollment, request: HttpRequest, voice: Voice, *, now: datetime
) -> list[dict[str, str]]:
    """What of its buying group's agreements is the account's own, in words."""
    found = own_parts(
        enrollment.account,
        program_id=enrollment.program_id,
        tenant=request.tenant,
        at=now,
        day=day_of(now, voice.zone),
    )
    return [_part(one, voice) for one in found]


def _part(one: OwnPart, voice: Voice) -> dict[str, str]:
    accrual, measure = one.accrual, terms_of(one.accrual).measure
    all_earns = one.earning == one.sold
    return {
        "name": one.agreement.name,
        "period": period_name(one.agreement.period, accrual.since, accrual.until, voice=voice),
        "sold": sold_text(one.sold, measure=measure, voice=voice),
        "earning": "" if all_earns else sold_text(one.earning, measure=measure, voice=voice),
    }


def _all(enrollment: Enrollment, request: HttpRequest) -> list[Own]:
    now = timezone.now()
    return own_agreements(
        enrollment.account,
        program_id=enrollment.program_id,
        at=now,
        day=day_of(now, request.tenant.zone),
    )


def _one(enrollment: Enrollment, request: HttpRequest, agreement_id: UUID) -> Own:
    for own in _all(enrollment, request):
        if own.agreement.pk == agreement_id:
            return own
    raise Http404


def _chosen(request: HttpRequest, accruals: list[Accrual], own: Own) -> Accrual | None:
    """The period in the address, else the running one, else the last there is."""
    asked = request.GET.get("period")
    if asked is None:
        running = own.running.pk if own.running else None
        return next((one for one in accruals if one.pk == running), next(iter(accruals), None))
    for one in accruals:
        if one.since.isoformat() == asked:
            return one
    raise Http404


def _statements(
    enrollment: Enrollment, own: Own, *, voice: Voice, now: datetime
) -> list[StatementWords]:
    found = all_statements().filter(account=enrollment.account, agreement=own.agreement)
    return statements_told(list(found[:MOST_PERIODS]), voice=voice, now=now)


def _acceptance(enrollment: Enrollment, own: Own) -> Acceptance | None:
    return Acceptance.objects.filter(version=own.version, account=enrollment.account).first()


def _offer(request: HttpRequest, enrollment: Enrollment, own: Own, said: Names) -> dict[str, Any]:
    """What waits for the account's yes, in words, and whether the reader may say it."""
    if own.offered is None:
        return {}
    member = member_at(request, enrollment)
    return {
        "offered": own.offered,
        "offered_terms": terms_words(
            own.offered, said.wording(own.offered, period=own.agreement.period)
        ),
        "digest": offering.digest_of(own.offered),
        "may_accept": member.portal_role == PortalRole.ADMIN,
    }


def _accept(request: HttpRequest, enrollment: Enrollment, own: Own) -> HttpResponse:
    """Only what was shown: terms that changed meanwhile are read anew."""
    member = member_at(request, enrollment)
    if member.portal_role != PortalRole.ADMIN:
        raise Http404
    offered = own.offered
    if offered is None or request.POST.get("version") != str(offered.pk):
        messages.error(request, str(offering.OfferChanged()))
        return redirect("portal_agreement", enrollment.pk, own.agreement.pk)
    try:
        offering.accept_shown(
            version=offered,
            account=enrollment.account,
            digest=request.POST.get("digest", ""),
            actor=member.actor,
            now=timezone.now(),
        )
    except AgreementRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("“%(name)s” is accepted.") % {"name": own.agreement.name})
    return redirect("portal_agreement", enrollment.pk, own.agreement.pk)
