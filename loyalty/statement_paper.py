"""A month's statement as a PDF: the figures and words of the page, on paper."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from babel.core import get_global
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from accounts.colors import shades
from accounts.models import Enrollment, Tenant
from loyalty.ledger_lines import Line
from loyalty.statement_sheet import Month, Sheet
from rewards.voice import Voice

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "papers"
MOST_LINES = 2_000  # of a wallet: about fifty pages
# Where paper is US Letter, by the CLDR (supplemental data, paperSize); everywhere else it is A4.
LETTER = frozenset(
    ["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"]
)


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
    name = f"statement-{enrollment.account.number}-{month.first:%Y-%m}.pdf"
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={
            "Content-Disposition": content_disposition_header(True, name),
            "Cache-Control": "private, no-store",
        },
    )


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
    data = {
        "paper": paper_of(tenant),
        "color": shades(tenant.brand_color, dark=False).text,
        "logo": list(bytes(tenant.logo)) if tenant.logo_type else None,
        "tenant": tenant.name,
        "title": gettext("Statement of {month}").format(month=month.label),
        "language": voice.locale[:2],
        "words": _words(),
        "month": month.label,
        "days": _days(month, as_of, voice),
        "account": enrollment.account.name,
        "number": enrollment.account.number,
        "program": enrollment.program.name,
        "sheets": [_sheet(one, voice) for one in sheets],
    }
    try:
        return _printed(data, as_of)
    except typst.TypstError:
        if data["logo"] is None:
            raise
        # What its first bytes promise is not always an image.
        log.warning("The logo of %s cannot be printed; its statements have none.", tenant.slug)
        return _printed(data | {"logo": None}, as_of)


def paper_of(tenant: Tenant) -> str:
    """By the country that the tenant's time zone is in: "us-letter" or "a4"."""
    country = get_global("zone_territories").get(tenant.time_zone, "")
    return "us-letter" if country in LETTER else "a4"


def _printed(data: dict[str, Any], as_of: datetime) -> bytes:
    """What people typed goes in as data, beside the template: as markup it could read files."""
    return typst.compile(
        FOLDER / "statement.typ",
        root=FOLDER,
        font_paths=_fonts(),
        format="pdf",
        sys_inputs={"data": json.dumps(data)},
        timestamp=int(as_of.timestamp()),
    )


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts()  # looked for once: that takes longer than printing


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
        "page": gettext("Page"),
        "of": gettext("of"),
        "heads": [gettext("Day"), gettext("What"), gettext("Why"), gettext("Amount")],
        "nothing": gettext("There was nothing in this month, and nothing moved."),
    }


def _sheet(sheet: Sheet, voice: Voice) -> dict[str, Any]:
    one = sheet.statement
    sums = [
        (gettext("At the beginning"), voice.number(one.opening), True),
        *((label, voice.signed(amount), False) for label, amount in sheet.moved),
        (gettext("At the end"), voice.number(one.closing), True),
    ]
    if one.available != one.closing:
        sums.append((gettext("of which could be used"), voice.number(one.available), False))
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
    return voice.day(line.at), str(line.look.label), line.sentence, voice.signed(line.amount)
