"""Somebody takes a course here: attempts at its quiz, with a waiting time between them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import randbits
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.periods import day_of
from partners.models import Completion, Course, CourseAttempt
from partners.training.completing import QUIZ, Done, complete
from partners.training.courses import in_force
from partners.training.quiz import percent_of, right_answers
from partners.training.renewing import is_due_again
from partners.training.steps import CannotDo, locked_person


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether the person can try now: `why_not` in words, and from when on, where time helps."""

    why_not: str = ""
    opens_at: datetime | None = None
    left: int | None = None  # attempts, None for any number


def turn_of(course: Course, *, user_id: UUID, zone: ZoneInfo, now: datetime) -> Turn:
    """The person's next attempt at the version in force. Those at other versions count too: a new
    version gives nobody new attempts. Passed, it is taken again only to renew a certificate: each
    time it earns."""
    version = in_force(course.pk)
    if version is None or course.is_elsewhere or not course.is_active:
        return Turn(_("This course is not offered any more."))
    done = Completion.objects.filter(course=course, user_id=user_id).exists()
    if done and not is_due_again(course.pk, user_id=user_id, day=day_of(now, zone), zone=zone):
        return Turn(_("You have completed it. It can be taken again to renew a certificate."))
    since_pass = attempts_of(course, user_id=user_id)
    left = version.most_attempts - len(since_pass) if version.most_attempts else None
    if left is not None and left <= 0:
        return Turn(_("You have used all attempts. Ask your partner manager for help."), None, 0)
    last = since_pass[-1].answered_at if since_pass else None
    opens_at = last + timedelta(hours=version.wait_hours) if last else None
    if opens_at and opens_at > now:
        return Turn(_("You can try again later."), opens_at, left)
    return Turn(left=left)


def attempts_of(course: Course, *, user_id: UUID) -> list[CourseAttempt]:
    """Those answered since the person passed it last, oldest first: a renewal begins anew."""
    found = CourseAttempt.objects.filter(course=course, user_id=user_id, answered_at__isnull=False)
    since = []
    for attempt in found.order_by("number"):
        since = [] if attempt.passed else [*since, attempt]
    return since


def begin(course_id: UUID, *, member_id: UUID, zone: ZoneInfo, now: datetime) -> CourseAttempt:
    """The open attempt, or a new one. Raises CannotDo, Course.DoesNotExist."""
    with transaction.atomic():
        member = locked_person(member_id)
        course = Course.objects.get(pk=course_id)
        mine = CourseAttempt.objects.filter(course=course, user_id=member.user_id)
        if under_way := mine.filter(answered_at=None).select_related("version").first():
            return under_way
        turn = turn_of(course, user_id=member.user_id, zone=zone, now=now)
        if turn.why_not:
            raise CannotDo(turn.why_not)
        version = in_force(course.pk)
        return CourseAttempt.objects.create(
            version=version,
            course=course,
            user_id=member.user_id,
            member=member,
            number=mine.count() + 1,
            seed=randbits(62),
            started_at=now,
        )


def answer(
    attempt_id: UUID,
    *,
    member_id: UUID,
    answers: Mapping[int, Collection[int]],
    zone: ZoneInfo,
    now: datetime,
) -> CourseAttempt:
    """Mark the attempt; passed, the course is completed. `answers` are the places of the options
    chosen, by the question's. Raises CannotDo, CourseAttempt.DoesNotExist."""
    with transaction.atomic():
        member = locked_person(member_id)
        attempt = (
            CourseAttempt.objects.select_for_update(of=("self",))
            .select_related("version", "course")
            .get(pk=attempt_id, user_id=member.user_id)
        )
        if attempt.answered_at:
            raise CannotDo(_("These answers were handed in before."))
        version = attempt.version
        said = {str(place): sorted(chosen) for place, chosen in answers.items()}
        right = right_answers(version.questions, said)
        attempt.answers, attempt.answered_at = said, now
        attempt.percent = percent_of(right, len(version.questions))
        attempt.passed = attempt.percent >= version.pass_percent
        attempt.save()
        if attempt.passed:
            _complete(attempt, member_id=member.pk, actor=member.actor, zone=zone, now=now)
        return attempt


def _complete(
    attempt: CourseAttempt, *, member_id: UUID, actor: str, zone: ZoneInfo, now: datetime
) -> None:
    done = Done(
        course=attempt.course,
        member_id=member_id,
        completed_at=now,
        source=QUIZ,
        external_id=str(attempt.pk),
        score=attempt.percent,
        version=attempt.version,
    )
    complete(done, actor=actor, zone=zone, now=now)
