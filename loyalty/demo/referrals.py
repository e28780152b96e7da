"""Referrals of the demo: who sent whom, decided by the real rules."""

from collections.abc import Sequence
from datetime import date, timedelta

from accounts.models import Account, Member, Program, Staff
from accounts.models.people import PortalRole
from accounts.periods import start_of
from loyalty.demo.businesses import Business
from loyalty.demo.company import ZONE
from loyalty.demo.people import MANAGER, STAFF
from partners.referrals.deciding import qualify
from partners.referrals.referring import Referred, refer
from partners.referrals.terms import Terms, draft, publish

CONSENT = "I agree that I am written to about the program, and that my data are kept for that."
# the business's place, how many days ago, the company and its domain, and what became of it
STORIES = (
    (0, 20, "Lakeside Cycle Works LLC", "lakesidecycle.com", "qualify"),
    (0, 3, "Prairie Wind Outfitters", "prairiewind.co", ""),
    (2, 2, "Prairie Wind Outfitters Inc.", "prairiewind.co", ""),
    (4, 6, "Granite Peak Guides", "granitepeakguides.com", ""),
)


def add_referrals(people: Sequence[Business], *, today: date) -> None:
    by = Staff.objects.get(name=STAFF[MANAGER][0]).actor
    program = Program.objects.get()
    terms = Terms(
        unit="points",
        referrer_amount=2_500,
        referred_amount=1_000,
        least_amount=500_00,
        consent_text=CONSENT,
    )
    opened = start_of(today - timedelta(days=60), ZONE)
    drafted = draft(program=program, terms=terms, actor=by, now=opened)
    publish(drafted.pk, seen=opened, actor=by, now=opened)
    numbers = {business.place: business.number for business in people}
    for place, ago, name, domain, end in STORIES:
        if place not in numbers:
            continue
        account = Account.objects.get(number=numbers[place])
        member = Member.objects.get(account=account, portal_role=PortalRole.ADMIN)
        day = today - timedelta(days=ago)
        at = start_of(day, ZONE) + timedelta(hours=11)
        made = refer(
            Referred(
                program=program,
                account=account,
                member=member,
                customer=name,
                contact="Jamie Alder",
                contact_email=f"jamie@{domain}",
                website=domain,
                country="US",
                consented=True,
                key=f"demo {name}",
                actor=member.actor,
            ),
            today=day,
            now=at,
        )
        if end == "qualify" and made.state == "received":
            qualify(made.pk, by=by, now=at + timedelta(hours=3))
