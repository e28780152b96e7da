"""The words in which the stories of deals are told."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts.attributes import Attribute
from accounts.ids import uuid7
from accounts.kinds import add_kind
from accounts.models import Account, Staff
from partners.deals import deciding
from partners.deals.closing import lose, win
from partners.deals.forms import Terms, add_form
from partners.deals.registering import Registration, register
from partners.models import Deal, DealForm
from tests.factories import publish_rule
from tests.rewards.stories import at

ZONE = ZoneInfo("America/New_York")
TODAY = date(2026, 5, 20)
NOON = at("2026-05-20")


def deal_form(partner_type: str = "", **terms: Any) -> DealForm:
    """A form that asks how many seats, and may be told the stage."""
    return add_form(
        partner_type=partner_type,
        terms=Terms(**({"name": "Deals"} | terms)),
        fields=(
            Attribute("seats", "whole", required=True),
            Attribute("stage", "choice", ("early", "late")),
        ),
        actor="system",
        now=at("2026-01-01"),
    )


def deals_earn(program) -> None:
    """1 point for each $10 of a won deal."""
    add_kind(code="deal", name="Deal", attributes=(), actor="system", now=at("2026-01-01"))
    publish_rule(program, code="deals", kind="deal", rate=Decimal("0.1"))


def wanted(whose: Account, /, **said: Any) -> Registration:
    return Registration(
        **(
            {
                "account": whose,
                "reseller": whose,
                "distributor": None,
                "customer": "Nordstern Logistik GmbH",
                "website": "https://www.nordstern.de/kontakt",
                "amount": 5_000_000,
                "closes_on": date(2026, 9, 30),
                "answers": {"seats": "25"},
                "key": str(uuid7()),
                "actor": "system",
            }
            | said
        )
    )


def registered(
    whose: Account, /, *, today: date = TODAY, now: datetime = NOON, **said: Any
) -> Deal:
    return register(wanted(whose, **said), today=today, now=now)


def approved(deal: Deal, by: Staff, *, note: str = "", today: date = TODAY, now=NOON) -> Deal:
    return deciding.approve(deal.pk, by=by.actor, note=note, today=today, now=now)


def won(deal: Deal, *, amount: int, on: date, now: datetime) -> Deal:
    return win(deal.pk, amount=amount, won_on=on, actor="system", today=on, zone=ZONE, now=now)


def lost(deal: Deal, *, now: datetime) -> Deal:
    return lose(deal.pk, note="Canceled", actor="system", now=now, may_undo=True)
