"""Whether somebody can be certified again: when renewing begins, and what counts for it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import DateField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Cast

from accounts.periods import start_of
from partners.models import Certificate, Completion, Credential, LearningPath, PathCourse
from partners.training.steps import months_after


@dataclass(frozen=True, slots=True)
class Next:
    """What a certificate issued on some day would be: what it renews, and its last day."""

    renews: Certificate | None
    valid_until: date | None


def opens_on(certificate: Certificate) -> date | None:
    """The first day on which it can be renewed; None for one that is valid for ever."""
    if certificate.valid_until is None:
        return None
    return certificate.valid_until - timedelta(days=certificate.credential.renew_days)


def can_be_renewed(day: date) -> Q:
    """Certificates whose renewal has begun on `day`, and which have not ended by then."""
    opened = Func(
        Cast(Value(day), DateField()),
        F("credential__renew_days"),
        template="(%(expressions)s)",
        arg_joiner=" + ",
        output_field=DateField(),
    )
    return Q(valid_until__gte=day, valid_until__lte=opened)


def is_due_again(course_id: UUID, *, user_id: UUID, day: date, zone: ZoneInfo) -> bool:
    """Whether a course that the person has completed can be taken again on `day`: for a certificate
    that can be renewed, has ended or was revoked, and for which it does not count yet."""
    for credential in credentials_of(course_id):
        since, recorded_after = counts_from(credential, user_id)
        if recorded_after is None or (since is not None and day < since):
            continue
        if since is None and _last(credential, user_id) is not None:
            continue  # it is valid for ever
        done = Completion.objects.filter(course_id=course_id, user_id=user_id)
        done = done.filter(recorded_at__gt=recorded_after)
        if since is not None:
            done = done.filter(completed_at__gte=start_of(since, zone))
        if not done.exists():
            return True
    return False


def credentials_of(course_id: UUID) -> QuerySet[Credential]:
    """What completing the course leads to, by itself and on paths."""
    on = PathCourse.objects.filter(course_id=course_id, is_part=True)
    paths = LearningPath.objects.filter(pk__in=on.values("path_id"), is_active=True)
    leads_to = Q(course_id=course_id) | Q(path__in=paths)
    found = Credential.objects.filter(leads_to, is_active=True).select_related("path")
    return found.order_by("id")


def counts_from(credential: Credential, user_id: UUID) -> tuple[date | None, datetime | None]:
    """From which day on, and recorded after when, completions count for the next certificate: all,
    while there is none; anew, to renew one or after one was revoked."""
    last = _last(credential, user_id)
    if last is not None:
        return opens_on(last), last.recorded_at
    revoked = _last_revoked(credential, user_id)
    return None, revoked.revoked_at if revoked else None


def _last(credential: Credential, user_id: UUID) -> Certificate | None:
    held = Certificate.objects.filter(credential=credential, user_id=user_id)
    held = held.filter(revoked_at=None, is_renewed=False).select_related("credential")
    return held.order_by("-issued_at", "-id").first()


def _last_revoked(credential: Credential, user_id: UUID) -> Certificate | None:
    revoked = Certificate.objects.filter(credential=credential, user_id=user_id)
    return revoked.filter(revoked_at__isnull=False).order_by("-revoked_at").first()


def next_of(credential: Credential, user_id: UUID, *, day: date) -> Next | None:
    """What one issued on `day` would be; None while they have one that cannot be renewed yet.

    Who renews in time loses nothing: the new one begins where the old one ends.
    """
    last = _last(credential, user_id)
    months = credential.months
    fresh = months_after(day, months) if months else None
    if last is None:
        return Next(None, fresh)
    if last.valid_until is None or day < last.valid_until - timedelta(days=credential.renew_days):
        return None
    if day > last.valid_until:
        return Next(None, fresh)
    return Next(last, months_after(last.valid_until, months) if months else None)
