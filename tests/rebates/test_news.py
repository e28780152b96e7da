"""Which agreements are worked out anew: those with news alone, and what comes of it is the same."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.ids import first_id_at
from accounts.models import Account, Event, Product, Program
from accounts.periods import add_months
from accounts.postgres.statements import run
from accounts.windows import PERIODS
from rebates import accruing, clock, closing, issuing, news
from rebates.calendar import PERIODS_BEGUN, correctable_from, spans_until
from rebates.models import Accrual, Agreement, Statement
from tests.factories import ProductFactory, ProgramFactory, enrolled_account
from tests.rebates.deals import agreed, bands, moves_of, owed, violations
from tests.rewards.stories import accepted, at, purchase, taken_back

DAY = date(2026, 2, 20)
LINES = ("Bikes", "Parts")


@pytest.fixture
def program(in_tenant) -> Program:
    return ProgramFactory()


@pytest.fixture
def account(program) -> Account:
    return enrolled_account(program)


def with_news(day: date = DAY) -> list[str]:
    ids = news.next_with_news(None, day=day, most=10)
    return sorted(Agreement.objects.filter(pk__in=ids).values_list("code", flat=True))


def test_only_agreements_with_news_are_worked_out_anew(in_tenant, program, account):
    terms = {"bands": bands((0, "1"))}
    agreed(program, account, terms=terms, code="steady")
    agreed(program, account, terms=terms, code="family", party="family")
    by_tier = terms | {"tier_multipliers": {"gold": "2"}}
    agreed(program, account, terms=by_tier, code="tier")
    by_points = {"measure": "points", "returns": "in_their_month", "bands": bands((0, 1))}
    agreed(program, account, terms=by_points, code="points")
    other = enrolled_account(program)
    agreed(program, other, terms=terms, code="quiet")
    accepted(purchase(account, "1000.00", at("2026-01-10")), as_of=at("2026-01-10"))
    owed(Agreement.objects.get(code="steady"), at=at("2026-02-10"))

    # Facts of the last minute are looked at once more: the clocks of servers differ.
    assert with_news() == ["family", "points", "steady", "tier"]
    news.follow(first_id_at(datetime.now(UTC) + timedelta(seconds=1)))
    assert with_news() == ["family", "points", "tier"]
    # In April there is a quarter that is not accrued yet.
    assert with_news(date(2026, 4, 1)) == ["family", "points", "quiet", "steady", "tier"]


def test_what_came_in_after_the_last_night_is_stated(in_tenant, program, account):
    agreement = agreed(program, account, terms={"bands": bands((0, "1"))})
    clock.begin_due(at=at("2026-01-02"))
    accepted(purchase(account, "1000.00", at("2026-01-10")), as_of=at("2026-01-10"))
    accruing.accrue(at=at("2026-04-05"))
    before = datetime.now(UTC)
    news.follow(first_id_at(before))
    # A mark never goes back.
    news.follow(first_id_at(before - timedelta(hours=1)))
    assert news.followed_upto() == first_id_at(before)

    accepted(purchase(account, "500.00", at("2026-03-31")), as_of=at("2026-04-06"))
    assert closing.close_due(at=at("2026-04-06")) == 1
    assert Statement.objects.get().earned == [["", 1500_00, 15_00]]
    assert moves_of(agreement) == [(10_00, "actual", None), (5_00, "actual", None)]
    assert violations(in_tenant) == []


def test_days_that_are_not_over_yet_are_not_closed(program, account):
    """Of one batch, each by its own days of grace."""
    for days in (5, 9):
        agreed(
            program,
            account,
            terms={"bands": bands((0, "1"))},
            code=f"grace-{days}",
            said={"grace_days": days},
        )
    clock.begin_due(at=at("2026-01-02"))
    accepted(purchase(account, "1000.00", at("2026-01-10")), as_of=at("2026-01-10"))
    accruing.accrue(at=at("2026-04-06"))
    assert closing.close_due(at=at("2026-04-06")) == 1
    assert closing.close_due(at=at("2026-04-09")) == 0
    assert closing.close_due(at=at("2026-04-10")) == 1
    issued = Statement.objects.order_by("issued_at").values_list("agreement__code", "total")
    assert list(issued) == [("grace-5", 10_00), ("grace-9", 10_00)]


def test_stated_whole_or_in_parts_it_is_the_same(in_tenant, program, account):
    """Nearly all statements take the short way, on which no line is taken apart."""
    for line in LINES:
        ProductFactory(sku=line, line=line)
    whole, in_parts = (
        agreed(program, account, terms={"bands": bands((0, "1"))}, code=code)
        for code in ("whole", "parts")
    )
    clock.begin_due(at=at("2026-01-02"))
    accepted(
        purchase(account, "1000.00", at("2026-01-10"), "A", product="Bikes"),
        purchase(account, "0.10", at("2026-01-11"), "B", product="Parts"),  # comes to nothing
        as_of=at("2026-01-11"),
    )
    now = at("2026-04-06")
    accruing.accrue(at=now)
    assert closing.close_some([whole.pk], tenant=in_tenant, at=now) == 1
    about = {"day": date(2026, 4, 1), "zone": in_tenant.zone, "actor": "system", "at": now}
    accrual = Accrual.objects.get(agreement=in_parts, since=date(2026, 1, 1))
    assert issuing.issue_rest([accrual.pk], **about) == 1

    said = ("number", "since", "upto", "total", "earned", "true_ups", "state", "answer_by")
    told = [
        Statement.objects.filter(agreement=one).values_list(*said).get()
        for one in (whole, in_parts)
    ]
    assert told[0] == told[1]
    assert told[0][3:5] == (10_00, [["Bikes", 1000_00, 10_00]])
    kept = Accrual.objects.filter(since=date(2026, 1, 1)).order_by("agreement__code")
    of_them = kept.values_list("stated", "stated_upto", "closed_at", "amount")
    assert list(of_them) == [(10_00, date(2026, 4, 1), now, 10_00)] * 2
    events = Event.objects.filter(kind="rebate.statement_issued").order_by("payload__agreement")
    (parts, whole_one) = events.values_list("payload", flat=True)
    assert parts | {"agreement": "whole", "name": "Whole"} == whole_one


def test_periods_are_counted_alike_in_sql(program, account):
    months = [add_months(date(2024, 11, 1), n) for n in range(0, 30, 5)]
    for place, period in enumerate(PERIODS):
        for ends_after in (None, 1, 2):
            Agreement.objects.create(
                program=program,
                code=f"{place}-{ends_after}",
                name="Deal",
                party="account",
                account=account,
                currency="USD",
                period=period,
                starts_on=months[place],
                ends_on=ends_after and add_months(months[place], ends_after * PERIODS[period]),
                made_by="system",
                made_at=at("2024-01-01"),
            )
    for day in (*months, date(2025, 12, 31), date(2027, 7, 15)):
        back_to = correctable_from(day)
        rows = run(
            f"SELECT g.id, {PERIODS_BEGUN} FROM rebates_agreement g",
            {"day": day, "back_to": back_to},
        )
        expected = {
            one.pk: len(list(spans_until(one, day, back_to=back_to)))
            for one in Agreement.objects.all()
        }
        assert dict(rows) == expected


sales = st.lists(
    st.tuples(
        st.sampled_from(LINES),
        st.integers(1, 2_000_00),  # cents
        st.integers(0, 89),  # the day of the quarter
        st.integers(0, 100),  # percent that came back
    ),
    min_size=3,
    max_size=5,
)


def _sell(account: Account, place: int, line: str, amount: int, day: int, back: int) -> None:
    """An order, and what came back of it at once."""
    when = at("2026-01-01") + timedelta(days=day)
    facts = [purchase(account, f"{amount / 100:.2f}", when, f"{account.pk}-{place}", product=line)]
    returned = amount * back // 100
    if returned:
        about = {"of": facts[0].external_id, "document": f"{account.pk}-{place}-R"}
        facts.append(taken_back(account, f"{returned / 100:.2f}", when, **about, product=line))
    accepted(*facts, as_of=at("2026-04-01"))


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sold=sales, data=st.data())
def test_order_of_sales_in_a_period_does_not_matter(in_tenant, program, sold, data):
    """Accrued on the way or at once, bands crossed up and down: what is owed is the same."""
    for line in LINES:
        if not Product.objects.filter(sku=line).exists():
            ProductFactory(sku=line, line=line)
    terms = {"bands": bands((500_00, "1.5"), (2_000_00, "3")), "minimum": 5_00}
    orders = [range(len(sold)), data.draw(st.permutations(range(len(sold))))]
    found = []
    for order in orders:
        account = enrolled_account(program)
        agreement = agreed(program, account, terms=terms, code=f"deal-{account.number}".lower())
        clock.begin_due(at=at("2026-01-02"))
        for place in order:
            _sell(account, place, *sold[place])
            if order is not orders[0]:
                accruing.accrue(at=at("2026-04-01"))
        accruing.accrue(at=at("2026-04-01"))
        accrual = Accrual.objects.get(agreement=agreement, since=date(2026, 1, 1))
        assert accrual.amount == sum(amount for amount, _, _ in moves_of(agreement))
        found.append((accrual.measured, accrual.before_returns, accrual.lines, accrual.amount))
    assert found[0] == found[1]
