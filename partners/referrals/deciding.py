"""What becomes of a referral: qualified or not, won, and taken back while the rewards are held."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.facts import Fact
from accounts.hands import has_hand_in
from accounts.ids import uuid7
from accounts.kinds import STARTING_KINDS, add_kind
from accounts.models import Account, Activity, ActivityKind, Program
from accounts.periods import day_of, start_of
from partners.models import Beneficiary, Referral, ReferralState
from partners.referrals.suspecting import LIVE, ancestors_of, family_of
from partners.referrals.telling import tell
from partners.words import a_reason
from rewards import awarding
from rewards.intake import take_in
from rewards.models import Award
from rewards.payouts import PayoutsStopped

# No other source may say what these facts say: whoever sends facts cannot choose it.
SOURCE = "system:referrals"
KIND, RETURN, PURCHASE = "referral", "return", "purchase"


class NotNow(ValueError):
    """The referral's state, or a rule, does not allow it; its text says why. Nothing changed."""


class NeverWon(NotNow):
    """It cannot be won with this account, now or later; `code` is the reason that ends it."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


def qualify(
    referral_id: UUID, *, by: str, note: str = "", number: str = "", now: datetime
) -> Referral:
    """It is what it seems; `number` is that of the account it becomes, where that is known. Also of
    one that was disqualified by itself. Raises NotNow for one's own, without a `note` where
    something speaks against it, and for a customer that somebody else was first to refer."""
    with transaction.atomic():
        referral = _locked(referral_id, states=(ReferralState.RECEIVED, ReferralState.REJECTED))
        _refuse_own(referral, by)
        if referral.state == ReferralState.REJECTED and referral.decided_by != "system":
            raise NotNow(_("Somebody has decided on it already."))
        first = [flag for flag in referral.flags if flag["code"] == "duplicate"]
        if _is_live([flag["referral"] for flag in first if flag["is_certain"]]):
            raise NotNow(_("Somebody else was first to refer this company."))
        if referral.flags or note.strip():
            why = _("Something speaks against it: say why it qualifies.")
            note = a_reason(note, why=why, refused=NotNow)
        referral.number = number.replace("\0", "").strip()[:64]
        referral.reason = note
        return _decided(referral, ReferralState.QUALIFIED, by=by, now=now)


def reject(referral_id: UUID, *, by: str, reason: str, now: datetime) -> Referral:
    """Raises NotNow without a reason, for one's own, and for one that is won or over."""
    reason = a_reason(reason, why=_("Say why: the partner reads it."), refused=NotNow)
    with transaction.atomic():
        referral = _locked(referral_id, states=(ReferralState.RECEIVED, ReferralState.QUALIFIED))
        _refuse_own(referral, by)
        referral.reason = reason
        return _decided(referral, ReferralState.REJECTED, by=by, now=now)


def win(
    referral_id: UUID,
    *,
    account: Account,
    activity: Activity | None,
    by: str,
    zone: ZoneInfo,
    now: datetime,
) -> Referral:
    """The company has become `account`, with its first purchase where that won it: both sides are
    rewarded, held for the days of the terms, and the referral is an activity. Raises NotNow for
    one's own on either side, and for money while payouts are stopped; NeverWon for who was a
    customer before, takes no part in the program or was won already, and for a ring."""
    with transaction.atomic():
        referral = _locked(referral_id, states=(ReferralState.QUALIFIED,))
        _refuse_own(referral, by)
        if has_hand_in(by, actors=(), account_ids=[account.pk]):
            raise NotNow(_("You belong to the account that was referred: somebody else decides."))
        _refuse_known(referral, account, zone=zone)
        _lock_accounts(referral.account_id, account.pk)
        referral.state, referral.referred_account = ReferralState.WON, account
        referral.activity, referral.won_at = activity, now
        held = start_of(day_of(now, zone) + timedelta(days=referral.terms.hold_days + 1), zone)
        referral.held_until = held if referral.terms.hold_days else now
        referral.referrer_award, referral.referred_award = _reward(
            referral, account, by=by, now=now
        )
        _take_in([_fact(referral, at=now)], actor=by, now=now)
        try:
            with transaction.atomic():
                referral.save()
        except IntegrityError as error:
            if "referral_won_once_per_account" not in str(error):
                raise
            said = _("Another referral was won with this account already.")
            raise NeverWon(said, "duplicate") from None
        tell(referral, "won", actor=by, now=now, customer_number=account.number)
    return referral


def take_back(referral_id: UUID, *, by: str, reason: str, now: datetime) -> Referral:
    """The purchase came back, or it was no new customer after all: both rewards go, while they are
    held. Raises NotNow without a reason, for one's own, and once the days are over."""
    reason = a_reason(reason, why=_("Say why: the partner reads it."), refused=NotNow)
    with transaction.atomic():
        referral = _locked(referral_id, states=(ReferralState.WON,))
        if by != "system":  # which has looked when the purchase came back
            _refuse_own(referral, by)
            if referral.terms.hold_days and referral.held_until and referral.held_until <= now:
                raise NotNow(_("The days in which it could be taken back are over."))
        _lock_accounts(referral.account_id, referral.referred_account_id)
        for award in (referral.referrer_award, referral.referred_award):
            if award is not None:
                awarding.take_back(
                    award.pk,
                    amount=award.amount,
                    reason=f"{award.reason}: {reason}",
                    identity=uuid7(),
                    actor=by,
                    now=now,
                )
        _take_in([_return(referral, at=now)], actor=by, now=now)
        referral.state, referral.reason = ReferralState.RETURNED, reason
        referral.save(update_fields=["state", "reason"])
        tell(referral, "returned", actor=by, now=now, note=reason)
    return referral


