"""Co-op funds: a share of an account's purchases, net of returns, period by period.

Worked out anew from the roll-ups of measures, and moved where it differs: run again, nothing moves.
A return lowers the period in which it happened, as an entry of its own; what of it is committed or
paid already stands as a debt of the fund, which its next accruals make up for before anything else.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.postgres.arrays import texts, uuids
from accounts.postgres.statements import run
from accounts.progress import turns
from accounts.segments import accounts_in
from accounts.tenancy import current_tenant_id
from partners.funds.balances import SYSTEM, settle_expired
from partners.funds.budgets import good_until, last_day_of, period_after
from partners.funds.granting import Given, funds_of, give, withdraw
from partners.funds.steps import lock_budget
from partners.models import BudgetKind, Fund, FundAccrual, FundBudget, GrantCause


@dataclass(frozen=True, slots=True)
class Worked:
    """What an account accrues for a period, on `measured` purchases."""

    account_id: UUID
    since: date
    measured: int
    amount: int


@dataclass(slots=True)
class Plan:
    """What is moved for a fund: `gives` are (its row, amount); `takes` is what goes back."""

    gives: list[tuple[FundAccrual, int]]
    takes: int


def accrue(*, today: date, zone: ZoneInfo, now: datetime, actor: str = SYSTEM) -> int:
    """Bring the funds of all co-op budgets up to date, each budget in a transaction of its own;
    returns how many funds moved. One that breaks is raised once the others had their turns."""
    with transaction.atomic():
        budgets = FundBudget.objects.filter(kind=BudgetKind.ACCRUED, starts_on__lte=today)
        running = [one.pk for one in budgets.order_by("id") if last_day_of(one) >= today]
    about = {"today": today, "zone": zone, "now": now, "actor": actor}
    with turns() as each:
        return sum([each(accrue_budget, budget_id, **about) for budget_id in running])


def accrue_budget(
    budget_id: UUID, *, today: date, zone: ZoneInfo, now: datetime, actor: str = SYSTEM
) -> int:
    """The same for one budget; returns how many of its funds moved."""
    with transaction.atomic():
        budget = lock_budget(budget_id)
        worked = {(one.account_id, one.since): one for one in _worked(budget, today=today)}
        funds = funds_of(budget, {account_id for account_id, _since in worked})
        settle_expired(budget, [fund.pk for fund in funds], now=now)
        rows = _rows(budget, funds, worked, now=now)
        by_fund: dict[UUID, list[FundAccrual]] = {fund.pk: [] for fund in funds}
        for row in rows:
            by_fund[row.fund_id].append(row)
        return _move(budget, funds, by_fund, today=today, zone=zone, now=now, actor=actor)


def plan(rows: Sequence[FundAccrual], *, budget: FundBudget, today: date) -> Plan:
    """What to move for a fund, whose periods come in order; its rows say afterwards what of it is
    credited, `takes` aside. Debts are made up for before anything is given; a period that is over
    for good gives nothing any more."""
    owed = sum(row.credited - row.amount for row in rows if row.amount < row.credited)
    gives: list[tuple[FundAccrual, int]] = []
    made_up = 0
    for row in rows:
        if row.amount > row.credited and good_until(budget, row.until) >= today:
            more = row.amount - row.credited
            kept = min(more, owed - made_up)
            made_up += kept
            row.credited = row.amount
            if more > kept:
                gives.append((row, more - kept))
    credit_back(rows, made_up)
    return Plan(gives, owed - made_up)


def credit_back(rows: Iterable[FundAccrual], amount: int) -> None:
    """Take `amount` off what is credited too much, the oldest period first."""
    for row in rows:
        if row.credited > row.amount and amount:
            less = min(amount, row.credited - row.amount)
            row.credited -= less
            amount -= less


def _move(
    budget: FundBudget,
    funds: Sequence[Fund],
    by_fund: dict[UUID, list[FundAccrual]],
    *,
    today: date,
    zone: ZoneInfo,
    now: datetime,
    actor: str,
) -> int:
    """What goes back comes first: the budget can give it to others in the same run. What it has
    not left for a fund waits until it has."""
    before = {row.pk: row.credited for rows in by_fund.values() for row in rows}
    plans = {fund: plan(by_fund[fund.pk], budget=budget, today=today) for fund in funds}
    wanted = {fund: one.takes for fund, one in plans.items() if one.takes}
    taken = withdraw(budget, wanted, cause=GrantCause.TAKEN_BACK, note="", by=actor, now=now)
    for fund_id, amount in taken.items():
        credit_back(by_fund[fund_id], amount)
    given, left = [], budget.free
    for fund, row, amount in _in_turn(plans):
        fits = min(amount, left)
        left -= fits
        row.credited -= amount - fits
        if fits:
            given.append(Given(fund, fits, good_until(budget, row.until)))
    give(budget, given, cause=GrantCause.ACCRUED, by=actor, zone=zone, now=now)
    moved = [row for rows in by_fund.values() for row in rows if row.credited != before[row.pk]]
    FundAccrual.objects.bulk_update(moved, ["credited"])
    return len({*taken, *(one.fund.pk for one in given)})


def _in_turn(plans: dict[Fund, Plan]) -> Iterator[tuple[Fund, FundAccrual, int]]:
    """The oldest purchases first, then the account that was there first: whoever runs it, and in
    how many runs, an empty budget leaves out the same ones."""
    gives = [(fund, row, amount) for fund, one in plans.items() for row, amount in one.gives]
    return iter(sorted(gives, key=lambda each: (each[1].since, each[0].account_id)))


def _rows(
    budget: FundBudget,
    funds: Sequence[Fund],
    worked: dict[tuple[UUID, date], Worked],
    *,
    now: datetime,
) -> list[FundAccrual]:
    """The funds' accruals as they are worked out now, in order of fund and period."""
    whose = {fund.account_id: fund for fund in funds}
    there = {
        (row.fund_id, row.since): row
        for row in FundAccrual.objects.filter(fund__in=funds).order_by("fund_id", "since")
    }
    new, changed = [], []
    for (account_id, since), one in worked.items():
        fund = whose[account_id]
        row = there.get((fund.pk, since))
        if row is None:
            until = period_after(budget, since)
            row = FundAccrual(fund=fund, since=since, until=until, accrued_at=now)
            new.append(row)
        elif (row.measured, row.amount) != (one.measured, one.amount):
            changed.append(row)
        row.measured, row.amount = one.measured, one.amount
    for row in changed:
        row.accrued_at = now
    FundAccrual.objects.bulk_create(new)
    FundAccrual.objects.bulk_update(changed, ["measured", "amount", "accrued_at"])
    return sorted([*there.values(), *new], key=lambda row: (row.fund_id, row.since))


