"""What points are spent on."""

from datetime import datetime, timedelta

from accounts.models import (
    Program,
)
from rewards import (
    offering,
)
from rewards.codes import add_codes
from rewards.offering import Price
from rewards.redeeming import Wish, redeem
from tests.isolation.side import Side


def furnish(side: Side, program: Program, now: datetime) -> None:
    """A reward that both accounts have asked for, and one each with codes and slots."""
    shared = {"actor": side.staff["owner"].actor, "now": now}
    made = {}
    for type, details in (
        ("credit_note", {"value": 5_00}),
        ("gift_card", {"brand": "Shop", "value": 5_00}),
        ("expert_session", {"topic": "Talk", "minutes": 30}),
    ):
        terms = {"code": type.replace("_", "-"), "name": type, "description": "Yours."}
        terms |= {"type": type, "points": 10, "details": details}
        price = Price(field="tier", value="Gold", points=10)
        made[type] = offering.add_reward(program=program, terms=terms, prices=[price], **shared)
    add_codes(made["gift_card"], ["CODE-0001", "CODE-0002"], **shared)
    offering.add_slots(made["expert_session"], [now + timedelta(days=9)], expert="Expert", **shared)
    for reward in made.values():
        offering.publish(reward, **shared)
    side.things["reward"] = made["credit_note"].id
    for number, account in side.accounts.items():
        wish = Wish(
            reward_id=made["credit_note"].id,
            account=account,
            member=side.members["admin" if number == "1001" else "neighbor"],
            answers={"invoice": f"INV-{number}"},
            key=f"form {number}",
            actor=side.members["admin" if number == "1001" else "neighbor"].actor,
        )
        redemption = redeem(wish, tenant=side.tenant, now=now)
        side.things[f"redemption {number}"] = redemption.id
