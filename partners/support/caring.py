"""What becomes of a request: somebody takes it on, answers, and closes it with a result; or it is
declined with a reason, or withdrawn. Nobody of the tenant decides what they asked for themselves.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.hands import has_hand_in
from accounts.models import Staff
from accounts.models.people import StaffRole
from partners.models import SupportRequest, SupportState
from partners.support.telling import tell

OPEN = (SupportState.ASKED, SupportState.TAKEN)
LONGEST = 1000


class NotNow(ValueError):
    """The request's state, or a rule, does not allow it; its text says why. Nothing changed."""


def is_own(request: SupportRequest, by: str) -> bool:
    """Whether the person behind `by` asked for it, or belongs to its account."""
    return has_hand_in(by, actors=[request.asked_by], account_ids=[request.account_id])


def take_on(request_id: UUID, *, staff: Staff, by: str, now: datetime) -> SupportRequest:
    """Have `staff` look after it; the partner reads who. Again, with somebody else: it is theirs
    from then on. Raises NotNow."""
    if not staff.is_active or staff.role == StaffRole.ANALYST:
        raise NotNow(_("Choose somebody who may do more than read."))
    with transaction.atomic():
        found = _locked(request_id, by, states=OPEN)
        if is_own(found, staff.actor):
            raise NotNow(_("They asked for it, or belong to its account: choose somebody else."))
        found.state, found.assigned = SupportState.TAKEN, staff
        found.save(update_fields=["state", "assigned"])
        tell(found, "taken", actor=by, now=now, person=staff.name)
    return found


def answer(request_id: UUID, *, text: str, by: str, now: datetime) -> SupportRequest:
    """Tell the partner how it stands; it stays open. Raises NotNow."""
    text = _a_text(text, why=_("Write what the partner is to read."))
    with transaction.atomic():
        found = _locked(request_id, by, states=(SupportState.TAKEN,))
        tell(found, "answered", actor=by, now=now, note=text)
    return found


def add_word(request_id: UUID, *, text: str, actor: str, now: datetime) -> SupportRequest:
    """What the partner has to add while it is open. Raises NotNow."""
    text = _a_text(text, why=_("Write what you have to add."))
    with transaction.atomic():
        found = _found(request_id, states=OPEN)
        tell(found, "added", actor=actor, now=now, note=text)
    return found


def close(request_id: UUID, *, result: str, by: str, now: datetime) -> SupportRequest:
    """It is done, with a `result` that the partner reads. Raises NotNow."""
    result = _a_text(result, why=_("Say what came of it: the partner reads it."))
    with transaction.atomic():
        found = _locked(request_id, by, states=(SupportState.TAKEN,))
        return _ended(found, SupportState.DONE, result, by=by, now=now)


def decline(request_id: UUID, *, reason: str, by: str, now: datetime) -> SupportRequest:
    """It does not count against the quarter then. Raises NotNow without a reason."""
    reason = _a_text(reason, why=_("Say why: the partner reads it."))
    with transaction.atomic():
        found = _locked(request_id, by, states=OPEN)
        return _ended(found, SupportState.DECLINED, reason, by=by, now=now)


def withdraw(request_id: UUID, *, actor: str, now: datetime) -> SupportRequest:
    """The partner needs it no more; only before somebody has begun, and then it does not count.
    Raises NotNow."""
    with transaction.atomic():
        found = _found(request_id, states=(SupportState.ASKED,))
        return _ended(found, SupportState.WITHDRAWN, "", by=actor, now=now)


def _ended(
    found: SupportRequest, state: SupportState, result: str, *, by: str, now: datetime
) -> SupportRequest:
    found.state, found.result = state, result
    found.decided_by, found.decided_at = by, now
    found.save(update_fields=["state", "result", "decided_by", "decided_at"])
    tell(found, state.value, actor=by, now=now, note=result)
    return found


def _locked(request_id: UUID, by: str, *, states: Collection[str]) -> SupportRequest:
    found = _found(request_id, states=states)
    if is_own(found, by):
        raise NotNow(_("You asked for it, or belong to its account: somebody else looks after it."))
    return found


def _found(request_id: UUID, *, states: Collection[str]) -> SupportRequest:
    """Raises SupportRequest.DoesNotExist, and NotNow unless it is in one of `states`."""
    rows = SupportRequest.objects.select_for_update(of=("self",))
    found = rows.select_related("type", "account", "assigned").get(pk=request_id)
    if found.state not in states:
        said = _("It is “%s” meanwhile: this cannot be done with it any more, or not yet.")
        raise NotNow(said % found.get_state_display())
    return found


def _a_text(text: str, *, why: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise NotNow(_("%(why)s At most %(most)d characters.") % {"why": why, "most": LONGEST})
    return text
