"""Facts are read strictly, and every refusal says how to mend it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.facts import TEXTS, Fact, FactRefused, parse_fact
from accounts.models import Account, Activity, Product

NEW_YORK = ZoneInfo("America/New_York")
LATEST = datetime(2026, 3, 1, tzinfo=UTC)
GOOD = {
    "account": "A1",
    "kind": "purchase",
    "external_id": "SO-1",
    "line": "10",
    "occurred_at": "2025-03-31T23:30:00-04:00",
    "amount": "1240.55",
    "quantity": "3",
    "product": "P-9",
}


def parse(places: int = 2, /, **changes: Any) -> Fact:
    raw = {key: value for key, value in (GOOD | changes).items() if value is not ...}
    return parse_fact(raw, places=places, zone=NEW_YORK, latest=LATEST)


def reason(places: int = 2, /, **changes: Any) -> str:
    with pytest.raises(FactRefused) as refused:
        parse(places, **changes)
    return str(refused.value)


def test_a_good_fact_is_read_exactly():
    assert parse() == Fact(
        account="A1",
        kind="purchase",
        external_id="SO-1",
        line="10",
        occurred_at=datetime(2025, 4, 1, 3, 30, tzinfo=UTC),
        amount=124055,
        quantity=Decimal(3),
        product="P-9",
        attributes=None,
        reverses=None,
    )


def test_what_may_be_left_out_has_a_neutral_value():
    fact = parse(line=..., amount=..., quantity=..., product=...)
    assert (fact.line, fact.amount, fact.quantity, fact.product) == ("", 0, Decimal(0), "")


@pytest.mark.parametrize(
    ("value", "places", "minor"),
    [
        ("0", 2, 0),
        ("7", 2, 700),
        (" 7.5 ", 2, 750),
        ("7.500", 2, 750),
        ("007.05", 2, 705),
        ("1500", 0, 1500),
        ("1.234", 3, 1234),
        (7, 2, 700),
        (Decimal("1.5E+3"), 2, 150000),
        (Decimal("12.10"), 2, 1210),
    ],
)
def test_amounts_become_the_smallest_unit(value, places, minor):
    assert parse(places, amount=value).amount == minor


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "amount is empty; write 0"),
        ("ten", "is not a number; write it like 1240.55"),
        ("1,240.55", "is not a number"),
        ("1e5", "is not a number"),
        ("1_000", "is not a number"),
        ("0x10", "is not a number"),
        (".5", "is not a number"),
        ("5.", "is not a number"),
        ("١٢", "is not a number"),
        ("-5.00", "is negative; hand a return in as a fact of its own"),
        ("NaN", "is not a finite number"),
        ("-Infinity", "is not a finite number"),
        (Decimal("NaN"), "is not a finite number"),
        (Decimal("sNaN"), "is not a finite number"),
        (Decimal("1E+999999"), "is not a number"),
        ("1.005", "has more than 2 decimal places"),
        ("10000000000000.01", "is too large"),
        ("9" * 5000, "is too large"),
        (12.5, "came as a floating-point number"),
        (True, "must be a number"),
        (10**400, "must be a number"),
        ([], "must be a number"),
    ],
)
def test_amounts_that_cannot_be_money_are_refused(value, says):
    assert says in reason(amount=value)


def test_a_currency_without_decimals_says_so():
    assert "must be a whole number: this currency has no decimals" in reason(0, amount="1.5")


def test_equal_quantities_are_written_the_same():
    assert {str(parse(quantity=value).quantity) for value in ("3", "3.0", "3.0000", 3)} == {"3"}
    assert "more than 4 decimal places" in reason(quantity="1.00001")
    assert "is too large" in reason(quantity=str(10**12))


def test_dates_without_an_offset_are_the_tenants():
    assert parse(occurred_at="2025-01-31").occurred_at == datetime(2025, 1, 31, 5, tzinfo=UTC)
    naive = parse(occurred_at="2025-07-01T12:00:00").occurred_at
    assert naive == datetime(2025, 7, 1, 16, tzinfo=UTC)
    # 02:30 did not exist that night: what the offset before the change makes of it.
    skipped = parse(occurred_at="2025-03-09T02:30:00").occurred_at
    assert skipped == datetime(2025, 3, 9, 7, 30, tzinfo=UTC)
    # 01:30 was there twice: the first one.
    twice = parse(occurred_at="2025-11-02T01:30:00").occurred_at
    assert twice == datetime(2025, 11, 2, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (..., "occurred_at is missing; give the date, such as"),
        ("", "occurred_at is empty; give the date, such as"),
        ("NULL", "is not a date; write it like 2026-03-31"),
        ("31.03.2025", "is not a date"),
        ("2025-02-30", "is not a date"),
        ("2025-W07-1", "is not a date"),
        ("20250331", "is not a date"),
        ("1969-12-31", "is before 1970; check the year"),
        ("0001-01-01T00:00:00+14:00", "outside of 1970 to today"),
        ("9999-12-31", "outside of 1970 to today"),
        ("2026-03-02", "is in the future (after 2026-03-01)"),
        (20250331, "occurred_at must be text"),
    ],
)
def test_dates_that_cannot_be_are_refused(value, says):
    assert says in reason(occurred_at=value)


@pytest.mark.parametrize("field", sorted(TEXTS))
def test_texts_are_refused_that_no_column_can_hold(field):
    assert f"{field} contains the control character U+0000" in reason(**{field: "a\0b"})
    assert "U+001B" in reason(**{field: "a\x1b[2Jb"})
    assert "U+D800" in reason(**{field: "\ud800"})
    assert f"{TEXTS[field]} fit" in reason(**{field: "x" * (TEXTS[field] + 1)})
    assert f"{field} must be text" in reason(**{field: ["x"]})
    assert f"{field} must be text" in reason(**{field: True})


def test_the_longest_texts_are_those_of_the_columns():
    for field in ("kind", "external_id", "line"):
        assert TEXTS[field] == Activity._meta.get_field(field).max_length
    assert TEXTS["account"] == Account._meta.get_field("number").max_length
    assert TEXTS["product"] == Product._meta.get_field("sku").max_length


def test_texts_are_trimmed_and_numbers_are_taken_as_texts():
    fact = parse(account=" A\u00a01 ", line=10)
    assert (fact.account, fact.line) == ("A\u00a01", "10")


@pytest.mark.parametrize("field", ["account", "kind", "external_id"])
@pytest.mark.parametrize("value", [..., None, "", "  "])
def test_what_a_fact_cannot_do_without_is_asked_for(field, value):
    assert reason(**{field: value}).startswith(f"{field} is missing; give")


def test_attributes_are_plain_values():
    attributes = {"a": "x", "b": True, "c": None, "d": Decimal("1.50"), "e": Decimal("2.0")}
    assert parse(attributes=attributes).attributes == {
        "a": "x",
        "b": True,
        "c": None,
        "d": 1.5,
        "e": 2,
    }
    assert parse(attributes={}).attributes is None
    assert "must be a plain value" in reason(attributes={"a": [1]})
    assert "must be an object" in reason(attributes=[1])
    for odd in (float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN"), 2**60):
        assert "attributes.a is not a number that can be kept exactly" in reason(
            attributes={"a": odd}
        )
    assert "U+0000" in reason(attributes={"a": "\0"})
    assert "U+0000" in reason(attributes={"\0": "a"})
    assert "40 fit" in reason(attributes={str(n): n for n in range(41)})
    assert "400 fit" in reason(attributes={"a": "x" * 401})


def test_a_return_names_its_original():
    assert parse(reverses={"external_id": "SO-0", "line": "1"}).reverses == ("SO-0", "1")
    assert parse(reverses={"external_id": "SO-0"}).reverses == ("SO-0", "")
    assert "reverses.external_id is missing" in reason(reverses={"line": "1"})
    assert "Unknown field of reverses: “foo”" in reason(reverses={"external_id": "a", "foo": 1})
    assert "must name the original" in reason(reverses="SO-0")


def test_unknown_fields_are_refused_by_name():
    assert reason(amuont="5").startswith("Unknown field: “amuont”; known are account, amount,")


def test_a_reason_never_repeats_what_could_disturb_its_reader():
    text = reason(amount="\x1b[31m" + "9" * 3000 + "\0")
    assert "\x1b" not in text
    assert len(text) < 200
