"""People are invited by e-mail; only who reads that mailbox can accept.

Owners and managers invite staff (only an owner makes owners) and members of any account; an
account's portal admin invites colleagues to that account.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts import events, validity
from accounts.addresses import tenant_url
from accounts.letters import send_letter
from accounts.models import Account, Invitation, Member, Staff, Tenant, User
from accounts.models.people import PortalRole, StaffRole
from accounts.staffing import RUNS_PROGRAMS

VALID_FOR = timedelta(days=7)


class MayNotInvite(PermissionError):
    """The inviter's role does not reach this far."""


class AlreadyHere(ValueError):
    """The person has a place already, or an open invitation to it."""


class InvitationClosed(ValueError):
    """The invitation is accepted, revoked or expired."""

    def __init__(self) -> None:
        super().__init__(
            gettext("This invitation is closed: it was accepted, withdrawn or has expired.")
        )


class AnotherPerson(ValueError):
    """The invitation is for another e-mail than that of who is signed in."""


@transaction.atomic
def invite_staff(*, email: str, name: str, role: str, actor: Staff, now: datetime) -> Invitation:
    """Invite a person to the tenant's staff and write to them.

    Raises MayNotInvite or AlreadyHere.
    """
    if actor.role not in RUNS_PROGRAMS:
        raise MayNotInvite(gettext("Only owners and program managers invite staff."))
    if role == StaffRole.OWNER and actor.role != StaffRole.OWNER:
        raise MayNotInvite(gettext("Only an owner can invite another owner."))
    if Staff.objects.filter(user__email__iexact=email, is_active=True).exists():
        raise AlreadyHere(gettext("%(email)s is on your staff already.") % {"email": email})
    invitation = Invitation(email=email.lower(), name=name, staff_role=StaffRole(role))
    return _invite(invitation, actor=actor, now=now)


@transaction.atomic
def invite_member(
    *,
    email: str,
    name: str,
    account: Account,
    portal_role: str,
    business_role: str,
    actor: Staff | Member,
    now: datetime,
) -> Invitation:
    """Invite a person to an account's portal and write to them.

    Raises MayNotInvite or AlreadyHere.
    """
    if not may_invite_to(account, actor=actor):
        raise MayNotInvite(
            gettext("Only managers and the account's own portal admins invite its people.")
        )
    here = Member.objects.filter(account=account, user__email__iexact=email, is_active=True)
    if here.exists():
        raise AlreadyHere(
            gettext("%(email)s has access to %(name)s already.")
            % {"email": email, "name": account.name}
        )
    invitation = Invitation(
        email=email.lower(),
        name=name,
        account=account,
        portal_role=PortalRole(portal_role),
        business_role=business_role,
    )
    return _invite(invitation, actor=actor, now=now)


def may_invite_to(account: Account, *, actor: Staff | Member) -> bool:
    if isinstance(actor, Staff):
        return actor.is_active and actor.role in RUNS_PROGRAMS
    is_admin = actor.is_active and actor.portal_role == PortalRole.ADMIN
    return is_admin and actor.account_id == account.id


@transaction.atomic
def resend(*, invitation: Invitation, actor: Staff | Member, now: datetime) -> Invitation:
    """Write again with a new link, valid anew; the old link is dead. Raises InvitationClosed."""
    invitation = _locked(invitation)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationClosed
    _refuse_unless_own(invitation, actor=actor)
    secret = _renew(invitation, now=now)
    invitation.save(update_fields=["secret_hash", "expires_at"])
    _record("invitation.resent", invitation, actor=actor.actor, now=now)
    _write(invitation, secret=secret, inviter=actor.name)
    return invitation


@transaction.atomic
def revoke(*, invitation: Invitation, actor: Staff | Member, now: datetime) -> None:
    """The link opens nothing from now on. Raises InvitationClosed."""
    invitation = _locked(invitation)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationClosed
    _refuse_unless_own(invitation, actor=actor)
    invitation.revoked_at = now
    invitation.save(update_fields=["revoked_at"])
    _record("invitation.revoked", invitation, actor=actor.actor, now=now)


def find_invitation(secret: str) -> Invitation | None:
    """The open tenant's invitation with this secret, in whatever state."""
    invitations = Invitation.objects.select_related("account")
    return invitations.filter(secret_hash=_hash(secret)).first()


def state_of(invitation: Invitation, *, now: datetime) -> str:
    """ "open", "accepted", "revoked" or "expired"."""
    if invitation.accepted_at:
        return "accepted"
    if invitation.revoked_at:
        return "revoked"
    return "open" if now < invitation.expires_at else "expired"


@transaction.atomic
def accept(*, invitation: Invitation, user: User, name: str, now: datetime) -> Staff | Member:
    """Give `user`, whose e-mail is the invited one, the place. `name` is what others will read.

    Raises InvitationClosed, AnotherPerson or AlreadyHere.
    """
    invitation = _locked(invitation)
    if state_of(invitation, now=now) != "open":
        raise InvitationClosed
    if user.email.lower() != invitation.email.lower():
        raise AnotherPerson
    if invitation.account_id:
        validity.lock_accounts_of(user.pk, also={invitation.account_id})
    place = _give_place(invitation, user=user, name=name)
    if isinstance(place, Member):
        validity.follow(user.pk, at=now)
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    _note_mailbox(user)
    _record("invitation.accepted", invitation, actor=place.actor, now=now)
    return place


