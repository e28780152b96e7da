"""A month's statement as a PDF: the figures and words of the page, on paper."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext

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
        "title": gettext("Statement of {month}").format(month=month.label),
        "words": _words(),
        "month": month.label,
        "days": _days(month, as_of, voice),
        "account": enrollment.account.name,
        "number": enrollment.account.number,
        "program": enrollment.program.name,
        "sheets": [_sheet(one, voice) for one in sheets],
    }
    return printed("statement.typ", words, tenant=tenant, as_of=as_of)


def _days(month: Month, as_of: datetime, voice: Voice) -> str:
    said = gettext("{first} to {last}, in {zone} time").format(
        first=voice.day(month.first), last=voice.day(month.last), zone=voice.zone_name
    )
    if as_of == month.until:
        return said
    return gettext("{days}; as of {now}").format(days=said, now=voice.minute(as_of))


def _words() -> dict[str, Any]:
    """What the paper itself says, beside what it is filled with."""
    return {
        "heads": [gettext("Day"), gettext("What"), gettext("Why"), gettext("Amount")],
        "nothing": gettext("There was nothing in this month, and nothing moved."),
    }


def _sheet(sheet: Sheet, voice: Voice) -> dict[str, Any]:
    sums = [
        (gettext("At the beginning"), sheet.opening, True),
        *((label, amount, False) for label, amount in sheet.moved),
        (gettext("At the end"), sheet.closing, True),
    ]
    if sheet.usable:
        sums.append((gettext("of which could be used"), sheet.usable, False))
    note = "" if sheet.lines else gettext("Nothing moved in this month.")
    if sheet.has_more:
        said = gettext("These are the newest {count} movements of the month.")
        note = said.format(count=voice.number(MOST_LINES))
    return {
        "title": sheet.title,
        "sums": sums,
        "lines": [_line(line, voice) for line in sheet.lines],
        "note": note,
    }


def _line(line: Line, voice: Voice) -> tuple[str, str, str, str]:
    return voice.day(line.at), str(line.look.label), line.sentence, line.moved
