"""What becomes of a request: approved and committed, rejected, withdrawn."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from partners.funds.balances import settle_expired, sources_of
from partners.funds.budgets import last_day_of
from partners.funds.granting import Given, funds_of, give
from partners.funds.shares import part_of
from partners.funds.steps import Held, NotNow, a_note, a_reason, locked, moved, refuse_own
from partners.models import FundRequest, GrantCause, RequestState
from rewards import ledger, payouts


class NotEnough(NotNow):
    """The account's fund, and the budget where it gives more on request, have less than that;
    nothing moved. `left` is in the smallest unit."""

    def __init__(self, *, left: int, wanted: int) -> None:
        self.left, self.wanted = left, wanted
        super().__init__(_("The fund has less left than that. Nothing was committed."))


def approve(
    request_id: UUID,
    *,
    amount: int,
    share: Decimal,
    note: str,
    by: str,
    today: date,
    zone: ZoneInfo,
    now: datetime,
) -> FundRequest:
    """Commit `amount` to the activity, of whose cost the tenant pays `share` percent at most.

    Raises NotNow, also for one's own; NotEnough; and `rewards.payouts.PayoutsStopped`.
    """
    note = a_note(note)
    with transaction.atomic():
        held = locked(request_id, states=(RequestState.REQUESTED,))
        payouts.refuse_if_stopped()
        request = held.request
        refuse_own(request, by)
        _check(request, amount=amount, share=share)
        fund = held.fund or funds_of(held.budget, [request.account_id])[0]
        held = Held(request, held.budget, fund)
        _commit(held, amount, by=by, today=today, zone=zone, now=now)
        request.state, request.decided_at, request.decided_by = RequestState.APPROVED, now, by
        request.approved, request.share, request.note = amount, share, note
        request.claim_until = request.ends_on + timedelta(days=request.activity.claim_days)
        return moved(request, "approved", actor=by, now=now, note=note)


def reject(request_id: UUID, *, reason: str, by: str, now: datetime) -> FundRequest:
    """Raises NotNow without a reason, for one's own, and for one that is decided."""
    reason = a_reason(reason, why=_("Say why: the partner reads it."))
    with transaction.atomic():
        request = locked(request_id, states=(RequestState.REQUESTED,)).request
        refuse_own(request, by)
        request.state, request.decided_at, request.decided_by = RequestState.REJECTED, now, by
        request.ended_at, request.ended_by, request.note = now, by, reason
        return moved(request, "rejected", actor=by, now=now, note=reason)


def withdraw(request_id: UUID, *, note: str, actor: str, now: datetime) -> FundRequest:
    """The partner does not go on with it; what was committed is theirs again. Raises NotNow."""
    note = a_note(note)
    states = (RequestState.REQUESTED, RequestState.APPROVED, RequestState.INCOMPLETE)
    with transaction.atomic():
        held = locked(request_id, states=states)
        return end(held, RequestState.WITHDRAWN, note=note, actor=actor, now=now)


def end(held: Held, state: RequestState, *, note: str, actor: str, now: datetime) -> FundRequest:
    """Nothing will be paid for it: what is committed goes back into the fund, or where that is over
    into the budget."""
    request = held.request
    if request.approved:
        uncommit(held, keep=0, actor=actor, now=now)
    request.state, request.ended_at, request.ended_by = state, now, actor
    request.note = note
    return moved(request, state.value, actor=actor, now=now, note=note)


def uncommit(held: Held, *, keep: int, actor: str, now: datetime) -> None:
    """Release what is committed to the request beyond `keep`."""
    fund = held.own_fund
    ledger.release_beyond(held.request.pk, keep=keep, actor=actor, at=now)
    fund.committed -= (held.request.approved or 0) - keep
    fund.save(update_fields=["committed"])
    settle_expired(held.budget, [fund.pk], now=now)


def _check(request: FundRequest, *, amount: int, share: Decimal) -> None:
    if not 0 < share <= request.activity.share or share != round(share, 2):
        most = f"{request.activity.share.normalize():f}"
        raise NotNow(_("For this activity a share is above 0 and at most %s%%.") % most)
    if amount <= 0:
        raise NotNow(_("Say how much is approved: an amount above zero."))
    if amount > part_of(request.total_cost, share):
        raise NotNow(_("That is more than this share of the cost."))
    if request.activity.most is not None and amount > request.activity.most:
        raise NotNow(_("That is more than is paid for this activity."))


def _commit(
    held: Held, amount: int, *, by: str, today: date, zone: ZoneInfo, now: datetime
) -> None:
    budget, fund, request = held.budget, held.own_fund, held.request
    whose = {"account_id": fund.account_id, "program_id": budget.program_id}
    ledger.expire_funds(**whose, actor=by, at=now)
    settle_expired(budget, [fund.pk], now=now)
    there = sum(ledger.open_of(sources_of(fund)).values())
    lacks = amount - there
    if lacks > 0:
        if not budget.on_request or not budget.starts_on <= today <= budget.ends_on:
            raise NotEnough(left=there, wanted=amount)
        if lacks > budget.free:
            raise NotEnough(left=there + budget.free, wanted=amount)
        given = Given(fund, lacks, last_day_of(budget), note=request.reference)
        give(budget, [given], cause=GrantCause.APPROVED, by=by, zone=zone, now=now)
    try:
        ledger.commit(
            **whose,
            amount=amount,
            cause=request.pk,
            sources=sources_of(fund),
            actor=by,
            at=now,
        )
    except (ledger.NotEnough, ledger.UnknownWallet):
        raise NotEnough(left=there, wanted=amount) from None
    fund.refresh_from_db(fields=["granted", "expired", "committed"])
    fund.committed += amount
    fund.save(update_fields=["committed"])
