"""What time brings to leads: turns that were not taken go on, silence is reminded of.

Running twice is once; killed anywhere, the next run goes on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.events import record_many
from partners.leads.desk import Dealt, give_out, open_desk, terms_of_tenant, write
from partners.leads.steps import end_turn
from partners.leads.telling import told
from partners.models import WORKED, Lead, LeadState, OfferState

ACTOR = "system"
AT_ONCE = 200  # leads in one transaction, which holds the desk


@dataclass(slots=True)
class Advanced:
    passed_on: int = 0
    reminded: int = 0


def advance(*, now: datetime) -> Advanced:
    """Do all that is due at `now`, in transactions of its own."""
    done = Advanced()
    for name, work in (("passed_on", _pass_on), ("reminded", _remind)):
        while count := work(now=now):
            setattr(done, name, getattr(done, name) + count)
            if count < AT_ONCE:
                break
    return done


def _pass_on(*, now: datetime) -> int:
    """Those whose time to answer is over go to whoever is next. One that is being accepted at this
    moment is left to whoever accepts it."""
    late = Lead.objects.filter(state=LeadState.OFFERED, answer_by__lte=now)
    with transaction.atomic():
        if not late.exists():
            return 0
        desk, done = open_desk(now=now), Dealt()
        rows = late.select_for_update(of=("self",), skip_locked=True)
        due = list(rows.select_related("account", "wished").order_by("id")[:AT_ONCE])
        for lead in due:
            holder, until = lead.account_id, lead.answer_by.isoformat()
            end_turn(lead, OfferState.EXPIRED, actor=ACTOR, now=now)
            said = {"account_id": holder, "until": until}
            done.events.append(told(lead, "expired", actor=ACTOR, now=now, **said))
        give_out(desk, due, actor=ACTOR, done=done)
        write(due, done)
    return len(due)


def _remind(*, now: datetime) -> int:
    """Whoever said nothing for the days of the terms, and again after as many."""
    with transaction.atomic():
        since = now - timedelta(days=terms_of_tenant().silent_days)
        quiet = Q(reminded_at=None) | Q(reminded_at__lte=since)
        rows = Lead.objects.select_for_update(of=("self",), skip_locked=True)
        rows = rows.select_related("account").filter(quiet, state__in=WORKED, heard_at__lte=since)
        due = list(rows.order_by("id")[:AT_ONCE])
        for lead in due:
            lead.reminded_at = now
        Lead.objects.bulk_update(due, ["reminded_at"])
        record_many([told(lead, "silent", actor=ACTOR, now=now) for lead in due])
    return len(due)