def expire(referral_id: UUID, *, today: date, now: datetime) -> Referral:
    """Its protection is over; others may refer the company now. Raises NotNow."""
    with transaction.atomic():
        referral = _locked(referral_id, states=(ReferralState.RECEIVED, ReferralState.QUALIFIED))
        if referral.protected_until >= today:
            raise NotNow(_("It is protected still."))
        referral.state = ReferralState.EXPIRED
        referral.save(update_fields=["state"])
        tell(referral, "expired", actor="system", now=now)
    return referral


def is_own(referral: Referral, by: str) -> bool:
    """Whether the person behind `by` referred it, or belongs to the account that did."""
    return has_hand_in(by, actors=[referral.referred_by], account_ids=[referral.account_id])


def _locked(referral_id: UUID, *, states: Collection[str]) -> Referral:
    """The referral, locked after its program as everybody does. Raises Referral.DoesNotExist, and
    NotNow unless it is in one of `states`."""
    seen = Referral.objects.get(pk=referral_id)
    Program.objects.select_for_update(no_key=True).get(pk=seen.program_id)
    rows = Referral.objects.select_for_update(of=("self",)).select_related(
        "account", "terms", "program", "member", "referrer_award", "referred_award"
    )
    referral = rows.get(pk=referral_id)
    if referral.state not in states:
        raise NotNow(
            _("It is “%s” meanwhile: this cannot be done with it any more, or not yet.")
            % referral.get_state_display()
        )
    return referral


def _lock_accounts(*ids: UUID | None) -> None:
    """Both sides in the order in which facts that come in lock them: nobody waits in a circle."""
    rows = Account.objects.select_for_update(no_key=True).filter(pk__in=ids)
    list(rows.order_by("id").values_list("id"))


def _refuse_own(referral: Referral, by: str) -> None:
    if is_own(referral, by):
        raise NotNow(_("You referred it, or belong to the account that did: another decides."))


def _refuse_known(referral: Referral, account: Account, *, zone: ZoneInfo) -> None:
    if account.pk in family_of(referral.account_id):
        raise NeverWon(_("That is the account that referred, or one of its family."), "self")
    if account.pk in ancestors_of(referral.account_id):
        raise NeverWon(_("That account was on the way to who refers it: a ring."), "ring")
    before = Activity.objects.filter(
        account=account, kind=PURCHASE, occurred_at__lt=referral.referred_at
    )
    # Of one that is dated at that midnight only the day is known: it may have come after.
    midnight = start_of(day_of(referral.referred_at, zone), zone)
    if before.exclude(occurred_at=midnight).exists():
        said = _("%s has bought before it was referred.") % account.name
        raise NeverWon(said, "is_account")


def _is_live(ids: Collection[str]) -> bool:
    return Referral.objects.filter(pk__in=ids, state__in=LIVE).exists()


def _reward(
    referral: Referral, account: Account, *, by: str, now: datetime
) -> tuple[Award | None, Award | None]:
    """(of who referred, of who was referred); held where the terms hold."""
    terms = referral.terms
    is_member = terms.beneficiary == Beneficiary.MEMBER and referral.member_id
    sides = (
        (referral.account_id, referral.member_id if is_member else None, terms.referrer_amount),
        (account.pk, None, terms.referred_amount),
    )
    given: list[Award | None] = []
    for account_id, member_id, amount in sides:
        if not amount:
            given.append(None)
            continue
        wanted = awarding.Wanted(
            program_id=referral.program_id,
            account_id=account_id,
            member_id=member_id,
            unit=terms.unit,
            amount=amount,
            reason=f"{referral.reference}: {referral.customer}",
            activates_at=referral.held_until if terms.hold_days else None,
        )
        try:
            given.append(awarding.give(wanted, identity=uuid7(), actor=by, now=now))
        except awarding.NotEnrolled:
            said = _("%s takes no part in the program: enroll it first.") % account.name
            raise NeverWon(said, "not_enrolled") from None
        except PayoutsStopped:
            raise NotNow(_("Payouts are stopped until the books add up again.")) from None
        except awarding.CannotAward as refused:
            raise NotNow(str(refused)) from refused
    return given[0], given[1]


def _fact(referral: Referral, *, at: datetime) -> Fact:
    return Fact(
        account=referral.account.number,
        kind=KIND,
        external_id=str(referral.pk),
        line="",
        occurred_at=at,
        amount=0,
        quantity=Decimal(1),
        product="",
        attributes={"referred": referral.customer, "became_customer": True},
        reverses=None,
        member="",
    )


def _return(referral: Referral, *, at: datetime) -> Fact:
    return Fact(
        account=referral.account.number,
        kind=RETURN,
        external_id=f"{referral.pk}-back",
        line="",
        occurred_at=at,
        amount=0,
        quantity=Decimal(1),
        product="",
        attributes=None,
        reverses=(str(referral.pk), ""),
        member="",
    )


def _take_in(facts: list[Fact], *, actor: str, now: datetime) -> None:
    if not ActivityKind.objects.filter(code=KIND).exists():
        kind = STARTING_KINDS[KIND]
        add_kind(code=KIND, name=kind.name, attributes=kind.attributes, actor=actor, now=now)
    for outcome in take_in(facts, source=SOURCE, actor=actor, as_of=now):
        if outcome.status != "accepted":
            raise NotNow(_("It cannot be taken in: %s") % outcome.reason)


def _decided(referral: Referral, state: ReferralState, *, by: str, now: datetime) -> Referral:
    referral.state, referral.decided_at, referral.decided_by = state, now, by
    referral.save()
    tell(referral, state.value, actor=by, now=now, note=referral.reason)
    return referral
