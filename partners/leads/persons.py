"""The person behind a lead: who may read of them, that it is on record, and how they are forgotten.

In events nobody is named, so that forgetting a person forgets them everywhere here.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.events import record_many
from accounts.models import Event
from partners.leads.steps import locked
from partners.leads.telling import told
from partners.models import WORKED, Lead, LeadState

READABLE = (*WORKED, LeadState.WON)
READ = "lead.contact_read"


def may_read_contact(lead: Lead, *, account_id: UUID) -> bool:
    """Whether people of the account may read who the person is: while it holds the lead, from its
    acceptance on."""
    return lead.account_id == account_id and lead.state in READABLE


def note_reading(lead: Lead, *, actor: str, now: datetime) -> None:
    """Put on record that `actor` reads who the person is, once a day."""
    lately = Event.objects.filter(
        subject=f"lead:{lead.pk}", kind=READ, actor=actor, recorded_at__gt=now - timedelta(days=1)
    )
    if not lately.exists():
        record_many([told(lead, "contact_read", actor=actor, now=now)])


def forget_person(lead_id: UUID, *, by: str, now: datetime) -> Lead:
    """Erase who the person is, and what they wrote, for good; what became of the lead stays. Doing
    it again changes nothing. Raises Lead.DoesNotExist."""
    with transaction.atomic():
        lead = locked(lead_id, states=LeadState.values)
        if lead.erased_at is None:
            lead.contact = lead.email = lead.phone = lead.need = lead.digest = ""
            lead.erased_at = now
            lead.save(update_fields=["contact", "email", "phone", "need", "digest", "erased_at"])
            record_many([told(lead, "person_erased", actor=by, now=now)])
    return lead
