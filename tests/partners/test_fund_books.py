"""The books of funds find every kind of damage; on a sound story they find nothing."""

from decimal import Decimal

from django.db import connections, transaction

from accounts.models import Account, JobRun, Staff, Tenant
from accounts.tenancy import tenant_scope
from partners.funds.accruing import accrue
from partners.funds.books import FUNDS
from partners.funds.budgets import Accrual
from partners.funds.deciding import withdraw
from tests.factories import (
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    enrolled_account,
)
from tests.partners.funded import (
    TODAY,
    ZONE,
    accepted,
    activity_of,
    approved,
    asked,
    budget_of,
    claimed,
    granted,
    paid,
)
from tests.rebates.failing import failing
from tests.rewards.stories import accepted as taken_in
from tests.rewards.stories import at, purchase

(
    OF_REQUESTS, OF_FUNDS, OF_WALLETS, OF_GRANTS, OF_LOTS, OF_BUDGETS, OF_PERIODS, PROVEN, LAST,
    OWN, CLOCK,
) = range(len(FUNDS))  # fmt: skip

DAMAGE = {
    "UPDATE partners_fundrequest SET approved = approved - 1 WHERE state = 'claimed'": [
        OF_REQUESTS,
        OF_FUNDS,
    ],
    "UPDATE partners_fundrequest SET accepted = accepted - 1 WHERE state = 'paid'": [
        OF_REQUESTS,
        OF_FUNDS,
    ],
    "UPDATE partners_fundrequest SET state = 'approved', claimed_at = NULL, reminded_of = NULL "
    "WHERE state = 'claimed'": [LAST],
    "UPDATE partners_fund SET committed = committed + 1 WHERE committed > 0": [
        OF_FUNDS,
        OF_WALLETS,
        OF_LOTS,
    ],
    "UPDATE partners_fund SET paid = paid - 1 WHERE paid > 0": [OF_FUNDS, OF_WALLETS, OF_LOTS],
    "UPDATE partners_fund SET expired = 1 WHERE paid > 0": [OF_LOTS, OF_BUDGETS],
    "UPDATE partners_fundbudget SET allocated = allocated + 1": [OF_BUDGETS],
    "UPDATE rewards_wallet SET available = available - 1 WHERE unit = 'funds'": [OF_WALLETS],
    "UPDATE rewards_lot SET remaining = remaining - 1 WHERE remaining > 0": [OF_LOTS],
    "UPDATE rewards_entry SET cause = gen_random_uuid() WHERE kind = 'spend'": [OF_REQUESTS],
    "UPDATE rewards_entry SET available = available + 1 WHERE kind = 'release'": [OF_REQUESTS],
    "UPDATE rewards_entry SET cause = gen_random_uuid() WHERE kind = 'allocate'": [
        OF_GRANTS,
        OF_LOTS,
    ],
    "UPDATE partners_fundgrant SET amount = amount + 1 WHERE cause = 'granted'": [
        OF_FUNDS,
        OF_GRANTS,
    ],
    "UPDATE partners_fundaccrual SET credited = credited - 1": [OF_PERIODS],
    "UPDATE partners_fundaccrual SET amount = amount + 1": [OF_PERIODS],
    "UPDATE partners_fundrequest SET share = 1 WHERE state = 'paid'": [PROVEN],
    "DELETE FROM accounts_event WHERE kind = 'fund_request.claimed'": [PROVEN, LAST],
    "UPDATE partners_fundrequest SET claim_until = claim_until - 100 WHERE state = 'approved'": [
        CLOCK,
    ],
    "UPDATE accounts_member SET created_at = '2026-01-01'; "
    "UPDATE accounts_staff SET user_id = (SELECT user_id FROM accounts_member) "
    "WHERE role = 'manager'": [OWN],
}
TABLES = (
    "accounts_event",
    "partners_fund",
    "partners_fundaccrual",
    "partners_fundbudget",
    "partners_fundgrant",
    "partners_fundrequest",
    "rewards_entry",
    "rewards_lot",
    "rewards_wallet",
)


def test_the_books_of_funds_are_sound_and_each_damage_is_found(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        whole_story()
    with tenant_scope(tenant.id), transaction.atomic():
        assert failing(FUNDS) == set()
    assert {statement: found_after(tenant, statement) for statement in DAMAGE} == DAMAGE
    assert set().union(*DAMAGE.values()) == set(range(len(FUNDS)))


def test_who_decided_may_work_for_the_partner_later(in_tenant):
    whole_story()
    MemberFactory(account=Account.objects.get(), user=Staff.objects.get(role="manager").user)
    assert failing(FUNDS) == set()


def whole_story() -> None:
    """A request in each state that holds or has used money, an accrual, and a clock that ran."""
    program, manager, finance = ProgramFactory(), StaffFactory(), StaffFactory(role="finance")
    account = enrolled_account(program)
    MemberFactory(account=account)
    budget, activity = budget_of(program, manager), activity_of(fields=())
    granted(budget, {account: 60_000}, manager)
    said = {"total_cost": 20_000, "asked": 10_000, "answers": {}}
    first, second, third, fourth = (asked(account, budget, activity, **said) for _ in range(4))
    for one in (first, second, third, fourth):
        approved(one, manager, amount=10_000)
    paid(accepted(claimed(first, cost=19_000), manager, amount=9_000), finance)
    claimed(second, cost=19_000)
    withdraw(fourth.pk, note="", actor="system", now=at("2026-06-01"))
    accrual = Accrual(share=Decimal("2.5"))
    budget_of(program, manager, name="Co-op", accrual=accrual)
    taken_in(purchase(account, "100.00", at("2026-04-10")), as_of=at("2026-04-10"))
    accrue(today=TODAY, zone=ZONE, now=at(f"{TODAY} 05:00"))
    JobRun.objects.create(
        job="advance_funds", period="d", state="done", started_at=at("2026-06-25")
    )


def found_after(tenant: Tenant, statement: str) -> list[int]:
    """The places of the claims that fail after the statement, which is then undone."""
    found = []
    with (
        tenant_scope(tenant.id),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        assert cursor.rowcount != 0
        for place, one in enumerate(FUNDS):
            cursor.execute(f"SELECT count(*) FROM ({one.query}) AS v", {"places": 2})
            if cursor.fetchone()[0]:
                found.append(place)
        transaction.set_rollback(True, using="owner")
    return found
