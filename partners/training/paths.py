"""Learning paths and credentials: what belongs together, and what completing it certifies."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.periods import start_of
from partners.models import Completion, Course, Credential, LearningPath, PathCourse

MOST_COURSES = 30


class BadPath(ValueError):
    """Its text says what to change, in `field` where it is one; nothing changed."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What a path is; see LearningPath. `courses` are in their order."""

    name: str
    track: str = ""
    about: str = ""
    least: int = 0
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What a credential says, and for how long; see Credential."""

    name: str
    level: str = ""
    about: str = ""
    months: int | None = None
    renew_days: int = 60
    is_active: bool = True


def save_path(
    *,
    path: LearningPath | None,
    route: Route,
    courses: Sequence[Course],
    actor: str,
    now: datetime,
) -> LearningPath:
    """A new path, or another way for one that is there: certificates it gave stay. Raises
    BadPath."""
    _check(route.name, route.track, route.about)
    if not 1 <= len(set(courses)) == len(courses) <= MOST_COURSES:
        raise BadPath(_("Choose 1 to %d different courses.") % MOST_COURSES, "courses")
    if not 0 <= route.least <= len(courses):
        raise BadPath(_("Ask for no more courses than there are; 0 is all of them."), "least")
    with transaction.atomic():
        if path is None:
            path = LearningPath.objects.create(created_at=now, created_by=actor, **asdict(route))
        else:
            path = LearningPath.objects.select_for_update().get(pk=path.pk)
            for name, value in asdict(route).items():
                setattr(path, name, value)
            path.save()
        path.steps.update(is_part=False)
        PathCourse.objects.bulk_create(
            (
                PathCourse(path=path, course=one, position=place)
                for place, one in enumerate(courses)
            ),
            update_conflicts=True,
            unique_fields=["tenant", "path", "course"],
            update_fields=["position", "is_part"],
        )
        named = [course.code for course in courses]
        _record("path.saved", f"path:{path.pk}", asdict(route) | {"courses": named}, actor, now)
    return path


def save_credential(
    *,
    credential: Credential | None,
    said: Certified,
    course: Course | None = None,
    path: LearningPath | None = None,
    actor: str,
    now: datetime,
) -> Credential:
    """What completing `course` or `path` certifies from now on; what was issued stays as it is.

    What it is for stays for ever. Raises BadPath.
    """
    _check(said.name, said.level, said.about)
    if said.months is not None and not 1 <= said.months <= 120:
        raise BadPath(_("It is valid for 1 to 120 months, or for ever."), "months")
    if not 0 <= said.renew_days <= 365:
        raise BadPath(_("It can be renewed up to 365 days before its end."), "renew_days")
    with transaction.atomic():
        if credential is None:
            credential = Credential(course=course, path=path, created_at=now, created_by=actor)
        else:
            credential = Credential.objects.select_for_update(of=("self",)).get(pk=credential.pk)
        for name, value in asdict(said).items():
            setattr(credential, name, value)
        credential.save()
        _record("credential.saved", f"credential:{credential.pk}", asdict(said), actor, now)
    return credential


def needed(path: LearningPath, parts: int) -> int:
    return path.least or parts


def completed_of(
    path: LearningPath,
    *,
    user_id: UUID,
    zone: ZoneInfo,
    since: date | None = None,
    recorded_after: datetime | None = None,
) -> int:
    """How many of the path's courses the person has completed, from a local day on, and recorded
    after an instant."""
    courses = path.steps.filter(is_part=True).values("course_id")
    found = Completion.objects.filter(user_id=user_id, course_id__in=courses)
    if since is not None:
        found = found.filter(completed_at__gte=start_of(since, zone))
    if recorded_after is not None:
        found = found.filter(recorded_at__gt=recorded_after)
    return found.values("course_id").distinct().count()


def _check(name: str, short: str, about: str) -> None:
    if not name.strip() or len(name) > 120 or not name.isprintable():
        raise BadPath(_("Give it a name of at most %d characters.") % 120, "name")
    if len(short) > 60 or not short.isprintable() or len(about) > 600 or "\0" in about:
        raise BadPath(_("Say it in at most %d characters.") % 600, "about")


def _record(kind: str, subject: str, said: dict[str, Any], actor: str, now: datetime) -> None:
    events.record(
        kind=kind, occurred_at=now, recorded_at=now, actor=actor, subject=subject, payload=said
    )
