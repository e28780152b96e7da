"""Leads out of files; the same row comes in once, whatever file it stands in."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.facts import FactRefused, shown
from accounts.importing import Intent, Ruling, Verdict
from accounts.models import ImportRun, Tenant
from accounts.money import exponent, to_minor
from partners.leads.receiving import CannotReceive, NewLead, checked, receive_all

SOURCE = "csv"
_TEXTS = ("company", "contact", "email", "phone", "need", "country", "region", "postcode")
_NUMBER = re.compile(r"\d{1,13}(\.\d{1,4})?")
_ACCEPTED, _KNOWN = Ruling("accepted"), Ruling("known")


def leads_intent(run: ImportRun, tenant: Tenant) -> Intent:
    """Takes leads in and gives them out. A row's identity is its `external_id`, of the column
    `source` or else of files."""
    places = exponent(tenant.currency)

    def take(items: Sequence[NewLead], as_of: datetime) -> Sequence[Verdict]:
        found = receive_all(items, actor=run.started_by, now=as_of)
        return [
            Ruling("rejected", lead) if isinstance(lead, str) else _ACCEPTED if is_new else _KNOWN
            for lead, is_new in found
        ]

    return Intent(read=lambda raw: read_lead(raw, places=places), take=take)


def read_lead(raw: Mapping[str, object], *, places: int) -> NewLead:
    """A row's fields as a lead; product lines are separated by semicolons. Raises FactRefused."""
    said = {name: str(value) for name, value in raw.items()}
    texts: dict[str, Any] = {name: said.get(name, "") for name in _TEXTS}
    try:
        return checked(
            NewLead(
                source=said.get("source", "").strip() or SOURCE,
                external_id=said["external_id"],
                **texts,
                lines=said.get("lines", "").split(";"),
                amount=_amount(said.get("amount", ""), places),
            )
        )
    except CannotReceive as refused:
        raise FactRefused(f"{refused.field}: {refused}") from None


def _amount(text: str, places: int) -> int | None:
    if not text.strip():
        return None
    try:
        if not _NUMBER.fullmatch(text.strip()):
            raise ValueError(text)
        return to_minor(Decimal(text.strip()), places)
    except ValueError:
        raise FactRefused(_("amount %s is no amount of money.") % shown(text)) from None
