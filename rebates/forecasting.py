"""What finance expects agreements to cost: forecasts, and each month's accrual on them.

Accrued on a forecast is what was sold so far, at the rate that the whole period as forecast comes
to. When the forecast changes, the month catches up in one amount.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import Account, Tenant
from accounts.periods import add_months, day_of
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rebates.accruing import asked_of, lock_agreements
from rebates.calculating import WORKED
from rebates.calendar import correctable_from
from rebates.models import (
    Accrual,
    Agreement,
    AgreementState,
    AgreementVersion,
    Estimate,
    Forecast,
)
from rebates.participants import Share
from rebates.sharing import shares_at
from rebates.terms import Terms, parse_terms
from rebates.working import Sales, rounded, work_out

BATCH = 1_000


class ForecastRefused(ValueError):
    """Its text says why; nothing was written."""


def forecast(
    *,
    agreement: Agreement,
    holder: Account,
    since: date,
    expected: int,
    actor: str,
    now: datetime,
    note: str = "",
) -> Forecast:
    """Expect `expected` (in the units of Accrual.measured) of the period that begins on `since`.

    Raises ForecastRefused for a period that is closed or is none of the agreement's.
    """
    if expected < 0:
        raise ForecastRefused(_("A forecast is not below zero."))
    with transaction.atomic():
        agreement = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
        whose = Accrual.objects.filter(agreement=agreement, holder=holder, since=since)
        if not whose.exists() or whose.filter(closed_at__isnull=False).exists():
            raise ForecastRefused(_("Forecast a period that is accrued and not closed."))
        about = Forecast.objects.filter(agreement=agreement, holder=holder, since=since)
        made = Forecast.objects.create(
            agreement=agreement,
            holder=holder,
            since=since,
            number=about.count() + 1,
            expected=expected,
            note=note.strip(),
            made_by=actor,
            made_at=now,
        )
        events.record(
            kind="rebate.forecast",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"agreement:{agreement.pk}",
            account_id=holder.pk,
            payload={
                "agreement": agreement.code,
                "period": since.isoformat(),
                "number": made.number,
                "expected": expected,
            },
        )
    return made


def accrued_on(terms: Terms, *, sold: int, expected: Sales) -> int:
    """What was sold so far at the rate of the whole period as expected; rounded like an amount.

    75 of 75 units at 480.00 are 36,000.00; once 432.00 are expected for all, 300 are 129,600.00.
    """
    if expected.measured <= 0:
        return 0
    whole = work_out(terms, expected).amount
    return rounded(Fraction(whole * max(sold, 0), expected.measured))


def estimate_due(*, at: datetime) -> int:
    """Write the month's estimate of every forecast period for each local month that is over; how
    many. Written once: run again, nothing is."""
    made = 0
    after = None
    while True:
        with transaction.atomic():
            tenant = Tenant.objects.get(pk=current_tenant_id())
            found = Agreement.objects.filter(
                pk__in=Forecast.objects.values("agreement_id"),
                state__in=[AgreementState.RUNNING, AgreementState.CLOSED],
            )
            if after is not None:
                found = found.filter(pk__gt=after)
            ids = list(found.order_by("pk").values_list("pk", flat=True)[:BATCH])
            if not ids:
                return made
            made += _estimate(ids, tenant=tenant, at=at)
        after = ids[-1]


def _estimate(agreement_ids: Sequence[UUID], *, tenant: Tenant, at: datetime) -> int:
    agreements = lock_agreements(agreement_ids)
    month_now = day_of(at, tenant.zone).replace(day=1)
    forecasts = _latest(agreement_ids)
    last = _last_estimates(agreement_ids)
    made: list[Estimate] = []
    for share in shares_at(agreements, tenant=tenant, at=at):
        key = (share.agreement_id, share.holder_id, share.since)
        if key not in forecasts or share.until <= correctable_from(month_now):
            continue
        month = add_months(last[key].month, 1) if key in last else share.since
        while month < min(share.until, month_now):
            estimate = _of_month(
                share, forecasts[key], month, agreements, last.get(key), tenant=tenant, at=at
            )
            last[key] = estimate
            made.append(estimate)
            month = add_months(month, 1)
    Estimate.objects.bulk_create(made)
    return len(made)


def _of_month(
    share: Share,
    forecast: Forecast,
    month: date,
    agreements: Sequence[Agreement],
    before: Estimate | None,
    *,
    tenant: Tenant,
    at: datetime,
) -> Estimate:
    upto = add_months(month, 1)
    cut = Share(
        share.agreement_id,
        share.version_id,
        share.holder_id,
        share.since,
        share.until,
        share.members,
        share.payees,
        upto,
    )
    ((measured, actual, base, multiplier),) = run(
        _SOLD, asked_of([cut], agreements, tenant=tenant, at=at)
    )
    terms = _terms_of(share.version_id)
    expected = accrued_on(
        terms,
        sold=measured,
        expected=Sales(
            measured=forecast.expected,
            earning=forecast.expected,
            before_returns=forecast.expected,
            base=base,
            multiplier=Decimal(multiplier),
        ),
    )
    return Estimate(
        agreement_id=share.agreement_id,
        holder_id=share.holder_id,
        since=share.since,
        month=month,
        forecast=forecast,
        measured=measured,
        actual=actual,
        expected=expected,
        moved=expected - (before.expected if before else 0),
        made_at=at,
    )


_SOLD = f"""{WORKED}
SELECT max(measured)::bigint, sum(amount)::bigint, max(base)::bigint, max(multiplier) FROM worked
"""  # noqa: S608


def _terms_of(version_id: UUID) -> Terms:
    return parse_terms(AgreementVersion.objects.values_list("terms", flat=True).get(pk=version_id))


_Key = tuple[UUID, UUID, date]


def _latest(agreement_ids: Sequence[UUID]) -> dict[_Key, Forecast]:
    found = Forecast.objects.filter(agreement_id__in=agreement_ids).order_by("number")
    return {(one.agreement_id, one.holder_id, one.since): one for one in found}


def _last_estimates(agreement_ids: Sequence[UUID]) -> dict[_Key, Estimate]:
    found = Estimate.objects.filter(agreement_id__in=agreement_ids).order_by("month")
    return {(one.agreement_id, one.holder_id, one.since): one for one in found}
