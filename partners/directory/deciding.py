"""What the tenant decides of a version: it becomes the public one, or is rejected with a reason."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record
from accounts.hands import has_hand_in
from partners.directory.terms import renew
from partners.models import DirectoryProfile, ProfileState, ProfileVersion
from partners.words import a_reason


class NotNow(ValueError):
    """The version's state, or a rule, does not allow it; its text says why. Nothing changed."""


def is_own(version: ProfileVersion, by: str) -> bool:
    """Whether the person behind `by` wrote it, or belongs to the account it speaks of."""
    accounts = [version.profile.account_id]
    return has_hand_in(by, actors=[version.proposed_by], account_ids=accounts)


def approve(version_id: UUID, *, by: str, now: datetime) -> ProfileVersion:
    """It is public from now on, in place of the one before. Raises NotNow and
    ProfileVersion.DoesNotExist."""
    with transaction.atomic():
        version = _waiting(version_id, by)
        ProfileVersion.objects.filter(
            profile=version.profile_id, state=ProfileState.APPROVED
        ).update(state=ProfileState.REPLACED)
        version.state = ProfileState.APPROVED
        return _decided(version, "approved", by=by, now=now)


def reject(version_id: UUID, *, reason: str, by: str, now: datetime) -> ProfileVersion:
    """The one before stays public. Raises NotNow without a reason too."""
    reason = a_reason(reason, why=_("Say why: the partner reads it."), refused=NotNow)
    with transaction.atomic():
        version = _waiting(version_id, by)
        version.state, version.reason = ProfileState.REJECTED, reason
        return _decided(version, "rejected", by=by, now=now)


def _waiting(version_id: UUID, by: str) -> ProfileVersion:
    """The version with its profile locked: the partner may be writing another one meanwhile."""
    seen = ProfileVersion.objects.get(pk=version_id)
    DirectoryProfile.objects.select_for_update().get(pk=seen.profile_id)
    version = ProfileVersion.objects.select_related("profile__account").get(pk=version_id)
    if version.state != ProfileState.PROPOSED:
        raise NotNow(_("It is “%s” meanwhile.") % version.get_state_display())
    if is_own(version, by):
        raise NotNow(_("You wrote it, or belong to this partner: another decides."))
    return version


def _decided(version: ProfileVersion, what: str, *, by: str, now: datetime) -> ProfileVersion:
    version.decided_at, version.decided_by = now, by
    version.save()
    renew()
    record(
        kind=f"profile.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=by,
        subject=f"profile:{version.profile_id}",
        account_id=version.profile.account_id,
        payload={
            "slug": version.profile.slug,
            "version": str(version.pk),
            "note": version.reason,
        },
    )
    return version
