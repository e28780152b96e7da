"""A claim: what the activity cost, with the proof that its kind demands; and who checks it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.facts import MAX_AMOUNT
from accounts.files import Upload, keep_upload
from partners.funds.deciding import end, uncommit
from partners.funds.shares import part_of
from partners.funds.steps import Held, NotNow, a_note, a_reason, locked, moved, refuse_own
from partners.models import FundProof, FundRequest, RequestState

MOST_FILES = 20
MORE_DAYS = timedelta(days=14)  # at least so long is there for proof that was missing


@dataclass(frozen=True, slots=True)
class Proof:
    """A file that is handed in, of one of the kinds that the activity demands."""

    kind: str
    upload: Upload


def claim(
    request_id: UUID,
    *,
    cost: int,
    proofs: Sequence[Proof],
    note: str,
    actor: str,
    today: date,
    now: datetime,
) -> FundRequest:
    """Say what the activity cost; again with more proof where more was wanted.

    Raises NotNow, and `accounts.files.CannotKeep` for a file that cannot be kept.
    """
    note = a_note(note)
    with transaction.atomic():
        held = locked(request_id, states=(RequestState.APPROVED, RequestState.INCOMPLETE))
        request = held.request
        if request.claim_until is None or request.claim_until < today:
            raise NotNow(_("The time for the claim is over."))
        if today < request.starts_on:
            raise NotNow(_("The activity has not begun yet."))
        if not 0 < cost <= MAX_AMOUNT:
            raise NotNow(_("Say what it cost: an amount above zero."))
        _keep(request, proofs, actor=actor, now=now)
        if missing := missing_proofs(request):
            raise NotNow(_("Proof is missing: %s.") % ", ".join(missing))
        request.state, request.cost, request.claim_note = RequestState.CLAIMED, cost, note
        request.claimed_at, request.claimed_by = now, actor
        return moved(request, "claimed", actor=actor, now=now, note=note, cost=cost)


def accept(request_id: UUID, *, amount: int, note: str, by: str, now: datetime) -> FundRequest:
    """`amount` is to be paid; what was committed beyond it is the account's again at once. Raises
    NotNow, also for one's own."""
    note = a_note(note)
    with transaction.atomic():
        held = _claimed(request_id, by)
        request = held.request
        if not 0 < amount <= payable(request):
            raise NotNow(
                _("Accept what was proven: above zero, up to its share and what was approved.")
            )
        uncommit(held, keep=amount, actor=by, now=now)
        request.state, request.accepted = RequestState.ACCEPTED, amount
        request.checked_at, request.checked_by, request.note = now, by, note
        return moved(request, "accepted", actor=by, now=now, note=note)


def ask_for_more(
    request_id: UUID, *, note: str, by: str, today: date, now: datetime
) -> FundRequest:
    """The proof does not do; the partner hands in more, for which there are two weeks at least.
    Raises NotNow without a note on what."""
    note = a_reason(note, why=_("Say what is missing: the partner reads it."))
    with transaction.atomic():
        request = _claimed(request_id, by).request
        request.state, request.note = RequestState.INCOMPLETE, note
        request.checked_at, request.checked_by = now, by
        request.claim_until = max(request.claim_until or today, today + MORE_DAYS)
        return moved(request, "more_wanted", actor=by, now=now, note=note)


def refuse(request_id: UUID, *, reason: str, by: str, now: datetime) -> FundRequest:
    """Nothing is paid; what was committed is the account's again. Raises NotNow without a reason,
    and for one's own."""
    reason = a_reason(reason, why=_("Say why: the partner reads it."))
    with transaction.atomic():
        held = _claimed(request_id, by)
        held.request.checked_at, held.request.checked_by = now, by
        return end(held, RequestState.REFUSED, note=reason, actor=by, now=now)


def payable(request: FundRequest) -> int:
    """The most that a claim can come to: the approved share of what it cost, as far as that was
    committed; 0 before it is claimed."""
    if request.cost is None or request.share is None or request.approved is None:
        return 0
    return min(request.approved, part_of(request.cost, request.share))


def missing_proofs(request: FundRequest) -> list[str]:
    """Kinds of proof that its activity demands and that were not handed in."""
    there = set(request.proofs.values_list("kind", flat=True))
    return [kind for kind in request.activity.proofs if kind not in there]


def _claimed(request_id: UUID, by: str) -> Held:
    held = locked(request_id, states=(RequestState.CLAIMED,))
    refuse_own(held.request, by, also=(held.request.claimed_by,))
    return held


def _keep(request: FundRequest, proofs: Sequence[Proof], *, actor: str, now: datetime) -> None:
    unknown = [proof.kind for proof in proofs if proof.kind not in request.activity.proofs]
    if unknown:
        raise NotNow(_("“%s” is no proof that is asked for.") % unknown[0][:60])
    if request.proofs.count() + len(proofs) > MOST_FILES:
        raise NotNow(_("A claim has at most %d files.") % MOST_FILES)
    for proof in proofs:
        kept = keep_upload(proof.upload, account_id=request.account_id, actor=actor, now=now)
        FundProof.objects.create(request=request, kind=proof.kind, file=kept)
