"""Courses, learning paths and what they certify: the list of all three, and the pages to write
them. A draft changes; what is published stays, and the next version is another."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import staff_required
from loyalty.console.course_forms import ContentForm, CourseForm, CredentialForm, PathForm
from loyalty.course_text import questions_text, sections_text
from partners.models import (
    Completion,
    Course,
    CourseVersion,
    Credential,
    LearningPath,
    PathCourse,
)
from partners.training import courses as rules
from partners.training.courses import BadCourse, Content
from partners.training.paths import BadPath, save_credential, save_path
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
AT_FIELD = {"sections": "sections_written", "questions": "questions_written", "courses": "codes"}


@require_safe
@staff_required(*READERS)
def training(request: HttpRequest) -> HttpResponse:
    taken = Completion.objects.filter(course=OuterRef("pk")).order_by().values("course")
    people = taken.annotate(count=Count("user", distinct=True)).values("count")
    versions = CourseVersion.objects.filter(course=OuterRef("pk"), published_at__isnull=False)
    steps = PathCourse.objects.filter(path=OuterRef("pk"), is_part=True).order_by().values("path")
    parts = steps.annotate(count=Count("id")).values("count")
    context = {
        "courses": Course.objects.annotate(
            people=Coalesce(Subquery(people), 0), published=Exists(versions)
        ).order_by("track", "name", "id"),
        "paths": LearningPath.objects.annotate(parts=Coalesce(Subquery(parts), 0)).order_by(
            "track", "name", "id"
        ),
        "credentials": Credential.objects.select_related("course", "path").order_by("name", "id"),
        "may_edit": request.staff.role in EDITORS,
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/training.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_course(request: HttpRequest) -> HttpResponse:
    form = CourseForm(request.POST or None, is_new=True)
    if request.method == "POST" and form.is_valid():
        try:
            made = rules.add_course(
                code=form.cleaned_data["code"],
                about=form.about(),
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except BadCourse as bad:
            _refuse(form, bad)
        else:
            messages.success(request, _("“%s” is there.") % made.name)
            return redirect("console_course", made.pk)
    status = 422 if form.errors else 200
    return render(request, "console/course_new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def course(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """What the course is, and its next version."""
    found = get_object_or_404(Course, pk=course_id)
    action = request.POST.get("action", "")
    about = CourseForm(
        request.POST if action == "about" else None,
        is_new=False,
        initial={
            name: getattr(found, name)
            for name in ("name", "track", "roles", "is_elsewhere", "address", "is_active")
        },
    )
    shown = rules.draft_of(found) or rules.in_force(found.pk)
    content = ContentForm(
        request.POST if action in ("draft", "publish") else None, initial=_initial(shown)
    )
    if request.method == "POST" and (done := _save(request, found, action, about, content)):
        messages.success(request, done)
        return redirect("console_course", course_id)
    context = {
        "course": found,
        "form": about,
        "content": content,
        "draft": rules.draft_of(found),
        "in_force": rules.in_force(found.pk),
        "versions": found.versions.filter(published_at__isnull=False).order_by("-number"),
        "voice": voice_of(request.tenant),
    }
    status = 422 if about.errors or content.errors else 200
    return render(request, "console/course.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def path(request: HttpRequest, path_id: UUID | None = None) -> HttpResponse:
    found = get_object_or_404(LearningPath, pk=path_id) if path_id else None
    initial: dict[str, Any] = {"least": 0}
    if found:
        steps = found.steps.filter(is_part=True).order_by("position").select_related("course")
        initial = {
            name: getattr(found, name) for name in ("name", "track", "about", "least", "is_active")
        } | {"codes": "\n".join(step.course.code for step in steps)}
    form = PathForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = save_path(
                path=found,
                route=form.route(),
                courses=form.cleaned_data["codes"],
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except BadPath as bad:
            _refuse(form, bad)
        else:
            messages.success(request, _("“%s” is saved.") % made.name)
            return redirect("console_training")
    context = {"form": form, "thing": found, "what": _("Learning path")}
    status = 422 if form.errors else 200
    return render(request, "console/training_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def credential(request: HttpRequest, credential_id: UUID | None = None) -> HttpResponse:
    found = get_object_or_404(Credential, pk=credential_id) if credential_id else None
    initial: dict[str, Any] = {"months": 24, "renew_days": 60}
    if found:
        names = ("name", "level", "about", "months", "renew_days", "is_active")
        initial = {name: getattr(found, name) for name in names}
    form = CredentialForm(request.POST or None, is_new=found is None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = save_credential(
                credential=found,
                said=form.said(),
                actor=request.staff.actor,
                now=timezone.now(),
                **form.thing(),
            )
        except BadPath as bad:
            _refuse(form, bad)
        else:
            messages.success(request, _("“%s” is saved.") % made.name)
            return redirect("console_training")
    context = {"form": form, "thing": found, "what": _("Certificate")}
    status = 422 if form.errors else 200
    return render(request, "console/training_form.html", context, status=status)


def _initial(shown: CourseVersion | None) -> dict[str, Any]:
    said = shown or Content()
    names = ("about", "pass_percent", "most_attempts", "wait_hours")
    return {name: getattr(said, name) for name in names} | {
        "sections_written": sections_text(said.sections),
        "questions_written": questions_text(said.questions),
    }


def _save(
    request: HttpRequest, found: Course, action: str, about: CourseForm, content: ContentForm
) -> str:
    """What was done, in words; "" where the forms say why nothing was."""
    by = {"actor": request.staff.actor, "now": timezone.now()}
    try:
        if action == "about" and about.is_valid():
            rules.change_course(course=found, about=about.about(), **by)
            return _("“%s” is changed.") % about.cleaned_data["name"]
        if action in ("draft", "publish") and content.is_valid():
            rules.write_draft(course=found, content=content.content(), **by)
            if action == "draft":
                return _("The draft is saved.")
            made = rules.publish(course=found, **by)
            return _("Version %d is what people take now.") % made.number
    except BadCourse as bad:
        _refuse(about if action == "about" else content, bad)
    return ""


def _refuse(form: forms.Form, bad: BadCourse | BadPath) -> None:
    field = AT_FIELD.get(bad.field, bad.field)
    form.add_error(field if field in form.fields else None, str(bad))
