"""Papers as PDF: a template of `papers`, its words as data, and the tenant's letterhead."""

import json
import logging
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from babel.core import get_global
from django.http import HttpResponse
from django.utils.translation import get_language, gettext

from accounts.colors import shades
from accounts.models import Tenant
from loyalty.file_answer import download

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "papers"
# Where paper is US Letter, by the CLDR (supplemental data, paperSize); everywhere else it is A4.
LETTER = frozenset(
    ["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"]
)


def printed(template: str, words: dict[str, Any], *, tenant: Tenant, as_of: datetime) -> bytes:
    """A PDF: the same bytes for the same words, dated to `as_of`.

    `template` is a file of `papers`; its data are `words` and the letterhead: paper, color, logo,
    tenant, the language and the words of the foot.
    """
    data = _letterhead(tenant) | words
    try:
        return _compiled(template, data, as_of)
    except typst.TypstError:
        if data["logo"] is None:
            raise
        # What its first bytes promise is not always an image.
        log.warning("The logo of %s cannot be printed; its papers have none.", tenant.slug)
        return _compiled(template, data | {"logo": None}, as_of)


def saved_as(name: str, pdf: bytes) -> HttpResponse:
    """The file, saved by the browser rather than shown."""
    return download(pdf, name=name, media_type="application/pdf")


def paper_of(tenant: Tenant) -> str:
    """By the country that the tenant's time zone is in: "us-letter" or "a4"."""
    country = get_global("zone_territories").get(tenant.time_zone, "")
    return "us-letter" if country in LETTER else "a4"


def _letterhead(tenant: Tenant) -> dict[str, Any]:
    return {
        "paper": paper_of(tenant),
        "color": shades(tenant.brand_color, dark=False).text,
        "logo": list(bytes(tenant.logo)) if tenant.logo_type else None,
        "tenant": tenant.name,
        "language": (get_language() or "en")[:2],
        "foot": {"page": gettext("Page"), "of": gettext("of")},
    }


def _compiled(template: str, data: dict[str, Any], as_of: datetime) -> bytes:
    """What people typed goes in as data, beside the template: as markup it could read files."""
    return typst.compile(
        FOLDER / template,
        root=FOLDER,
        font_paths=_fonts(),
        format="pdf",
        sys_inputs={"data": json.dumps(data)},
        timestamp=int(as_of.timestamp()),
    )


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts()  # looked for once: that takes longer than printing
