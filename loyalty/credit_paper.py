"""A credit note as a PDF."""

from datetime import timedelta

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.models import Tenant
from loyalty.printing import printed, saved_as
from rebates.models import Credit
from rewards.voice import Voice


def credit_note_answer(credit: Credit, *, tenant: Tenant, voice: Voice) -> HttpResponse:
    """The file, saved by the browser rather than shown."""
    return saved_as(
        f"credit-note-{credit.number:06}.pdf", credit_note_pdf(credit, tenant=tenant, voice=voice)
    )


def credit_note_pdf(credit: Credit, *, tenant: Tenant, voice: Voice) -> bytes:
    """The same bytes for the same note: it is dated to when it was issued."""
    statement = credit.settlement.statement
    last = statement.upto - timedelta(days=1)
    said = {
        "title": _("Credit note %06d") % credit.number,
        "account": credit.account.name,
        "number": credit.account.number,
        "days": _("Issued on %s") % voice.day(credit.issued_at),
        "sums": [
            (_("Agreement"), statement.agreement.name, False),
            (_("Statement"), str(statement.number), False),
            (_("Days"), f"{voice.day(statement.since)} – {voice.day(last)}", False),
            *_less_set_off(credit, voice),
            (_("Credited"), voice.exact_money(credit.amount), True),
        ],
    }
    return printed("credit-note.typ", said, tenant=tenant, as_of=credit.issued_at)


def _less_set_off(credit: Credit, voice: Voice) -> list[tuple[str, str, bool]]:
    """Why it is less than was approved; of what is credited nothing is set off any more."""
    settlement = credit.settlement
    if not settlement.set_off:
        return []
    return [
        (_("Approved"), voice.exact_money(settlement.amount), False),
        (_("Set off against corrections"), voice.exact_money(-settlement.set_off), False),
    ]
