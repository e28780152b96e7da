"""Missing purchases: reported by a partner, decided by somebody of the tenant.

An approved one comes in through the one door like any other fact, dated when it was bought; so it
earns by the rules and the tier of that day, and a return of it takes back what it earned.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts import events
from accounts.facts import Fact
from accounts.files import Upload, keep_upload
from accounts.models import Activity, Claim, ClaimState, File, Member, Staff
from accounts.periods import start_of
from rewards.intake import take_in

SOURCE = "claims"
PURCHASE = "purchase"
LONGEST_REASON = 300
# Purchases of about the day and about the amount may be the one that is said to be missing.
NEAR_DAYS = timedelta(days=7)
MOST_LIKE_IT = 10


class CannotClaim(ValueError):
    """Its text says what to change; nothing was reported."""


class CannotDecide(ValueError):
    """Its text says what stands in the way; nothing changed."""


def report(
    *,
    member: Member,
    document: str,
    bought_on: date,
    amount: int,
    note: str,
    today: date,
    now: datetime,
    proof: Upload | None = None,
) -> Claim:
    """Report a purchase of the member's account that is missing; `amount` in the currency's
    smallest unit. Raises CannotClaim, and CannotKeep for a proof that cannot be kept."""
    if bought_on > today:
        raise CannotClaim(
            gettext("That day is still to come; look again at the date of the purchase.")
        )
    if amount <= 0:
        raise CannotClaim(gettext("Say for how much it was: an amount above zero."))
    if Activity.objects.filter(
        account_id=member.account_id, kind=PURCHASE, external_id=document
    ).exists():
        raise CannotClaim(
            gettext("%(document)s is in already: you find it among your activities.")
            % {"document": document}
        )
    try:
        with transaction.atomic():
            claim = Claim.objects.create(
                account_id=member.account_id,
                member=member,
                document=document,
                bought_on=bought_on,
                amount=amount,
                note=note,
                proof=_kept(proof, member, now) if proof else None,
                reported_at=now,
            )
            _record("claim.reported", claim, actor=member.actor, now=now)
    except IntegrityError as error:
        if "claim_open_once" not in str(error):
            raise
        raise CannotClaim(
            gettext("%(document)s was reported already and is being looked at.")
            % {"document": document}
        ) from None
    return claim


def approve(*, claim_id: UUID, staff: Staff, zone: ZoneInfo, now: datetime) -> Claim:
    """Take the purchase in as a fact. Raises CannotDecide for one's own, for one that is decided,
    and with the reason for one that cannot be taken in."""
    with transaction.atomic():
        claim = _open(claim_id, staff)
        fact = Fact(
            account=claim.account.number,
            kind=PURCHASE,
            external_id=claim.document,
            # Two accounts may have a document of the same number; one account has it once.
            line=claim.account.number,
            occurred_at=start_of(claim.bought_on, zone),
            amount=claim.amount,
            quantity=Decimal(1),
            product="",
            attributes=None,
            reverses=None,
            member="",
        )
        [outcome] = take_in([fact], source=SOURCE, actor=staff.actor, as_of=now)
        if outcome.status != "accepted":
            why = outcome.reason or "this document of the account was claimed and approved before"
            raise CannotDecide(gettext("It cannot be taken in: %(why)s") % {"why": why})
        claim.activity = Activity.objects.get(
            source=SOURCE, external_id=fact.external_id, line=fact.line
        )
        return _decided(claim, ClaimState.APPROVED, staff=staff, now=now)


def reject(*, claim_id: UUID, reason: str, staff: Staff, now: datetime) -> Claim:
    """Raises CannotDecide without a reason, for one's own, and for one that is decided."""
    if not reason.strip() or len(reason) > LONGEST_REASON or "\0" in reason:
        raise CannotDecide(gettext("Say why: the partner reads it. At most 300 characters."))
    with transaction.atomic():
        claim = _open(claim_id, staff)
        claim.reason = reason.strip()
        return _decided(claim, ClaimState.REJECTED, staff=staff, now=now)


def is_own(claim: Claim, staff: Staff) -> bool:
    """Whether who would decide is who reported it: one person may be both, or work with them."""
    return Member.objects.filter(account_id=claim.account_id, user_id=staff.user_id).exists()


def like_it(claim: Claim, *, zone: ZoneInfo) -> list[Activity]:
    """Purchases of the account that may be the one reported: of the document, or of the amount
    within a week of the day; the oldest first, at most MOST_LIKE_IT."""
    bought_at = start_of(claim.bought_on, zone)
    near = Activity.objects.filter(
        account_id=claim.account_id,
        kind=PURCHASE,
        occurred_at__range=(bought_at - NEAR_DAYS, bought_at + NEAR_DAYS + timedelta(days=1)),
    )
    found = near.filter(amount=claim.amount) | near.filter(external_id=claim.document)
    return list(found.order_by("occurred_at", "id")[:MOST_LIKE_IT])


def _kept(proof: Upload, member: Member, now: datetime) -> File:
    return keep_upload(proof, account_id=member.account_id, actor=member.actor, now=now)


def _open(claim_id: UUID, staff: Staff) -> Claim:
    claims = Claim.objects.select_for_update(of=("self",)).select_related("account", "member")
    claim = claims.get(pk=claim_id)
    if claim.state != ClaimState.OPEN:
        raise CannotDecide(gettext("It was decided meanwhile."))
    if is_own(claim, staff):
        raise CannotDecide(gettext("You belong to this account; somebody else has to decide."))
    return claim


def _decided(claim: Claim, state: ClaimState, *, staff: Staff, now: datetime) -> Claim:
    claim.state, claim.decided_at, claim.decided_by = state, now, staff.actor
    claim.save(update_fields=["state", "decided_at", "decided_by", "reason", "activity"])
    _record(f"claim.{state}", claim, actor=staff.actor, now=now)
    return claim


def _record(kind: str, claim: Claim, *, actor: str, now: datetime) -> None:
    events.record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"claim:{claim.pk}",
        account_id=claim.account_id,
        payload={
            "document": claim.document,
            "bought_on": claim.bought_on.isoformat(),
            "amount": claim.amount,
            "member": claim.member.name,
            "reason": claim.reason,
            "proof": str(claim.proof_id or ""),
        },
    )
