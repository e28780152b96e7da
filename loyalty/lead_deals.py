"""A lead that becomes a deal: what the one room knows is handed to the other, once."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import Member
from partners.deals.registering import Registration, register
from partners.leads.reporting import tie_deal
from partners.models import Deal, Lead


def initial_of(lead: Lead, *, reads_contact: bool) -> dict[str, Any]:
    """What the form of a deal starts with; who the person is only for whoever `reads_contact`."""
    said = {"key": lead.pk, "customer": lead.company, "country": lead.country}
    if reads_contact:
        said |= {"contact": lead.contact, "contact_email": lead.email}
    return said


def register_deal(
    lead: Lead, said: dict[str, Any], *, member: Member, today: date, now: datetime
) -> Deal:
    """Register the deal that the lead has become, once: its key is the lead's own. Raises what
    `register` and `tie_deal` raise; then nothing is kept."""
    wanted = Registration(member=member, actor=member.actor, **(said | {"key": f"lead {lead.pk}"}))
    with transaction.atomic():
        made = register(wanted, today=today, now=now)
        tie_deal(lead.pk, deal=made, account_id=member.account_id, actor=member.actor, now=now)
    return made
