"""Claims that were accepted are paid: by a transfer or a credit note of the tenant's own books.

The settlements of rebates belong to statements of agreements, and so do their transfers and credit
notes; a claim has neither. So it is paid outside, and what is kept is when, how, and under which
reference.
"""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from partners.funds.steps import NotNow, locked, moved, refuse_own
from partners.models import FundRequest, PaidAs, RequestState
from rewards import ledger, payouts

LONGEST_REFERENCE = 80


def pay(
    request_id: UUID,
    *,
    paid_as: str,
    reference: str,
    paid_on: date,
    by: str,
    today: date,
    now: datetime,
) -> FundRequest:
    """What was accepted has been paid on a day, under a reference of the books; by somebody else
    than who accepted it. Raises NotNow, and `rewards.payouts.PayoutsStopped`."""
    reference = reference.strip()
    if not reference or len(reference) > LONGEST_REFERENCE or not reference.isprintable():
        raise NotNow(_("Give the reference of the payment, in at most 80 characters."))
    if paid_as not in PaidAs.values:
        raise NotNow(_("Say how it was paid."))
    with transaction.atomic():
        held = locked(request_id, states=(RequestState.ACCEPTED,))
        payouts.refuse_if_stopped()
        request, fund = held.request, held.own_fund
        refuse_own(request, by, also=(request.checked_by,))
        if not request.starts_on <= paid_on <= today:
            raise NotNow(_("Choose a day from the activity’s first day to today."))
        amount = ledger.pay(request.pk, actor=by, at=now)
        fund.committed -= amount
        fund.paid += amount
        fund.save(update_fields=["committed", "paid"])
        request.state, request.ended_at, request.ended_by = RequestState.PAID, now, by
        request.paid_on, request.paid_as, request.reference_paid = paid_on, paid_as, reference
        return moved(
            request, "paid", actor=by, now=now, paid_as=paid_as, note=reference,
            day=paid_on.isoformat(),
        )  # fmt: skip
