"""Criteria as data: what they are, what they are not, and how they judge values."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as some

from accounts.windows import Window
from tests.tiers.climbing import orders, revenue
from tiers.criteria import AtLeast, BadCriteria, Condition, Criteria, Weighted, parse, readings
from tiers.judging import as_sql, judge, percent_sql

REVENUE, ORDERS = "revenue|quarter", "orders|quarter"
GOLD_AND_TWO = {"all": [revenue(250_000), orders(2)]}


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ([], "criteria are an object"),
        ({"every": []}, "criteria have “all”"),
        ({"all": []}, "all: takes a list of at least one condition."),
        ({"all": [revenue(1), {"any": []}]}, "all › 2 › any: takes a list"),
        ({"n_of": 3, "of": [revenue(1), orders(1)]}, "n_of: is a whole number from 1 to 2."),
        (revenue(1) | {"op": "eq"}, "op: is one of gte, gt, lte, lt"),
        (revenue(1) | {"threshold": 1.5}, "threshold: is a whole number"),
        (revenue(1) | {"threshold": True}, "threshold: is a whole number"),
        (revenue(1, window={"window": "week"}), "window: A window is an object"),
        (revenue(1) | {"take": {"best_of": "color"}}, "take: is “total”, or “best_of” one of"),
        (revenue(1) | {"take": {"best_of": []}}, "take: is “total”, or “best_of” one of"),
        (revenue(1) | {"measure": "o'clock"}, "measure: is the code of a measure."),
        (revenue(1) | {"balance": 1}, "a reading has no balance."),
        ({"ladder": "a b", "op": "gte", "tier": "gold"}, "ladder: is a code"),
        ({"weighted": [{"reading": {}}], "score": 1}, "weighted › 1: a part has"),
    ],
)
def test_what_is_no_criteria_says_where_and_why(raw: Any, where: str):
    with pytest.raises(BadCriteria) as said:
        parse(raw)
    assert str(said.value).startswith(where)


def test_criteria_have_a_depth_and_a_size():
    nested = revenue(1)
    for _ in range(6):
        nested = {"all": [nested]}
    with pytest.raises(BadCriteria, match="nest at most 6 deep"):
        parse(nested)
    with pytest.raises(BadCriteria, match="at most 60 conditions"):
        parse({"all": [revenue(1)] * 60})


def test_each_reading_is_read_once():
    found = readings(parse({"all": [revenue(1), {"any": [revenue(2), orders(1)]}]}))
    assert [reading.key for reading in found] == [REVENUE, ORDERS]


def test_t2_one_certificate_to_go():
    certificates = {
        "measure": "certificates",
        "window": {"window": "valid_now"},
        "op": "gte",
        "threshold": 6,
    }
    asked = parse({"all": [revenue(250_000), certificates]})
    verdict = judge(asked, {REVENUE: 400_000_00, "certificates|valid_now": 5})
    assert not verdict.met
    money, paper = verdict.parts
    assert (money.met, money.percent, money.missing) == (True, 100, 0)
    assert (paper.met, paper.value, paper.threshold, paper.missing) == (False, 5, 6, 1)
    assert verdict.percent == paper.percent == 83


def weighted(score: int, **least: int) -> dict[str, Any]:
    """Vector T3: 1,000 in all, of contract value, expertise and satisfaction."""
    year = {"window": "fiscal_year"}
    return {
        "weighted": [
            {
                "reading": {"measure": "acv", "window": year},
                "full": 100_000_00,
                "weight": 450,
                "least": least.get("acv", 0),
            },
            {
                "reading": {"measure": "expertise", "window": year},
                "full": 10,
                "weight": 350,
                "least": least.get("expertise", 0),
            },
            {
                "reading": {"measure": "satisfaction", "window": year},
                "full": 500,
                "weight": 200,
                "least": least.get("satisfaction", 0),
            },
        ],
        "score": score,
    }


def scored(acv: int, expertise: int, satisfaction: int) -> dict[str, int]:
    return {
        "acv|fiscal_year": acv,
        "expertise|fiscal_year": expertise,
        "satisfaction|fiscal_year": satisfaction,
    }


def test_t3_a_weighted_score_of_625_is_gold():
    values = scored(acv=100_000_00, expertise=5, satisfaction=0)
    gold, platinum = judge(parse(weighted(500)), values), judge(parse(weighted(750)), values)
    assert (gold.met, gold.value, gold.threshold) == (True, 625, 500)
    assert [part.value for part in gold.parts] == [450, 175, 0]
    assert (platinum.met, platinum.missing, platinum.percent) == (False, 125, 83)


def test_t3_each_part_is_capped_at_its_weight():
    verdict = judge(parse(weighted(500)), scored(acv=900_000_00, expertise=0, satisfaction=0))
    assert (verdict.met, verdict.value) == (False, 450)


def test_the_least_of_each_part_is_a_gate():
    asked = parse(weighted(500, satisfaction=50))
    closed = judge(asked, scored(acv=100_000_00, expertise=5, satisfaction=0))
    assert (closed.met, closed.value, closed.percent) == (False, 625, 0)
    opened = judge(asked, scored(acv=100_000_00, expertise=5, satisfaction=125))
    assert (opened.met, opened.value, opened.percent) == (True, 675, 100)


def test_a_score_is_rounded_down_once():
    """A third of 100 three times is 100, and 99 would be thirds rounded down each."""
    thirds = [
        {"reading": {"measure": code, "window": {"window": "year"}}, "full": 3, "weight": 100}
        for code in "abc"
    ]
    verdict = judge(
        parse({"weighted": thirds, "score": 100}), {f"{code}|year": 1 for code in "abc"}
    )
    assert (verdict.met, verdict.value) == (True, 100)


def net_users(users: int, people: int, retention: int) -> dict[str, Any]:
    """Vector T4; retention in hundredths of a percent."""
    asked = {"net-users": users, "certified": people, "retention": retention * 100}
    return {
        "all": [
            {
                "measure": code,
                "window": {"window": "rolling", "months": 12},
                "op": "gte",
                "threshold": threshold,
            }
            for code, threshold in asked.items()
        ]
    }


def test_t4_all_three_have_to_be_met():
    silver, gold = parse(net_users(75, 3, 70)), parse(net_users(300, 6, 80))
    values = {
        "net-users|rolling:12": 310,
        "certified|rolling:12": 6,
        "retention|rolling:12": 79_00,
    }
    assert judge(silver, values).met
    assert not judge(gold, values).met
    assert judge(gold, values | {"retention|rolling:12": 80_00}).met


def test_n_of_takes_the_nearest():
    asked = parse({"n_of": 2, "of": [revenue(100), orders(10), orders(4)]})
    verdict = judge(asked, {REVENUE: 90_00, ORDERS: 3})
    assert (verdict.met, verdict.value, verdict.missing) == (False, 0, 2)
    assert verdict.percent == 75  # 90 and 75 are nearer than 30
    assert judge(asked, {REVENUE: 0, ORDERS: 10}).met


def test_less_may_be_wanted():
    asked = parse(orders(10) | {"op": "lt"})
    assert judge(asked, {ORDERS: 9}).met
    above = judge(asked, {ORDERS: 12})
    assert (above.met, above.missing, above.percent) == (False, 3, 75)


def test_nobody_is_judged_by_half_of_the_facts():
    with pytest.raises(KeyError):
        judge(parse(GOLD_AND_TWO), {REVENUE: 1})


# ── SQL = Python ─────────────────────────────────────────────────────────────────────────────────

KEYS = [f"m{n}|quarter" for n in range(3)]
THRESHOLDS = some.integers(-3, 12) | some.sampled_from([10**15, 10**18])


def leaf(code: str, op: str, threshold: int) -> dict[str, Any]:
    return {"measure": code, "window": {"window": "quarter"}, "op": op, "threshold": threshold}


leaves = some.builds(
    leaf,
    some.sampled_from(["m0", "m1", "m2"]),
    some.sampled_from(["gte", "gt", "lte", "lt"]),
    THRESHOLDS,
)


@some.composite
def scores(draw) -> dict[str, Any]:
    parts = []
    for code in ("m0", "m1", "m2")[: draw(some.integers(1, 3))]:
        weight = draw(some.integers(1, 40))
        parts.append(
            {
                "reading": {"measure": code, "window": {"window": "quarter"}},
                "full": draw(some.integers(1, 12)),
                "weight": weight,
                "least": draw(some.integers(0, weight)),
            }
        )
    score = draw(some.integers(1, sum(part["weight"] for part in parts)))
    return {"weighted": parts, "score": score}


@some.composite
def n_of(draw, inner) -> dict[str, Any]:
    parts = draw(some.lists(inner, min_size=1, max_size=4))
    return {"n_of": draw(some.integers(1, len(parts))), "of": parts}


def lists(inner):
    return some.lists(inner, min_size=1, max_size=3)


trees = some.recursive(
    leaves | scores(),
    lambda inner: (
        lists(inner).map(lambda parts: {"all": parts})
        | lists(inner).map(lambda parts: {"any": parts})
        | n_of(inner)
    ),
    max_leaves=8,
)
rows = some.lists(
    some.tuples(*[some.integers(-2, 14) | some.just(10**17)] * 3), min_size=1, max_size=6
)


def plainly(criteria: Criteria, values: Mapping[str, int]) -> bool:
    """Whether criteria are met, said as simply as possible."""
    if isinstance(criteria, Condition):
        value = values[criteria.reading.key]
        return {
            "gte": value >= criteria.threshold,
            "gt": value > criteria.threshold,
            "lte": value <= criteria.threshold,
            "lt": value < criteria.threshold,
        }[criteria.op]
    if isinstance(criteria, Weighted):
        brought = [
            Fraction(part.weight) * min(Fraction(max(values[part.reading.key], 0), part.full), 1)
            for part in criteria.parts
        ]
        gates = [one >= part.least for one, part in zip(brought, criteria.parts, strict=True)]
        return all(gates) and sum(brought) >= criteria.score
    assert isinstance(criteria, AtLeast)
    return sum(plainly(part, values) for part in criteria.parts) >= criteria.least


@pytest.mark.django_db
@settings(max_examples=150, deadline=None)
@given(raw=trees, rows=rows)
def test_sql_judges_as_python_does(raw: dict[str, Any], rows: list[tuple[int, ...]]):
    criteria = parse(raw)
    columns = dict(zip(KEYS, ("a", "b", "c"), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {as_sql(criteria, columns)}, {percent_sql(criteria, columns)} "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) "
            "WITH ORDINALITY AS t (a, b, c, n) ORDER BY n",
            [list(column) for column in zip(*rows, strict=True)],
        )
        said = [(met, int(percent)) for met, percent in cursor.fetchall()]
    values = [dict(zip(KEYS, row, strict=True)) for row in rows]
    verdicts = [judge(criteria, one) for one in values]
    assert said == [(verdict.met, verdict.percent) for verdict in verdicts]
    assert [met for met, _ in said] == [plainly(criteria, one) for one in values]
    assert all((percent == 100) == met for met, percent in said)


def test_a_window_is_part_of_the_key():
    (reading,) = readings(parse(revenue(1, window={"window": "rolling", "months": 12})))
    assert reading.window == Window("rolling", months=12)
    assert reading.key == "revenue|rolling:12"
