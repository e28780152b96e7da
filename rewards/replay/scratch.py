"""A workspace for a replay: a copy of the open tenant as it was before its first fact.

Rows are copied by Python under identifiers of their own, so that no row of the scratch workspace
refers to a live one, and codes, numbers and names stay what they are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext

from accounts.dates import said_number
from accounts.enrolling import enroll
from accounts.ids import uuid7
from accounts.models import (
    Account,
    Activity,
    ActivityKind,
    DeclaredMeasure,
    Enrollment,
    Member,
    Product,
    Program,
    Tenant,
)
from accounts.tenancy import tenant_scope

MOST_ACCOUNTS = 20_000
MOST_FACTS = 300_000
ACTOR = "system"


class TooLong(ValueError):
    """The history is longer than one replay can take; the text says by how much."""


@dataclass(slots=True)
class Scratch:
    """The scratch tenant, and by the identifier of each live row that of its copy."""

    tenant: Tenant
    ids: dict[UUID, UUID] = field(default_factory=dict)

    def copy(self, rows: Iterable[Any], **changed: Any) -> None:
        """Copy rows of one model that were read in the live tenant, with some fields changed."""
        copies = [self._copy_of(row, changed) for row in rows]
        if copies:
            with tenant_scope(self.tenant.id):
                type(copies[0]).objects.bulk_create(copies)

    def _copy_of(self, row: Any, changed: dict[str, Any]) -> Any:
        values = {
            one.attname: self._moved(getattr(row, one.attname), one)
            for one in row._meta.concrete_fields
            if one.attname not in ("id", "tenant_id")
        }
        key = self.ids.setdefault(row.pk, uuid7())
        return type(row)(id=key, tenant_id=self.tenant.id, **(values | changed))

    def _moved(self, value: Any, column: models.Field) -> Any:
        return self.ids.get(value, value) if column.is_relation else value


def open_scratch(tenant: Tenant, *, program: Program, until: datetime) -> Scratch:
    """Copy what facts and rules need, and enroll who is active in the program. Runs in the scope of
    `tenant` and in a transaction that will be rolled back. Raises TooLong."""
    _refuse_too_long(until)
    scratch = Scratch(_scratch_tenant(tenant))
    with tenant_scope(scratch.tenant.id):
        scratch.tenant.save(force_insert=True)
    scratch.copy(ActivityKind.objects.all())
    scratch.copy(DeclaredMeasure.objects.all())
    scratch.copy(Product.objects.all())
    _copy_accounts(scratch)
    scratch.copy(Program.objects.filter(pk=program.pk))
    return scratch


def _scratch_tenant(tenant: Tenant) -> Tenant:
    key = uuid7()
    return Tenant(
        id=key,
        slug=f"replay-{key.hex}",
        name=tenant.name,
        currency=tenant.currency,
        time_zone=tenant.time_zone,
        fiscal_year_starts=tenant.fiscal_year_starts,
    )


def _refuse_too_long(until: datetime) -> None:
    accounts = Account.objects.count()
    facts = Activity.objects.filter(occurred_at__lt=until).count()
    if accounts > MOST_ACCOUNTS or facts > MOST_FACTS:
        raise TooLong(
            gettext(
                "A replay takes at most %(most_accounts)s accounts and %(most_facts)s facts; by "
                "that day there are %(accounts)s and %(facts)s."
            )
            % {
                "most_accounts": said_number(MOST_ACCOUNTS),
                "most_facts": said_number(MOST_FACTS),
                "accounts": said_number(accounts),
                "facts": said_number(facts),
            }
        )


def _copy_accounts(scratch: Scratch) -> None:
    accounts = list(Account.objects.order_by("pk"))
    scratch.copy(accounts, rep_id=None, parent_id=None)
    # Who has left since was there then: what they did would be refused otherwise.
    scratch.copy(Member.objects.order_by("pk"), is_active=True)
    with tenant_scope(scratch.tenant.id):
        below = [account for account in accounts if account.parent_id]
        Account.objects.bulk_update(
            [
                Account(
                    id=scratch.ids[account.pk],
                    tenant_id=scratch.tenant.id,
                    parent_id=scratch.ids[account.parent_id],
                )
                for account in below
            ],
            ["parent"],
        )


def enroll_copies(scratch: Scratch, *, program: Program) -> None:
    """Enroll in the scratch workspace who is active in the live one, each at their own time."""
    joined: dict[datetime, list[UUID]] = {}
    active = Enrollment.objects.filter(program=program, state="active").order_by("account_id")
    for account_id, at in active.values_list("account_id", "enrolled_at"):
        joined.setdefault(at, []).append(scratch.ids[account_id])
    with tenant_scope(scratch.tenant.id):
        copy = Program.objects.get(pk=scratch.ids[program.pk])
        for at, account_ids in sorted(joined.items()):
            enroll(
                program=copy, account_ids=account_ids, enrolled_at=at, recorded_at=at, actor=ACTOR
            )
