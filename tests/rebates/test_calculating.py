"""The calculation: properties of the pure function, and the SQL that equals it to the cent."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from accounts.ids import uuid7
from accounts.models import Account, AttributeMeasure, Measure, Returned
from accounts.periods import add_months
from rebates import accruing
from rebates.models import Accrual, Agreement, AgreementVersion
from rebates.terms import BadTerms, as_json, parse_terms
from rebates.working import Sales, rounded, split, work_out
from tests.factories import LONG_AGO, AccountFactory, ProgramFactory
from tests.rebates import plain
from tests.rebates.deals import bands
from tests.rewards.stories import at

SINCE = date(2026, 4, 1)
LINES = ("Bikes", "Parts", "Wear")
MONTHS = [add_months(SINCE, n) for n in range(-12, 3)]
NOW = at("2026-06-20")

rates = st.decimals(0, 100, places=2)
few = st.sampled_from


@st.composite
def all_terms(draw: Any, *, falling: bool = False) -> dict[str, Any]:
    """Terms that `parse_terms` takes."""
    measure = draw(few(["value", "quantity", "points"]))
    method = draw(few(["whole", "excess", "incremental", "fixed", "guaranteed", "growth"]))
    position = "absolute" if method != "growth" and draw(st.booleans()) else "baseline"
    if falling and (measure == "value" or method == "fixed"):
        measure, method, position = "quantity", "whole", "absolute"
    count = draw(st.integers(1, 4))
    most = 200 if position == "baseline" else 3_000_00
    starts = sorted(draw(st.sets(st.integers(0, most), min_size=count, max_size=count)))
    paid = sorted(draw(st.lists(rates, min_size=count, max_size=count)), reverse=falling)
    if method == "fixed":
        paid = [int(rate * 100) for rate in paid]
    raw: dict[str, Any] = {
        "measure": measure,
        "method": "whole" if falling else method,
        "position": position,
        "bands": bands(
            *(
                (start, rate if isinstance(rate, int) else str(rate))
                for start, rate in zip(starts, paid, strict=True)
            )
        ),
        "falling": falling,
        "returns": "in_their_month"
        if measure == "points"
        else draw(few(["with_the_original", "in_their_month", "ignored"])),
        "lines": draw(few([[], ["Bikes", "Parts"]])),
        "earning_lines": draw(few([[], ["Bikes"]])),
        "cap": draw(few([None, 50_00, 400_00])),
        "minimum": draw(few([0, 10_00])),
    }
    if method == "guaranteed" and not falling:
        raw["guaranteed"] = str(draw(st.decimals("0.01", 20, places=2)))
    if position == "baseline":
        raw["base"] = draw(
            st.one_of(
                st.builds(lambda given: {"given": given}, st.integers(1, 2_000_00)),
                st.builds(
                    lambda n, of, plus, floor: {
                        "periods": n if of == "previous" else 1,
                        "of": of,
                        "plus": str(plus),
                        "floor": floor,
                        "ceiling": None if floor is None else floor + 500_00,
                    },
                    st.integers(1, 4),
                    few(["previous", "year_before"]),
                    st.decimals(0, 30, places=1),
                    few([None, 200_00]),
                ),
            )
        )
    if measure == "value" and raw["returns"] == "with_the_original":
        raw["net_of"] = draw(few([[], ["tax"], ["tax", "freight"]]))
    return raw


@st.composite
def all_books(draw: Any) -> plain.Books:
    line, month = few(LINES), few(MONTHS)
    cents, units = st.integers(0, 900_00), st.integers(0, 300_0000)
    return plain.Books(
        draw(
            st.lists(
                st.builds(plain.Sold, line, month, cents, units, st.integers(0, 9_000)), max_size=7
            )
        ),
        draw(
            st.lists(
                st.builds(plain.Back, line, month, month, st.integers(0, 300_00), units), max_size=3
            )
        ),
        draw(
            st.lists(
                st.builds(plain.Tax, line, month, st.decimals(0, 90, places=3)),
                max_size=2,
                unique_by=lambda one: (one.line, one.month),
            )
        ),
    )


deals = st.tuples(
    st.one_of(all_terms(), all_terms(falling=True)),
    st.lists(all_books(), min_size=1, max_size=3),
    st.booleans(),
)


def store(account: Account, books: plain.Books) -> None:
    """The roll-ups as the door for facts leaves them."""
    found: dict[tuple[str, date], list[Any]] = defaultdict(lambda: [0, 0, 0])
    for one in books.sold:
        for place, value in enumerate((one.amount, one.quantity, one.points)):
            found[one.line, one.month][place] += value
    back: dict[tuple[str, date, date], list[int]] = defaultdict(lambda: [0, 0])
    for one in books.back:
        for place, value in enumerate((one.amount, one.quantity)):
            found[one.line, one.returned][place] -= value
            back[one.line, one.month, one.returned][place] += value
    about = {"account_id": account.pk, "tenant_id": account.tenant_id, "kind": "purchase"}
    Measure.objects.bulk_create(
        Measure(
            **about,
            month=month,
            product_line=line,
            amount=amount,
            quantity=Decimal(quantity).scaleb(-4),
            points=points,
        )
        for (line, month), (amount, quantity, points) in found.items()
    )
    Returned.objects.bulk_create(
        Returned(
            **about,
            month=month,
            returned=returned,
            product_line=line,
            amount=amount,
            quantity=Decimal(quantity).scaleb(-4),
        )
        for (line, month, returned), (amount, quantity) in back.items()
    )
    AttributeMeasure.objects.bulk_create(
        AttributeMeasure(
            **about, month=one.month, product_line=one.line, attribute="tax", total=one.total
        )
        for one in books.tax
    )


def made(program, place: int, raw: dict[str, Any], members: list[Account], *, each: bool):
    """An agreement in force, written directly: drafting and offering have tests of their own."""
    agreement = Agreement.objects.create(
        program=program,
        code=f"deal-{place}",
        name="Deal",
        party="family",
        account=members[0],
        paid_to="each" if each else "parent",
        currency="USD",
        period="quarter",
        starts_on=SINCE,
        state="running",
        made_by="system",
        made_at=LONG_AGO,
    )
    AgreementVersion.objects.create(
        agreement=agreement,
        number=1,
        valid_from=SINCE,
        terms=as_json(parse_terms(raw)),
        needs_acceptance=False,
        published_at=LONG_AGO,
    )
    return agreement


@settings(
    max_examples=25,
    deadline=None,
    # Each example is a story of its own: told again and again to make it smaller, it takes minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(cases=st.lists(deals, min_size=4, max_size=8))
def test_sql_equals_plain_python(in_tenant, cases):
    with transaction.atomic():
        program = ProgramFactory(slug=f"p-{uuid7()}"[:40])
        expected = {}
        for place, (raw, members, each) in enumerate(cases):
            top = AccountFactory()
            accounts = [top, *(AccountFactory(parent=top) for _ in members[1:])]
            for account, books in zip(accounts, members, strict=True):
                store(account, books)
            agreement = made(program, place, raw, accounts, each=each)
            base, parts = plain.owed(members, parse_terms(raw), since=SINCE, months=3, to_each=each)
            for account, part in zip(accounts, parts, strict=False):
                expected[agreement.pk, account.pk] = (base, *part)
        moved = accruing.accrue(at=NOW)
        found = {
            (one.agreement_id, one.account_id): (
                one.base,
                one.amount,
                {line: amount for line, _, amount in one.lines},
            )
            for one in Accrual.objects.all()
        }
        assert found == expected
        assert moved == sum(1 for _, amount, _ in expected.values() if amount)
        assert accruing.accrue(at=NOW) == 0
        assert sum(sum(lines.values()) for _, _, lines in found.values()) == sum(
            amount for _, amount, _ in found.values()
        )
        transaction.set_rollback(True)


@settings(max_examples=200, deadline=None)
@given(raw=all_terms(), sold=st.integers(0, 5_000_00), back=st.integers(0, 5_000_00))
def test_return_never_raises(raw, sold, back):
    terms = parse_terms(raw)
    before = Sales(measured=sold, earning=sold, before_returns=sold, base=1_000_00)
    after = Sales(measured=sold - back, earning=sold - back, before_returns=sold, base=1_000_00)
    assert work_out(terms, after).amount <= work_out(terms, before).amount


@settings(max_examples=200, deadline=None)
@given(raw=all_terms(), sold=st.integers(0, 5_000_00), back=st.integers(0, 5_000_00))
def test_crossing_bands_down_and_up_comes_back_to_the_cent(raw, sold, back):
    """What came back and was sold again leaves no trace in what is owed."""
    terms, same = parse_terms(raw), {"measured": sold, "earning": sold, "base": 1_000_00}
    crossed = Sales(**same, before_returns=sold + back)
    assert (
        work_out(terms, crossed).amount
        == work_out(terms, Sales(**same, before_returns=sold)).amount
    )


@settings(max_examples=200, deadline=None)
@given(raw=all_terms(falling=True), sold=st.integers(0, 5_000_00), back=st.integers(0, 5_000_00))
def test_return_never_raises_where_rates_fall_with_the_volume(raw, sold, back):
    assume(back <= sold)
    terms = parse_terms(raw)
    before = Sales(measured=sold, earning=sold, before_returns=sold, base=1_000_00)
    after = Sales(measured=sold - back, earning=sold - back, before_returns=sold, base=1_000_00)
    assert work_out(terms, after).amount <= work_out(terms, before).amount


@given(
    total=st.integers(0, 10**9), weights=st.lists(st.integers(-50, 10**6), min_size=1, max_size=9)
)
def test_parts_add_up_and_none_is_a_unit_off(total, weights):
    parts = split(total, weights)
    assert sum(parts) == total
    heavy = [max(weight, 0) for weight in weights]
    if sum(heavy):
        for part, weight in zip(parts, heavy, strict=True):
            assert abs(part * sum(heavy) - total * weight) < sum(heavy)


def test_halves_round_upwards():
    assert [rounded(Fraction(n, 2)) for n in (0, 1, 2, 3)] == [0, 1, 1, 2]
    assert split(100, [1, 1, 1]) == [34, 33, 33]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"bands": []}, "1 to 30 bands"),
        ({"bands": bands((0, 2), (10, "1.5"))}, "a return would raise"),
        ({"bands": bands((10, 2), (10, 3))}, "no two begin at the same point"),
        ({"bands": bands((0, 0.5))}, "is a number"),
        ({"bands": bands((0, 101))}, "at most 100 percent"),
        ({"position": "baseline"}, "need a base"),
        ({"base": {"given": 5}}, "belongs to bands in percent"),
        ({"method": "growth"}, "say which"),
        ({"method": "guaranteed"}, "guaranteed rate"),
        ({"net_of": ["tax"], "returns": "ignored"}, "where they were bought"),
        ({"lines": ["Bikes"], "earning_lines": ["Wear"]}, "count for the band as well"),
        ({"lines": ["Bi\0kes"]}, "is a list of up to"),
        ({"minimum": 500, "cap": 400}, "not below the smallest"),
        ({"measure": "points"}, "in their month"),
        ({"bonus": 1}, "no “bonus”"),
        ({"falling": True}, "Only amounts per unit"),
    ],
)
def test_terms_that_make_no_sense_say_what_to_change(changes, says):
    with pytest.raises(BadTerms, match=says):
        parse_terms({"bands": bands((0, 2))} | changes)
