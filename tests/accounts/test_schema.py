"""The schema keeps what the code only promises: asked of the catalog, and tried by the owner."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, models, transaction
from django.utils import timezone

from accounts import commands
from accounts.appendonly import AppendOnly
from accounts.books import tenant_models
from accounts.files import keep_file
from accounts.guards import find_holes
from accounts.ids import uuid7
from accounts.models import (
    Account,
    AttributeMeasure,
    Enrollment,
    Measure,
    PersonMeasure,
    Returned,
    Validity,
)
from accounts.periods import day_of
from accounts.references import CheckedReferences
from accounts.tenancy import TenantManager, TenantModel, tenant_scope
from partners.models import AwardPayment
from rebates import crediting, journal
from rebates.models import Posting, SetOff, Settlement
from rebates.posting_accounts import change_mapping
from rewards import awarding, ledger
from rewards.budgets import set_budget
from rewards.campaigning import add_milestone
from rewards.models import BudgetUse, CapUse, CorrectionTerms, Lot, LotUse
from rewards.transferring import transfer_points
from tests.factories import (
    LONG_AGO,
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    enrolled_account,
    failed_delivery,
    open_campaign,
    publish_rule,
    publish_scheme,
)
from tests.partners.funded import budget_of, granted
from tests.partners.referral_stories import referral_terms
from tests.rebates.deals import whole_story
from tests.rewards.stories import accepted, purchase, wallet_of
from tiers.models import Nearness, Standing, Tier

STAYS = "is refused: what (was written there|is published) stays"


def ask(query: str, *values: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def test_the_wall_is_complete(db):
    assert find_holes() == []


def test_every_table_with_a_tenant_stands_behind_the_wall(db):
    tables = {
        row[0]: row[1:]
        for row in ask(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, "
            "(SELECT count(*) FROM pg_policy WHERE polrelid = c.oid AND polpermissive), "
            "(SELECT array_agg(t.tgname::text ORDER BY t.tgname) FROM pg_trigger t "
            " WHERE t.tgrelid = c.oid AND t.tgname LIKE '%%_are_for_ever'), "
            "(SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid "
            " AND a.attnum = i.indkey[0] WHERE i.indrelid = c.oid AND i.indisprimary) "
            "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE a.attname = 'tenant_id' AND NOT a.attisdropped AND c.relkind IN ('r', 'p') "
            "AND c.relnamespace = 'public'::regnamespace"
        )
    }
    assert set(tables) == {model._meta.db_table for model in tenant_models()}
    wall = (True, 1, ["keys_are_for_ever", "rows_are_for_ever"], "tenant_id")
    assert tables == dict.fromkeys(tables, wall)


def test_statistics_hear_of_a_new_tenant_however_much_the_others_have(db):
    renewed = dict(
        ask(
            "SELECT c.relname, c.reloptions FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid "
            "WHERE c.relnamespace = 'public'::regnamespace"
        )
    )
    assert {one._meta.db_table for one in tenant_models()} <= renewed.keys()
    soon = {"autovacuum_analyze_scale_factor=0", "autovacuum_analyze_threshold=500"}
    assert [table for table, options in renewed.items() if not soon <= set(options or ())] == []


def test_every_model_of_a_tenant_asks_through_the_scoped_manager():
    composite = {model for model in tenant_models() if not issubclass(model, TenantModel)}
    # Their keys are no single id, which TenantModel brings; their callers name the tenant.
    assert composite == {
        Measure,
        Returned,
        PersonMeasure,
        AttributeMeasure,
        Validity,
        CapUse,
        Lot,
        LotUse,
        BudgetUse,
        Nearness,
    }
    for model in set(tenant_models()) - composite:
        assert model._meta.base_manager_name == "objects"
        assert type(model._base_manager) is TenantManager
        assert type(model._default_manager) is TenantManager


def test_every_reference_between_tenants_tables_is_kept_within_the_tenant(db):
    keys = {
        (table, tuple(columns), target, tuple(target_columns))
        for table, columns, target, target_columns in ask(
            "SELECT k.conrelid::regclass::text, "
            "(SELECT array_agg(attname::text ORDER BY o) FROM unnest(k.conkey) WITH ORDINALITY "
            " u (n, o) JOIN pg_attribute ON attrelid = k.conrelid AND attnum = n), "
            "k.confrelid::regclass::text, "
            "(SELECT array_agg(attname::text ORDER BY o) FROM unnest(k.confkey) WITH ORDINALITY "
            " u (n, o) JOIN pg_attribute ON attrelid = k.confrelid AND attnum = n) "
            "FROM pg_constraint k WHERE k.contype = 'f' AND k.convalidated"
        )
    }
    walled = set(tenant_models())
    references = [
        (model, field)
        for model in walled
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and field.related_model in walled
    ]
    assert len(references) > 30
    for model, field in references:
        target = field.related_model._meta.db_table
        wanted = (
            model._meta.db_table,
            ("tenant_id", field.column),
            target,
            ("tenant_id", field.target_field.column),
        )
        is_checked = any(isinstance(one, CheckedReferences) for one in model._meta.constraints)
        assert wanted in keys or (is_checked and not field.db_constraint), wanted


def test_every_row_belongs_to_a_tenant_that_is_there(db):
    """Directly, or by way of a required reference to a row that does, or as a trigger checks."""
    of_tenant = dict.fromkeys(
        row[0]
        for row in ask(
            "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' "
            "AND confrelid = 'accounts_tenant'::regclass"
        )
    )
    for model in tenant_models():
        required = [
            field
            for field in model._meta.local_fields
            if isinstance(field, models.ForeignKey)
            and field.name != "tenant"
            and not field.null
            and field.related_model in tenant_models()
        ]
        is_checked = any(isinstance(one, CheckedReferences) for one in model._meta.constraints)
        assert model._meta.db_table in of_tenant or required or is_checked, model


def test_an_event_is_of_a_tenant_that_is_there(committed):
    """Its account is optional, and vouches for nothing."""
    with (
        pytest.raises(IntegrityError, match="tenant_id of a new row of accounts_event"),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO accounts_event (tenant_id, id, kind, occurred_at, recorded_at, actor, "
            "subject, payload) VALUES (%s, %s, 'points.earned', now(), now(), 'system', '', '{}')",
            [uuid7(), uuid7()],
        )


def test_money_and_points_are_never_floats(db):
    floats = ask(
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace = 'public'::regnamespace "
        "AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN "
        "('real'::regtype, 'double precision'::regtype, 'money'::regtype)"
    )
    assert floats == []


# ── What even the owner cannot do ────────────────────────────────────────────────────────────────


@pytest.fixture
def books(committed):
    """A tenant with an account that reached its second tier, earned and spent."""
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        publish_scheme(program, ("Silver", 0, "1"), ("Gold", 100_00, "1.5"))
        publish_rule(program)
        account = enrolled_account(program, on=LONG_AGO)
        now = timezone.now()
        _raise_and_limit(program)
        _award(program, account, now)
        manager = StaffFactory()
        granted(budget_of(program, manager), {account: 100}, manager)
        accepted(purchase(account, "200.00", now, "P1"), as_of=now - timedelta(days=1))
        moment = {"occurred_at": now, "recorded_at": now}
        wallet = wallet_of(account, program)
        ledger.spend(wallet_id=wallet.id, amount=1, cause=uuid7(), actor="system", **moment)
        CorrectionTerms.objects.create(program=program, transfers=True)
        transfer_points(
            program_id=program.id,
            account_id=account.id,
            giver_id=None,
            taker_id=MemberFactory(account=account).id,
            amount=1,
            command=uuid7(),
            reason="",
            actor="system",
            now=now,
        )
        identity = commands.Identity(owner="api", key="K-1", route="POST /", digest=uuid7())
        commands.keep(identity, commands.Told(201, "{}"), actor="system", recorded_at=now)
        failed_delivery(actor="system", now=now)
        keep_file(b"Proof", name="a.txt", account_id=account.id, actor="system", now=now)
        whole_story(program, account)
        settlements = Settlement.objects.order_by("pk")
        SetOff.objects.create(
            settlement=settlements.last(), correction=settlements.first(), amount=1, made_at=now
        )
        crediting.issue(
            settlement_ids=set(settlements.values_list("pk", flat=True)),
            tenant=tenant,
            actor="system",
            now=now,
        )
        change_mapping(pairs=dict.fromkeys(Posting, ("1", "2")), actor="system", now=now)
        journal.make_batch(
            through=day_of(now, tenant.zone),
            tenant=tenant,
            actor="system",
            now=now + timedelta(days=2),  # what was just written is past by then
        )
    yield tenant
    connections["owner"].close()


def _raise_and_limit(program) -> None:
    """So that there are boosts, notes, budgets and milestones as well."""
    about = {"program": program, "actor": "system", "now": LONG_AGO}
    trigger = {"trigger_kind": "purchase", "trigger_counted": "count", "trigger_threshold": 1}
    within = {"trigger_window": "year", "days": 1}
    open_campaign(program, code="again", multiplier=2, **trigger, **within)
    open_campaign(program, code="double", multiplier=2, ends_at=timezone.now() + timedelta(days=9))
    span = {"starts_at": LONG_AGO, "ends_at": timezone.now() + timedelta(days=9)}
    set_budget(unit="points", amount=10_000, **span, **about)
    add_milestone(
        code="first", name="First", kind="purchase", counted="count", threshold=1, **about
    )


def _award(program, account, now) -> None:
    """An award, of which some was taken back, another that was paid, and what a program gives for
    referrals."""
    about = {"program_id": program.pk, "account_id": account.pk, "unit": "points"}
    wanted = awarding.Wanted(**about, amount=2, reason="A sale")
    award = awarding.give(wanted, identity=uuid7(), actor="system", now=now)
    back = {"reason": "Returned", "identity": uuid7(), "actor": "system", "now": now}
    awarding.take_back(award.pk, amount=1, **back)
    holder = {"program": program, "account": account, "amount": 1, "paid_through": "card"}
    said = {"reference": "R", "paid_on": now.date(), "paid_at": now, "paid_by": "system"}
    AwardPayment.objects.create(**holder, **said, request_key="K")
    referral_terms(program)


def as_owner(statement: str, *values: Any) -> int:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


WRITTEN_ONCE = [
    model
    for model in tenant_models()
    if any(isinstance(one, AppendOnly) for one in model._meta.constraints)
]


def test_written_once_binds_the_owner_too(books):
    empty = [one for one in WRITTEN_ONCE if not as_owner(f"SELECT 1 FROM {one._meta.db_table}")]
    assert empty == []
    for model in WRITTEN_ONCE:
        table = model._meta.db_table
        for column in filter(None, [field.column for field in model._meta.local_fields]):
            with pytest.raises(IntegrityError, match=STAYS):
                as_owner(f"UPDATE {table} SET {column} = {column}")
        with pytest.raises(IntegrityError, match=STAYS):
            as_owner(f"DELETE FROM {table}")


def test_nothing_of_a_tenants_is_deleted_or_given_to_another_by_the_owner(books):
    for model in tenant_models():
        table = model._meta.db_table
        if as_owner(f"SELECT 1 FROM {table}"):
            with pytest.raises(IntegrityError, match=STAYS):
                as_owner(f"DELETE FROM {table}")
            with pytest.raises(IntegrityError, match=STAYS):
                as_owner(f"UPDATE {table} SET tenant_id = gen_random_uuid()")
    with pytest.raises(IntegrityError, match=STAYS):
        as_owner("DELETE FROM accounts_tenant")
    assert as_owner("UPDATE accounts_account SET name = name") == 1  # what may change, may


# ── Standings ────────────────────────────────────────────────────────────────────────────────────

DAY = timedelta(days=1)


@pytest.fixture
def standing(in_tenant) -> Standing:
    """An enrollment's only standing, without an end."""
    program = ProgramFactory()
    publish_scheme(program, ("Silver", 0, "1"), ("Gold", 100_00, "1.5"))
    enrolled_account(program)
    return Standing.objects.get()


