"""The one door: what a batch is cut into makes no difference to what becomes of its facts."""

import pytest
from django.db import connections, transaction

from accounts.activities import Identity, stored
from accounts.models import Activity, Tenant
from accounts.postgres.statements import run
from accounts.tenancy import tenant_scope
from rewards.models import Wallet
from tests.factories import ProgramFactory, TenantFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, at, purchase, take, taken_back

DAY = at("2026-02-10")


@pytest.fixture
def dealer(in_tenant: Tenant):
    program = ProgramFactory()
    publish_rule(program)
    return enrolled_account(program)


def _statuses(*batches) -> list[str]:
    return [outcome.status for batch in batches for outcome in take(*batch, as_of=DAY)]


def test_a_fact_sent_twice_in_a_batch_is_judged_by_what_is_stored(dealer):
    """Changed and original content of a stored identity, together or apart: the same answers."""
    original = purchase(dealer, "10.00", DAY, "A")
    changed = purchase(dealer, "11.00", DAY, "A")
    accepted(original, as_of=DAY)
    assert _statuses([changed, original]) == ["conflict", "known"]
    assert _statuses([changed], [original]) == ["conflict", "known"]
    assert Wallet.objects.get().available == 10


def test_a_new_fact_sent_twice_in_a_batch_is_stored_once(dealer):
    first, other = purchase(dealer, "10.00", DAY, "A"), purchase(dealer, "11.00", DAY, "A")
    assert _statuses([first, first, other]) == ["accepted", "known", "conflict"]
    assert Activity.objects.get().amount == 1000


def test_a_return_refused_once_is_refused_again_in_the_same_batch(dealer):
    back = taken_back(dealer, "10.00", DAY, of="NEVER", document="R")
    assert _statuses([back, back]) == ["rejected", "rejected"]
    assert Activity.objects.count() == 0


def test_a_return_may_come_with_its_purchase(dealer):
    bought = purchase(dealer, "10.00", DAY, "A")
    back = taken_back(dealer, "10.00", DAY, of="A", document="R")
    assert _statuses([bought, back]) == ["accepted", "accepted"]
    assert Wallet.objects.get().available == 0


def test_an_error_takes_the_whole_batch_back(dealer, monkeypatch):
    """The last step fails: nothing of the batch is in, whoever catches the error."""

    def fail(*args, **kwargs):
        raise RuntimeError("no")

    monkeypatch.setattr("rewards.intake.batch.recording", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        take(purchase(dealer, "10.00", DAY, "A"), as_of=DAY)
    assert Activity.objects.count() == 0
    assert not Wallet.objects.exists()


def test_many_facts_are_looked_up_by_a_plan_of_their_own(dealer, monkeypatch):
    """The one that is kept for single facts may be from when there were none."""

    def plans() -> tuple[int, int]:
        """Of the look-up of what is stored: by the kept plan, and by one of their own."""
        (row,) = run(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements "
            "WHERE NOT from_sql AND statement LIKE %s || '%%'",
            [stored([], source="").statement.partition("FROM")[0]],
        )
        return row

    monkeypatch.setattr("rewards.intake.door.MANY", 2)
    for number in range(8):  # from the sixth on Postgres keeps a plan, if it is as good
        accepted(purchase(dealer, "10.00", DAY, f"A{number}"), as_of=DAY)
    kept, own = plans()
    accepted(*(purchase(dealer, "10.00", DAY, f"B{number}") for number in range(3)), as_of=DAY)
    assert plans() == (kept, own + 1)


def test_a_newcomers_facts_are_looked_up_by_their_identity_beside_a_large_tenant(committed):
    """Statistics that know the large tenant alone expect one row of the newcomer."""
    with transaction.atomic():
        large, newcomer = TenantFactory(), TenantFactory()
    with tenant_scope(large.id), transaction.atomic():
        account = enrolled_account(ProgramFactory())
        facts = [purchase(account, "1", DAY, f"L-{number}") for number in range(2000)]
        accepted(*facts, as_of=DAY)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE accounts_activity")
    with tenant_scope(newcomer.id), transaction.atomic():
        wanted = stored([Identity("N-1", "")], source="erp")
        run("SET LOCAL plan_cache_mode = force_custom_plan", ())
        plan = run(f"EXPLAIN {wanted.statement}", wanted.values)
    assert "using activity_identity" in " ".join(line for (line,) in plan)


def test_nothing_is_taken_in_for_an_account_of_another_tenant(dealer, other_tenant: Tenant):
    with tenant_scope(other_tenant.id):
        program = ProgramFactory()
        stranger = enrolled_account(program, number="STRANGER")
    (outcome,) = take(purchase(stranger, "10.00", DAY, "A"), as_of=DAY)
    assert outcome.status == "rejected"
    assert outcome.reason == (
        "There is no account with the number “STRANGER”; import or correct it."
    )
