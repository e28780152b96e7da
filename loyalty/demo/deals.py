"""Deals that the demo's partners want to win, registered and decided by the real rules."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from accounts.attributes import Attribute
from accounts.models import Account, Member, Staff
from accounts.models.people import PortalRole
from accounts.periods import start_of
from loyalty.demo.businesses import Business
from loyalty.demo.company import ZONE
from loyalty.demo.people import MANAGER, STAFF
from partners.deals import deciding
from partners.deals.closing import win
from partners.deals.forms import Terms, add_form
from partners.deals.registering import Registration, register
from partners.models import Deal

WON = 20  # o'clock on the day before the demo was made
ASKED = (
    Attribute("stage", "choice", ("first talks", "offer made", "negotiation"), required=True),
    Attribute("current_supplier"),
)

# the business's place, how many days ago, what it said, and what became of it
STORIES: tuple[tuple[int, int, dict[str, Any], str], ...] = (
    (0, 48, {"customer": "Cedar Falls Fabrication, Inc.", "website": "cedarfallsfab.com",
             "amount": 86_000_00, "contact": "Dale Whitaker", "tax_number": "42-1187720"}, "win"),
    (0, 21, {"customer": "Port Huron Boatworks LLC", "website": "www.phboatworks.com",
             "amount": 41_500_00, "contact": "Irene Novak"}, "approve"),
    (0, 2, {"customer": "Kettle Moraine Brewing Co.", "website": "kettlemoraine.beer",
            "amount": 18_900_00}, ""),
    (2, 9, {"customer": "Twin Rivers School District", "website": "twinrivers.k12.wi.us",
            "amount": 27_300_00}, "approve"),
    (4, 1, {"customer": "Kettle-Moraine Brewing", "website": "shop.kettlemoraine.beer",
            "amount": 22_000_00}, ""),
    (5, 30, {"customer": "Bluff City Elevators", "amount": 12_400_00}, "reject"),
)  # fmt: skip


def add_deals(people: Sequence[Business], *, today: date) -> None:
    """A form for all partner types, and a few deals; two of them for the same customer."""
    by = Staff.objects.get(name=STAFF[MANAGER][0]).actor
    opened = start_of(today - timedelta(days=60), ZONE)
    terms = Terms(name="New customers")
    add_form(partner_type="", terms=terms, fields=ASKED, actor=by, now=opened)
    numbers = {business.place: business.number for business in people}
    for place, ago, said, end in STORIES:
        if place in numbers:
            day = today - timedelta(days=ago)
            at = start_of(day, ZONE) + timedelta(hours=10)
            made = _register(numbers[place], said, day=day, at=at)
            _end(made, end, by=by, day=day, at=at + timedelta(hours=5), today=today)


def _register(number: str, said: dict[str, Any], *, day: date, at: datetime) -> Deal:
    account = Account.objects.get(number=number)
    member = Member.objects.get(account=account, portal_role=PortalRole.ADMIN)
    wanted = Registration(
        account=account,
        reseller=account,
        distributor=None,
        member=member,
        country="US",
        closes_on=day + timedelta(days=75),
        answers={"stage": "offer made"},
        key=f"demo {said['customer']}",
        actor=member.actor,
        **said,
    )
    return register(wanted, today=day, now=at)


def _end(made: Deal, end: str, *, by: str, day: date, at: datetime, today: date) -> None:
    """A win comes in last of all: what was known on the days before stays what it was."""
    if end == "reject":
        deciding.reject(made.pk, by=by, reason="We have served them for years.", now=at)
    elif end:
        deciding.approve(made.pk, by=by, note="", today=day, now=at)
    if end == "win":
        last = today - timedelta(days=1)
        now = start_of(last, ZONE) + timedelta(hours=WON)
        worth = made.amount - 4_200_00
        win(made.pk, amount=worth, won_on=last, today=last, zone=ZONE, actor=by, now=now)
