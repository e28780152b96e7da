"""The words in which the stories of leads are told."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Account, Event
from partners.leads.receiving import NewLead, checked, receive, receive_all
from partners.leads.rules import Ruling, add_rule, set_terms
from partners.models import Lead, LeadOffer, LeadRule
from tests.factories import MemberFactory, enrolled_account
from tests.rewards.stories import at

ZONE = ZoneInfo("America/New_York")
NOON = at("2026-05-20")
HOUR = timedelta(hours=1)


def partner(program, number: str, **account: Any) -> Account:
    """An account with somebody who can answer."""
    made = enrolled_account(program, number=number, **({"name": f"Partner {number}"} | account))
    MemberFactory(account=made)
    return made


def rule(name: str = "Everywhere", **said: Any) -> LeadRule:
    return add_rule(Ruling(name=name, **said), actor="system", now=at("2026-01-01"))


def terms(**said: int) -> None:
    usual = {"answer_hours": 24, "most_open": 10, "silent_days": 7}
    set_terms(**(usual | said), actor="system", now=at("2026-01-01"))


def new_lead(external_id: str = "1", **said: Any) -> NewLead:
    usual = {
        "source": "fair",
        "external_id": external_id,
        "company": f"Company {external_id}",
        "contact": "Jana Weber",
        "email": "jana@nordstern.example",
        "phone": "+49 89 1",
        "need": "40 desks",
    }
    return NewLead(**(usual | said))


def received(external_id: str = "1", *, now: datetime = NOON, **said: Any) -> Lead:
    return receive(new_lead(external_id, **said), actor="system", now=now)


def all_received(count: int, *, now: datetime = NOON, **said: Any) -> list[Lead]:
    new = [checked(new_lead(str(number), **said)) for number in range(count)]
    return [lead for lead, _is_new in receive_all(new, actor="system", now=now)]


def turns_of(lead: Lead) -> list[tuple[str, str]]:
    """(number of the account, what became of its turn), in their order."""
    offers = LeadOffer.objects.filter(lead=lead).order_by("number")
    return list(offers.values_list("account__number", "state"))


def steps_of(lead: Lead) -> list[str]:
    found = Event.objects.filter(subject=f"lead:{lead.pk}").order_by("occurred_at", "id")
    return [kind.removeprefix("lead.") for kind in found.values_list("kind", flat=True)]
