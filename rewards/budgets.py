"""Budgets: how much a program may still grant, counted exactly while facts come in at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import events
from accounts.models import Program
from accounts.postgres.arrays import plain, uuids
from accounts.postgres.statements import Ask, nothing, run
from accounts.tenancy import current_tenant_id
from rewards.models import Budget
from rewards.terms import Allowance


class BudgetMakesNoSense(ValueError):
    """Its text says why."""


def lock(allowances: Iterable[Allowance]) -> dict[UUID, int]:
    """What is used of these budgets, locked in the order of their ids until the transaction ends:
    whoever grants from one waits for whoever did before."""
    ids = uuids(sorted(one.budget_id for one in allowances))
    run(
        """
        INSERT INTO rewards_budgetuse (tenant_id, budget_id, used)
        SELECT %s, id, 0 FROM unnest(%s::uuid[]) AS budget (id) ON CONFLICT DO NOTHING
        """,
        [current_tenant_id(), ids],
    )
    found = run(
        """
        SELECT budget_id, used FROM rewards_budgetuse
        WHERE tenant_id = %s AND budget_id = ANY (%s::uuid[]) ORDER BY budget_id FOR UPDATE
        """,
        [current_tenant_id(), ids],
    )
    return dict(found)


def noting_use(used: Mapping[UUID, int]) -> Ask[None]:
    """Writes how much of the budgets is used now; they are locked."""
    return Ask(
        """
        UPDATE rewards_budgetuse b SET used = now.used
        FROM unnest(%s::uuid[], %s::bigint[]) AS now (budget_id, used)
        WHERE b.tenant_id = %s AND b.budget_id = now.budget_id AND b.used <> now.used
        """,
        [uuids(used), plain(used.values()), current_tenant_id()],
        nothing,
    )


def set_budget(
    *,
    program: Program,
    unit: str,
    amount: int,
    starts_at: datetime,
    ends_at: datetime,
    actor: str,
    now: datetime,
) -> Budget:
    """Limit what the program grants for facts from `starts_at` on; it never changes afterwards.

    Facts that earned before are not counted, so it starts now or later. Raises BudgetMakesNoSense.
    """
    if amount <= 0 or ends_at <= starts_at:
        raise BudgetMakesNoSense("A budget is above zero, and ends after it starts.")
    if starts_at < now:
        raise BudgetMakesNoSense("What was granted before is not counted: start today or later.")
    with transaction.atomic():
        budget = Budget.objects.create(
            program=program,
            unit=unit,
            amount=amount,
            starts_at=starts_at,
            ends_at=ends_at,
            created_by=actor,
            created_at=now,
        )
        events.record(
            kind="budget.set",
            occurred_at=starts_at,
            recorded_at=now,
            actor=actor,
            subject=f"budget:{budget.pk}",
            payload={"program": program.slug, "unit": unit, "amount": amount},
        )
    return budget
