"""What the partner that holds a lead says of it: spoken to, worth it, won, lost."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.facts import MAX_AMOUNT
from partners.leads.desk import NotNow
from partners.leads.steps import a_note, a_reason, locked, moved
from partners.models import WORKED, Deal, Lead, LeadOffer, LeadState, OfferState

# A state -> those from which it can be reported; each may be said again with another note.
STEPS = {
    LeadState.CONTACTED: (LeadState.ACCEPTED, LeadState.CONTACTED),
    LeadState.QUALIFIED: WORKED,
}


def report(
    lead_id: UUID, *, state: str, note: str, account_id: UUID | None, actor: str, now: datetime
) -> Lead:
    """The lead is contacted or qualified. Raises NotNow and Lead.DoesNotExist, as all here do;
    without an `account_id` staff say it for whoever holds it."""
    if state not in STEPS:
        raise NotNow(_("There is no such step."))
    note = a_note(note)
    with transaction.atomic():
        lead = locked(lead_id, states=STEPS[LeadState(state)], account_id=account_id)
        lead.state, lead.heard_at, lead.reminded_at = state, now, None
        return moved(lead, state, actor=actor, now=now, note=note)


def win(
    lead_id: UUID,
    *,
    amount: int,
    won_on: date,
    account_id: UUID | None,
    actor: str,
    zone: ZoneInfo,
    now: datetime,
) -> Lead:
    """The company has ordered for `amount`, in the smallest unit, on the local day `won_on`."""
    if not 0 < amount <= MAX_AMOUNT:
        raise NotNow(_("Say for how much it was won: an amount above zero."))
    with transaction.atomic():
        lead = locked(lead_id, states=WORKED, account_id=account_id)
        first = lead.received_at.astimezone(zone).date()
        if not first <= won_on <= now.astimezone(zone).date():
            raise NotNow(_("Choose a day from the lead’s arrival to today."))
        lead.state, lead.won_on, lead.won_amount = LeadState.WON, won_on, amount
        lead.ended_at = lead.heard_at = now
        return moved(lead, "won", actor=actor, now=now, won_amount=amount, day=won_on.isoformat())


def lose(lead_id: UUID, *, reason: str, account_id: UUID | None, actor: str, now: datetime) -> Lead:
    """It comes to nothing; the person's data is the partner's no more."""
    reason = a_reason(reason, why=_("Say why it was lost."))
    with transaction.atomic():
        lead = locked(lead_id, states=WORKED, account_id=account_id)
        lead.state, lead.end_note = LeadState.LOST, reason
        lead.ended_at = lead.heard_at = now
        return moved(lead, "lost", actor=actor, now=now, note=reason)


def tie_deal(lead_id: UUID, *, deal: Deal, account_id: UUID, actor: str, now: datetime) -> Lead:
    """The lead has become this deal, registered by its holder. Raises NotNow where another is tied
    to it already."""
    with transaction.atomic():
        lead = locked(lead_id, states=(*WORKED, LeadState.WON), account_id=account_id)
        if lead.deal_id not in (None, deal.pk):
            raise NotNow(_("A deal was registered for this lead already."))
        if lead.deal_id is None:
            lead.deal, lead.heard_at = deal, now
            lead.save(update_fields=["deal"])
            moved(lead, "registered", actor=actor, now=now, deal=str(deal.pk))
        return lead


def turn_of(lead: Lead) -> LeadOffer | None:
    """The offer by which its holder holds the lead, or is asked to."""
    held = lead.offers.filter(state__in=(OfferState.OPEN, OfferState.HELD))
    return held.select_related("account").first()
