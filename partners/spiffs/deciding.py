"""What becomes of a claim: approved and rewarded once, rejected, withdrawn, taken back."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.hands import has_hand_in
from accounts.ids import uuid7
from partners.models import Beneficiary, Spiff, SpiffClaim, SpiffClaimState
from partners.spiffs.checks import examine
from partners.spiffs.consents import has_consent
from partners.spiffs.telling import tell_claim
from partners.words import a_reason
from rewards import awarding
from rewards.payouts import PayoutsStopped


class NotNow(ValueError):
    """The claim's state, or a rule, does not allow it; its text says why. Nothing changed."""


def approve(claim_id: UUID, *, by: str, now: datetime) -> SpiffClaim:
    """Reward it through the ledger, once for ever. Raises NotNow for one's own, for one that is
    decided, where the employer's consent is missing meanwhile, and for money while payouts are
    stopped."""
    with transaction.atomic():
        claim = _locked(claim_id, states=(SpiffClaimState.OPEN,))
        _refuse_own(claim, by)
        if claim.version.needs_consent and not has_consent(claim.member_id):
            raise NotNow(_("The employer’s consent was withdrawn; it is not on file."))
        if claim.activity_id is None:  # facts may come in later than claims
            claim.activity_id, claim.flags = examine(claim, _numbers(claim))
        is_member = claim.version.beneficiary == Beneficiary.MEMBER
        wanted = awarding.Wanted(
            program_id=claim.spiff.program_id,
            account_id=claim.account_id,
            member_id=claim.member_id if is_member else None,
            unit=claim.spiff.unit,
            amount=claim.granted,
            reason=_reason(claim),
        )
        try:
            claim.award = awarding.give(wanted, identity=claim.pk, actor=by, now=now)
        except awarding.CannotAward as refused:
            raise NotNow(str(refused)) from refused
        except PayoutsStopped:
            raise NotNow(_("Payouts are stopped until the books add up again.")) from None
        return _decided(claim, SpiffClaimState.APPROVED, by=by, now=now)


def reject(claim_id: UUID, *, by: str, reason: str, now: datetime) -> SpiffClaim:
    """Raises NotNow without a reason, for one's own, and for one that is decided."""
    reason = a_reason(reason, why=_("Say why: the partner reads it."), refused=NotNow)
    with transaction.atomic():
        claim = _locked(claim_id, states=(SpiffClaimState.OPEN,))
        _refuse_own(claim, by)
        _give_back(claim)
        claim.reason = reason
        return _decided(claim, SpiffClaimState.REJECTED, by=by, now=now)


def withdraw(claim_id: UUID, *, by: str, now: datetime) -> SpiffClaim:
    """Who claimed takes it back while nobody has decided. Raises NotNow."""
    with transaction.atomic():
        claim = _locked(claim_id, states=(SpiffClaimState.OPEN,))
        _give_back(claim)
        return _decided(claim, SpiffClaimState.WITHDRAWN, by=by, now=now)


def take_back(
    claim_id: UUID, *, units: int, reason: str, actor: str, now: datetime, seen: int | None = None
) -> SpiffClaim:
    """So many more units of an approved claim came back: the reward of these goes too, in
    proportion. `seen` is how many had come back by what was read: where two say the same, it is
    taken back once. Raises NotNow."""
    reason = a_reason(reason, why=_("Say why: the partner reads it."), refused=NotNow)
    with transaction.atomic():
        claim = _locked(claim_id, states=(SpiffClaimState.APPROVED,))
        if seen not in (None, claim.returned):
            raise NotNow(_("Of it %d came back meanwhile. Look at it again.") % claim.returned)
        if not 1 <= units <= claim.quantity - claim.returned:
            left = claim.quantity - claim.returned
            raise NotNow(_("Say how many came back: from 1 to %d.") % left)
        claim.returned += units
        kept = claim.granted * (claim.quantity - claim.returned) // claim.quantity
        amount = claim.value - kept
        if amount > 0:
            said = f"{_reason(claim)}: {reason}"
            awarding.take_back(
                claim.pk, amount=amount, reason=said, identity=uuid7(), actor=actor, now=now
            )
            claim.recalled += amount
            _lower(claim.spiff, amount)
        claim.save(update_fields=["returned", "recalled"])
        tell_claim(
            claim, "taken_back", actor=actor, now=now, note=reason, units=units, taken=amount
        )
    return claim


def is_own(claim: SpiffClaim, by: str) -> bool:
    """Whether the person behind `by` claimed it, is who sold, or belongs to the account."""
    return has_hand_in(by, actors=[claim.claimed_by], account_ids=[claim.account_id])


def spiffs_to_lock(claims: Iterable[SpiffClaim]) -> QuerySet[Spiff]:
    """The SPIFFs of claims that are decided in one transaction, locked as they are read: all of
    them come before the first account. One claim after the other would lock the second SPIFF after
    the first account, and two who decide at once would wait for each other for ever."""
    spiffs = Spiff.objects.filter(pk__in={one.spiff_id for one in claims})
    return spiffs.select_for_update().order_by("pk")


def _locked(claim_id: UUID, *, states: Collection[str]) -> SpiffClaim:
    """The claim, locked after its SPIFF as everybody does. Raises SpiffClaim.DoesNotExist, and
    NotNow unless it is in one of `states`."""
    seen = SpiffClaim.objects.get(pk=claim_id)
    Spiff.objects.select_for_update().get(pk=seen.spiff_id)
    rows = SpiffClaim.objects.select_for_update(of=("self",)).select_related(
        "spiff", "version", "account", "member", "product"
    )
    claim = rows.get(pk=claim_id)
    if claim.state not in states:
        raise NotNow(
            _("It is “%s” meanwhile: this cannot be done with it any more, or not yet.")
            % claim.get_state_display()
        )
    return claim


def _refuse_own(claim: SpiffClaim, by: str) -> None:
    if is_own(claim, by):
        raise NotNow(_("You claimed it, or belong to this account: somebody else decides."))


def _numbers(claim: SpiffClaim) -> list[str]:
    return list(claim.serials.values_list("serial", flat=True))


def _give_back(claim: SpiffClaim) -> None:
    """What it held of the budget, and the numbers of its units, are free again."""
    _lower(claim.spiff, claim.granted)
    claim.serials.update(is_live=False)


def _lower(spiff: Spiff, amount: int) -> None:
    spiff.claimed -= amount
    spiff.save(update_fields=["claimed"])


def _reason(claim: SpiffClaim) -> str:
    """What stands in the wallet for ever; in no language but the tenant's own names."""
    return f"{claim.spiff.name}: {claim.quantity} × {claim.product.sku} ({claim.document})"


def _decided(claim: SpiffClaim, state: SpiffClaimState, *, by: str, now: datetime) -> SpiffClaim:
    claim.state, claim.decided_at, claim.decided_by = state, now, by
    claim.save()
    tell_claim(claim, state.value, actor=by, now=now, note=claim.reason)
    return claim
