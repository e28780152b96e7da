"""Deal forms: what partners of a type are asked, and under which terms their deals run."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.attributes import Attribute, check_declaration
from accounts.models import Account
from partners.models import DealForm

# name -> (least, most), as the database has them
BOUNDS = {
    "exclusive_days": (1, 730),
    "extension_days": (1, 365),
    "most_extensions": (0, 10),
    "remind_days": (0, 90),
    "won_days": (0, 1095),
}


class FormTaken(ValueError):
    def __init__(self) -> None:
        super().__init__(_("There is a form for this partner type already; change that one."))


class BadTerms(ValueError):
    """Its text says which number to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a form says; see DealForm."""

    name: str
    is_exclusive: bool = True
    credits: str = "reseller"
    exclusive_days: int = 90
    extension_days: int = 30
    most_extensions: int = 1
    remind_days: int = 14
    won_days: int = 180
    is_active: bool = True


def form_for(account: Account) -> DealForm | None:
    """The form of the account's partner type, else the one for all others; None without any."""
    forms = DealForm.objects.filter(partner_type__in={account.partner_type, ""}, is_active=True)
    return forms.order_by("-partner_type").first()


def add_form(
    *, partner_type: str, terms: Terms, fields: Sequence[Attribute], actor: str, now: datetime
) -> DealForm:
    """Raises FormTaken, BadTerms, and BadAttribute for fields that make no sense."""
    _check(terms, fields)
    try:
        with transaction.atomic():
            form = DealForm.objects.create(
                partner_type=partner_type,
                fields=[one.as_json() for one in fields],
                created_at=now,
                created_by=actor,
                **asdict(terms),
            )
            _record("deal_form.added", form, actor=actor, now=now)
    except IntegrityError as error:
        if "deal_form_one_per_type" not in str(error):
            raise
        raise FormTaken from None
    return form


def change_form(
    *, form: DealForm, terms: Terms, fields: Sequence[Attribute], actor: str, now: datetime
) -> DealForm:
    """Deals registered before keep their exclusivity and whose activity they become. Raises
    BadTerms, and BadAttribute for fields that make no sense."""
    _check(terms, fields)
    with transaction.atomic():
        form = DealForm.objects.select_for_update(of=("self",)).get(pk=form.pk)
        for name, value in asdict(terms).items():
            setattr(form, name, value)
        form.fields = [one.as_json() for one in fields]
        form.save()
        _record("deal_form.changed", form, actor=actor, now=now)
    return form


def _check(terms: Terms, fields: Sequence[Attribute]) -> None:
    check_declaration(fields)
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(terms, name) <= most:
            raise BadTerms(
                _("%(name)s is a whole number from %(least)d to %(most)d.")
                % {"name": name, "least": least, "most": most}
            )


def _record(kind: str, form: DealForm, *, actor: str, now: datetime) -> None:
    events.record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"deal_form:{form.pk}",
        payload={
            "partner_type": form.partner_type,
            "name": form.name,
            "fields": form.fields,
            "exclusive_days": form.exclusive_days,
            "credits": form.credits,
            "is_active": form.is_active,
        },
    )
