"""Each month's accrual on the forecast, beside what it is on actuals.

Accrued on a forecast is what was sold so far, at the rate that the whole period as forecast comes
to. When the forecast changes, the month catches up in one amount.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.db import transaction

from accounts.models import Tenant
from accounts.periods import add_months, day_of
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rebates.accruing import asked_of, lock_agreements
from rebates.calculating import WORKED
from rebates.calendar import correctable_from
from rebates.models import Agreement, AgreementState, AgreementVersion, Estimate, Forecast
from rebates.participants import Share
from rebates.sharing import shares_at
from rebates.terms import Terms, parse_terms
from rebates.working import Sales, rounded, work_out

BATCH = 1_000
AT_ONCE = 1_000  # months of periods that one statement works out

_Key = tuple[UUID, UUID, date]


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


@dataclass(frozen=True, slots=True)
class _Month:
    """A month of a forecast period that is over; `share` is cut at its end."""

    key: _Key
    month: date
    share: Share
    forecast: Forecast


def _estimate(agreement_ids: Sequence[UUID], *, tenant: Tenant, at: datetime) -> int:
    agreements = lock_agreements(agreement_ids)
    before = _last_estimates(agreement_ids)
    shares = shares_at(agreements, tenant=tenant, at=at)
    month_now = day_of(at, tenant.zone).replace(day=1)
    months = list(_due(shares, before, _latest(agreement_ids), month_now=month_now))
    made: list[Estimate] = []
    for n in range(0, len(months), AT_ONCE):
        part = months[n : n + AT_ONCE]
        values = asked_of([one.share for one in part], agreements, tenant=tenant, at=at)
        terms = _terms_of({one.share.version_id for one in part})
        # A period's months follow each other, each told against the one before.
        for place, measured, actual, base, multiplier in run(_SOLD, values, planned=True):
            month = part[place]
            whole = month.forecast.expected
            expected = accrued_on(
                terms[month.share.version_id],
                sold=measured,
                expected=Sales(
                    measured=whole,
                    earning=whole,
                    before_returns=whole,
                    base=base,
                    multiplier=Decimal(multiplier),
                ),
            )
            told = _estimated(month, measured, actual, expected, before.get(month.key), at=at)
            before[month.key] = told
            made.append(told)
    Estimate.objects.bulk_create(made)
    return len(made)


def _due(
    shares: Sequence[Share],
    before: dict[_Key, Estimate],
    forecasts: dict[_Key, Forecast],
    *,
    month_now: date,
) -> Iterator[_Month]:
    """What is not estimated yet of what is forecast, period by period, the oldest month first."""
    for share in shares:
        key = (share.agreement_id, share.holder_id, share.since)
        if key not in forecasts or share.until <= correctable_from(month_now):
            continue
        month = add_months(before[key].month, 1) if key in before else share.since
        while month < min(share.until, month_now):
            upto = add_months(month, 1)
            yield _Month(key, month, replace(share, upto=upto), forecasts[key])
            month = upto


# One row for each share, of those that the accounts of a buying group share.
_SOLD = f"""{WORKED}
SELECT n, max(measured)::bigint, sum(amount)::bigint, max(base)::bigint, max(multiplier)
FROM worked GROUP BY n ORDER BY n
"""  # noqa: S608


def _estimated(
    month: _Month,
    measured: int,
    actual: int,
    expected: int,
    before: Estimate | None,
    *,
    at: datetime,
) -> Estimate:
    agreement_id, holder_id, since = month.key
    return Estimate(
        agreement_id=agreement_id,
        holder_id=holder_id,
        since=since,
        month=month.month,
        forecast=month.forecast,
        measured=measured,
        actual=actual,
        expected=expected,
        moved=expected - (before.expected if before else 0),
        made_at=at,
    )


def _terms_of(version_ids: set[UUID]) -> dict[UUID, Terms]:
    found = AgreementVersion.objects.filter(pk__in=version_ids).values_list("pk", "terms")
    return {pk: parse_terms(terms) for pk, terms in found}


def _latest(agreement_ids: Sequence[UUID]) -> dict[_Key, Forecast]:
    found = Forecast.objects.filter(agreement_id__in=agreement_ids).order_by("number")
    return {(one.agreement_id, one.holder_id, one.since): one for one in found}


def _last_estimates(agreement_ids: Sequence[UUID]) -> dict[_Key, Estimate]:
    found = Estimate.objects.filter(agreement_id__in=agreement_ids).order_by("month")
    return {(one.agreement_id, one.holder_id, one.since): one for one in found}
