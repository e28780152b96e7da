"""What a partner answers: yes, no, and back again. Who says nothing in time loses its turn."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from partners.leads.desk import Dealt, NotNow, give_out, open_desk, write
from partners.leads.steps import a_reason, end_turn, locked, moved
from partners.leads.telling import told
from partners.models import WORKED, Lead, LeadOffer, LeadState, OfferState


def accept(lead_id: UUID, *, account_id: UUID, actor: str, now: datetime) -> Lead:
    """The account takes the lead on. Raises Lead.DoesNotExist for one that it was never offered,
    and NotNow when its time is over, whether the clock has come by or not."""
    with transaction.atomic():
        lead = locked(lead_id, states=(LeadState.OFFERED,), account_id=account_id)
        if lead.answer_by is None or now >= lead.answer_by:
            raise NotNow(_("The time to answer is over: the lead goes to somebody else."))
        LeadOffer.objects.filter(lead=lead, state=OfferState.OPEN).update(
            state=OfferState.HELD, accepted_at=now
        )
        lead.state, lead.accepted_at, lead.heard_at = LeadState.ACCEPTED, now, now
        lead.answer_by = None
        return moved(lead, "accepted", actor=actor, now=now)


def decline(lead_id: UUID, *, account_id: UUID, reason: str, actor: str, now: datetime) -> Lead:
    """Say no to an offer, or give back what was accepted: it goes to whoever is next. Raises NotNow
    without a reason, and Lead.DoesNotExist."""
    reason = a_reason(reason, why=_("Say why: it helps to choose better."))
    with transaction.atomic():
        desk = open_desk(now=now)
        lead = locked(lead_id, states=(LeadState.OFFERED, *WORKED), account_id=account_id)
        was_offered = lead.state == LeadState.OFFERED
        end = OfferState.DECLINED if was_offered else OfferState.RETURNED
        end_turn(lead, end, actor=actor, now=now, reason=reason)
        done = Dealt()
        what = told(lead, end.value, actor=actor, now=now, account_id=account_id, note=reason)
        done.events.append(what)
        give_out(desk, [lead], actor=actor, done=done)
        write([lead], done)
    return lead
