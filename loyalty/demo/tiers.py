"""The demo's ladders: one that leads, by what is bought and learned, and a track for Safety."""

from datetime import datetime
from typing import Any

from accounts.counting import AMOUNT, Counting
from accounts.declaring import declare_measure
from accounts.models import Program
from tiers.publishing import draft_scheme, publish

QUARTER = {"window": "quarter"}
A_YEAR = {"window": "rolling", "months": 12}
SAFETY = "safety_revenue"


def _bought(dollars: int) -> dict[str, Any]:
    return {"measure": "revenue", "window": QUARTER, "op": "gte", "threshold": dollars * 100}


def _safety(dollars: int) -> dict[str, Any]:
    return {"measure": SAFETY, "window": A_YEAR, "op": "gte", "threshold": dollars * 100}


def _trained(times: int) -> dict[str, Any]:
    return {"measure": "trainings", "window": A_YEAR, "op": "gte", "threshold": times}


PARTNER_TIERS = (  # code, what it asks, what points are multiplied with, what else it gives
    ("registered", {}, "1", {}),
    ("silver", _bought(25_000), "1.25", {"support_level": "Business hours"}),
    (
        "gold",
        {"all": [_bought(100_000), _trained(1)]},
        "1.5",
        {"discount_percent": "3", "support_level": "Priority", "directory_place": 2},
    ),
    (
        "platinum",
        {"all": [_bought(250_000), _trained(2)]},
        "2",
        {
            "discount_percent": "5",
            "funds_share_percent": "1.5",
            "support_level": "Named engineer",
            "directory_place": 1,
            "early_access": True,
        },
    ),
)
SAFETY_TRACK = (
    ("starter", {}, "1", {}),
    ("associate", _safety(20_000), "1", {"entitlements": {"demo-kits": 1}}),
    (
        "expert",
        {"all": [_safety(80_000), _trained(2)]},
        "1",
        {"entitlements": {"demo-kits": 3}, "early_access": True},
    ),
)
SAFETY_POLICIES = {"falls": "one_step", "grace_days": 30}


def publish_tiers(program: Program, *, since: datetime, by: str) -> None:
    """Both ladders, in force from `since`."""
    about: dict[str, Any] = {"actor": by, "now": since}
    sold = Counting(AMOUNT, kinds=("purchase",), lines=("Safety",))
    declare_measure(code=SAFETY, name="Revenue with Safety", counting=sold, **about)
    for code, name, tiers, policies in (
        ("partner-tiers", "Partner tiers", PARTNER_TIERS, {}),
        ("safety", "Safety specialists", SAFETY_TRACK, SAFETY_POLICIES),
    ):
        rungs = [_rung(*tier) for tier in tiers]
        terms = {"rungs": rungs, **policies}
        draft = draft_scheme(program=program, code=code, name=name, terms=terms, **about)
        publish(version=draft, valid_from=since, **about)


def _rung(code: str, asks: dict[str, Any], multiplier: str, gives: dict[str, Any]) -> dict:
    return {
        "code": code,
        "name": code.capitalize(),
        "criteria": asks,
        "multiplier": multiplier,
        "benefits": gives,
    }
