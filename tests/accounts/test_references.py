"""The tables that every fact writes to have no foreign keys, and are as strict as if they had.

Rows are put in by hand: by the app inside the wall, and by the owner, whom the wall does not hold.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.utils import timezone

from accounts.books import tenant_models
from accounts.ids import uuid7
from accounts.models import Activity, Event, Member, Product, Tenant
from accounts.references import CheckedReferences, checked_fields
from accounts.tenancy import tenant_scope
from rebates.models import Accrual, AccrualMove, Statement, StatementLine
from rewards import ledger
from rewards.models import Entry, GrantNote, Lot, LotUse, RuleVersion, Wallet
from tests.conftest import empty_every_table
from tests.factories import (
    LONG_AGO,
    MemberFactory,
    ProductFactory,
    ProgramFactory,
    TenantFactory,
    enrolled_account,
    publish_rule,
    publish_scheme,
)
from tests.rewards.stories import accepted, purchase, wallet_of
from tiers.models import Standing, Tier

POINTS_TO_NO_ROW = r"of a new row of \w+ points to no row of its tenant"
STAYS = "is refused: what was written there stays"
REFERENCES = [
    (model, field.column)
    for model in (Activity, Entry, Event, Lot)
    for field in checked_fields(model)
]
names = [f"{model._meta.db_table}.{column}" for model, column in REFERENCES]
every_reference = pytest.mark.parametrize(("model", "column"), REFERENCES, ids=names)


@dataclass
class Company:
    tenant: Tenant
    rows: dict[type, Any]  # one that can be referred to, of each model


def found(slug: str) -> Company:
    with transaction.atomic():
        tenant = TenantFactory(slug=slug)
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        publish_scheme(program, ("Silver", 0, "1"))
        publish_rule(program)
        account = enrolled_account(program, on=LONG_AGO)
        ProductFactory(sku="SKU-1")
        MemberFactory(account=account)
        now = timezone.now()
        accepted(
            purchase(account, "100.00", now, "P1", product="SKU-1"), as_of=now - timedelta(days=1)
        )
        wallet = wallet_of(account, program)
        moment = {"occurred_at": now, "recorded_at": now}
        ledger.spend(wallet_id=wallet.id, amount=1, cause=uuid7(), actor="system", **moment)
        GrantNote.objects.create(less_because="cap")
        models = (Activity, GrantNote, Member, Product, RuleVersion, Tier, Wallet)
        rows: dict[type, Any] = {model: model.objects.first() for model in models}
        rows[Entry] = Entry.objects.get(kind="spend")
        rows[type(account)] = account
    return Company(tenant, rows)


@pytest.fixture(scope="module")
def companies(django_db_setup, django_db_blocker) -> Iterator[dict[str, Company]]:
    """Two of them, committed once; what a test does is rolled back."""
    with django_db_blocker.unblock():
        try:
            yield {slug: found(slug) for slug in ("acme", "rival")}
        finally:
            connections["default"].close()
            empty_every_table()


@pytest.fixture
def ours(companies, django_db_blocker) -> Iterator[Company]:
    with django_db_blocker.unblock():
        yield companies["acme"]


@pytest.fixture
def theirs(companies) -> Company:
    return companies["rival"]


Act = Callable[..., int]


@pytest.fixture(params=["app", "owner"])
def act(request, ours) -> Iterator[Act]:
    """Runs a statement as the app inside the wall, or as the owner; returns how many rows."""
    using = {"app": "default", "owner": "owner"}[request.param]

    def run(statement: str, *values: Any) -> int:
        with (
            tenant_scope(ours.tenant.id),
            transaction.atomic(using=using),
            connections[using].cursor() as cursor,
        ):
            cursor.execute(statement, values)
            transaction.set_rollback(True, using=using)
            return cursor.rowcount

    yield run
    for alias in connections:
        connections[alias].close()


def copies(model: type, *changes: dict[str, Any]) -> tuple[str, list[Any]]:
    """An INSERT of copies of a row of ours, each with some columns changed."""
    table = model._meta.db_table
    source = f"(SELECT * FROM {table} WHERE tenant_id = %s LIMIT 1) t"
    picks = " UNION ALL ".join(
        f"SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(t) || %s::jsonb)).* FROM {source}"
        for _ in changes
    )
    return f"INSERT INTO {table} {picks}", list(changes)


def sound(model: type, company: Company) -> dict[str, Any]:
    """What makes a copy a row of its own, with nothing wrong about it."""
    if model is Lot:
        return {"entry_id": str(company.rows[Entry].id)}
    fresh = str(uuid7())
    return {
        Activity: {"id": fresh, "external_id": fresh},
        Entry: {"id": fresh, "cause": fresh},
        Event: {"id": fresh},
    }[model]


def insert(model: type, company: Company, *changes: dict[str, Any], tail: str = "") -> tuple:
    statement, applied = copies(model, *changes)
    values: list[Any] = []
    for change in applied:
        values += [json.dumps(change, default=str), company.tenant.id]
    return (f"{statement} {tail}", *values)


def target_of(model: type, column: str, company: Company) -> UUID:
    [field] = [field for field in checked_fields(model) if field.column == column]
    return company.rows[field.related_model].pk


def test_every_reference_without_a_foreign_key_is_checked():
    unguarded = [model for model in tenant_models() if checked_fields(model)]
    assert {*unguarded} == {
        *(Accrual, AccrualMove, Activity, Entry, Event, Lot, LotUse),
        *(Standing, Statement, StatementLine),
    }
    for model in unguarded:
        assert any(isinstance(one, CheckedReferences) for one in model._meta.constraints)
    assert len(REFERENCES) == 12


def a_lot_of(company: Company) -> UUID:
    with tenant_scope(company.tenant.id), transaction.atomic():
        return Lot.objects.filter(tenant_id=company.tenant.id).latest("earned_at").entry_id


def test_use_of_a_lot_stays_within_the_tenant(act, ours, theirs):
    """Of which entry takes from which lot, a row never changes: it is written once."""
    use = "INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount) VALUES (%s, %s, %s, 1)"
    mine, foreign = a_lot_of(ours), a_lot_of(theirs)
    assert act(use, ours.tenant.id, mine, mine) == 1
    for lot, entry in ((foreign, mine), (mine, foreign), (uuid7(), mine), (mine, uuid7())):
        with pytest.raises(IntegrityError, match=POINTS_TO_NO_ROW):
            act(use, ours.tenant.id, lot, entry)


@pytest.mark.parametrize("column", ["enrollment_id", "scheme_id"])
def test_standing_stays_within_the_tenant(act, ours, theirs, column):
    with tenant_scope(theirs.tenant.id), transaction.atomic():
        foreign = Standing.objects.values_list(column, flat=True).first()
    for wrong in (foreign, uuid7()):
        row = {"id": str(uuid7()), column: str(wrong)}
        with pytest.raises(IntegrityError, match=POINTS_TO_NO_ROW):
            act(*insert(Standing, ours, row))
        with pytest.raises(IntegrityError, match=STAYS):
            act(f"UPDATE tiers_standing SET {column} = %s", wrong)


def test_the_tier_of_a_standing_changes_within_the_tenant_only(act, ours, theirs):
    """What has not lasted yet is decided anew in place."""
    with tenant_scope(theirs.tenant.id), transaction.atomic():
        foreign = Tier.objects.values_list("id", flat=True).first()
    change = "UPDATE tiers_standing SET tier_id = %s WHERE tenant_id = %s"
    assert act(change, ours.rows[Tier].id, ours.tenant.id)
    for wrong in (foreign, uuid7()):
        with pytest.raises(IntegrityError, match="of a changed row of tiers_standing points to no"):
            act(change, wrong, ours.tenant.id)
        row = {"id": str(uuid7()), "tier_id": str(wrong), "follows": "2026-07-01"}
        with pytest.raises(IntegrityError, match=POINTS_TO_NO_ROW):
            act(*insert(Standing, ours, row | {"starts_at": "2026-07-01"}))


def test_standing_follows_one_of_its_own_enrollment_and_ladder(act, ours, theirs):
    """Which vouches for both: they are not looked up once more."""
    with tenant_scope(theirs.tenant.id), transaction.atomic():
        foreign = Standing.objects.values("enrollment_id", "scheme_id").first()
    ends = "UPDATE tiers_standing SET ends_at = '2026-07-01' WHERE ends_at IS NULL"
    july = {"starts_at": "2026-07-01", "follows": "2026-07-01", "ends_at": None}
    for column, wrong in foreign.items():
        row = july | {"id": str(uuid7()), column: str(wrong)}
        copy, *values = insert(Standing, ours, row)
        with pytest.raises(IntegrityError, match="at which no other ends"):
            act(f"{ends}; {copy}", *values)


def test_standing_follows_the_end_of_another(act, ours):
    ends = "UPDATE tiers_standing SET ends_at = '2026-07-01' WHERE ends_at IS NULL"
    july = {"starts_at": "2026-07-01", "follows": "2026-07-01", "ends_at": None}
    copy, *values = insert(Standing, ours, july | {"id": str(uuid7())})
    act(f"{ends}; {copy}", *values)  # is let in
    late = {"id": str(uuid7()), "starts_at": "2026-07-02", "follows": "2026-07-02"}
    with pytest.raises(IntegrityError, match="at which no other ends"):
        act(*insert(Standing, ours, late | {"ends_at": "2026-08-01"}))
    for change in ("ends_at = '2026-07-02'", "follows = '2026-07-01', starts_at = '2026-07-01'"):
        with pytest.raises(IntegrityError, match=STAYS):
            act(f"{ends}; UPDATE tiers_standing SET {change}")


@every_reference
def test_sound_reference_is_let_in(act, ours, model, column):
    row = sound(model, ours) | {column: target_of(model, column, ours)}
    assert act(*insert(model, ours, row)) == 1


@every_reference
def test_row_that_points_across_is_refused(act, ours, theirs, model, column):
    for wrong in (target_of(model, column, theirs), uuid7()):
        bad = sound(model, ours) | {column: wrong}
        statements = [
            insert(model, ours, bad),
            insert(model, ours, bad, tail="ON CONFLICT DO NOTHING"),
        ]
        if model is not Lot:  # good rows beside it do not help
            statements.append(insert(model, ours, sound(model, ours), bad, sound(model, ours)))
        for statement in statements:
            with pytest.raises(IntegrityError, match=POINTS_TO_NO_ROW):
                act(*statement)


@every_reference
def test_reference_never_changes(act, ours, model, column):
    """Not even to another row of the same tenant: what is written there stays."""
    table, key = model._meta.db_table, model._meta.pk.column
    other = target_of(model, column, ours)
    refusal = (IntegrityError, ProgrammingError)
    with pytest.raises(refusal, match=f"{STAYS}|permission denied"):
        act(f"UPDATE {table} SET {column} = %s", other)
    twin = {} if column == key else {column: other}
    conflict = f"ON CONFLICT (tenant_id, {key}) DO UPDATE SET {column} = excluded.{column}"
    with pytest.raises(refusal, match=f"{STAYS}|permission denied"):
        act(*insert(model, ours, twin, tail=conflict))


@every_reference
def test_what_is_referred_to_is_never_deleted(act, ours, model, column):
    [field] = [field for field in checked_fields(model) if field.column == column]
    table = field.related_model._meta.db_table
    refusal = (IntegrityError, ProgrammingError)
    with pytest.raises(refusal, match=f"{STAYS}|permission denied"):
        act(f"DELETE FROM {table}")
    with pytest.raises(refusal, match=f"{STAYS}|permission denied"):
        act(f"UPDATE {table} SET {field.target_field.column} = gen_random_uuid()")


def test_reference_to_a_row_of_the_same_statement(ours):
    """Ledger entries and their lots are written by one statement."""
    fresh = str(uuid7())
    with tenant_scope(ours.tenant.id), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "WITH entry AS (INSERT INTO rewards_entry SELECT (jsonb_populate_record("
            "NULL::rewards_entry, to_jsonb(e) || %s::jsonb)).* FROM rewards_entry e LIMIT 1 "
            "RETURNING id) "
            "INSERT INTO rewards_lot SELECT (jsonb_populate_record(NULL::rewards_lot, "
            "to_jsonb(l) || jsonb_build_object('entry_id', entry.id))).* "
            "FROM (SELECT * FROM rewards_lot LIMIT 1) l, entry",
            [json.dumps({"id": fresh, "cause": fresh})],
        )
        assert Lot.objects.filter(entry_id=fresh, tenant_id=ours.tenant.id).count() == 1
        transaction.set_rollback(True)