@transaction.atomic
def accept_as_new(
    *, invitation: Invitation, name: str, password: str, now: datetime
) -> Staff | Member:
    """The same for somebody who signs in for the first time, with the password they choose.

    Raises also AnotherPerson when the e-mail has a user by now: that one signs in with theirs.
    """
    if User.objects.filter(email=invitation.email).exists():
        raise AnotherPerson
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.email, password)
    except IntegrityError:
        raise AnotherPerson from None
    return accept(invitation=invitation, user=user, name=name, now=now)


def _invite(invitation: Invitation, *, actor: Staff | Member, now: datetime) -> Invitation:
    _close_expired(invitation, now=now)
    invitation.invited_by = actor.actor
    invitation.created_at = now
    secret = _renew(invitation, now=now)
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError:  # the database keeps one open invitation per e-mail and place
        raise AlreadyHere(
            gettext("%(email)s is invited already; send that invitation again instead.")
            % {"email": invitation.email}
        ) from None
    _record("invitation.sent", invitation, actor=actor.actor, now=now)
    _write(invitation, secret=secret, inviter=actor.name)
    return invitation


def _close_expired(invitation: Invitation, *, now: datetime) -> None:
    Invitation.objects.filter(
        email__iexact=invitation.email,
        account=invitation.account,
        accepted_at=None,
        revoked_at=None,
        expires_at__lte=now,
    ).update(revoked_at=now)


def _refuse_unless_own(invitation: Invitation, *, actor: Staff | Member) -> None:
    if invitation.account:
        allowed = may_invite_to(invitation.account, actor=actor)
    else:
        needs_owner = invitation.staff_role == StaffRole.OWNER
        roles = (StaffRole.OWNER,) if needs_owner else RUNS_PROGRAMS
        allowed = isinstance(actor, Staff) and actor.role in roles
    if not allowed:
        raise MayNotInvite(gettext("Your role does not allow you to change this invitation."))


def _renew(invitation: Invitation, *, now: datetime) -> str:
    secret = token_urlsafe(32)
    invitation.secret_hash = _hash(secret)
    invitation.expires_at = now + VALID_FOR
    return secret


def _locked(invitation: Invitation) -> Invitation:
    return Invitation.objects.select_for_update().get(pk=invitation.pk)


def _give_place(invitation: Invitation, *, user: User, name: str) -> Staff | Member:
    """A new place, or the one the person held before they left; never one they hold now."""
    if invitation.account_id is None:
        roles = {"role": invitation.staff_role}
        place, is_new = Staff.objects.get_or_create(user=user, defaults={"name": name, **roles})
    else:
        roles = {
            "portal_role": invitation.portal_role,
            "business_role": invitation.business_role,
        }
        place, is_new = Member.objects.get_or_create(
            account_id=invitation.account_id, user=user, defaults={"name": name, **roles}
        )
    if not is_new:
        _reopen(place, changes={"name": name, "is_active": True, **roles})
    return place


def _reopen(place: Staff | Member, *, changes: dict[str, object]) -> None:
    if place.is_active:
        raise AlreadyHere(gettext("This person has the access already."))
    for field, value in changes.items():
        setattr(place, field, value)
    place.save(update_fields=list(changes))


def _note_mailbox(user: User) -> None:
    """The link came out of that mailbox, so the address is theirs."""
    others = EmailAddress.objects.exclude(user=user)
    if not others.filter(email__iexact=user.email, verified=True).exists():
        EmailAddress.objects.update_or_create(
            user=user,
            email=user.email,
            defaults={"verified": True},
            create_defaults={
                "verified": True,
                "primary": not EmailAddress.objects.filter(user=user, primary=True).exists(),
            },
        )


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _write(invitation: Invitation, *, secret: str, inviter: str) -> None:
    tenant = Tenant.objects.get(pk=invitation.tenant_id)
    place = invitation.account.name if invitation.account else ""
    send_letter(
        letter="invitation",
        to=invitation.email,
        subject=gettext("{inviter} invited you to {company}").format(
            inviter=inviter, company=tenant.name
        ),
        tenant=tenant,
        details={
            "invitation": invitation,
            "inviter": inviter,
            "place": place,
            "accept_url": tenant_url(slug=tenant.slug, path=f"/invitation/{secret}/"),
            "days": VALID_FOR.days,
        },
    )


def _record(kind: str, invitation: Invitation, *, actor: str, now: datetime) -> None:
    """Without name or e-mail: events are for ever, and a person may ask to be forgotten."""
    events.record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"invitation:{invitation.pk}",
        account_id=invitation.account_id,
        payload={"role": invitation.staff_role or invitation.portal_role},
    )
