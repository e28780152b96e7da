"""Training in the portal: what one can learn, a course with its quiz, and what one holds."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.addresses import tenant_url
from accounts.models.people import PortalRole
from accounts.periods import day_of
from accounts.roles import member_required
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from loyalty.training_words import (
    by_track,
    certificate_words,
    certificates_of,
    course_words,
    courses_for,
    path_words,
)
from partners.models import Certificate, CertificateState, Course, CourseAttempt
from partners.training import taking
from partners.training.certifying import show_name
from partners.training.courses import in_force
from partners.training.quiz import shuffled
from partners.training.steps import CannotDo
from rewards.voice import voice_of

ACTORS = (PortalRole.ADMIN, PortalRole.MEMBER)
PER_PAGE = 20
LINKED_IN = "https://www.linkedin.com/profile/add?"


@require_safe
@member_required()
def training(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    """What is offered to the reader's role, and how far they are."""
    context = _about(request, enrollment_id)
    member = context["member"]
    about = {"user_id": member.user_id, "zone": request.tenant.zone}
    words = course_words(list(courses_for(member)), **about)
    offered = [one for one in words.values() if one.is_offered]
    context |= {
        "tracks": by_track(offered),
        "paths": path_words(**about),
        "certificates": certificate_words(
            _own(context).filter(revoked_at=None, is_renewed=False)[:PER_PAGE],
            today=context["today"],
        ),
    }
    return render(request, "portal/training.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def course(request: HttpRequest, enrollment_id: UUID, course_id: UUID) -> HttpResponse:
    """The course's own pages, and the door to its quiz."""
    context = _about(request, enrollment_id)
    member = context["member"]
    found = get_object_or_404(courses_for(member), pk=course_id)
    if request.method == "POST" and context["may_act"]:
        try:
            attempt = taking.begin(
                found.pk, member_id=member.pk, zone=request.tenant.zone, now=context["now"]
            )
        except CannotDo as refused:
            context["refused"] = str(refused)
        else:
            return redirect("portal_course_attempt", enrollment_id, found.pk, attempt.pk)
    version = in_force(found.pk)
    if version is None and not found.is_elsewhere:
        raise Http404
    words = course_words([found], user_id=member.user_id, zone=request.tenant.zone)
    context |= {
        "course": found,
        "version": version,
        "words": words[found.pk],
        "turn": _turn(request, found, context),
        "under_way": _attempts(context).filter(course=found, answered_at=None).exists(),
        "attempts": list(
            _attempts(context).filter(course=found, answered_at__isnull=False)[:PER_PAGE]
        ),
    }
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "portal/course.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def attempt(
    request: HttpRequest, enrollment_id: UUID, course_id: UUID, attempt_id: UUID
) -> HttpResponse:
    """The quiz, in this attempt's order; marked, only how many were right: not which."""
    context = _about(request, enrollment_id)
    mine = _attempts(context).select_related("course", "version")
    found = get_object_or_404(mine, pk=attempt_id, course_id=course_id)
    if request.method == "POST" and context["may_act"]:
        try:
            taking.answer(
                found.pk,
                member_id=context["member"].pk,
                answers=_answers(request, found),
                zone=request.tenant.zone,
                now=context["now"],
            )
        except CannotDo as refused:
            context["refused"] = str(refused)
        else:
            return redirect("portal_course_attempt", enrollment_id, course_id, attempt_id)
    context |= {
        "course": found.course,
        "attempt": found,
        "version": found.version,
        "questions": shuffled(found.version.questions, seed=found.seed),
        "turn": _turn(request, found.course, context),
        "certificates": certificate_words(
            _own(context).filter(completion__external_id=str(found.pk)), today=context["today"]
        ),
    }
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "portal/course_attempt.html", context, status=status)


@require_safe
@member_required()
def certificates(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    """The reader's own, and for the account's admins those of the team."""
    context = _about(request, enrollment_id)
    page = Paginator(_own(context), PER_PAGE).get_page(request.GET.get("page"))
    context["page"] = page
    context["certificates"] = certificate_words(page.object_list, today=context["today"])
    if context["member"].portal_role == PortalRole.ADMIN:
        team = certificates_of(context["enrollment"].account)
        context["team_page"] = Paginator(team, PER_PAGE).get_page(request.GET.get("team"))
        context["team"] = certificate_words(
            context["team_page"].object_list, today=context["today"]
        )
    return render(request, "portal/certificates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def certificate(request: HttpRequest, enrollment_id: UUID, certificate_id: UUID) -> HttpResponse:
    """One's own certificate: its badge, its public page, and whether that says one's name."""
    context = _about(request, enrollment_id)
    found = get_object_or_404(_own(context), pk=certificate_id)
    if request.method == "POST":
        shows = request.POST.get("shows_name") == "on"
        show_name(found.pk, user_id=context["member"].user_id, shows=shows)
        said = _("Your name is shown there now.") if shows else _("Your name is not shown there.")
        messages.success(request, said)
        return redirect("portal_certificate", enrollment_id, certificate_id)
    [words] = certificate_words([found], today=context["today"])
    context |= {
        "certificate": found,
        "words": words,
        "public_url": _public_url(request, found),
        "linked_in": _linked_in(request, found)
        if found.state_on(context["today"]) == CertificateState.VALID
        else "",
    }
    return render(request, "portal/certificate.html", context)


def _about(request: HttpRequest, enrollment_id: UUID) -> dict[str, Any]:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    now = timezone.now()
    return {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "member": member,
        "may_act": member.portal_role in ACTORS,
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "now": now,
        "today": day_of(now, request.tenant.zone),
    }


def _turn(request: HttpRequest, course: Course, context: dict[str, Any]) -> taking.Turn:
    user_id = context["member"].user_id
    return taking.turn_of(course, user_id=user_id, zone=request.tenant.zone, now=context["now"])


def _own(context: dict[str, Any]) -> Any:
    """The reader's own certificates, wherever they earned them."""
    held = Certificate.objects.filter(user_id=context["member"].user_id)
    return held.select_related("credential", "account").order_by("-issued_at", "-id")


def _attempts(context: dict[str, Any]) -> Any:
    mine = CourseAttempt.objects.filter(user_id=context["member"].user_id)
    return mine.order_by("-number")


def _answers(request: HttpRequest, found: CourseAttempt) -> dict[int, list[int]]:
    """What was chosen, by its place as the page has it; anything that is no option of the question
    is no answer."""
    said = {}
    for number, question in enumerate(shuffled(found.version.questions, seed=found.seed)):
        options = {str(shown): place for shown, (place, _text) in enumerate(question.options)}
        chosen = request.POST.getlist(f"question_{number}")
        said[question.place] = [options[one] for one in chosen if one in options]
    return said


def _public_url(request: HttpRequest, found: Certificate) -> str:
    return tenant_url(slug=request.tenant.slug, path=f"/badges/{found.address}/")


def _linked_in(request: HttpRequest, found: Certificate) -> str:
    """The address with which LinkedIn offers to add it to one's profile."""
    issued = day_of(found.issued_at, request.tenant.zone)
    said = {
        "startTask": "CERTIFICATION_NAME",
        "name": found.credential.name,
        "organizationName": request.tenant.name,
        "issueYear": issued.year,
        "issueMonth": issued.month,
        "certUrl": _public_url(request, found),
        "certId": found.reference,
    }
    if found.valid_until:
        said |= {
            "expirationYear": found.valid_until.year,
            "expirationMonth": found.valid_until.month,
        }
    return LINKED_IN + urlencode(said)
