"""Certificates are earned, renewed, issued by hand and revoked.

Each is an activity of the kind `certificate`: it earns and raises tiers in the same second, and is
taken back as a return. Of the same credential a person has one that is current.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from secrets import token_urlsafe
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import validity
from accounts.facts import EARLIEST, Fact
from accounts.ids import uuid7
from accounts.models import Member
from accounts.periods import day_of
from partners.models import Certificate, Completion, Credential
from partners.training.paths import completed_of, needed
from partners.training.renewing import Next, counts_from, credentials_of, next_of
from partners.training.steps import (
    CERTIFICATE,
    RETURN,
    SOURCE,
    CannotDo,
    OtherContent,
    locked_person,
    refuse_future,
    refuse_own,
)
from partners.training.telling import tell, told
from partners.words import a_reason
from rewards.intake import take_in


def certify(completion: Completion, *, actor: str, zone: ZoneInfo, now: datetime) -> None:
    """Issue what the completion, just kept, has earned its person, whose accounts are locked."""
    day = day_of(completion.completed_at, zone)
    for credential in _earned(completion, zone=zone):
        following = next_of(credential, completion.user_id, day=day)
        if following is not None:
            _issue(
                credential,
                following,
                member=completion.member,
                completion=completion,
                issued_at=completion.completed_at,
                actor=actor,
                zone=zone,
                now=now,
            )


def issue(
    credential_id: UUID,
    *,
    member_id: UUID,
    issued_at: datetime,
    by: str,
    key: str,
    zone: ZoneInfo,
    now: datetime,
) -> Certificate:
    """Certify by hand what was learned elsewhere. The same asker's same `key` issues once.

    Raises CannotDo, OtherContent, Credential.DoesNotExist and Member.DoesNotExist.
    """
    about = {"member_id": member_id, "issued_at": issued_at, "by": by, "key": key, "zone": zone}
    try:
        return _issue_by_hand(credential_id, **about, now=now)
    except IntegrityError as error:
        if "certificate_issued_once" not in str(error):
            raise
        # The key came at the same time for another person, whose accounts we do not wait for.
        raise OtherContent from None


def _issue_by_hand(
    credential_id: UUID,
    *,
    member_id: UUID,
    issued_at: datetime,
    by: str,
    key: str,
    zone: ZoneInfo,
    now: datetime,
) -> Certificate:
    with transaction.atomic():
        member = locked_person(member_id)
        earlier = Certificate.objects.filter(issued_by=by, request_key=key).first() if key else None
        if earlier is not None:
            same = (earlier.credential_id, earlier.user_id, earlier.issued_at)
            if same != (credential_id, member.user_id, issued_at):
                raise OtherContent
            return earlier
        credential = Credential.objects.get(pk=credential_id)
        _refuse(credential, member, issued_at, by=by, now=now)
        following = next_of(credential, member.user_id, day=day_of(issued_at, zone))
        if following is None:
            raise CannotDo(
                _("They have it already; it can be renewed shortly before it ends, not yet.")
            )
        return _issue(
            credential,
            following,
            member=member,
            completion=None,
            issued_at=issued_at,
            actor=by,
            key=key,
            zone=zone,
            now=now,
        )


def revoke(certificate_id: UUID, *, by: str, reason: str, now: datetime) -> Certificate:
    """Take it back, with all that it has earned; what it renewed stays renewed. Raises CannotDo,
    Certificate.DoesNotExist."""
    reason = a_reason(reason, why=_("Say why."), refused=CannotDo)
    with transaction.atomic():
        seen = Certificate.objects.get(pk=certificate_id)
        validity.lock_accounts_of(seen.user_id, also={seen.account_id})
        certificate = (
            Certificate.objects.select_for_update(of=("self",))
            .select_related("credential", "account")
            .get(pk=certificate_id)
        )
        if certificate.revoked_at:
            raise CannotDo(_("It was revoked before."))
        _take_in(_return(certificate, at=now), actor=by, now=now)
        certificate.revoked_at, certificate.revoked_by, certificate.reason = now, by, reason
        certificate.save(update_fields=["revoked_at", "revoked_by", "reason"])
        place = place_of(certificate.user_id)
        tell([told(certificate, "revoked", place=place, actor=by, now=now, note=reason)])
        return certificate


def show_name(certificate_id: UUID, *, user_id: UUID, shows: bool) -> None:
    """Whether the public page names its holder: they alone decide."""
    Certificate.objects.filter(pk=certificate_id, user_id=user_id).update(shows_name=shows)


def place_of(user_id: UUID) -> tuple[UUID, UUID] | None:
    """(account, member) where the person works now: of several, where they came to first."""
    here = Member.objects.filter(user_id=user_id, is_active=True).order_by("created_at", "id")
    return here.values_list("account_id", "pk").first()


def _refuse(
    credential: Credential, member: Member, issued_at: datetime, *, by: str, now: datetime
) -> None:
    refuse_own(member, by)
    if issued_at < EARLIEST:
        raise CannotDo(_("The date is before 1970; check the year."))
    refuse_future(issued_at, now=now)
    if not credential.is_active:
        raise CannotDo(_("This certificate is not issued any more."))
    if not member.is_active:
        raise CannotDo(_("This person has no access at the account any more."))


def _earned(completion: Completion, *, zone: ZoneInfo) -> Iterator[Credential]:
    """The credentials of the course, and those of the paths that are complete by it."""
    for credential in credentials_of(completion.course_id):
        path = credential.path
        if path is None:
            yield credential
            continue
        parts = path.steps.filter(is_part=True).count()
        since, recorded_after = counts_from(credential, completion.user_id)
        done = completed_of(
            path,
            user_id=completion.user_id,
            zone=zone,
            since=since,
            recorded_after=recorded_after,
        )
        if done >= needed(path, parts):
            yield credential


def _issue(
    credential: Credential,
    following: Next,
    *,
    member: Member,
    completion: Completion | None,
    issued_at: datetime,
    actor: str,
    zone: ZoneInfo,
    now: datetime,
    key: str = "",
) -> Certificate:
    made = Certificate(
        id=uuid7(),
        credential=credential,
        user_id=member.user_id,
        member=member,
        account=member.account,
        holder=member.name,
        completion=completion,
        issued_by=actor,
        request_key=key,
        issued_at=issued_at,
        recorded_at=now,
        valid_until=following.valid_until,
        renews=following.renews,
        address=token_urlsafe(16),
    )
    _make_room(made, now=now)
    # Before the new one comes in, and from when that counts: for no instant it counts as two.
    if following.renews is not None:
        validity.renew([following.renews.activity_id], at=issued_at)
    made.activity_id = _take_in(_fact(made, email=member.user.email), actor=actor, now=now)
    if made.valid_until is not None and made.valid_until < day_of(now, zone):
        made.expired_at = now  # long ago: there is nothing to tell of
    made.save(force_insert=True)
    place = (member.account_id, member.pk)
    tell([told(made, "earned", place=place, actor=actor, now=now)])
    return made


def _make_room(made: Certificate, *, now: datetime) -> None:
    """What was current is renewed, or has expired before the clock came to it."""
    held = Certificate.objects.filter(credential_id=made.credential_id, user_id=made.user_id)
    current = held.filter(revoked_at=None, is_renewed=False, expired_at=None)
    current.exclude(pk=made.renews_id).update(expired_at=now)
    held.filter(pk=made.renews_id).update(is_renewed=True)


def _fact(made: Certificate, *, email: str) -> Fact:
    said = {"certificate": made.credential.name}
    if made.credential.level:
        said["level"] = made.credential.level
    if made.valid_until:
        said["valid_until"] = made.valid_until.isoformat()
    return Fact(
        account=made.account.number,
        kind=CERTIFICATE,
        external_id=str(made.pk),
        line="",
        occurred_at=made.issued_at,
        amount=0,
        quantity=Decimal(0),
        product="",
        attributes=said,
        reverses=None,
        member=email.lower(),
    )


def _return(certificate: Certificate, *, at: datetime) -> Fact:
    return Fact(
        account=certificate.account.number,
        kind=RETURN,
        external_id=f"{certificate.pk}-revoked",
        line="",
        occurred_at=at,
        amount=0,
        quantity=Decimal(0),
        product="",
        attributes=None,
        reverses=(str(certificate.pk), ""),
        member="",
    )


def _take_in(fact: Fact, *, actor: str, now: datetime) -> UUID:
    """The activity. Raises CannotDo."""
    [outcome] = take_in([fact], source=SOURCE, actor=actor, as_of=now)
    if outcome.status != "accepted" or outcome.activity_id is None:
        raise CannotDo(_("It cannot be taken in: %s") % outcome.reason)
    return outcome.activity_id
