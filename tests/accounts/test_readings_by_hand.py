"""What SQL reads out of the roll-ups is what plain Python counts in the activities."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.books import FACTS
from accounts.books_of_rollups import ROLL_UPS
from accounts.counting import Counting
from accounts.enrolling import enroll
from accounts.facts import Fact
from accounts.models import Account, Activity, ActivityKind, Enrollment, Program, Tenant
from accounts.periods import start_of
from accounts.postgres.statements import ask, run
from accounts.readings import (
    BEST_OF,
    AsOf,
    BadReading,
    Reading,
    as_of,
    at_the_end_before,
    check_reading,
    reading_sql,
    values_of,
)
from accounts.starting_measures import starting_catalogue
from accounts.windows import Window
from rewards.intake import take_in
from tests.accounts.plain_readings import History, plain_value
from tests.factories import AccountFactory, MemberFactory, ProductFactory, ProgramFactory

CATALOGUE = {
    **starting_catalogue(),
    "bikes": Counting("amount", lines=("Bikes",)),
    "score": Counting("average", attribute="score"),
    "two_each": Counting("valid_now", per_person=2),
    "kept": Counting("facts", returns="with_the_original"),
    "kept_share": Counting("ratio", of="kept", to="orders"),
    "doers": Counting("people"),
}
WINDOWS = [
    Window("month"),
    Window("quarter"),
    Window("quarter", back=1),
    Window("year"),
    Window("fiscal_quarter"),
    Window("fiscal_year", back=1),
    Window("rolling", months=3),
    Window("rolling", months=12),
    Window("since_enrollment"),
    Window("lifetime"),
    Window("valid_now"),
]
FIRST = datetime(2023, 11, 15, tzinfo=UTC)  # with a leap day ahead

instants = st.one_of(
    st.integers(0, 600 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes)),
    # edges: of months, of the leap day, and where the clocks change
    st.sampled_from(
        [
            datetime(2024, 1, 1, 5, tzinfo=UTC),
            datetime(2024, 2, 29, 4, 59, tzinfo=UTC),
            datetime(2024, 3, 1, 4, 59, 59, tzinfo=UTC),
            datetime(2024, 3, 10, 7, tzinfo=UTC),
            datetime(2024, 4, 1, 4, tzinfo=UTC),
            datetime(2024, 11, 3, 5, 30, tzinfo=UTC),
            datetime(2025, 3, 31, 23, 59, tzinfo=UTC),
        ]
    ),
)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "score": st.one_of(st.integers(-3, 10), st.sampled_from([0.1, 4.5, 8.333, -2.05])),
        "valid_until": st.dates(FIRST.date(), datetime(2025, 12, 31, tzinfo=UTC).date()).map(
            lambda day: day.isoformat()
        ),
    },
)
done = st.tuples(
    st.integers(0, 3),  # account
    st.sampled_from(["purchase", "training", "certificate"]),
    instants,
    st.sampled_from([0, 0, 1, 99_99, 1200_00]),
    st.sampled_from(["0", "1", "2.5", "10"]),
    st.sampled_from(["", "Bikes", "Parts"]),
    st.integers(-1, 1),  # person, or nobody
    attributes,
)
# which fact, how much of it (all, or a half), and how long after
returned = st.tuples(st.integers(0, 19), st.booleans(), st.integers(0, 300))
readings = st.builds(
    Reading,
    st.sampled_from(sorted({*CATALOGUE} - {"points_earned"})),  # those the ledger knows
    st.sampled_from(WINDOWS),
    st.sampled_from(["total", BEST_OF]),
    st.sampled_from(["", "product_line", "kind", "region"]),
    st.booleans(),
)
moments = st.one_of(instants, st.sampled_from([date(2024, 4, 1), date(2024, 7, 1)]))


def is_sound(reading: Reading) -> bool:
    try:
        check_reading(reading, CATALOGUE)
    except BadReading:
        return False
    return True


@pytest.fixture
def world(in_tenant) -> Program:
    in_tenant.fiscal_year_starts = 3
    ActivityKind.objects.create(code="certificate", name="Certificate")
    program = ProgramFactory()
    for line in ("Bikes", "Parts"):
        ProductFactory(sku=line, line=line)
    top = AccountFactory(number="0", region="North")
    middle = AccountFactory(number="1", region="South", parent=top)
    below = AccountFactory(number="2", region="North", parent=middle)
    alone = AccountFactory(number="3")
    for account in (top, middle, below, alone):
        for person in range(2):
            MemberFactory(account=account, user__email=f"{person}@{account.number}.example")
    for account, on in ((top, "2024-02-29"), (alone, "2024-05-31")):
        enrolled = datetime.fromisoformat(f"{on}T12:00+00:00")
        enroll(
            program=program,
            account_ids=[account.pk],
            enrolled_at=enrolled,
            recorded_at=enrolled,
            actor="system",
        )
    return program


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(done, min_size=1, max_size=20),
    st.lists(returned, max_size=6),
    st.lists(readings.filter(is_sound), min_size=1, max_size=8, unique=True),
    moments,
)
def test_sql_reads_what_python_counts(world, in_tenant, facts, returns, wanted, moment):
    with transaction.atomic():
        _record(facts, returns)
        _compare(in_tenant, world, wanted, _as_of(moment, in_tenant))
        assert [one.claim for one in (*FACTS, *ROLL_UPS) if run(one.violations, {})] == []
        transaction.set_rollback(True)


def _as_of(moment: date, tenant: Tenant) -> AsOf:
    """Some moment; of a day, the edge at which it begins."""
    if isinstance(moment, datetime):
        return as_of(moment, tenant.zone)
    return at_the_end_before(moment, tenant.zone)


def _record(facts, returns) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = [
        Fact(
            account=str(account),
            kind=kind,
            external_id=f"F{number}",
            line="",
            occurred_at=occurred_at,
            amount=amount,
            quantity=Decimal(quantity),
            product=line,
            attributes=stated or None,
            reverses=None,
            member=f"{person}@{account}.example" if person >= 0 else "",
        )
        for number, (account, kind, occurred_at, amount, quantity, line, person, stated) in (
            enumerate(facts)
        )
    ]
    outcomes = take_in(made, source="erp", actor="system", as_of=now)
    assert {one.status for one in outcomes} == {"accepted"}
    for number, (index, whole, days) in enumerate(returns):
        original = made[index % len(made)]
        part = 1 if whole else 2
        back = Fact(
            account=original.account,
            kind="return",
            external_id=f"R{number}",
            line="",
            occurred_at=original.occurred_at + timedelta(days=days),
            amount=0 if original.quantity else original.amount // part,
            quantity=original.quantity / part,
            product="",
            attributes=None,
            reverses=(original.external_id, ""),
        )
        take_in([back], source="erp", actor="system", as_of=now)  # too much is refused


def _compare(tenant: Tenant, program: Program, wanted: list[Reading], on: AsOf) -> None:
    history = History(
        activities=list(Activity.objects.order_by("id")),
        accounts={account.pk: account for account in Account.objects.all()},
        enrolled=dict(Enrollment.objects.values_list("account_id", "enrolled_at")),
        zone=tenant.zone,
        fiscal_year_starts=tenant.fiscal_year_starts,
    )
    counted = {
        account: {one: plain_value(one, account, history, CATALOGUE, on) for one in wanted}
        for account in history.accounts
    }
    for accounts in (None, list(history.accounts)):
        query = reading_sql(
            wanted,
            catalogue=CATALOGUE,
            as_of=on,
            zone=tenant.zone,
            fiscal_year_starts=tenant.fiscal_year_starts,
            accounts=accounts,
            program_id=program.pk,
        )
        assert ask(values_of(query)) == [counted]


def test_the_edge_of_a_period_belongs_to_the_next(in_tenant):
    edge = start_of(date(2024, 4, 1), in_tenant.zone)
    on = at_the_end_before(date(2024, 4, 1), in_tenant.zone)

    assert on == AsOf(date(2024, 3, 31), edge - timedelta(microseconds=1), edge)
