"""What a day brings to certificates: reminders while they can be renewed, and their end. Days are
the tenant's local ones; running twice is once."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from partners.models import Certificate
from partners.training.certifying import place_of
from partners.training.renewing import can_be_renewed
from partners.training.telling import tell, told

ACTOR = "system"
AT_ONCE = 500  # certificates in one transaction


@dataclass(slots=True)
class Advanced:
    reminded: int = 0
    lapsed: int = 0


def advance(*, today: date, now: datetime) -> Advanced:
    """Do all that is due on `today`, in transactions of its own. Nothing counts or ceases to count
    by it: what is valid on which day, everybody knows from the certificate itself."""
    done = Advanced()
    for name, work in (("reminded", _remind), ("lapsed", _lapse)):
        while count := work(today=today, now=now):
            setattr(done, name, getattr(done, name) + count)
            if count < AT_ONCE:
                break
    return done


def _remind(*, today: date, now: datetime) -> int:
    """Once for each certificate, when its renewal begins."""
    with transaction.atomic():
        due = _due(
            can_be_renewed(today),
            reminded_at=None,
            credential__renew_days__gt=0,
            credential__is_active=True,
        )
        for certificate in due:
            certificate.reminded_at = now
        Certificate.objects.bulk_update(due, ["reminded_at"])
        _tell(due, "expiring", now=now, days=lambda one: (one.valid_until - today).days)
    return len(due)


def _lapse(*, today: date, now: datetime) -> int:
    with transaction.atomic():
        due = _due(Q(valid_until__lt=today))
        for certificate in due:
            certificate.expired_at = now
        Certificate.objects.bulk_update(due, ["expired_at"])
        _tell(due, "expired", now=now, days=lambda one: 0)
    return len(due)


def _due(which: Q, **more: object) -> list[Certificate]:
    """Locked in one order; who issues or revokes one at this moment goes first."""
    rows = Certificate.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.select_related("credential").filter(
        which, is_renewed=False, revoked_at=None, expired_at=None, **more
    )
    return list(rows.order_by("id")[:AT_ONCE])


def _tell(due: list[Certificate], what: str, *, now: datetime, days) -> None:
    tell(
        told(one, what, place=place_of(one.user_id), actor=ACTOR, now=now, days=days(one))
        for one in due
    )
