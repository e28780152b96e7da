"""Courses, paths and certificates as all faces show them: how far a person is, what is next."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account, Event, Member
from accounts.periods import day_of
from partners.models import (
    Certificate,
    CertificateState,
    Completion,
    Course,
    CourseVersion,
    LearningPath,
    PathCourse,
)
from partners.training.paths import needed

LOOKS = {
    CertificateState.VALID: ("shield-check", "good"),
    CertificateState.RENEWED: ("arrow-path", ""),
    CertificateState.EXPIRED: ("clock", "warn"),
    CertificateState.REVOKED: ("no-symbol", "bad"),
}
SOON = ("exclamation-triangle", "warn")


@dataclass(frozen=True, slots=True)
class CourseWords:
    course: Course
    completed_on: date | None
    is_offered: bool  # whether it can be taken now


@dataclass(frozen=True, slots=True)
class PathWords:
    path: LearningPath
    courses: list[CourseWords]
    done: int
    needed: int

    @property
    def says(self) -> str:
        return _("%(done)d of %(needed)d courses completed") % {
            "done": min(self.done, self.needed),
            "needed": self.needed,
        }


@dataclass(frozen=True, slots=True)
class CertificateWords:
    certificate: Certificate
    label: str
    icon: str
    tone: str
    says: str  # what is to be done, or until when
    opens_on: date | None  # from when on it can be renewed


def certificate_words(found: Iterable[Certificate], *, today: date) -> list[CertificateWords]:
    """Certificates whose credential is loaded."""
    return [_words(one, today=today) for one in found]


def _words(one: Certificate, *, today: date) -> CertificateWords:
    state = one.state_on(today)
    icon, tone = LOOKS[state]
    opens = one.valid_until and one.valid_until - timedelta(days=one.credential.renew_days)
    says = ""
    if state == CertificateState.VALID:
        if one.valid_until is None:
            says = _("valid for ever")
        elif opens and opens <= today:
            icon, tone = SOON
            left = (one.valid_until - today).days
            says = ngettext("%d day left to renew it", "%d days left to renew it", left) % left
    return CertificateWords(one, str(state.label), icon, tone, says, opens)


def certificates_of(account: Account) -> QuerySet[Certificate]:
    """Those of people who work for the account now, wherever they earned them: valid, and the
    soonest to end first."""
    people = Member.objects.filter(account=account, is_active=True)
    held = Certificate.objects.filter(user_id__in=people.values("user_id"), revoked_at=None)
    held = held.filter(is_renewed=False, expired_at=None).select_related("credential")
    return held.order_by("valid_until", "holder", "id")


def courses_for(member: Member) -> QuerySet[Course]:
    """What is offered to somebody with their role."""
    fits = Q(roles=[]) | Q(roles__contains=[member.business_role])
    return Course.objects.filter(fits, is_active=True).order_by("track", "name", "id")


def course_words(
    courses: Sequence[Course], *, user_id: UUID, zone: ZoneInfo
) -> dict[UUID, CourseWords]:
    done: dict[UUID, date] = {}
    completions = Completion.objects.filter(user_id=user_id, course__in=courses)
    for course_id, at in completions.order_by("completed_at").values_list(
        "course_id", "completed_at"
    ):
        done[course_id] = day_of(at, zone)
    published = set(
        CourseVersion.objects.filter(course__in=courses, published_at__isnull=False).values_list(
            "course_id", flat=True
        )
    )
    return {
        course.pk: CourseWords(
            course,
            done.get(course.pk),
            course.is_active and (course.is_elsewhere or course.pk in published),
        )
        for course in courses
    }


def path_words(*, user_id: UUID, zone: ZoneInfo) -> list[PathWords]:
    """The learning paths that are offered, and how far the person is on each."""
    steps = PathCourse.objects.filter(is_part=True).select_related("course").order_by("position")
    paths = LearningPath.objects.filter(is_active=True).prefetch_related(
        Prefetch("steps", queryset=steps, to_attr="parts")
    )
    found = list(paths.order_by("track", "name", "id"))
    courses = {step.course_id: step.course for path in found for step in path.parts}
    words = course_words(list(courses.values()), user_id=user_id, zone=zone)
    told = []
    for path in found:
        its = [words[step.course_id] for step in path.parts]
        done = sum(one.completed_on is not None for one in its)
        told.append(PathWords(path, its, done, needed(path, len(its))))
    return told


def by_track(words: Iterable[CourseWords]) -> list[tuple[str, list[CourseWords]]]:
    tracks: dict[str, list[CourseWords]] = defaultdict(list)
    for one in words:
        tracks[one.course.track].append(one)
    return list(tracks.items())


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    said: str
    note: str
    actor: str


STEPS: dict[str, Promise] = {
    "certificate.earned": gettext_lazy("Issued"),
    "certificate.expiring": gettext_lazy("Reminded of the renewal"),
    "certificate.expired": gettext_lazy("Expired"),
    "certificate.revoked": gettext_lazy("Revoked"),
}


def certificate_steps(events: Iterable[Event], *, names: Mapping[str, str]) -> list[Step]:
    """What happened to a certificate, the oldest first; `names` are those the reader may know."""
    return [
        Step(
            event.occurred_at,
            str(STEPS.get(event.kind, event.kind)),
            event.payload.get("note", ""),
            names.get(event.actor, ""),
        )
        for event in events
    ]
