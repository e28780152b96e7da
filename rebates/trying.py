"""What an agreement would have paid over past periods, before it is offered: nothing is written."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from django.db.models import Sum

from accounts.models import Tenant
from accounts.periods import add_months, day_of
from accounts.postgres.statements import run
from accounts.windows import PERIODS
from rebates.accruing import asked_of
from rebates.calculating import WORKED
from rebates.calendar import Span, span_around
from rebates.models import Accrual, Agreement, AgreementVersion, Party
from rebates.participants import Share, eligible, families_of, holders_of, paid_with
from rebates.terms import Terms
from rebates.working import Sales, work_out

MOST_HOLDERS = 500
MOST_PERIODS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One holder in one past period, amounts in the currency's smallest unit.

    `would` is what the version pays, `was` what was accrued for the agreement then, `changed` what
    other terms that were tried would pay.
    """

    holder_id: UUID
    span: Span
    sales: Sales
    would: int
    was: int
    changed: int


@dataclass(frozen=True, slots=True)
class Trial:
    """`is_all` says whether every holder was tried: at most MOST_HOLDERS are."""

    spans: list[Span]
    rows: list[Tried]
    is_all: bool

    @property
    def by_holder(self) -> dict[UUID, list[Tried]]:
        found: dict[UUID, list[Tried]] = defaultdict(list)
        for row in self.rows:
            found[row.holder_id].append(row)
        return found


def try_on_past(
    version: AgreementVersion,
    *,
    periods: int,
    tenant: Tenant,
    at: datetime,
    changed: Terms | None = None,
) -> Trial:
    """The version on the last `periods` whole periods before `at`, for whoever it is with today.

    `changed` are the version's terms with other bands; what was sold is read once for both.
    """
    agreement = version.agreement
    spans = past_spans(agreement, periods=periods, tenant=tenant, at=at)
    holders = holders_of(agreement, at=at)
    tried = holders[:MOST_HOLDERS]
    shares = _shares(agreement, version, tried, spans)
    if not shares:
        return Trial(spans, [], len(tried) == len(holders))
    values = asked_of(shares, [agreement], tenant=tenant, at=at)
    was = _accrued(agreement, spans)
    rows = [
        _tried(row, shares, was=was, changed=changed)
        for row in run(f"{WORKED} {_ROWS}", values, planned=True)
    ]
    return Trial(spans, rows, len(tried) == len(holders))


def past_spans(agreement: Agreement, *, periods: int, tenant: Tenant, at: datetime) -> list[Span]:
    """The last whole periods before `at`, the oldest first."""
    running = span_around(
        agreement, day_of(at, tenant.zone), fiscal_year_starts=tenant.fiscal_year_starts
    )
    months = PERIODS[agreement.period]
    edges = [add_months(running.since, -months * back) for back in range(periods, -1, -1)]
    return [Span(since, until) for since, until in pairwise(edges)]


def _shares(
    agreement: Agreement,
    version: AgreementVersion,
    holders: Sequence[UUID],
    spans: Sequence[Span],
) -> list[Share]:
    counted = {one: [one] for one in holders}
    if agreement.party == Party.FAMILY:
        counted = families_of(holders)
    fit = eligible(version, {one for members in counted.values() for one in members})
    found = []
    for holder_id in holders:
        members = [one for one in counted[holder_id] if one in fit]
        pairs = paid_with(agreement, holder_id=holder_id, members=members)
        payees = tuple(dict.fromkeys(payee for _, payee in pairs)) or (holder_id,)
        found += [
            Share(agreement.pk, version.pk, holder_id, span.since, span.until, pairs, payees)
            for span in spans
        ]
    return found


def _accrued(agreement: Agreement, spans: Sequence[Span]) -> dict[tuple[UUID, date], int]:
    kept = Accrual.objects.filter(agreement=agreement, since__in=[span.since for span in spans])
    sums = kept.order_by().values_list("holder_id", "since").annotate(Sum("amount"))
    return {(holder_id, since): amount for holder_id, since, amount in sums}


# One row a holder and period, of those that the accounts of a buying group share.
_ROWS = """
SELECT n, max(measured), max(before_returns), max(earning), max(base), max(multiplier),
       sum(amount)::bigint
FROM worked GROUP BY n ORDER BY n
"""


def _tried(
    row: tuple,
    shares: Sequence[Share],
    *,
    was: dict[tuple[UUID, date], int],
    changed: Terms | None,
) -> Tried:
    place, measured, before_returns, earning, base, multiplier, would = row
    share = shares[place]
    sales = Sales(
        measured=measured,
        earning=earning,
        before_returns=before_returns,
        base=base,
        multiplier=Decimal(multiplier),
    )
    return Tried(
        holder_id=share.holder_id,
        span=Span(share.since, share.until),
        sales=sales,
        would=would,
        was=was.get((share.holder_id, share.since), 0),
        changed=work_out(changed, sales).amount if changed else 0,
    )
