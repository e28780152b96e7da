"""Tiers set by hand, with a reason and an end; and invitations to tiers that want one.

A pin is asked for and, where the tenant wants a second pair of eyes, approved by somebody else;
then no evaluation moves the enrollment until it ends (`tiers.settling.end_pins`).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from accounts import events
from accounts.hands import hands_of, second_pair_needed
from accounts.models import Enrollment
from tiers import settling
from tiers.ladders import Ladder, published_ladders
from tiers.models import Cause, Pin, Scheme, Standing, TierInvitation
from tiers.models.standings import PinState
from tiers.moving import Candidate, move
from tiers.setting import current_setting
from tiers.standing import reconsider

LONGEST_REASON = 400


class CannotPin(ValueError):
    """Its text says what stands in the way; nothing changed."""


class CannotInvite(ValueError):
    """Its text says what stands in the way; nothing changed."""


def ask_for_pin(
    *,
    enrollment: Enrollment,
    scheme: Scheme,
    tier_code: str,
    reason: str,
    ends_at: datetime,
    actor: str,
    now: datetime,
) -> Pin:
    """Set an enrollment's tier by hand until `ends_at`: at once, or as soon as somebody else has
    approved it. Raises CannotPin."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise CannotPin(
            gettext("Say why, in at most %(longest_reason)s characters.")
            % {"longest_reason": LONGEST_REASON}
        )
    if ends_at <= now:
        raise CannotPin(gettext("It ends some time after now."))
    if _ladder(scheme, now).rung(tier_code) is None:
        raise CannotPin(
            gettext("“%(name)s” has no tier “%(tier_code)s”.")
            % {"name": scheme.name, "tier_code": tier_code}
        )
    with transaction.atomic():
        _lock(enrollment, scheme)
        pin = Pin.objects.create(
            enrollment=enrollment,
            scheme=scheme,
            tier_code=tier_code,
            reason=reason.strip(),
            starts_at=now,
            ends_at=ends_at,
            asked_at=now,
            asked_by=actor,
        )
        if second_pair_needed():
            _record("tier.pin_asked", pin, actor=actor, now=now)
        else:
            _hold(pin, actor=actor, now=now)
    return pin


def approve_pin(*, pin: Pin, actor: str, now: datetime) -> Pin:
    """Raises CannotPin for one's own, and for one that is decided, or would be over."""
    with transaction.atomic():
        pin = _proposed(pin)
        if pin.asked_by in hands_of(actor):
            raise CannotPin(gettext("You asked for this; somebody else has to approve it."))
        if pin.ends_at <= now:
            raise CannotPin(gettext("It would be over already; ask for another one."))
        pin.starts_at = now
        _hold(pin, actor=actor, now=now)
    return pin


def reject_pin(*, pin: Pin, actor: str, now: datetime) -> Pin:
    """Raises CannotPin for one that is decided."""
    with transaction.atomic():
        pin = _proposed(pin)
        pin.state, pin.decided_at, pin.decided_by = PinState.REJECTED, now, actor
        pin.save(update_fields=["state", "decided_at", "decided_by"])
        _record("tier.pin_rejected", pin, actor=actor, now=now)
    return pin


def lift_pin(*, pin: Pin, actor: str, now: datetime) -> Pin:
    """End a pin before its time: the enrollment is evaluated now. Raises CannotPin."""
    with transaction.atomic():
        _lock(pin.enrollment, pin.scheme)
        pin = Pin.objects.select_for_update(of=("self",)).get(pk=pin.pk)
        standing = _standing(pin.enrollment_id, pin.scheme_id)
        if pin.state != PinState.HELD or pin.ends_at <= now or standing.pinned_until is None:
            raise CannotPin(gettext("It is not in force."))
        _end(pin, actor=actor, now=now)
        Standing.objects.filter(pk=standing.pk).update(pinned_until=now)
        settling.end_pins(
            _ladder(pin.scheme, now),
            at=max(now, standing.starts_at),
            decided_at=now,
            setting=current_setting(),
            accounts=[pin.enrollment.account_id],
        )
    return pin


def invite(
    *, enrollment: Enrollment, scheme: Scheme, tier_code: str, actor: str, now: datetime
) -> TierInvitation:
    """Let an enrollment onto a tier that wants an invitation; where it meets what else the tier
    asks and tiers are reached at once, it rises now. Raises CannotInvite, CannotPin."""
    ladder = _ladder(scheme, now)
    rung = ladder.rung(tier_code)
    if rung is None or not rung.by_invitation:
        raise CannotInvite(
            gettext("“%(tier_code)s” is no tier that wants an invitation.")
            % {"tier_code": tier_code}
        )
    with transaction.atomic():
        _lock(enrollment, scheme)
        about = {"enrollment": enrollment, "scheme": scheme, "tier_code": tier_code}
        if TierInvitation.objects.filter(withdrawn_at=None, **about).exists():
            raise CannotInvite(gettext("It is invited already."))
        invitation = TierInvitation.objects.create(invited_at=now, invited_by=actor, **about)
        _record_invitation("tier.invited", invitation, actor=actor, now=now)
        reconsider(
            account_ids=[enrollment.account_id],
            as_of=now,
            ladders=[ladder],
            setting=current_setting(),
        )
    return invitation


