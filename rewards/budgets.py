"""Budgets: how much a program may still grant, counted exactly while facts come in at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from accounts import events
from accounts.models import Program, Tenant
from accounts.postgres.arrays import plain, uuids
from accounts.postgres.statements import Ask, nothing, run
from accounts.tenancy import current_tenant_id
from rewards.models import Budget, Renewal
from rewards.models.campaigns import ONLY_PERIOD
from rewards.terms import Allowance, as_allowance


class BudgetMakesNoSense(ValueError):
    """Its text says why."""


# Months of a period, by how often a budget renews.
_MONTHS = {Renewal.MONTH: 1, Renewal.QUARTER: 3, Renewal.YEAR: 12}

Uses = dict[date, int]  # how much is used in each period, by its first day


def lock(allowances: Collection[Allowance]) -> dict[UUID, Uses]:
    """What is used of these budgets, locked in the order of their ids until the transaction ends:
    whoever grants from one waits for whoever did before, also in another of its periods."""
    values = [current_tenant_id(), uuids(sorted(one.budget_id for one in allowances))]
    run(
        """
        INSERT INTO rewards_budgetuse (tenant_id, budget_id, period, used)
        SELECT %s, id, %s, 0 FROM unnest(%s::uuid[]) AS budget (id) ON CONFLICT DO NOTHING
        """,
        [values[0], ONLY_PERIOD, values[1]],
    )
    run(
        """
        SELECT FROM rewards_budgetuse
        WHERE tenant_id = %s AND budget_id = ANY (%s::uuid[]) AND period = %s
        ORDER BY budget_id FOR UPDATE
        """,
        [*values, ONLY_PERIOD],
    )
    # Behind the locks: what others have written by then is to be seen by a statement of its own.
    return uses_of(one.budget_id for one in allowances)


_USED = """
SELECT budget_id, period, used FROM rewards_budgetuse
WHERE tenant_id = %s AND budget_id = ANY (%s::uuid[]) AND used > 0
"""


def left(allowance: Allowance, uses: Uses, period: date) -> int:
    """What may still be granted for facts of that period.

    A budget that carries over may have given to a later period already what this one left over:
    then no period up to there may have used more than all of them had.
    """
    if not allowance.carries_over:
        return max(0, allowance.amount - uses.get(period, 0))
    rests = [
        allowance.amount * _number(allowance, edge)
        - sum(used for when, used in uses.items() if when <= edge)
        for edge in {period, *uses}
        if edge >= period
    ]
    return max(0, min(rests))


def _number(allowance: Allowance, period: date) -> int:
    """Which of the budget's periods it is, from 1."""
    first = allowance.period_of(allowance.starts_at)
    months = (period.year - first.year) * 12 + period.month - first.month
    return months // _MONTHS[Renewal(allowance.renews)] + 1


def noting_use(used: Mapping[UUID, Uses]) -> Ask[None]:
    """Writes how much of the budgets is used now; they are locked."""
    rows = [(budget_id, *one) for budget_id, uses in used.items() for one in uses.items()]
    return Ask(
        """
        INSERT INTO rewards_budgetuse AS b (tenant_id, budget_id, period, used)
        SELECT %s, * FROM unnest(%s::uuid[], %s::date[], %s::bigint[])
        ON CONFLICT (tenant_id, budget_id, period) DO UPDATE SET used = EXCLUDED.used
        WHERE b.used <> EXCLUDED.used
        """,
        [
            current_tenant_id(),
            uuids(budget_id for budget_id, _, _ in rows),
            plain(period for _, period, _ in rows),
            plain(amount for _, _, amount in rows),
        ],
        nothing,
    )


@dataclass(frozen=True, slots=True)
class BudgetPeriod:
    """A period, from the day `since` on, of a budget that renews as often as `renews` says."""

    renews: str
    since: date


def used_up(
    *,
    program_id: UUID,
    unit: str,
    occurred_at: datetime,
    budgets: Collection[Allowance],
    uses: Mapping[UUID, Uses],
) -> BudgetPeriod | None:
    """The period that had nothing left for such a fact; nothing is ever given back to one."""
    for one in budgets:
        if (one.program_id, one.unit) == (program_id, unit) and one.covers(occurred_at):
            period = one.period_of(occurred_at)
            if one.renews and not left(one, uses.get(one.budget_id, {}), period):
                return BudgetPeriod(one.renews, period)
    return None


def renewing(program_ids: Collection[UUID]) -> list[Allowance]:
    """The budgets of these programs that renew."""
    found = Budget.objects.filter(program_id__in=program_ids).exclude(renews=Renewal.NEVER)
    chosen = list(found.order_by("id"))
    if not chosen:
        return []
    tenant = Tenant.objects.get(pk=current_tenant_id())
    return [as_allowance(one, tenant) for one in chosen]


def uses_of(budget_ids: Iterable[UUID]) -> dict[UUID, Uses]:
    """What is used of these budgets, per period."""
    found: dict[UUID, Uses] = defaultdict(dict)
    for budget_id, period, used in run(_USED, [current_tenant_id(), uuids(budget_ids)]):
        found[budget_id][period] = used
    return found


@dataclass(frozen=True, slots=True)
class Filled:
    """How far a budget is used, of one that renews in the period that starts on `since`: `used` of
    `most`, which is more than its amount where something was carried over."""

    budget: Budget
    used: int
    most: int
    since: date | None


def filled(budgets: Iterable[Budget], *, tenant: Tenant, at: datetime) -> list[Filled]:
    """Of each of these budgets, in the period around `at`; before it starts, in its first."""
    chosen = list(budgets)
    uses = uses_of(one.pk for one in chosen)
    return [_filled(one, uses[one.pk], tenant=tenant, at=at) for one in chosen]


def _filled(budget: Budget, uses: Uses, *, tenant: Tenant, at: datetime) -> Filled:
    allowance = as_allowance(budget, tenant)
    period = allowance.period_of(max(at, budget.starts_at))
    used = uses.get(period, 0)
    most = used + left(allowance, uses, period)
    return Filled(budget, used, most, period if budget.renews else None)


def set_budget(
    *,
    program: Program,
    unit: str,
    amount: int,
    starts_at: datetime,
    ends_at: datetime | None,
    actor: str,
    now: datetime,
    renews: str = Renewal.NEVER,
    carries_over: bool = False,
) -> Budget:
    """Limit what the program grants for facts from `starts_at` on; it never changes afterwards.

    Facts that earned before are not counted, so it starts now or later. Raises BudgetMakesNoSense.
    """
    if amount <= 0 or (ends_at is not None and ends_at <= starts_at):
        raise BudgetMakesNoSense(gettext("A budget is above zero, and ends after it starts."))
    if not renews and (ends_at is None or carries_over):
        raise BudgetMakesNoSense(
            gettext("Only a budget that renews goes on without an end or carries over.")
        )
    if starts_at < now:
        raise BudgetMakesNoSense(
            gettext("What was granted before is not counted: start today or later.")
        )
    with transaction.atomic():
        budget = Budget.objects.create(
            program=program,
            unit=unit,
            amount=amount,
            starts_at=starts_at,
            ends_at=ends_at,
            renews=renews,
            carries_over=carries_over,
            created_by=actor,
            created_at=now,
        )
        events.record(
            kind="budget.set",
            occurred_at=starts_at,
            recorded_at=now,
            actor=actor,
            subject=f"budget:{budget.pk}",
            payload={
                "program": program.slug,
                "unit": unit,
                "amount": amount,
                "renews": renews,
                "carries_over": carries_over,
            },
        )
    return budget
