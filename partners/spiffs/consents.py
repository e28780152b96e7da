"""Whether a person's employer agrees to their being rewarded."""

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Member
from partners.models import SpiffConsent
from partners.spiffs.telling import tell_consent


class CannotRecord(ValueError):
    """Its text says what to change; nothing was written."""


def has_consent(member_id: UUID) -> bool:
    return SpiffConsent.objects.filter(member_id=member_id, withdrawn_at=None).exists()


def give_consent(
    *, member: Member, given_by: str, given_on: date, actor: str, today: date, now: datetime
) -> SpiffConsent:
    """Put on file who of the employer agreed, and when. Raises CannotRecord."""
    given_by = " ".join(given_by.split())
    if not given_by or len(given_by) > 120 or not given_by.isprintable():
        raise CannotRecord(_("Say who of the employer agreed."))
    if given_on > today:
        raise CannotRecord(_("That day is still to come."))
    try:
        with transaction.atomic():
            made = SpiffConsent.objects.create(
                member=member,
                given_by=given_by,
                given_on=given_on,
                recorded_at=now,
                recorded_by=actor,
            )
            _tell("given", made, actor=actor, now=now)
    except IntegrityError as error:
        if "spiff_consent_one_in_force" not in str(error):
            raise
        raise CannotRecord(_("The employer’s consent is on file already.")) from None
    return made


def withdraw_consent(consent_id: UUID, *, actor: str, now: datetime) -> SpiffConsent:
    """From now on nothing is claimed or approved on its strength. Raises CannotRecord."""
    with transaction.atomic():
        rows = SpiffConsent.objects.select_for_update(of=("self",)).select_related("member")
        found = rows.get(pk=consent_id)
        if found.withdrawn_at is not None:
            raise CannotRecord(_("It was withdrawn before."))
        found.withdrawn_at, found.withdrawn_by = now, actor
        found.save(update_fields=["withdrawn_at", "withdrawn_by"])
        _tell("withdrawn", found, actor=actor, now=now)
    return found


def _tell(what: str, consent: SpiffConsent, *, actor: str, now: datetime) -> None:
    member = consent.member
    tell_consent(
        what,
        member_id=member.pk,
        account_id=member.account_id,
        actor=actor,
        now=now,
        person=member.name,
        given_by=consent.given_by,
        given_on=consent.given_on.isoformat(),
    )
