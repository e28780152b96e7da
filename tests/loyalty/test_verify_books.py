"""`verify_books` finds nothing on sound books, and finds every kind of damage we can think of.

A check that cannot fail is no check: each is shown its violation, planted by the owner of the
tables, who is not bound by the wall and can switch the triggers off.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from accounts.doors import tenant_by_slug
from accounts.events import record
from accounts.ids import uuid7
from accounts.kinds import add_kind
from accounts.models import Account, Event, EventReader, Program, Tenant, WebhookDelivery
from accounts.tenancy import tenant_scope
from accounts.webhooks import endpoints
from accounts.webhooks.deliveries import fan_out
from loyalty.books import verify
from rewards import adjusting, adjustment_drafts, clock, ledger
from rewards.budgets import set_budget
from rewards.models import CorrectionTerms, Entry, Lot, Wallet
from rewards.transferring import transfer_points
from tests.conftest import (
    TEST_DATABASE,
    create_database,
    drop_database,
    empty_every_table,
    end_sessions,
    point_at,
)
from tests.factories import (
    MemberFactory,
    ProductFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    enrolled_account,
    open_campaign,
    publish_rule,
    publish_scheme,
)
from tests.loyalty.claims import WALLETS
from tests.loyalty.damage import DAMAGE, WITH_TRIGGERS, WITHOUT_TRIGGERS
from tests.loyalty.schema_damage import SCHEMA
from tests.rewards.stories import accepted, at, purchase, taken_back, wallet_of

Owner = Callable[..., None]


def tell_a_story(slug: str) -> Tenant:
    """A tenant whose books have every kind of movement."""
    with transaction.atomic():
        tenant = TenantFactory(slug=slug)
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory(points_expiry={"policy": "quarter_end", "plus": 1})
        publish_scheme(program, ("Silver", 0, "1"), ("Gold", 1_000_00, "1.5"))
        publish_rule(program)
        publish_rule(program, code="status", unit="credits", tier_multiplies=False)
        publish_rule(program, code="welcome", cap=300, cap_window="quarter", exclusive_group="w")
        publish_rule(
            program, code="learning", kind="training", basis="fixed", rate=100, hold_days=14
        )
        publish_rule(program, code="boxes", basis="per_unit", rate=2, tier_multiplies=False)
        for line in ("Bikes", "Parts"):
            ProductFactory(sku=line, line=line)
        dealer = enrolled_account(program, on=at("2025-01-01"), number="D1")
        other = enrolled_account(program, on=at("2025-01-01"), number="D2")

        def on(day: str, *facts) -> None:
            clock.advance(upto=at(f"{day} 00:00"))
            accepted(*facts, as_of=at(day))

        day = at("2026-01-10 09:00")
        on("2026-01-10", purchase(dealer, "1200.00", day, "P1", product="Bikes", quantity=4))
        day = at("2026-02-03 09:00")
        on(
            "2026-02-03",
            purchase(dealer, "99.99", day, "P2", product="Parts", quantity=10),
            purchase(dealer, "50.00", day, "P3", quantity=0),
            purchase(dealer, "0.00", day, "T1", kind="training"),
            purchase(other, "20.00", day, "P4", product="Parts"),
        )
        day = at("2026-02-10 09:00")
        on(
            "2026-02-10",
            taken_back(dealer, "30.00", day, of="P2", document="R1", quantity=3),
            taken_back(dealer, "50.00", day, of="P3", document="R2", quantity=0),
        )
        ledger.spend(
            wallet_id=wallet_of(dealer, program).id,
            amount=700,
            cause=uuid7(),
            actor="system",
            occurred_at=at("2026-03-01"),
            recorded_at=at("2026-03-01"),
        )
        day = at("2026-04-02 09:00")
        on("2026-04-02", purchase(dealer, "10.00", day, "P5", product="Bikes"))
        ledger.spend(
            wallet_id=wallet_of(other, program).id,
            amount=20,
            cause=uuid7(),
            actor="system",
            occurred_at=at("2026-04-03"),
            recorded_at=at("2026-04-03"),
        )
        day = at("2026-04-05 09:00")
        on("2026-04-05", taken_back(other, "20.00", day, of="P4", document="R3", quantity=1))
        clock.advance(upto=at("2026-07-01 00:00"))
        late = purchase(dealer, "77.77", at("2026-07-02 09:00"), "P6", product="Bikes")
        accepted(late, as_of=at("2026-07-02"))
        _raise_and_limit(program, other)
        _put_right(program, dealer, other)
        _learn(dealer)
    _send_out(tenant)
    return tenant


def _raise_and_limit(program: Program, other: Account) -> None:
    """A campaign, one with a trigger, and two budgets, of which one renews, that the third of three
    certificates uses up."""
    now = at("2026-07-03")
    add_kind(code="certificate", name="Certificate", attributes=(), actor="system", now=now)
    version = publish_rule(
        program,
        code="certified",
        kind="certificate",
        basis="fixed",
        rate=100,
        tier_multiplies=False,
    )
    publish_rule(
        program,
        code="standing",
        kind="certificate",
        unit="credits",
        basis="fixed",
        rate=40,
        tier_multiplies=False,
    )
    open_campaign(
        program,
        code="double",
        kind="certificate",
        rule=version.rule,
        multiplier=2,
        bonus=5,
        ends_at=at("2026-09-01"),
    )
    open_campaign(
        program,
        code="spree",
        kind="certificate",
        multiplier=Decimal("1.5"),
        trigger_kind="certificate",
        trigger_counted="count",
        trigger_threshold=2,
        trigger_window="month",
        days=30,
    )
    set_budget(
        program=program,
        unit="points",
        amount=500,
        starts_at=now,
        ends_at=at("2026-10-01"),
        actor="system",
        now=now,
    )
    set_budget(
        program=program,
        unit="credits",
        amount=100,
        starts_at=now,
        ends_at=None,
        renews="month",
        actor="system",
        now=now,
    )
    accepted(
        *(
            purchase(other, "0.00", at(f"2026-07-04 {hour}:00"), f"C{hour}", kind="certificate")
            for hour in ("09", "10", "11")
        ),
        as_of=at("2026-07-05"),
    )


def _put_right(program: Program, dealer: Account, other: Account) -> None:
    """Corrections of every kind; a fact of a quarter that is over."""
    day = at("2026-07-03")
    accepted(purchase(other, "30.00", at("2026-05-05"), "P7", product="Parts"), as_of=day)
    CorrectionTerms.objects.create(program=program, transfers=True, approval_above=10_000)
    staff = StaffFactory()
    expired = Entry.objects.filter(kind="expire", wallet__account=dealer).latest("id")
    last = Lot.objects.get(
        entry__activity__external_id="P6", entry__rule_version__rule__code="purchases"
    )
    for wanted in (
        {"action": "credit", "amount": 25, "account_id": dealer.id},
        {"action": "debit", "amount": 5, "account_id": dealer.id},
        {"action": "debit", "amount": 900, "account_id": other.id, "into_debt": True},
        {"action": "reinstate", "expired_by_id": expired.id, "account_id": dealer.id},
        {
            "action": "extend",
            "expiring_at": last.expires_at,
            "expires_at": last.expires_at + timedelta(days=5),
            "account_id": dealer.id,
        },
    ):
        made = adjustment_drafts.Wanted(program_id=program.id, reason="Put right", **wanted)
        drafted = adjustment_drafts.draft(made, identity=uuid7(), actor=staff.actor, now=day)
        adjusting.submit(adjustment_id=drafted.id, author=staff, now=day)
    transfer_points(
        program_id=program.id,
        account_id=dealer.id,
        giver_id=None,
        taker_id=MemberFactory(account=dealer).id,
        amount=10,
        command=uuid7(),
        reason="",
        actor=staff.actor,
        now=day,
    )


def _learn(dealer: Account) -> None:
    """What a person learned, with a score and an end; one of two was taken back."""
    person = MemberFactory(account=dealer)
    day = at("2026-07-06")
    learned = {"kind": "training", "quantity": 0, "member": person.user.email}
    stated = {"score": 8.5, "valid_until": "2027-07-05"}
    accepted(
        purchase(dealer, "0.00", day, "L1", attributes=stated, **learned),
        purchase(dealer, "0.00", day, "L2", attributes=stated, **learned),
        as_of=day,
    )
    back = taken_back(dealer, "0.00", at("2026-08-01"), of="L2", document="R4", quantity=0)
    accepted(back, as_of=at("2026-08-01"))


def _send_out(tenant: Tenant) -> None:
    """Two events, of which the endpoint wants one."""
    day = at("2026-07-07")
    with tenant_scope(tenant.id):
        with transaction.atomic():
            endpoints.add_endpoint(
                url="https://hooks.example.com/",
                kinds=["points.*"],
                description="",
                secret=endpoints.make_secret(),
                actor="system",
                now=day,
            )
        with transaction.atomic():
            for kind in ("points.told", "tier.told"):
                record(
                    kind=kind,
                    occurred_at=day,
                    recorded_at=day,
                    actor="system",
                    subject="tenant:x",
                    payload={},
                )
        with transaction.atomic():
            # Not by `hand_on`, which would wait for the tests of other processes.
            events = list(Event.objects.order_by("position", "id"))
            fan_out(events)
            EventReader.objects.update(position=events[-1].position, last_read=events[-1].id)
            assert WebhookDelivery.objects.count() == 1


def found(*tenants: Tenant) -> dict[str, int]:
    """The claims that do not hold, and how often."""
    findings = verify([tenant.id for tenant in tenants])
    return {one.invariant.claim: one.violations for one in findings if one.violations}


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker) -> Iterator[str]:
    """A database in which the story was told: once, since to tell it takes longer than to copy."""
    name = connections["owner"].settings_dict["NAME"]
    told = name.replace(TEST_DATABASE, f"{TEST_DATABASE}_told")
    with django_db_blocker.unblock():
        try:
            tell_a_story("acme")
            end_sessions(name)  # of servers and threads of tests that are over
            point_at(name)
            create_database(told, template=name)
        finally:
            empty_every_table()
        yield told
        drop_database(told)


@pytest.fixture
def books(told, django_db_blocker) -> Iterator[Tenant]:
    """The tenant of the story, in a copy that is thrown away with all that is done to it."""
    name = connections["owner"].settings_dict["NAME"]
    copy = name.replace(TEST_DATABASE, f"{TEST_DATABASE}_copy")
    with django_db_blocker.unblock():
        create_database(copy, template=told)
        point_at(copy)
        try:
            tenant = tenant_by_slug("acme")
            assert tenant
            yield tenant
        finally:
            point_at(name)
            drop_database(copy)


@pytest.fixture
def owner(books) -> Owner:
    """Run statements as the owner of the tables."""

    def act(*statements: str) -> None:
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return act


def test_sound_books_have_no_violation(books):
    said = StringIO()

    call_command("verify_books", stdout=said)

    lines = said.getvalue().splitlines()
    assert len(lines) > 25
    assert [line for line in lines if not line.endswith(": 0")] == []


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_to_rows_is_found(books, owner, damage):
    rival = tell_a_story("rival") if "rival" in str(DAMAGE[damage]) else None
    claims, *statements = DAMAGE[damage]

    owner(*WITHOUT_TRIGGERS, *statements, *WITH_TRIGGERS)

    assert set(found(books)) == claims
    assert rival is None or found(rival) == {}


@pytest.mark.parametrize("damage", SCHEMA)
def test_damage_to_the_schema_is_found(books, owner, damage):
    claims, statement = SCHEMA[damage]

    owner(statement)

    assert set(found(books)) == claims


def test_every_check_has_been_seen_to_fail():
    from accounts import books as accounts
    from rewards import books as rewards
    from tiers import books as tiers

    every = {
        one.claim
        for part in (accounts.of_the_database, accounts.per_tenant, tiers.per_tenant)
        for one in (*part(), *rewards.per_tenant())
    }
    seen = set().union(*(claims for claims, *_ in [*DAMAGE.values(), *SCHEMA.values()]))
    assert seen == every


def test_the_command_says_where_and_fails(books, owner):
    rival = tell_a_story("rival")
    owner(
        "UPDATE rewards_wallet SET reserved = 1 WHERE unit = 'points' AND tenant_id = "
        "(SELECT id FROM accounts_tenant WHERE slug = 'rival')"
    )
    with tenant_scope(rival.id), transaction.atomic():
        wallets = [str(one.id) for one in Wallet.objects.filter(unit="points")]
    said = StringIO()

    with pytest.raises(CommandError, match=r"^3 of \d+ checks found violations\.$"):
        call_command("verify_books", stdout=said)

    [line] = [one for one in said.getvalue().splitlines() if WALLETS in one]
    assert line == f"  1  {WALLETS}: 3 (such as {min(wallets)} in rival)"
    call_command("verify_books", tenant="acme", stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("verify_books", tenant="rival", stdout=StringIO())
    with pytest.raises(CommandError, match="There is no tenant 'nobody'"):
        call_command("verify_books", tenant="nobody")
