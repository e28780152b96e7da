"""What all steps of a lead have in common: locks, reasons, and the end of somebody's turn."""

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.events import record_many
from partners import words
from partners.leads.desk import MOVING, NotNow
from partners.leads.telling import told
from partners.models import Lead, LeadOffer, LeadState, OfferState

a_reason = partial(words.a_reason, refused=NotNow)
a_note = partial(words.a_note, refused=NotNow)


def locked(lead_id: UUID, *, states: Collection[str], account_id: UUID | None = None) -> Lead:
    """The lead, locked. Raises Lead.DoesNotExist, for one that `account_id` does not hold too; and
    NotNow unless it is in one of `states`."""
    rows = Lead.objects.select_for_update(of=("self",)).select_related("account", "wished")
    lead = rows.get(pk=lead_id)
    if account_id is not None and lead.account_id != account_id:
        if LeadOffer.objects.filter(lead=lead, account=account_id).exists():
            raise NotNow(_("It is not with you any more: it went on to somebody else."))
        raise Lead.DoesNotExist(lead_id)
    if lead.state not in states:
        raise NotNow(
            _("It is “%s” meanwhile: this cannot be done with it any more, or not yet.")
            % lead.get_state_display()
        )
    return lead


def moved(lead: Lead, what: str, *, actor: str, now: datetime, **more: Any) -> Lead:
    """Keep the lead as it is now, and say what became of it."""
    lead.save(update_fields=MOVING)
    record_many([told(lead, what, actor=actor, now=now, **more)])
    return lead


def end_turn(lead: Lead, state: OfferState, *, actor: str, now: datetime, reason: str = "") -> None:
    """Whoever holds the lead, which is locked, holds it no more; it is with nobody for now."""
    LeadOffer.objects.filter(lead=lead, state__in=(OfferState.OPEN, OfferState.HELD)).update(
        state=state, ended_at=now, ended_by=actor, reason=reason
    )
    lead.state, lead.account, lead.answer_by = LeadState.OPEN, None, None
    lead.accepted_at = lead.heard_at = lead.reminded_at = None
