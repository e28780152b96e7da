"""A course is completed: on own pages, or elsewhere, as another system or a person reports it."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.facts import EARLIEST, Fact
from accounts.ids import uuid7
from accounts.models import Member
from partners.models import Completion, Course, CourseVersion
from partners.training.certifying import certify
from partners.training.steps import (
    SOURCE,
    TRAINING,
    CannotDo,
    OtherContent,
    locked_person,
    refuse_future,
    refuse_own,
)
from partners.training.telling import tell_completed
from rewards.intake import take_in

QUIZ = "quiz"  # the source of what is completed here; others are reported


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was completed, by whom, when. (`source`, `external_id`) is its permanent identity;
    `score` is in percent."""

    course: Course
    member_id: UUID
    completed_at: datetime
    source: str
    external_id: str
    score: int | None = None
    version: CourseVersion | None = None


def complete(done: Done, *, actor: str, zone: ZoneInfo, now: datetime) -> Completion:
    """Keep it, once: as an activity, and with the certificates it earns, in the same second.

    Raises CannotDo, OtherContent, Member.DoesNotExist.
    """
    try:
        return _complete(done, actor=actor, zone=zone, now=now)
    except IntegrityError as error:
        if "completion_identity" not in str(error):
            raise
        # It came at the same time for another person, whose accounts we do not wait for.
        raise OtherContent from None


def _complete(done: Done, *, actor: str, zone: ZoneInfo, now: datetime) -> Completion:
    with transaction.atomic():
        member = locked_person(done.member_id)
        digest = _digest(done, member)
        earlier = Completion.objects.filter(source=done.source, external_id=done.external_id)
        for one in earlier:
            if one.digest != digest:
                raise OtherContent
            return one
        _refuse(done, member, actor=actor, now=now)
        made = Completion(
            id=uuid7(),
            course=done.course,
            version=done.version,
            user_id=member.user_id,
            member=member,
            account=member.account,
            source=done.source,
            external_id=done.external_id,
            digest=digest,
            completed_at=done.completed_at,
            recorded_at=now,
            recorded_by=actor,
            score=done.score,
        )
        made.activity_id = _take_in(made, actor=actor, now=now)
        made.save(force_insert=True)
        tell_completed(made, actor=actor, now=now)
        certify(made, actor=actor, zone=zone, now=now)
        return made


def person(*, email: str, account: str = "") -> Member:
    """Who works under this e-mail, at the account with this number where it is given. Raises
    CannotDo where that is nobody, or not one."""
    found = Member.objects.filter(user__email=email.strip().lower(), is_active=True)
    if account:
        found = found.filter(account__number=account)
    members = list(found.select_related("account", "user")[:2])
    if not members:
        raise CannotDo(
            _("Nobody with the e-mail “%s” has access at this account.") % email[:80]
            if account
            else _("Nobody with the e-mail “%s” has access at any account.") % email[:80]
        )
    if len(members) > 1:
        raise CannotDo(_("This person works for several accounts: say for which."))
    return members[0]


def _refuse(done: Done, member: Member, *, actor: str, now: datetime) -> None:
    if not member.is_active:
        raise CannotDo(_("This person has no access at the account any more."))
    if not done.course.is_active:
        raise CannotDo(_("This course is not offered any more."))
    if done.source != QUIZ:
        refuse_own(member, actor)
    if done.completed_at < EARLIEST:
        raise CannotDo(_("The date is before 1970; check the year."))
    refuse_future(done.completed_at, now=now)


def _digest(done: Done, member: Member) -> str:
    said: list[Any] = [str(done.course.pk), str(member.user_id), done.score]
    said.append(done.completed_at.isoformat())
    return sha256(json.dumps(said).encode()).hexdigest()


def _take_in(made: Completion, *, actor: str, now: datetime) -> UUID:
    said: dict[str, Any] = {"course": made.course.code}
    if made.score is not None:
        said["score"] = made.score
    fact = Fact(
        account=made.account.number,
        kind=TRAINING,
        external_id=str(made.pk),
        line="",
        occurred_at=made.completed_at,
        amount=0,
        quantity=Decimal(0),
        product="",
        attributes=said,
        reverses=None,
        member=made.member.user.email.lower(),
    )
    [outcome] = take_in([fact], source=SOURCE, actor=actor, as_of=now)
    if outcome.status != "accepted" or outcome.activity_id is None:
        raise CannotDo(_("It cannot be taken in: %s") % outcome.reason)
    return outcome.activity_id
