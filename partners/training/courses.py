"""Courses as they are written: drafts that change, and published versions that never do."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_slug
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts import events
from accounts.models.people import BusinessRole
from partners.models import Course, CourseVersion

MOST_SECTIONS, MOST_QUESTIONS, MOST_OPTIONS = 40, 60, 8
LONGEST_TITLE, LONGEST_TEXT, LONGEST_QUESTION, LONGEST_OPTION = 120, 20_000, 400, 200


class BadCourse(ValueError):
    """Its text says what to change, in `field` where it is one; nothing changed."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a course is, whichever version of it is taken; see Course."""

    name: str
    track: str = ""
    roles: Sequence[str] = ()
    is_elsewhere: bool = False
    address: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a version says and asks; see CourseVersion."""

    about: str = ""
    sections: Sequence[Mapping[str, Any]] = ()
    questions: Sequence[Mapping[str, Any]] = ()
    pass_percent: int = 80
    most_attempts: int = 0
    wait_hours: int = 0


def add_course(*, code: str, about: About, actor: str, now: datetime) -> Course:
    """A course that nobody can take yet: on own pages before a version is published. Raises
    BadCourse."""
    try:
        validate_slug(code)
    except ValidationError:
        raise BadCourse(_("Use letters, digits, hyphens and underscores."), "code") from None
    _check_about(about)
    try:
        with transaction.atomic():
            course = Course.objects.create(
                code=code, created_at=now, created_by=actor, **_columns(about)
            )
            _record("course.added", course, actor=actor, now=now)
    except IntegrityError as error:
        if "course_code_is_unique" not in str(error):
            raise
        raise BadCourse(_("There is a course with this code already."), "code") from None
    return course


def change_course(*, course: Course, about: About, actor: str, now: datetime) -> Course:
    """What people have completed stays completed. Raises BadCourse."""
    _check_about(about)
    with transaction.atomic():
        course = Course.objects.select_for_update().get(pk=course.pk)
        for name, value in _columns(about).items():
            setattr(course, name, value)
        course.save()
        _record("course.changed", course, actor=actor, now=now)
    return course


def write_draft(*, course: Course, content: Content, actor: str, now: datetime) -> CourseVersion:
    """Keep `content` as the course's draft, the next version. Raises BadCourse."""
    check_content(content)
    said = asdict(content) | {
        "sections": [dict(one) for one in content.sections],
        "questions": [dict(one) for one in content.questions],
    }
    with transaction.atomic():
        course = Course.objects.select_for_update().get(pk=course.pk)
        draft = draft_of(course)
        if draft is None:
            last = course.versions.aggregate(last=Max("number"))["last"] or 0
            draft = CourseVersion(course=course, number=last + 1, created_at=now, created_by=actor)
        for name, value in said.items():
            setattr(draft, name, value)
        draft.save()
    return draft


def publish(*, course: Course, actor: str, now: datetime) -> CourseVersion:
    """From now on the draft is what people take; attempts that are open go on with theirs. Raises
    BadCourse."""
    with transaction.atomic():
        course = Course.objects.select_for_update().get(pk=course.pk)
        draft = draft_of(course)
        if draft is None:
            raise BadCourse(_("There is no draft: change something first."))
        if not draft.sections or not draft.questions:
            raise BadCourse(_("A course needs at least one section and one question."))
        draft.published_at, draft.published_by = now, actor
        draft.save(update_fields=["published_at", "published_by"])
        _record("course.published", course, actor=actor, now=now, version=draft.number)
    return draft


def draft_of(course: Course) -> CourseVersion | None:
    return course.versions.filter(published_at=None).first()


def in_force(course_id: UUID) -> CourseVersion | None:
    """What is taken now: the last version published."""
    published = CourseVersion.objects.filter(course_id=course_id, published_at__isnull=False)
    return published.order_by("-number").first()


def check_content(content: Content) -> None:
    """Raises BadCourse."""
    if not 1 <= content.pass_percent <= 100:
        raise BadCourse(_("The pass mark is a percentage from 1 to 100."), "pass_percent")
    if not 0 <= content.most_attempts <= 20:
        raise BadCourse(_("Allow 1 to 20 attempts, or 0 for any number."), "most_attempts")
    if not 0 <= content.wait_hours <= 720:
        raise BadCourse(_("Between two attempts pass at most 720 hours."), "wait_hours")
    if len(content.about) > 600:
        raise BadCourse(_("Say it in at most %d characters.") % 600, "about")
    if len(content.sections) > MOST_SECTIONS:
        raise BadCourse(_("At most %d sections fit.") % MOST_SECTIONS, "sections")
    if len(content.questions) > MOST_QUESTIONS:
        raise BadCourse(_("At most %d questions fit.") % MOST_QUESTIONS, "questions")
    for number, section in enumerate(content.sections, 1):
        if not _fits(section["title"], LONGEST_TITLE) or not _fits(section["text"], LONGEST_TEXT):
            raise BadCourse(_("Section %d needs a title and a text that fit.") % number, "sections")
    for number, question in enumerate(content.questions, 1):
        _check_question(question, number)


def _check_question(question: Mapping[str, Any], number: int) -> None:
    options, right = question["options"], question["right"]
    if not _fits(question["text"], LONGEST_QUESTION):
        raise BadCourse(
            _("Question %(number)d needs a text of at most %(most)d characters.")
            % {"number": number, "most": LONGEST_QUESTION},
            "questions",
        )
    if not 2 <= len(options) <= MOST_OPTIONS or len(set(options)) < len(options):
        raise BadCourse(
            _("Question %(number)d needs 2 to %(most)d different answers to choose from.")
            % {"number": number, "most": MOST_OPTIONS},
            "questions",
        )
    if not all(_fits(option, LONGEST_OPTION) for option in options):
        raise BadCourse(_("An answer to question %d is too long.") % number, "questions")
    if not right or not set(right) <= set(range(len(options))):
        raise BadCourse(_("Question %d needs at least one right answer.") % number, "questions")


def _fits(text: str, longest: int) -> bool:
    return bool(text.strip()) and len(text) <= longest and "\0" not in text


def _check_about(about: About) -> None:
    if not _fits(about.name, 120) or not about.name.isprintable():
        raise BadCourse(_("Give it a name of at most %d characters.") % 120, "name")
    if len(about.track) > 60 or not about.track.isprintable():
        raise BadCourse(_("Say it in at most %d characters.") % 60, "track")
    if not set(about.roles) <= set(BusinessRole.values):
        raise BadCourse(_("Choose from the roles that people have."), "roles")
    if about.address:
        try:
            URLValidator(schemes=["https"])(about.address)
        except ValidationError:
            raise BadCourse(
                _("Write it like https://learn.example.com/course."), "address"
            ) from None


def _columns(about: About) -> dict[str, Any]:
    return asdict(about) | {"roles": sorted(about.roles)}


def _record(kind: str, course: Course, *, actor: str, now: datetime, **more: Any) -> None:
    events.record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"course:{course.pk}",
        payload={
            "code": course.code,
            "name": course.name,
            "track": course.track,
            "is_active": course.is_active,
        }
        | more,
    )
