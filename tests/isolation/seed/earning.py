"""What raises and limits points, and facts that earned some."""

from datetime import datetime, timedelta

from accounts.counting import Counting
from accounts.declaring import declare_measure
from accounts.ids import uuid7
from accounts.models import (
    Activity,
    ActivityKind,
    Enrollment,
)
from accounts.segments import define_segment
from rewards import (
    campaigning,
    ledger,
    publishing,
)
from rewards.budgets import set_budget
from rewards.models import Entry
from tests.factories import (
    LONG_AGO,
    open_campaign,
)
from tests.isolation.side import Side
from tests.rewards.stories import accepted, purchase, taken_back, wallet_of


def terms(side: Side, program, now: datetime) -> None:
    """Drafts that can be changed, and of everything that raises or limits one that is in force."""
    actor = side.staff["owner"].actor
    about = {"program": program, "actor": actor, "now": LONG_AGO}
    north = {"field": "region", "op": "eq", "value": "North"}
    segment = define_segment(code="north", name="North", condition=north, actor=actor, now=now)
    measure = declare_measure(
        code="learned",
        name="Learned",
        counting=Counting("facts", ("training",)),
        actor=actor,
        now=now,
    )
    draft = publishing.draft_rule(
        program=program,
        code="draft",
        name="Draft",
        exclusive_group="",
        terms={"kind": "purchase", "basis": "per_amount", "rate": 1, "condition": north},
        actor=actor,
        now=now,
    )
    terms = {"name": "C", "kind": "purchase", "multiplier": 2}
    span = {"starts_at": LONG_AGO, "ends_at": now + timedelta(days=30)}
    campaign = campaigning.draft_campaign(code="draft", terms=terms | span, **about)
    rule = draft.rule
    open_campaign(program, code="spring", multiplier=2, unit="credits", ends_at=span["ends_at"])
    trigger = {"trigger_kind": "training", "trigger_counted": "count", "trigger_threshold": 1}
    within = {"trigger_window": "month", "days": 30, "unit": "credits"}
    open_campaign(program, code="skilled", multiplier=2, **trigger, **within)
    set_budget(unit="credits", amount=10**9, **span, **about)
    first = {"kind": "purchase", "counted": "count", "threshold": 1}
    campaigning.add_milestone(code="first", name="First", **first, **about)
    side.things |= {
        "version": draft.id,
        "rule": rule.id,
        "campaign": campaign.id,
        "segment": segment.id,
        "measure": measure.id,
        "kind of activity": ActivityKind.objects.get(code="training").id,
    }


def facts(side: Side, program, now: datetime) -> None:
    day = now - timedelta(days=3)
    learned = {"kind": "training", "attributes": {"score": 9, "valid_until": "2099-12-31"}}
    for (number, account), who in zip(side.accounts.items(), ("member", "neighbor"), strict=True):
        person = side.people[who].email
        accepted(
            purchase(account, "1200.00", day, f"INV-{number}", product="SKU-1", quantity=4),
            purchase(account, "0.00", day, f"TR-{number}", member=person, **learned),
            as_of=now - timedelta(days=2),
        )
        accepted(
            taken_back(account, "30.00", day, of=f"INV-{number}", document=f"RET-{number}"),
            as_of=now - timedelta(days=1),
        )
        wallet = wallet_of(account, program)
        ledger.spend(
            wallet_id=wallet.id,
            amount=50,
            cause=uuid7(),
            actor=side.staff["owner"].actor,
            occurred_at=now,
            recorded_at=now,
        )
        side.things |= {
            f"account {number}": account.id,
            f"activity {number}": Activity.objects.get(external_id=f"INV-{number}").id,
            f"enrollment {number}": Enrollment.objects.get(account=account).id,
            f"entry {number}": Entry.objects.filter(wallet=wallet).earliest("occurred_at", "id").id,
        }
