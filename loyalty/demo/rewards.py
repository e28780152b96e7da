"""What the demo's points are good for, and who has asked for something already."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import Account, Member, Program, Staff, Tenant
from accounts.models.people import PortalRole
from accounts.periods import start_of
from loyalty.demo.businesses import Business
from loyalty.demo.company import ZONE
from loyalty.demo.people import MANAGER, STAFF
from rewards import deciding, offering
from rewards.codes import add_codes
from rewards.models import Redemption, Reward, RewardType
from rewards.offering import Price
from rewards.redeeming import Unavailable, Wish, redeem

CODES = 40
OPENING = 17  # o'clock on the day before the demo was made: when the stories below begin

# code, type, name, points, description, fields of the type, everything else
CATALOG: tuple[tuple[str, str, str, int, str, dict[str, Any], dict[str, Any]], ...] = (
    ("credit-250", RewardType.CREDIT_NOTE, "$250 off your account", 25_000,
     "Credited to your next invoice, or to one you name.",
     {"value": 250_00}, {"prices": [Price(field="tier", value="Platinum", points=22_000)]}),
    ("fuel-25", RewardType.GIFT_CARD, "$25 fuel card", 2_500,
     "Good at most filling stations. The code is yours within seconds.",
     {"brand": "Anchor Fuel", "value": 25_00,
      "instructions": "Enter the code at the pump, or show it at the counter."},
     {"needs_approval": False, "per_account": 4, "limit_period": "month", "paid_by": "either"}),
    ("pricing-hour", RewardType.EXPERT_SESSION, "An hour with our pricing desk", 12_000,
     "Bring a quote that is hard to win; leave with one that is not.",
     {"topic": "Quoting and pricing", "minutes": 60}, {"from_tier": "Silver"}),
    ("safety-course", RewardType.TRAINING_SEAT, "Welding safety course, one seat", 15_000,
     "Two days at our training center in Milwaukee, with certificate.",
     {"course": "Welding safety, level 2", "place": "Milwaukee"},
     {"stock": 24, "per_account": 3, "limit_period": "quarter"}),
    ("partner-day", RewardType.EVENT_PLACE, "Partner day in Chicago", 40_000,
     "New lines, hands on, and dinner by the lake. Travel is yours.",
     {"event": "Acme partner day", "place": "Chicago"},
     {"stock": 60, "per_account": 2, "limit_period": "ever", "from_tier": "Silver"}),
    ("local-ads", RewardType.MARKETING_FUNDS, "$1,000 for your local advertising", 90_000,
     "Radio, print or search: tell us the campaign, we pay the invoice.",
     {"value": 1_000_00, "good_for": "Advertising that names Acme products."},
     {"from_tier": "Gold", "admins_only": True}),
    ("priority-support", RewardType.SERVICE_UPGRADE, "Priority support for a year", 60_000,
     "An engineer on the phone within the hour, on working days.",
     {"service": "Technical support", "level": "Priority", "months": 12}, {}),
    ("work-jacket", RewardType.MERCHANDISE, "Insulated work jacket", 6_000,
     "Wind- and waterproof, with room for a name on the chest.",
     {"item": "Work jacket, size on request"}, {"stock": 150}),
    ("torque-set", RewardType.MERCHANDISE, "Torque wrench set in a case", 18_000,
     "Calibrated, from 5 to 250 ft-lb. The last ones of this series.",
     {"item": "Torque wrench set"}, {"stock": 2}),
    ("trades-school", RewardType.DONATION, "$50 for the trades school fund", 5_000,
     "Tools and fees for apprentices who could not pay them.",
     {"organization": "Great Lakes Trades School Fund", "value": 50_00},
     {"needs_approval": False}),
)  # fmt: skip

ANSWERS: dict[str, dict[str, str]] = {
    RewardType.EXPERT_SESSION: {"question": "How do we price a blanket order over a year?"},
    RewardType.MARKETING_FUNDS: {"campaign": "Spring radio spots on safety footwear"},
    RewardType.SERVICE_UPGRADE: {"contract": "Main site"},
}

# the business's place, what its first person asks for, and what became of it
STORIES: tuple[tuple[int, str, str], ...] = (
    (0, "work-jacket", "fulfill"),
    (0, "fuel-25", ""),
    (0, "safety-course", ""),
    (2, "credit-250", "approve"),
    (4, "torque-set", "approve"),
    (4, "local-ads", ""),
    (7, "partner-day", ""),
    (7, "torque-set", ""),
    (7, "pricing-hour", "approve"),
    (8, "trades-school", "fulfill"),
    (5, "priority-support", "reject"),
    (1, "work-jacket", ""),
    (9, "fuel-25", ""),
)
NOTES = {"reject": "Your contract includes it already.", "fulfill": "On its way to you."}


def add_catalog(program: Program, *, today: date, by: str, at: datetime) -> None:
    """The rewards, published, with their codes and times."""
    for code, type, name, points, description, details, more in CATALOG:
        terms = {
            "code": code,
            "type": type,
            "name": name,
            "points": points,
            "description": description,
            "details": details | _held_on(type, today),
        }
        reward = offering.add_reward(
            program=program,
            terms=terms | _said(more),
            prices=more.get("prices", ()),
            actor=by,
            now=at,
        )
        if type == RewardType.GIFT_CARD:
            add_codes(reward, _codes(), actor=by, now=at)
        if type == RewardType.EXPERT_SESSION:
            offering.add_slots(reward, _times(today), expert="Robin Vega", actor=by, now=at)
        offering.publish(reward, actor=by, now=at)


def _said(more: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in more.items() if name != "prices"}


def redeem_some(tenant: Tenant, people: Sequence[Business], *, today: date) -> None:
    """The stories, a few minutes after one another on the evening before; whoever has too few
    points for theirs has not asked."""
    staff = Staff.objects.get(name=STAFF[MANAGER][0])
    numbers = {business.place: business.number for business in people}
    opened = start_of(today - timedelta(days=1), ZONE) + timedelta(hours=OPENING)
    for minute, (place, code, end) in enumerate(STORIES):
        if place not in numbers:
            continue
        at = opened + timedelta(minutes=7 * minute)
        asked = _ask(tenant, numbers[place], code, today=today, at=at)
        if asked is not None:
            _end(asked, end, by=staff, at=at + timedelta(minutes=90))


def _ask(tenant: Tenant, number: str, code: str, *, today: date, at: datetime) -> Redemption | None:
    account = Account.objects.get(number=number)
    member = Member.objects.get(account=account, portal_role=PortalRole.ADMIN)
    reward = Reward.objects.get(code=code)
    slot = reward.slots.filter(redemption=None).order_by("starts_at").first()
    wish = Wish(
        reward_id=reward.pk,
        account=account,
        member=member,
        answers=ANSWERS.get(reward.type) or _answers(reward, account, member),
        slot_id=slot.pk if slot else None,
        key=f"demo {number} {code}",
        actor=member.actor,
    )
    try:
        return redeem(wish, tenant=tenant, now=at)
    except Unavailable:
        return None


def _end(asked: Redemption, end: str, *, by: Staff, at: datetime) -> None:
    if not end:
        return
    said: dict[str, Any] = {"actor": by.actor, "now": at, "note": NOTES.get(end, "")}
    if end == "fulfill":
        deciding.approve([asked.pk], actor=by.actor, now=at)
    deciding.ACTIONS[end]([asked.pk], **said)


def _answers(reward: Reward, account: Account, member: Member) -> dict[str, str]:
    if reward.type in (RewardType.TRAINING_SEAT, RewardType.EVENT_PLACE):
        return {"name": member.name, "email": member.user.email}
    if reward.type == RewardType.MERCHANDISE:
        return {
            "recipient": member.name,
            "street": f"{100 + int(account.pk.hex[-2:], 16)} Commerce Way",
            "postal_code": "00000",
            "city": account.attributes.get("city", "Milwaukee"),
            "country": account.country,
        }
    return {}


def _held_on(type: str, today: date) -> dict[str, str]:
    days = {RewardType.TRAINING_SEAT: 45, RewardType.EVENT_PLACE: 80}.get(RewardType(type))
    return {"held_on": (today + timedelta(days=days)).isoformat()} if days else {}


def _codes() -> list[str]:
    dice = random.Random("fuel cards")
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return [
        "-".join("".join(dice.choice(letters) for _ in range(4)) for _ in range(4))
        for _ in range(CODES)
    ]


def _times(today: date) -> list[datetime]:
    """Ten and two o'clock on the working days of the next weeks."""
    days = [today + timedelta(days=ahead) for ahead in range(3, 24)]
    working = [day for day in days if day.weekday() < 5]
    return [start_of(day, ZONE) + timedelta(hours=hour) for day in working for hour in (10, 14)]
