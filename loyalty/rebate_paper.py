"""A statement of a rebate as a PDF: the figures and words of the page, on paper."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.models import Tenant
from loyalty.printing import printed, saved_as
from loyalty.rebate_words import DisputeWords, LineWords, StatementWords
from rebates.models import StatementState
from rewards.voice import Voice


def rebate_statement_answer(words: StatementWords, *, tenant: Tenant, voice: Voice) -> HttpResponse:
    """The file, saved by the browser rather than shown."""
    one = words.statement
    name = f"rebate-{one.agreement.code}-{one.account.number}-{one.number}.pdf"
    return saved_as(name, rebate_statement_pdf(words, tenant=tenant, voice=voice))


def rebate_statement_pdf(words: StatementWords, *, tenant: Tenant, voice: Voice) -> bytes:
    """Dated to the last thing that happened to it, so that the same statement is the same bytes."""
    one = words.statement
    said = {
        "title": _("Rebate statement, %(period)s") % {"period": words.period},
        "reference": words.reference,
        "account": one.account.name,
        "number": one.account.number,
        "agreement": one.agreement.name,
        "days": _days(words, voice),
        "sums": _sums(words, voice),
        "columns": [_("No."), _("Product line"), _("State"), _("Sales"), _("Rebate")],
        "lines": [_line(line, voice) for line in words.lines],
        "notes": [
            _disputed(line.line.number, line.dispute, voice) for line in words.lines if line.dispute
        ],
    }
    as_of = max(filter(None, (one.issued_at, one.accepted_at, one.approved_at)))
    return printed("rebate-statement.typ", said, tenant=tenant, as_of=as_of)


def _days(words: StatementWords, voice: Voice) -> str:
    one = words.statement
    issued = _("Issued on %(day)s") % {"day": voice.day(one.issued_at)}
    if one.state == StatementState.OPEN:
        answer = _("to be answered by %(day)s") % {"day": voice.last_day(one.answer_by)}
        return f"{issued}; {answer}"
    return f"{issued}; {str(words.look.label).lower()}"


def _sums(words: StatementWords, voice: Voice) -> list[tuple[str, str, bool]]:
    rows = [(_("All lines"), voice.exact_money(words.statement.total), not words.disputes)]
    if words.disputes:
        rows.append((_("Disputed, which waits"), voice.exact_money(words.disputed), False))
        rows.append((_("To be settled"), voice.exact_money(words.rest), True))
    return rows


def _line(one: LineWords, voice: Voice) -> tuple[str, str, str, str, str]:
    return (
        str(one.line.number),
        f"{one.title} ({one.note})",
        str(one.look.label),
        one.sold,
        voice.exact_money(one.line.settles),
    )


def _disputed(number: int, said: DisputeWords, voice: Voice) -> str:
    return _("Line %(number)s was disputed on %(day)s: %(reason)s") % {
        "number": number,
        "day": voice.day(said.dispute.opened_at),
        "reason": said.dispute.reason,
    }
