"""Who among the tenant's people may do what, changed by owners and managers."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from accounts import events, validity
from accounts.models import Member, Staff
from accounts.models.people import PortalRole, StaffRole

RUNS_PROGRAMS = (StaffRole.OWNER, StaffRole.MANAGER)


class MayNotChange(PermissionError):
    """Why this person may not make this change; its text is for people."""


@transaction.atomic
def change_staff(*, staff: Staff, role: str, is_active: bool, actor: Staff, now: datetime) -> Staff:
    """Give `staff` another role, or take or return their access. Raises MayNotChange.

    Nobody changes themselves, and only owners change owners: so an owner always remains.
    """
    # Both at once and in order: two owners who demote each other must not both succeed.
    people = Staff.objects.select_for_update().filter(pk__in=(staff.pk, actor.pk)).order_by("pk")
    locked = {person.pk: person for person in people}
    staff, actor = locked[staff.pk], locked[actor.pk]
    _refuse_unless_allowed(staff, role=StaffRole(role), actor=actor)
    before = {"role": staff.role, "is_active": staff.is_active}
    staff.role, staff.is_active = StaffRole(role), is_active
    staff.save(update_fields=["role", "is_active"])
    events.record(
        kind="staff.changed",
        occurred_at=now,
        recorded_at=now,
        actor=actor.actor,
        subject=staff.actor,
        payload={"before": before, "after": {"role": staff.role, "is_active": is_active}},
    )
    return staff


@transaction.atomic
def change_member(
    *,
    member: Member,
    portal_role: str,
    business_role: str,
    is_active: bool,
    actor: Staff,
    now: datetime,
) -> Member:
    """Give `member` other roles, or take or return their access: their certificates count where
    they work. Raises MayNotChange."""
    if not actor.is_active or actor.role not in RUNS_PROGRAMS:
        raise MayNotChange(gettext("Only owners and program managers change an account's people."))
    validity.lock_accounts_of(member.user_id)
    member = Member.objects.select_for_update().get(pk=member.pk)
    before = _said(member)
    member.portal_role, member.business_role = PortalRole(portal_role), business_role
    member.is_active = is_active
    member.save(update_fields=["portal_role", "business_role", "is_active"])
    if is_active != before["is_active"]:
        validity.follow(member.user_id, at=now)
    events.record(
        kind="member.changed",
        occurred_at=now,
        recorded_at=now,
        actor=actor.actor,
        subject=member.actor,
        account_id=member.account_id,
        payload={"before": before, "after": _said(member)},
    )
    return member


def _said(member: Member) -> dict[str, object]:
    return {
        "role": member.portal_role,
        "business_role": member.business_role,
        "is_active": member.is_active,
    }


def _refuse_unless_allowed(staff: Staff, *, role: StaffRole, actor: Staff) -> None:
    if not actor.is_active or actor.role not in RUNS_PROGRAMS:
        raise MayNotChange(gettext("Only owners and program managers change staff."))
    if staff.pk == actor.pk:
        raise MayNotChange(gettext("You cannot change your own role or access; ask another owner."))
    if StaffRole.OWNER in (staff.role, role) and actor.role != StaffRole.OWNER:
        raise MayNotChange(gettext("Only an owner can make, change or remove owners."))
