"""What the demo's program promises: its earning rules and its tiers."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Program
from accounts.segments import define_segment
from rewards.campaigning import draft_campaign, publish_campaign
from rewards.models import EarningRule, RuleVersion
from rewards.models.rules import Basis, CapWindow
from tiers.models import Basis as TierBasis
from tiers.models import Scheme, SchemeVersion, Span, Tier

EXPIRY = {"policy": "quarter_end", "plus": 2}

TIERS = (  # name, dollars bought in a quarter, what points are multiplied with
    ("Registered", 0, "1"),
    ("Silver", 25_000, "1.25"),
    ("Gold", 100_000, "1.5"),
    ("Platinum", 250_000, "2"),
)

FOCUS = {"field": "line", "op": "eq", "value": "Safety"}
ABRASIVES = {"field": "line", "op": "eq", "value": "Abrasives"}


def publish(program: Program, *, since: datetime, raised: datetime, by: str) -> None:
    """Publish rules and tiers, valid from `since`; one rule gives more from `raised` on."""
    _publish_tiers(program, since=since, by=by)
    once: dict[str, Any] = {"valid_from": since, "published_at": since, "published_by": by}
    _publish_rule(
        program,
        "purchases",
        "Points on every purchase",
        [once | {"kind": "purchase", "basis": Basis.PER_AMOUNT, "rate": Decimal(1)}],
    )
    focus = once | {
        "kind": "purchase",
        "condition": FOCUS,
        "basis": Basis.PER_AMOUNT,
        "tier_multiplies": False,
        "hold_days": 30,
    }
    before = focus | {"rate": Decimal("0.5"), "valid_to": raised}
    now = focus | {"rate": Decimal(1), "valid_from": raised, "published_at": raised}
    versions = [before, now] if since < raised else [now]
    _publish_rule(program, "safety-focus", "Extra points on Safety", versions)
    by_the_box = {
        "kind": "purchase",
        "condition": ABRASIVES,
        "basis": Basis.PER_UNIT,
        "rate": Decimal(2),
        "tier_multiplies": False,
        "cap": 400,
        "cap_window": CapWindow.MONTH,
    }
    _publish_rule(program, "abrasives-boxes", "Points per box of Abrasives", [once | by_the_box])
    training = {
        "kind": "training",
        "basis": Basis.FIXED,
        "rate": Decimal(750),
        "tier_multiplies": False,
    }
    _publish_rule(program, "training", "Trained people sell better", [once | training])
    _publish_campaigns(program, since=since, raised=raised, by=by)


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


def _publish_rule(program: Program, code: str, name: str, versions: list[dict[str, Any]]) -> None:
    rule = EarningRule.objects.create(program=program, code=code, name=name)
    RuleVersion.objects.bulk_create(
        RuleVersion(rule=rule, number=number, **version)
        for number, version in enumerate(versions, start=1)
    )


def _publish_tiers(program: Program, *, since: datetime, by: str) -> None:
    scheme = Scheme.objects.create(program=program, name="Partner tiers")
    version = SchemeVersion.objects.create(
        scheme=scheme,
        number=1,
        valid_from=since,
        basis=TierBasis.AMOUNT,
        span=Span.TOTAL,
        keep_quarters=1,
        published_at=since,
        published_by=by,
    )
    Tier.objects.bulk_create(
        Tier(
            version=version,
            rank=rank,
            name=name,
            threshold=dollars * 100,
            multiplier=Decimal(multiplier),
        )
        for rank, (name, dollars, multiplier) in enumerate(TIERS)
    )
