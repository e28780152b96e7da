"""Which support there is: declared by the tenant, given by its tiers."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import events
from partners.models import SupportType

MOST = 1000


class BadType(ValueError):
    """Its text says what to change, in `field`."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """See `SupportType`."""

    name: str
    says: str = ""
    each_quarter: int = 0
    is_active: bool = True


def add_type(*, code: str, terms: Terms, actor: str, now: datetime) -> SupportType:
    """Raises BadType. `code` stays for ever: it is how tiers name it among their entitlements."""
    _check(terms)
    try:
        with transaction.atomic():
            made = SupportType.objects.create(
                code=code, created_at=now, created_by=actor, **asdict(terms)
            )
            _record("support_type.added", made, actor=actor, now=now)
    except IntegrityError as error:
        if "support_type_code_is_unique" not in str(error):
            raise
        raise BadType(_("This code is taken; choose another one."), "code") from None
    return made


def change_type(support_type: SupportType, terms: Terms, *, actor: str, now: datetime) -> None:
    """What was asked for before stays. Raises BadType."""
    _check(terms)
    with transaction.atomic():
        found = SupportType.objects.select_for_update(of=("self",)).get(pk=support_type.pk)
        for name, value in asdict(terms).items():
            setattr(found, name, value)
        found.save()
        _record("support_type.changed", found, actor=actor, now=now)


def _check(terms: Terms) -> None:
    if not terms.name.strip():
        raise BadType(_("It has a name."), "name")
    if not 0 <= terms.each_quarter <= MOST:
        raise BadType(_("Write a whole number from 0 to %d.") % MOST, "each_quarter")


def _record(kind: str, found: SupportType, *, actor: str, now: datetime) -> None:
    events.record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"support_type:{found.pk}",
        payload={
            "code": found.code,
            "name": found.name,
            "each_quarter": found.each_quarter,
            "is_active": found.is_active,
        },
    )
