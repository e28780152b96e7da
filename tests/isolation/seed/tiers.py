"""What is done to ladders and by hand."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from accounts.models import (
    Enrollment,
    Program,
)
from rewards.replay import Draft
from rewards.replay import jobs as replays
from tests.factories import (
    LONG_AGO,
)
from tests.isolation.side import Side
from tiers import pinning
from tiers import publishing as ladders
from tiers.models import Nearness, Scheme


def furnish(side: Side, program: Program, now: datetime) -> None:
    """A draft of the ladder, a tier set by hand, an invitation, and a replay that waits."""
    about = {"actor": side.staff["owner"].actor, "now": now}
    scheme = Scheme.objects.get(pk=side.things["ladder"])
    terms = {"rungs": scheme.versions.get().rungs}
    draft = ladders.draft_version(scheme=scheme, terms=terms, **about)
    asked = {"measure": "revenue", "window": {"window": "year"}, "op": "gte", "threshold": 1}
    inner = {"code": "inner", "name": "Inner", "criteria": asked, "by_invitation": True}
    rungs = [{"code": "friend", "name": "Friend"}, inner]
    circle = ladders.draft_scheme(
        program=program, code="circle", name="Circle", terms={"rungs": rungs}, **about
    )
    ladders.publish(version=circle, valid_from=LONG_AGO, **about)
    enrollment = Enrollment.objects.get(account=side.accounts["1001"], program=program)
    pin = pinning.ask_for_pin(
        enrollment=enrollment,
        scheme=scheme,
        tier_code="gold",
        reason="Why",
        ends_at=now + timedelta(days=30),
        **about,
    )
    invitation = pinning.invite(
        enrollment=enrollment, scheme=circle.scheme, tier_code="inner", **about
    )
    Nearness.objects.create(
        tenant_id=side.tenant.id,
        enrollment=enrollment,
        scheme=scheme,
        period=now.date().replace(day=1),
        tier_code="gold",
        told_at=now,
    )
    side.things |= {
        "ladder draft": draft.id,
        "pin": pin.id,
        "tier invitation": invitation.id,
        "replay": _replay(side, program, now),
    }


def _replay(side: Side, program: Program, now: datetime) -> UUID:
    day = now.date()
    run = replays.ask_for(
        program=program,
        name="R",
        draft=Draft(),
        since=day - timedelta(days=20),
        until=day - timedelta(days=10),
        point_cost=Decimal("0.01"),
        actor=side.staff["owner"].actor,
        today=day,
        now=now,
    )
    return run.pk