def follow(standing: Standing, **changes: object) -> Standing:
    values = {
        "enrollment_id": standing.enrollment_id,
        "scheme_id": standing.scheme_id,
        "tier": Tier.objects.get(name="Gold"),
        "starts_at": standing.starts_at + DAY,
        "follows": standing.starts_at + DAY,
        "cause": "reached",
        "decided_at": standing.decided_at,
    }
    return Standing.objects.create(**(values | changes))


def end(standing: Standing, **changes: object) -> None:
    Standing.objects.filter(pk=standing.pk).update(ends_at=standing.starts_at + DAY, **changes)


def test_standing_follows_where_the_last_one_ends(standing):
    end(standing)
    follow(standing)
    assert Standing.objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"starts_at": 2, "follows": 2}, id="a gap"),
        pytest.param({"starts_at": 2, "follows": 1}, id="a gap that claims there is none"),
        pytest.param({"starts_at": 0.5, "follows": 0.5}, id="an overlap"),
        pytest.param({"starts_at": 0.5, "follows": 1}, id="an overlap that claims there is none"),
        pytest.param({"starts_at": 1, "follows": None}, id="a second beginning"),
        pytest.param({"ends_at": 1}, id="no duration"),
        pytest.param({"ends_at": 0.5}, id="an end before its start"),
    ],
)
def test_standings_have_no_gap_and_no_overlap(standing, wrong):
    end(standing)
    changes = {
        name: None if days is None else standing.starts_at + DAY * days
        for name, days in wrong.items()
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        follow(standing, **changes)
    assert Standing.objects.count() == 1


def test_standing_has_one_successor(standing):
    end(standing)
    follow(standing, ends_at=standing.starts_at + 2 * DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        follow(standing)
    with pytest.raises(IntegrityError), transaction.atomic():  # two that never end
        follow(standing, starts_at=standing.starts_at + 3 * DAY, follows=None)


def test_second_standing_needs_the_end_of_the_first(standing):
    with pytest.raises(IntegrityError), transaction.atomic():
        follow(standing)


def test_end_of_a_standing_that_is_followed_cannot_be_moved(standing):
    end(standing)
    follow(standing)
    for moved in (None, standing.starts_at + DAY / 2, standing.starts_at + 2 * DAY):
        with pytest.raises(IntegrityError), transaction.atomic():
            Standing.objects.filter(pk=standing.pk).update(ends_at=moved)


def test_standing_does_not_follow_another_enrollments(standing):
    end(standing)
    other = enrolled_account(standing.enrollment.program)
    with pytest.raises(IntegrityError), transaction.atomic():
        follow(standing, enrollment_id=Enrollment.objects.get(account=other).id)
    assert Account.objects.count() == 2
