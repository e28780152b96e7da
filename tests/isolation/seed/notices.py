"""What people are told."""

from datetime import datetime

from accounts.models import (
    Letter,
    Member,
    Notice,
)
from accounts.models.notice import Frequency
from accounts.notices.kinds import KINDS
from accounts.notices.manners import Choice, change_choices, change_manners, change_terms
from accounts.notices.texts import change_text
from tests.isolation.side import Side


def furnish(side: Side, now: datetime) -> None:
    """Something said to everybody with a place, choices of theirs, and the tenant's own words."""
    owner = side.staff["owner"].actor
    for role, place in (side.staff | side.members).items():
        user = side.people[role]
        held = {"member": place} if isinstance(place, Member) else {"staff": place}
        letter = Letter.objects.create(user=user, not_before=now, created_at=now)
        made = Notice.objects.create(
            kind="milestone",
            about="first",
            user=user,
            account=side.accounts["1002" if role in ("neighbor", "other_rep") else "1001"],
            details={"account": "Dealer", "milestone": "First"},
            noted_at=now,
            in_inbox=True,
            letter=letter,
            **held,
        )
        side.things[f"notice {role}"] = made.id
    reader = side.people["member"]
    weekly = {"offer": Choice(in_inbox=True, by_letter=Frequency.WEEKLY)}
    change_choices(user=reader, choices=weekly, actor=owner, now=now)
    change_manners(user=reader, language="en", time_zone="", quiet_from=None, quiet_until=None)
    change_terms(language="en", warn_days=[30], actor=owner, now=now)
    words = {"subject": "{{ milestone }}", "body": "Reached."}
    change_text(kind=KINDS["milestone"], language="de", **words, actor=owner, now=now)