def withdraw_invitation(*, invitation: TierInvitation, actor: str, now: datetime) -> None:
    """The tier is kept until the next evaluation, as policies say. Raises CannotInvite."""
    with transaction.atomic():
        found = TierInvitation.objects.select_for_update().get(pk=invitation.pk)
        if found.withdrawn_at is not None:
            raise CannotInvite(gettext("It was withdrawn already."))
        found.withdrawn_at, found.withdrawn_by = now, actor
        found.save(update_fields=["withdrawn_at", "withdrawn_by"])
        _record_invitation("tier.invitation_withdrawn", found, actor=actor, now=now)


def _hold(pin: Pin, *, actor: str, now: datetime) -> None:
    """Put the pin in force: the enrollment moves to its tier, or stays on it, untouchable. One
    that was in force is over: lifted later on, it would take this one with it."""
    pin.state, pin.decided_at, pin.decided_by = PinState.HELD, now, actor
    pin.save(update_fields=["state", "starts_at", "decided_at", "decided_by"])
    ladder, standing = _ladder(pin.scheme, now), _standing(pin.enrollment_id, pin.scheme_id)
    rung = ladder.rung(pin.tier_code)
    if rung is None or standing.tier.version_id != ladder.version_id:
        raise CannotPin(gettext("The tiers have just been changed; look at them and ask again."))
    if standing.starts_at >= now:
        raise CannotPin(gettext("It has moved this very moment; ask again."))
    move(
        [
            Candidate(
                ladder=ladder,
                standing_id=standing.pk,
                since=standing.starts_at,
                enrollment_id=pin.enrollment_id,
                account_id=pin.enrollment.account_id,
                goes_to=rung.rank,
                cause=Cause.PINNED,
                evidence={"version": ladder.number, "pin": str(pin.pk), "reason": pin.reason},
                pinned_until=pin.ends_at,
            )
        ],
        starts_at=now,
        decided_at=now,
        actor=actor,
    )
    for earlier in _others_in_force(pin, now):
        _end(earlier, actor=actor, now=now)
    _record("tier.pinned", pin, actor=actor, now=now)


def _others_in_force(pin: Pin, now: datetime) -> QuerySet[Pin]:
    """On its enrollment and ladder, whose lock is held."""
    held = Pin.objects.filter(state=PinState.HELD, ends_at__gt=now).exclude(pk=pin.pk)
    return held.filter(enrollment_id=pin.enrollment_id, scheme_id=pin.scheme_id)


def _end(pin: Pin, *, actor: str, now: datetime) -> None:
    pin.state, pin.ends_at = PinState.LIFTED, now
    pin.save(update_fields=["state", "ends_at"])
    _record("tier.pin_lifted", pin, actor=actor, now=now)


def _ladder(scheme: Scheme, now: datetime) -> Ladder:
    for ladder in published_ladders():
        if ladder.scheme_id == scheme.pk and ladder.is_in_force(now):
            return ladder
    raise CannotPin(gettext("“%(name)s” has no tiers yet.") % {"name": scheme.name})


def _lock(enrollment: Enrollment, scheme: Scheme) -> None:
    """Two at once for one enrollment come one after the other."""
    Standing.objects.select_for_update(no_key=True).filter(
        enrollment=enrollment, scheme=scheme, ends_at=None
    ).first()


def _standing(enrollment_id: UUID, scheme_id: UUID) -> Standing:
    return Standing.objects.select_related("tier").get(
        enrollment_id=enrollment_id, scheme_id=scheme_id, ends_at=None
    )


def _proposed(pin: Pin) -> Pin:
    _lock(pin.enrollment, pin.scheme)
    found = Pin.objects.select_for_update(of=("self",)).get(pk=pin.pk)
    if found.state != PinState.PROPOSED:
        raise CannotPin(gettext("It has been decided already."))
    return found


def _record(what: str, pin: Pin, *, actor: str, now: datetime) -> None:
    events.record(
        kind=what,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"enrollment:{pin.enrollment_id}",
        account_id=pin.enrollment.account_id,
        payload={
            "pin": str(pin.pk),
            "ladder": pin.scheme.code,
            "tier": pin.tier_code,
            "reason": pin.reason,
            "ends_at": pin.ends_at.isoformat(),
        },
    )


def _record_invitation(what: str, invitation: TierInvitation, *, actor: str, now: datetime) -> None:
    events.record(
        kind=what,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"enrollment:{invitation.enrollment_id}",
        account_id=invitation.enrollment.account_id,
        payload={"ladder": invitation.scheme.code, "tier": invitation.tier_code},
    )
