"""What staff do by hand: offer a lead to a partner of their choice, have it given out, end it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import NewEvent
from accounts.hands import accounts_of, hands_of
from accounts.models import Account
from partners.leads.desk import Dealt, NotNow, give_out, hand_to, open_desk, write
from partners.leads.steps import a_reason, end_turn, locked, moved
from partners.leads.telling import told
from partners.models import WORKED, Lead, LeadState, OfferState

OPEN = (LeadState.OPEN, LeadState.OFFERED, *WORKED)


def assign(lead_id: UUID, *, account: Account, note: str, by: str, now: datetime) -> Lead:
    """Offer the lead to `account`, taking it from whoever has it; limits and rules do not count.
    Raises NotNow without a reason, and for an account of one's own."""
    note = a_reason(note, why=_("Say why: whoever looks at it later reads it."))
    if account.pk in accounts_of(hands_of(by)):
        raise NotNow(_("You belong to this partner: somebody else decides what it gets."))
    with transaction.atomic():
        desk = open_desk(now=now)
        lead = locked(lead_id, states=OPEN)
        if lead.account_id == account.pk:
            raise NotNow(_("%s has it already.") % account.name)
        taken = _taken_back(lead, by=by, now=now, note=note)
        done = hand_to(desk, lead, account, actor=by, note=note)
        done.events[:0] = taken
        write([lead], done)
    return lead


def distribute(lead_id: UUID, *, by: str, now: datetime) -> Lead:
    """Have a lead that is with nobody given out by the rules as they are now. Raises NotNow."""
    with transaction.atomic():
        desk = open_desk(now=now)
        lead = locked(lead_id, states=(LeadState.OPEN,))
        done = Dealt()
        give_out(desk, [lead], actor=by, done=done)
        write([lead], done)
    return lead


def close(lead_id: UUID, *, reason: str, by: str, now: datetime) -> Lead:
    """End the lead without a partner, taking it from whoever has it. Raises NotNow."""
    reason = a_reason(reason, why=_("Say why: whoever looks at it later reads it."))
    with transaction.atomic():
        lead = locked(lead_id, states=OPEN)
        taken = _taken_back(lead, by=by, now=now, note=reason)
        write([lead], Dealt(events=taken))
        lead.state, lead.ended_at, lead.end_note = LeadState.CLOSED, now, reason
        return moved(lead, "closed", actor=by, now=now, note=reason)


def _taken_back(lead: Lead, *, by: str, now: datetime, note: str) -> list[NewEvent]:
    holder = lead.account_id
    if holder is None:
        return []
    end_turn(lead, OfferState.WITHDRAWN, actor=by, now=now, reason=note)
    return [told(lead, "withdrawn", actor=by, now=now, account_id=holder, note=note)]
