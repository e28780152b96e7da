"""A condition asked of many rows finds exactly those for which it holds, one by one."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from accounts.asking import (
    ACCOUNT_COLUMNS,
    CannotAsk,
    activity_columns,
    as_query,
)
from accounts.conditions import ORDERS, SCHEMA, BadCondition, compile_condition
from accounts.ids import uuid7
from accounts.models import Account, Activity, Product, Tenant
from tests.factories import AccountFactory, MemberFactory, ProductFactory
from tests.rewards.stories import NEW_YORK, at

WORDS = ("", "North", "north", "Süd", "12", "true", "a", "Z", "null")
NUMBERS = (0, 1, -1, 12, 1.0, 0.1, 0.30000000000000004, 10**12, 2.5)
VALUES = st.sampled_from((*WORDS, *NUMBERS, True, False, None))
KEYS = ("color", "weight", "1", "no such")
FIELDS = st.sampled_from(
    (
        *("region", "line", "product", "member_role", "amount", "quantity", "occurred_on", "kind"),
        *(f"attributes.{key}" for key in KEYS),
        *(f"account.{key}" for key in KEYS),
    )
)
COMPARISONS = st.one_of(
    st.fixed_dictionaries(
        {"field": FIELDS, "op": st.sampled_from(("eq", "ne", *ORDERS)), "value": VALUES}
    ),
    st.fixed_dictionaries(
        {
            "field": FIELDS,
            "op": st.sampled_from(("in", "not_in")),
            "value": st.lists(VALUES, max_size=3),
        }
    ),
)
CONDITIONS = st.recursive(
    COMPARISONS | st.just({}),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
ATTRIBUTES = st.one_of(st.none(), st.dictionaries(st.sampled_from(KEYS[:3]), VALUES, max_size=3))
FACTS = st.lists(
    st.fixed_dictionaries(
        {
            "region": st.sampled_from(WORDS),
            "account": st.dictionaries(st.sampled_from(KEYS[:3]), VALUES, max_size=2),
            "line": st.sampled_from(WORDS),
            "has_product": st.booleans(),
            "has_member": st.booleans(),
            "amount": st.sampled_from((0, 1, 12, 10**12)),
            "quantity": st.sampled_from(("0", "1", "2.5", "0.1", "12")),
            "occurred": st.sampled_from(("2026-03-31 23:30", "2026-04-01 00:30")),
            "attributes": ATTRIBUTES,
        }
    ),
    min_size=1,
    max_size=5,
)


def _store(facts: list[dict]) -> dict:
    """Rows of these facts; by their ids, the facts as conditions see them."""
    product = Product.objects.filter(sku="north").first() or ProductFactory(sku="north")
    seen = {}
    for number, fact in enumerate(facts):
        account = AccountFactory(region=fact["region"], attributes=fact["account"])
        member = (
            MemberFactory(account=account, business_role="sales") if fact["has_member"] else None
        )
        activity = Activity.objects.create(
            account=account,
            member=member,
            kind="a",
            source="t",
            external_id=f"{number}-{uuid7()}",
            occurred_at=at(fact["occurred"]),
            recorded_at=at("2026-05-01"),
            amount=fact["amount"],
            quantity=Decimal(fact["quantity"]),
            product=product if fact["has_product"] else None,
            product_line=fact["line"],
            attributes=fact["attributes"],
            digest=uuid7(),
        )
        seen[activity.id] = fact | {
            "kind": "a",
            "product": "north" if fact["has_product"] else "",
            "member_role": "sales" if member else "",
            "quantity": Decimal(fact["quantity"]),
            "occurred_on": fact["occurred"][:10],
        }
    return seen


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(facts=FACTS, conditions=st.lists(CONDITIONS, min_size=1, max_size=8))
def test_asked_of_rows_or_of_one_fact_a_condition_is_the_same(in_tenant: Tenant, facts, conditions):
    seen = _store(facts)
    rows = Activity.objects.filter(id__in=list(seen))
    for condition in conditions:
        holds = compile_condition(condition)
        expected = {key for key, fact in seen.items() if holds(fact)}
        query = as_query(condition, columns=activity_columns(NEW_YORK))
        assert (condition, set(rows.filter(query).values_list("id", flat=True))) == (
            condition,
            expected,
        )


@given(condition=CONDITIONS)
def test_what_is_a_condition_follows_the_schema(condition):
    compile_condition(condition)
    Draft202012Validator(SCHEMA).validate(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "text",
        {"all": {}},
        {"field": "line", "op": "like", "value": "B%"},
        {"field": "line", "op": "in", "value": "Bikes"},
        {"field": "line", "op": "eq", "value": ["Bikes"]},
        {"field": "", "op": "eq", "value": 1},
        {"field": "line", "op": "eq"},
        {"all": [], "any": []},
        {"not": ["x"]},
        {"field": "line", "op": "eq", "value": {}},
        {"field": "line", "op": "eq", "value": "x" * 401},
    ],
)
def test_schema_and_compiler_refuse_the_same(condition):
    assert not Draft202012Validator(SCHEMA).is_valid(condition)
    with pytest.raises(BadCondition):
        compile_condition(condition)


def test_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "a\x00", "\ud800", 10**19])
def test_values_that_nothing_could_equal_are_refused(value):
    with pytest.raises(BadCondition):
        compile_condition({"field": "line", "op": "eq", "value": value})


def test_depth_and_size_are_bounded():
    deep: dict = {"field": "a", "op": "eq", "value": 1}
    for _ in range(8):
        deep = {"not": deep}
    with pytest.raises(BadCondition, match="deep"):
        compile_condition(deep)
    with pytest.raises(BadCondition, match="at most 200 parts"):
        compile_condition({"all": [{}] * 201})


def test_segment_is_its_condition_under_a_name(in_tenant: Tenant):
    segments = {
        "north": {"field": "region", "op": "eq", "value": "North"},
        "big north": {
            "all": [
                {"field": "segment", "op": "eq", "value": "north"},
                {"field": "account.size", "op": "gte", "value": 10},
            ]
        },
    }
    for number, region, size in (("1", "North", 12), ("2", "North", 3), ("3", "South", 12)):
        AccountFactory(number=number, region=region, attributes={"size": size})

    def found(op: str, value) -> list[str]:
        query = as_query(
            {"field": "segment", "op": op, "value": value},
            columns=ACCOUNT_COLUMNS,
            segments=segments,
        )
        return sorted(Account.objects.filter(query).values_list("number", flat=True))

    assert found("eq", "big north") == ["1"]
    assert found("in", ["north", "big north"]) == ["1", "2"]
    assert found("not_in", ["big north"]) == ["2", "3"]
    with pytest.raises(BadCondition, match="no segment “south”"):
        found("eq", "south")
    looped = {"a": {"field": "segment", "op": "eq", "value": "a"}}
    with pytest.raises(BadCondition, match="defined by itself"):
        compile_condition(looped["a"], segments=looped)


def test_rows_without_the_field_cannot_be_asked(in_tenant: Tenant):
    with pytest.raises(CannotAsk, match="amount"):
        as_query({"field": "amount", "op": "gt", "value": 1}, columns=ACCOUNT_COLUMNS)
