"""How far it is to the next band, and what reaching it is worth."""

from dataclasses import dataclass
from datetime import date
from math import ceil
from uuid import UUID

from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rebates.models import Accrual
from rebates.terms import Terms, parse_terms
from rebates.working import Sales, Worked, starts, work_out

MOST_NEAR = 200  # opportunities of one rep that are worked out


@dataclass(frozen=True, slots=True)
class NextBand:
    """`missing` more of the measure, sold by the last day before `until`, reaches the band
    `number`; the holder is then owed `worth` more than now."""

    number: int
    missing: int
    worth: int
    until: date


def terms_of(accrual: Accrual) -> Terms:
    """The terms it is worked out under; its version is to be loaded along."""
    return parse_terms(accrual.version.terms)


def sales_of(accrual: Accrual) -> Sales:
    """What the holder sold, as the accrual keeps it."""
    return Sales(
        measured=accrual.measured,
        earning=accrual.earning,
        before_returns=accrual.before_returns,
        base=accrual.base,
        multiplier=accrual.multiplier,
    )


def worked(accrual: Accrual) -> Worked:
    """The worked calculation of the holder's amount, step by step."""
    return work_out(terms_of(accrual), sales_of(accrual))


def next_band(accrual: Accrual) -> NextBand | None:
    """The band above the one reached; None at the top, and without a base.

    What is missing is taken to be of lines that earn.
    """
    terms, sales = terms_of(accrual), sales_of(accrual)
    now = work_out(terms, sales)
    number = 0 if now.band is None else now.band + 1
    if number >= len(terms.bands) or (terms.base is not None and not sales.base):
        return None
    so_far = sales.before_returns if terms.falling else sales.measured
    # A band that begins at nothing is reached by the first of it.
    missing = max(ceil(starts(terms, sales.base)[number]), 1) - so_far
    then = Sales(
        measured=sales.measured + missing,
        earning=sales.earning + missing,
        before_returns=sales.before_returns + missing,
        base=sales.base,
        multiplier=sales.multiplier,
    )
    return NextBand(number, missing, work_out(terms, then).amount - now.amount, accrual.until)


def nearest(
    *, rep_id: UUID, program_id: UUID, day: date, percent: int
) -> list[tuple[Accrual, NextBand]]:
    """The running accruals of a rep's accounts whose next band is at most `percent` of its
    beginning away and pays more, those worth most first; of values only, which can be compared.

    The database finds the nearest, at most MOST_NEAR: however many accounts the rep has, only so
    many are worked out.
    """
    values = {
        "tenant": current_tenant_id(),
        "rep": rep_id,
        "program": program_id,
        "day": day,
        "percent": percent,
        "most": MOST_NEAR,
    }
    ids = [pk for (pk,) in run(_NEAREST, values)]
    found = []
    for accrual in Accrual.objects.filter(pk__in=ids).select_related("agreement", "version"):
        step = next_band(accrual)
        if step is not None and step.worth > 0:
            found.append((accrual, step))
    return sorted(found, key=lambda one: (-one[1].worth, one[1].missing, one[0].pk))


# Where the next band begins, as `rebates.working.starts` has it; of values no rate falls.
_NEAREST = """
SELECT a.id
FROM rebates_accrual a
JOIN accounts_account account
  ON account.tenant_id = a.tenant_id AND account.id = a.account_id AND account.rep_id = %(rep)s
JOIN rebates_agreement g
  ON g.tenant_id = a.tenant_id AND g.id = a.agreement_id AND g.program_id = %(program)s
JOIN rebates_agreementversion v ON v.tenant_id = a.tenant_id AND v.id = a.version_id
CROSS JOIN LATERAL (
    SELECT min(begins) AS begins
    FROM jsonb_array_elements(v.terms -> 'bands') AS band
    CROSS JOIN LATERAL (
        SELECT CASE v.terms ->> 'position' WHEN 'absolute' THEN (band ->> 'from')::numeric
                    ELSE a.base * (CASE v.terms ->> 'method' WHEN 'growth' THEN 100 ELSE 0 END
                                   + (band ->> 'from')::numeric) / 100 END AS begins) one
    WHERE begins > a.measured
) following
WHERE a.tenant_id = %(tenant)s AND a.closed_at IS NULL
  AND a.since <= %(day)s AND a.until > %(day)s
  AND v.terms ->> 'measure' = 'value'
  AND (v.terms ->> 'position' = 'absolute' OR a.base > 0)
  AND (ceil(following.begins) - a.measured) * 100 <= following.begins * %(percent)s
ORDER BY (following.begins - a.measured) / following.begins, a.id
LIMIT %(most)s
"""
