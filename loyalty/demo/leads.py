"""Leads that the demo's company shares, and what partners say of themselves in its directory."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import Account, Member, Staff
from accounts.models.people import PortalRole
from accounts.periods import start_of
from loyalty.demo.businesses import Business
from loyalty.demo.company import ZONE
from loyalty.demo.people import MANAGER, STAFF
from partners.directory.deciding import approve
from partners.directory.proposing import Saying, propose, set_listed
from partners.directory.terms import set_terms
from partners.leads import answering, reporting
from partners.leads.receiving import NewLead, receive
from partners.leads.rules import Ruling, add_rule
from partners.models import Lead

LINES = ("Abrasives", "Hand Tools", "Power Tools", "Safety", "Fasteners", "Lubricants", "Sealing")

# how many hours ago, what is known, and what its partner made of it
STORIES: tuple[tuple[int, dict[str, Any], str], ...] = (
    (300, {"company": "Fox Cities Millwork", "contact": "Alma Reyes", "region": "Midwest",
           "need": "Abrasives for a new sanding line", "lines": ["Abrasives"],
           "amount": 36_000_00}, "win"),
    (120, {"company": "Green Bay Cold Storage", "contact": "Tom Sutter", "region": "Midwest",
           "need": "Safety wear for 60 people", "lines": ["Safety"], "amount": 14_500_00},
     "qualify"),
    (40, {"company": "Erie Canal Boatyard", "contact": "Nora Pike", "region": "Northeast",
          "need": "Fasteners, marine grade", "lines": ["Fasteners"], "amount": 9_800_00}, "lose"),
    (5, {"company": "Wausau Window Works", "contact": "Carl Lindqvist", "region": "Midwest",
         "need": "Power tools for two crews", "lines": ["Power Tools"], "amount": 22_000_00}, ""),
    (2, {"company": "Sheboygan Chair Co.", "contact": "Ines Moreau", "region": "Midwest",
         "need": "Sanding belts, monthly", "lines": ["Abrasives"], "amount": 7_200_00}, ""),
)  # fmt: skip


def add_leads(people: Sequence[Business], *, now: datetime) -> None:
    """Two rules, and a few leads; the newest wait for an answer."""
    by = Staff.objects.get(name=STAFF[MANAGER][0]).actor
    opened = now - timedelta(days=20)
    midwest = Ruling(name="Midwest", position=1, regions=["Midwest"], partner_types=["Dealer"])
    add_rule(midwest, actor=by, now=opened)
    add_rule(Ruling(name="Everywhere", method="best_fit"), actor=by, now=opened)
    for number, (hours, said, end) in enumerate(STORIES, 1):
        at = now - timedelta(hours=hours)
        new = NewLead(source="fair", external_id=f"MKE-{number}", country="US", **said)
        made = receive(new, actor=by, now=at)
        if end and made.account:
            _work(made, made.account, end, at=at + timedelta(hours=3))


def _work(made: Lead, account: Account, end: str, *, at: datetime) -> None:
    actor = Member.objects.filter(account=account, portal_role=PortalRole.ADMIN).first()
    its = {"account_id": account.pk, "actor": actor.actor if actor else "system"}
    answering.accept(made.pk, now=at, **its)
    later = at + timedelta(hours=20)
    if end == "lose":
        reporting.lose(made.pk, reason="They buy from their parent company.", now=later, **its)
        return
    said = {"state": "qualified", "note": "Budget is there for this quarter."}
    reporting.report(made.pk, now=later, **said, **its)
    if end == "win":
        won = {"amount": made.amount or 1, "won_on": at.astimezone(ZONE).date(), "zone": ZONE}
        reporting.win(made.pk, now=later + timedelta(hours=2), **won, **its)


def open_directory(people: Sequence[Business], *, today: date) -> None:
    """Open to everybody; the first few partners take part, and one waits for approval."""
    by = Staff.objects.get(name=STAFF[MANAGER][0]).actor
    at = start_of(today, ZONE) - timedelta(days=3)
    intro = "Find a partner near you who knows the job."
    set_terms(
        is_open=True,
        title="Find a partner",
        intro=intro,
        specializations=LINES,
        takes_leads=True,
        actor=by,
        now=at,
    )
    for place, business in enumerate(people[:8]):
        account = Account.objects.get(number=business.number)
        member = Member.objects.filter(account=account, portal_role=PortalRole.ADMIN).first()
        if member is None:
            continue
        said = Saying(
            name=account.name,
            text=f"{account.name} serves {business.vertical.lower()} in and around "
            f"{business.city}, with stock on site and people who know it.",
            website=f"https://{account.domain}" if account.domain else "",
            places=[{"city": business.city, "country": "US"}],
            specializations=LINES[place % 3 : place % 3 + 2],
            languages=["English"],
        )
        made = propose(account, said, logo=None, actor=member.actor, now=at)
        set_listed(account, wanted=True, actor=member.actor, now=at)
        if place != 3:
            approve(made.pk, by=by, now=at + timedelta(hours=4))
