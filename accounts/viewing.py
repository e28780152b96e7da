"""Staff who look at the portal with a partner's eyes: for half an hour, and only to look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from accounts import events
from accounts.models import Account, Member, Staff
from accounts.models.people import PortalRole, StaffRole

VIEWERS = (StaffRole.OWNER, StaffRole.MANAGER)
LASTS = timedelta(minutes=30)
LONGEST_REASON = 300


class CannotView(ValueError):
    """Its text says what stands in the way."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """Through whose eyes, and until when. `member` is a person of the account, or stands for one
    who may read and has nothing of their own; then it is in no table."""

    member: Member
    is_person: bool
    ends_at: datetime


def begin(
    *, account: Account, member: Member | None, reason: str, staff: Staff, now: datetime
) -> dict[str, str]:
    """What the session keeps of it. Who looked at whose account, as whom and why, is on record.

    Raises CannotView.
    """
    reason = reason.strip()
    if staff.role not in VIEWERS:
        raise CannotView(
            gettext("Only owners and program managers look at the portal as a partner.")
        )
    if not reason or len(reason) > LONGEST_REASON:
        raise CannotView(gettext("Say why, in at most 300 characters: it is kept with your name."))
    if member is not None and (member.account_id != account.pk or not member.is_active):
        raise CannotView(gettext("This person has no access to the portal of this account."))
    ends_at = now + LASTS
    events.record(
        kind="account.viewed_as",
        occurred_at=now,
        recorded_at=now,
        actor=staff.actor,
        subject=f"account:{account.pk}",
        account_id=account.pk,
        payload={
            "reason": reason,
            "person": member.name if member else "",
            "until": ends_at.isoformat(),
        },
    )
    return {
        "tenant": str(account.tenant_id),
        "staff": str(staff.pk),
        "account": str(account.pk),
        "member": str(member.pk) if member else "",
        "ends_at": ends_at.isoformat(),
    }


def viewing_in(kept: Mapping[str, Any], *, staff: Staff, now: datetime) -> Viewing | None:
    """The viewing that a session keeps; None once it is over, and where its staff, or the person,
    may not any more. All of it is looked up anew: a session is no proof of a role."""
    ends_at = datetime.fromisoformat(kept["ends_at"])
    if now >= ends_at or staff.role not in VIEWERS:
        return None
    if (kept["tenant"], kept["staff"]) != (str(staff.tenant_id), str(staff.pk)):
        return None
    account = Account.objects.filter(pk=UUID(kept["account"])).first()
    if account is None:
        return None
    if not kept["member"]:
        return Viewing(_anybody(account, staff), is_person=False, ends_at=ends_at)
    people = Member.objects.select_related("account").filter(account=account, is_active=True)
    person = people.filter(pk=UUID(kept["member"])).first()
    return Viewing(person, is_person=True, ends_at=ends_at) if person else None


def _anybody(account: Account, staff: Staff) -> Member:
    """Never saved: colleagues' own points are no business of who only looks."""
    return Member(
        account=account, user_id=staff.user_id, name=staff.name, portal_role=PortalRole.VIEWER
    )
