"""Accruals: what agreements owe for their periods on actuals, kept in the ledger as pending money.

Worked out anew from roll-ups, and written where it differs: run again, or by two workers at once,
nothing moves twice. Killed anywhere, the next run does what is left, batch by batch.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import events
from accounts.models import Tenant
from accounts.money import exponent
from accounts.periods import day_of
from accounts.postgres.arrays import texts, uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rebates import news
from rebates.calculating import WORKED, values_of
from rebates.models import Agreement
from rebates.participants import Share
from rebates.sharing import multipliers_of, shares_at
from rewards import ledger

# Agreements that one transaction accrues: so many wallets wait for it at most.
BATCH = 2_000
# Shares that one statement works out. A segment has thousands, and what is worked out of each is
# kept in memory until all are written.
AT_ONCE = 1_000


def accrue(*, at: datetime, actor: str = "system") -> int:
    """Bring the accruals of all the tenant's agreements up to date, each batch in a transaction of
    its own; returns how many moved. Those without news are left out: see `rebates.news`."""
    moved = 0
    after = None
    with transaction.atomic():
        seen = news.seen_upto()
    while True:
        with transaction.atomic():
            tenant = Tenant.objects.get(pk=current_tenant_id())
            ids = news.next_with_news(after, day=day_of(at, tenant.zone), most=BATCH)
            if not ids:
                # Killed before, the next run follows from where the last whole one had come to.
                news.follow(seen)
                return moved
            moved += accrue_some(ids, tenant=tenant, at=at, actor=actor)
        after = ids[-1]


def accrue_some(
    agreement_ids: Sequence[UUID], *, tenant: Tenant, at: datetime, actor: str = "system"
) -> int:
    """The same for some agreements, in the running transaction; returns how many moved."""
    return accrue_locked(lock_agreements(agreement_ids), tenant=tenant, at=at, actor=actor)


def accrue_locked(
    agreements: Sequence[Agreement], *, tenant: Tenant, at: datetime, actor: str
) -> int:
    """The same for agreements that `lock_agreements` gave."""
    shares = shares_at(agreements, tenant=tenant, at=at)
    return sum(
        _accrue_shares(shares[n : n + AT_ONCE], agreements, tenant=tenant, at=at, actor=actor)
        for n in range(0, len(shares), AT_ONCE)
    )


def _accrue_shares(
    shares: Sequence[Share],
    agreements: Sequence[Agreement],
    *,
    tenant: Tenant,
    at: datetime,
    actor: str,
) -> int:
    values = asked_of(shares, agreements, tenant=tenant, at=at)
    values |= {"at": at, "actor": actor, "counted": _counted(shares)}
    programs = {agreement.pk: agreement.program_id for agreement in agreements}
    moves = [
        ledger.Accrued(account_id, programs[agreement_id], amount, move_id, corrects)
        for move_id, agreement_id, account_id, amount, corrects in run(_WRITE, values, planned=True)
    ]
    ledger.accrue(moves, actor=actor, at=at)
    true_ups = [move.cause for move in moves if move.corrects]
    if true_ups:
        _tell_true_ups(true_ups, at=at, actor=actor)
    return len(moves)


def lock_agreements(agreement_ids: Collection[UUID]) -> list[Agreement]:
    """In one order: nobody accrues or closes them meanwhile."""
    found = Agreement.objects.select_for_update(of=("self",)).select_related("segment")
    return list(found.filter(pk__in=agreement_ids).order_by("pk"))


def asked_of(
    shares: Sequence[Share], agreements: Sequence[Agreement], *, tenant: Tenant, at: datetime
) -> dict:
    """What fills the places of `rebates.calculating.WORKED` for these shares."""
    by_id = {agreement.pk: agreement for agreement in agreements}
    multipliers = multipliers_of(shares, agreements=by_id, tenant=tenant, at=at)
    return values_of(shares, multipliers=multipliers, places=exponent(tenant.currency))


def _counted(shares: Sequence[Share]) -> str:
    """The members of each share as JSON."""
    return texts(
        "[" + ", ".join([f'"{one}"' for one, _ in share.members]) + "]" for share in shares
    )


# Only what differs is written; a base is fixed with the first.
_WRITE = f"""{WORKED}, changed AS (
    INSERT INTO rebates_accrual AS a
        (tenant_id, id, agreement_id, version_id, holder_id, account_id, since, until, base,
         history, members, measured, before_returns, earning, basis, tier_code, multiplier, lines,
         amount, stated, closes_on, answer_days, is_steady, accrued_at)
    SELECT %(tenant)s, uuidv7(), w.agreement_id, w.version_id, w.holder_id, w.account_id, w.since,
           w.until, w.base, w.history, c.members::jsonb, w.measured, w.before_returns, w.earning,
           w.basis, w.tier_code, w.multiplier, w.lines, w.amount, 0,
           w.closes_on, w.answer_days, w.is_steady, %(at)s
    FROM worked w
    JOIN unnest(%(counted)s::text[]) WITH ORDINALITY AS c (members, nth) ON c.nth = w.n + 1
    ORDER BY w.agreement_id, w.since, w.holder_id, w.account_id
    ON CONFLICT (tenant_id, agreement_id, since, holder_id, account_id) DO UPDATE
    SET base = coalesce(a.base, EXCLUDED.base),
        history = CASE WHEN a.base IS NULL THEN EXCLUDED.history ELSE a.history END,
        members = EXCLUDED.members, measured = EXCLUDED.measured,
        before_returns = EXCLUDED.before_returns, earning = EXCLUDED.earning,
        basis = EXCLUDED.basis, tier_code = EXCLUDED.tier_code, multiplier = EXCLUDED.multiplier,
        lines = EXCLUDED.lines, amount = EXCLUDED.amount, is_steady = EXCLUDED.is_steady,
        accrued_at = EXCLUDED.accrued_at
    WHERE (a.measured, a.before_returns, a.earning, a.basis, a.tier_code, a.multiplier, a.amount,
           a.lines, a.members, a.is_steady)
          IS DISTINCT FROM
          (EXCLUDED.measured, EXCLUDED.before_returns, EXCLUDED.earning, EXCLUDED.basis,
           EXCLUDED.tier_code, EXCLUDED.multiplier, EXCLUDED.amount, EXCLUDED.lines,
           EXCLUDED.members, EXCLUDED.is_steady)
    RETURNING new.id, new.agreement_id, new.account_id, new.since, new.closed_at,
              new.amount - coalesce(old.amount, 0) AS moved
), moving AS MATERIALIZED (
    SELECT uuidv7() AS id, id AS accrual_id, agreement_id, account_id, moved,
           CASE WHEN closed_at IS NOT NULL THEN since END AS corrects
    FROM changed WHERE moved <> 0
), moves AS (
    INSERT INTO rebates_accrualmove
        (tenant_id, id, accrual_id, amount, reason, corrects, moved_by, moved_at)
    SELECT %(tenant)s, id, accrual_id, moved,
           CASE WHEN corrects IS NULL THEN 'actual' ELSE 'true_up' END, corrects, %(actor)s, %(at)s
    FROM moving
)
SELECT id, agreement_id, account_id, moved, corrects FROM moving
"""  # noqa: S608


def _tell_true_ups(moves: Sequence[UUID], *, at: datetime, actor: str) -> None:
    values = {"tenant": current_tenant_id(), "moves": uuids(moves), "at": at, "actor": actor}
    run(events.insertion(_TRUE_UPS), values, planned=True)


_TRUE_UPS = """
    SELECT 'rebate.trued_up', %(at)s::timestamptz, %(at)s::timestamptz, %(actor)s::text,
           'agreement:' || g.id, a.account_id,
           jsonb_build_object('agreement', g.code, 'name', g.name, 'period', a.since,
                              'until', a.until, 'amount', m.amount, 'accrued', a.amount,
                              'currency', g.currency)
    FROM unnest(%(moves)s::uuid[]) AS moved (id)
    JOIN rebates_accrualmove m ON m.tenant_id = %(tenant)s AND m.id = moved.id
    JOIN rebates_accrual a ON a.tenant_id = m.tenant_id AND a.id = m.accrual_id
    JOIN rebates_agreement g ON g.tenant_id = a.tenant_id AND g.id = a.agreement_id
"""
