"""What a file is, told from its bytes: neither its name nor its sender is believed.

The list of what is known is short on purpose. Nothing on it runs, and what only looks like one of
these is refused: a workbook with macros, a page of HTML that calls itself text.
"""

import re
import unicodedata
import zipfile
from io import BytesIO
from pathlib import PurePosixPath

from django.utils.translation import gettext

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV, TEXT = "text/csv", "text/plain"

# Media type -> how names of such files end; the first where a name ends otherwise.
ENDINGS = {
    PDF: (".pdf",),
    PNG: (".png",),
    JPEG: (".jpg", ".jpeg"),
    XLSX: (".xlsx",),
    CSV: (".csv",),
    TEXT: (".txt",),
}
LONGEST_NAME = 120
MOST_PARTS = 5_000  # of a workbook; real ones have dozens
_LONGEST_ENDING = 5

_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_ZIP = b"PK\x03\x04"
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
# The beginnings of what a browser would run or render, were it ever told that it may.
_MARKUP = re.compile(r"\s*<[!?a-z]", re.IGNORECASE)
_RUNS_OF_SPACE = re.compile(r"\s+")


class UnknownFile(ValueError):
    """Its text says which files are taken."""

    def __init__(self, why: str = "") -> None:
        kinds = "PDF, PNG, JPEG, Excel (.xlsx), CSV and plain text"
        super().__init__(why or f"This is none of the files that are taken: {kinds}.")


def media_type_of(content: bytes, *, name: str) -> str:
    """The media type of a file's bytes; `name` decides only whether text is called CSV.

    Raises UnknownFile.
    """
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-2048:]:
            raise UnknownFile(gettext("The PDF breaks off before its end; hand in a whole one."))
        return PDF
    if content.startswith(_PNG) and b"IEND" in content[-64:]:
        return PNG
    if content.startswith(b"\xff\xd8\xff") and content.rstrip(b"\x00").endswith(b"\xff\xd9"):
        return JPEG
    if content.startswith(_ZIP):
        _refuse_other_archives(content)
        return XLSX
    if _is_text(content):
        return CSV if name.lower().endswith(".csv") else TEXT
    raise UnknownFile


def clean_name(name: str, *, media_type: str) -> str:
    """The file's own name without the folders it came from, on one line, with the ending of what it
    is: nothing in it turns writing around, hides the ending or is anything to a shell."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(
        one if one == " " or unicodedata.category(one)[0] not in "CZ" else " "
        for one in unicodedata.normalize("NFC", last)
    )
    bare = re.sub(r'["*/:<>?|]', "-", _RUNS_OF_SPACE.sub(" ", shown)).strip(" .")
    stem, dot, ending = bare.rpartition(".")
    if f".{ending.lower()}" not in ENDINGS[media_type]:
        stem, ending = bare, ENDINGS[media_type][0][1:]
    stem = (stem if dot or stem else bare)[: LONGEST_NAME - _LONGEST_ENDING].strip(" .")
    return f"{stem or 'file'}.{ending.lower()}"


def _refuse_other_archives(content: bytes) -> None:
    """A workbook is a zip archive with known parts; nothing is unpacked to find out."""
    try:
        names = zipfile.ZipFile(BytesIO(content)).namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise UnknownFile from None
    if len(names) > MOST_PARTS or not {"[Content_Types].xml", "xl/workbook.xml"} <= {*names}:
        raise UnknownFile
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise UnknownFile(gettext("This workbook has macros; save it without them, as .xlsx."))


def _is_text(content: bytes) -> bool:
    if not content.strip() or _CONTROLS.search(content):
        return False
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return not _MARKUP.match(content.decode(encoding))
        except UnicodeDecodeError:
            continue
    return False
