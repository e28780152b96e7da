"""Leads come in: checked, kept once for ever, and given out at once."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_many
from accounts.facts import MAX_AMOUNT
from accounts.ids import uuid7
from accounts.kinds import is_system
from accounts.models import Account
from partners.leads.desk import MOVING, Dealt, give_out, open_desk
from partners.leads.telling import told
from partners.models import Lead, LeadOffer, LeadRule

MOST_LINES = 20
_COUNTRY = re.compile("[A-Z]{2}")


class CannotReceive(ValueError):
    """Its text says what to change, in `field` where it is one; nothing was kept."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class OtherLead(ValueError):
    """The same identity has brought another lead before; nothing was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLead:
    """What is known of a lead. `source` and `external_id` are its permanent identity; `amount` is
    in the smallest unit; `lines` are product lines; `wished` is whom the person asked for."""

    source: str
    external_id: str
    company: str
    contact: str = ""
    email: str = ""
    phone: str = ""
    need: str = ""
    country: str = ""
    region: str = ""
    postcode: str = ""
    lines: Sequence[str] = ()
    amount: int | None = None
    wished: Account | None = None


_TEXTS = (
    "source", "external_id", "company", "contact", "email", "phone", "need", "country", "region",
    "postcode",
)  # fmt: skip
# name -> how long it may be
LONGEST = {name: Lead._meta.get_field(name).max_length for name in _TEXTS}


def receive(wanted: NewLead, *, actor: str, now: datetime) -> Lead:
    """Keep the lead and give it out. What came before under its identity is answered with the
    first one. Raises CannotReceive, OtherLead."""
    [(lead, _is_new)] = receive_all([checked(wanted)], actor=actor, now=now)
    if isinstance(lead, str):
        raise OtherLead(lead)
    return lead


def receive_all(
    wanted: Sequence[NewLead], *, actor: str, now: datetime
) -> list[tuple[Lead | str, bool]]:
    """Of each, which was `checked`, the lead and whether it is new; or why it is refused."""
    with transaction.atomic():
        desk = open_desk(now=now)  # nobody else receives meanwhile: looking first is enough
        there = _known(wanted)
        found: list[tuple[Lead | str, bool]] = []
        new: list[Lead] = []
        for one in wanted:
            identity, digest = (one.source, one.external_id), _digest(one)
            earlier = there.get(identity)
            if earlier is None:
                there[identity] = made = _made(one, digest, actor=actor, now=now)
                new.append(made)
                found.append((made, True))
            elif earlier.erased_at or earlier.digest == digest:
                found.append((earlier, False))
            else:
                text = _("This came before with other content. Nothing was changed.")
                found.append((text, False))
        _keep(new, Dealt(), desk=desk, actor=actor, now=now)
    return found


def _keep(new: list[Lead], done: Dealt, *, desk, actor: str, now: datetime) -> None:
    Lead.objects.bulk_create(new)
    arrived = [told(lead, "received", actor=actor, now=now, source=lead.source) for lead in new]
    give_out(desk, new, actor=actor, done=done)
    Lead.objects.bulk_update(new, MOVING)
    LeadOffer.objects.bulk_create(done.offers)
    LeadRule.objects.bulk_update(done.rules.values(), ["served"])
    record_many(arrived + done.events)


def _known(wanted: Sequence[NewLead]) -> dict[tuple[str, str], Lead]:
    rows = Lead.objects.select_related("account").filter(
        source__in={one.source for one in wanted},
        external_id__in={one.external_id for one in wanted},
    )
    return {(row.source, row.external_id): row for row in rows}


def _made(one: NewLead, digest: str, *, actor: str, now: datetime) -> Lead:
    said = {name: getattr(one, name) for name in LONGEST}
    return Lead(
        id=uuid7(),
        **said,
        digest=digest,
        lines=list(one.lines),
        amount=one.amount,
        wished=one.wished,
        received_at=now,
        received_by=actor,
    )


def _digest(one: NewLead) -> str:
    said = [getattr(one, name) for name in LONGEST]
    said += [list(one.lines), one.amount, str(one.wished.pk) if one.wished else ""]
    return sha256(json.dumps(said).encode()).hexdigest()


def checked(wanted: NewLead) -> NewLead:
    """As it is kept: trimmed, countries and postcodes in capitals. Raises CannotReceive."""
    said = {}
    for name, longest in LONGEST.items():
        text = " ".join(getattr(wanted, name).split())
        if len(text) > longest or not text.isprintable():
            raise CannotReceive(_("Write at most %d plain characters.") % longest, name)
        said[name] = text.upper() if name in ("country", "postcode") else text
    if not said["company"]:
        raise CannotReceive(_("Say which company it is."), "company")
    if not said["source"] or not said["external_id"]:
        raise CannotReceive(_("A lead has an identity of its own."), "external_id")
    if is_system(said["source"]):
        raise CannotReceive(_("Sources of the system itself are not for others."), "source")
    if said["country"] and not _COUNTRY.fullmatch(said["country"]):
        raise CannotReceive(_("Write the country as two letters, such as DE."), "country")
    if said["email"]:
        _check_email(said["email"])
    if wanted.amount is not None and not 0 < wanted.amount <= MAX_AMOUNT:
        raise CannotReceive(_("Say an amount above zero, or none."), "amount")
    return NewLead(**said, lines=_lines(wanted), amount=wanted.amount, wished=wanted.wished)


def _check_email(text: str) -> None:
    try:
        validate_email(text)
    except ValidationError:
        raise CannotReceive(_("This is no e-mail address."), "email") from None


def _lines(wanted: NewLead) -> tuple[str, ...]:
    lines = tuple(dict.fromkeys(" ".join(line.split()) for line in wanted.lines if line.strip()))
    if len(lines) > MOST_LINES or any(len(one) > 80 or not one.isprintable() for one in lines):
        raise CannotReceive(
            _("Name at most %d product lines, each of at most 80 characters.") % MOST_LINES, "lines"
        )
    return lines
