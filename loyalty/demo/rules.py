"""What the demo's program promises: its earning rules, its campaigns, and with them its tiers."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Program
from accounts.segments import define_segment
from loyalty.demo.tiers import publish_tiers
from rewards.campaigning import draft_campaign, publish_campaign
from rewards.models.rules import Basis, CapWindow
from rewards.publishing import publish_rule

EXPIRY = {"policy": "quarter_end", "plus": 2}

FOCUS = {"field": "line", "op": "eq", "value": "Safety"}
ABRASIVES = {"field": "line", "op": "eq", "value": "Abrasives"}


def publish(program: Program, *, since: datetime, raised: datetime, by: str) -> None:
    """Publish rules and tiers, valid from `since`; one rule gives more from `raised` on."""
    publish_tiers(program, since=since, by=by)
    for code, name, versions in _rules(since=since, raised=raised):
        publish_rule(program=program, code=code, name=name, versions=versions, actor=by, now=since)
    _publish_campaigns(program, since=since, raised=raised, by=by)


def _rules(*, since: datetime, raised: datetime) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Code, name and versions of each rule."""
    purchases = {"valid_from": since, "kind": "purchase"}
    plain = purchases | {"basis": Basis.PER_AMOUNT, "rate": Decimal(1)}
    focus = purchases | {
        "condition": FOCUS,
        "basis": Basis.PER_AMOUNT,
        "tier_multiplies": False,
        "hold_days": 30,
    }
    before = focus | {"rate": Decimal("0.5"), "valid_to": raised}
    now = focus | {"rate": Decimal(1), "valid_from": raised, "published_at": raised}
    by_the_box = purchases | {
        "condition": ABRASIVES,
        "basis": Basis.PER_UNIT,
        "rate": Decimal(2),
        "tier_multiplies": False,
        "cap": 400,
        "cap_window": CapWindow.MONTH,
    }
    training = {
        "valid_from": since,
        "kind": "training",
        "basis": Basis.FIXED,
        "rate": Decimal(750),
        "tier_multiplies": False,
    }
    return [
        ("purchases", "Points on every purchase", [plain]),
        ("safety-focus", "Extra points on Safety", [before, now] if since < raised else [now]),
        ("abrasives-boxes", "Points per box of Abrasives", [by_the_box]),
        ("training", "Trained people sell better", [training]),
    ]


def _publish_campaigns(program: Program, *, since: datetime, raised: datetime, by: str) -> None:
    """A segment with a month of more points for it, and a rate that training raises."""
    resellers = {"field": "partner_type", "op": "eq", "value": "Reseller"}
    about = {"actor": by, "now": since}
    define_segment(code="resellers", name="Resellers", condition=resellers, **about)
    season = {
        "name": "Safety season",
        "kind": "purchase",
        "condition": {"all": [FOCUS, {"field": "segment", "op": "eq", "value": "resellers"}]},
        "multiplier": Decimal("1.5"),
        "starts_at": raised,
        "ends_at": raised + timedelta(days=60),
    }
    skilled = {
        "name": "Skilled teams",
        "kind": "purchase",
        "multiplier": Decimal("1.2"),
        "starts_at": since,
        "trigger_kind": "training",
        "trigger_counted": "count",
        "trigger_threshold": 2,
        "trigger_window": "quarter",
        "days": 30,
    }
    for code, terms in (("safety-season", season), ("skilled-teams", skilled)):
        draft = draft_campaign(program=program, code=code, terms=terms, **about)
        publish_campaign(campaign=draft, **about)