def _worked(budget: FundBudget, *, today: date) -> list[Worked]:
    """Of accounts that take part now, for the periods that have begun by today."""
    chosen = None
    if budget.segment:
        chosen = list(accounts_in(budget.segment.condition).values_list("pk", flat=True))
    values = {
        "tenant": current_tenant_id(),
        "program": budget.program_id,
        "fund_budget": budget.pk,
        "every": budget.every,
        "share": budget.share,
        "since": budget.starts_on,
        "until": min(budget.ends_on, today),
        "kinds": texts(budget.kinds),
        "lines": texts(budget.lines),
        "chosen": None if chosen is None else uuids(chosen),
    }
    return [Worked(*row) for row in run(_WORKED, values)]


# Cut towards zero: what is bought and returned in two periods comes to nothing, to the cent.
_WORKED = """
SELECT m.account_id, date_trunc(%(every)s::text, m.month::timestamp)::date AS since,
       sum(m.amount)::bigint, trunc(sum(m.amount) * %(share)s::numeric / 100)::bigint AS amount
FROM accounts_enrollment enrolled
JOIN accounts_measure m
  ON m.tenant_id = enrolled.tenant_id AND m.account_id = enrolled.account_id
JOIN accounts_tenant tenant ON tenant.id = enrolled.tenant_id
WHERE enrolled.tenant_id = %(tenant)s AND enrolled.program_id = %(program)s
  AND enrolled.state = 'active'
  AND m.month BETWEEN %(since)s::date AND %(until)s::date
  AND m.month >= date_trunc('month', enrolled.enrolled_at AT TIME ZONE tenant.time_zone)::date
  AND m.kind = ANY (%(kinds)s::text[])
  AND (%(lines)s::text[] = '{}' OR m.product_line = ANY (%(lines)s::text[]))
  AND (%(chosen)s::uuid[] IS NULL OR m.account_id = ANY (%(chosen)s::uuid[]))
GROUP BY m.account_id, since
HAVING trunc(sum(m.amount) * %(share)s::numeric / 100) <> 0
    OR EXISTS (SELECT FROM partners_fund f
               WHERE f.tenant_id = %(tenant)s AND f.budget_id = %(fund_budget)s
                 AND f.account_id = m.account_id)
ORDER BY since, m.account_id
"""
