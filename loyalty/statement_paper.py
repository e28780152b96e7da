"""A month's statement as a PDF: the figures and words of the page, on paper."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse

from accounts.models import Enrollment, Tenant
from loyalty.ledger_lines import Line
from loyalty.printing import printed, saved_as
from loyalty.statement_sheet import Month, Sheet
from rewards.voice import Voice

MOST_LINES = 2_000  # of a wallet: about fifty pages


def paper_answer(
    enrollment: Enrollment,
    month: Month,
    sheets: Sequence[Sheet],
    *,
    tenant: Tenant,
    voice: Voice,
    now: datetime,
) -> HttpResponse:
    """The file, saved by the browser rather than shown."""
    pdf = statement_pdf(enrollment, month, sheets, tenant=tenant, voice=voice, now=now)
    return saved_as(f"statement-{enrollment.account.number}-{month.first:%Y-%m}.pdf", pdf)


def statement_pdf(
    enrollment: Enrollment,
    month: Month,
    sheets: Sequence[Sheet],
    *,
    tenant: Tenant,
    voice: Voice,
    now: datetime,
) -> bytes:
    """The same bytes for the same statement: it is dated to the month's end, or to now before."""
    as_of = min(month.until, now)
    words = {
        "title": f"Statement of {month.label}",
        "month": month.label,
        "days": _days(month, as_of, voice),
        "account": enrollment.account.name,
        "number": enrollment.account.number,
        "program": enrollment.program.name,
        "sheets": [_sheet(one, voice) for one in sheets],
    }
    return printed("statement.typ", words, tenant=tenant, as_of=as_of)


def _days(month: Month, as_of: datetime, voice: Voice) -> str:
    said = f"{voice.day(month.first)} to {voice.day(month.last)}, in {voice.zone_name} time"
    return said if as_of == month.until else f"{said}; as of {voice.minute(as_of)}"


def _sheet(sheet: Sheet, voice: Voice) -> dict[str, Any]:
    one = sheet.statement
    sums = [
        ("At the beginning", voice.number(one.opening), True),
        *((label, voice.signed(amount), False) for label, amount in sheet.moved),
        ("At the end", voice.number(one.closing), True),
    ]
    if one.available != one.closing:
        sums.append(("of which could be used", voice.number(one.available), False))
    note = "" if sheet.lines else "Nothing moved in this month."
    if sheet.has_more:
        note = f"These are the newest {voice.number(MOST_LINES)} movements of the month."
    return {
        "title": sheet.title,
        "sums": sums,
        "lines": [_line(line, voice) for line in sheet.lines],
        "note": note,
    }


def _line(line: Line, voice: Voice) -> tuple[str, str, str, str]:
    return voice.day(line.at), line.look.label, line.sentence, voice.signed(line.amount)
