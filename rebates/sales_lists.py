"""Lists of sales as partners hand them in: a header that names the columns, then a sale a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.csvfiles import CsvFile, FileUnreadable, Reject
from accounts.facts import Fact, FactRefused, parse_fact, shown
from accounts.mapped import bind
from accounts.mappings import MappingWrong, parse_mapping
from accounts.models.imports import ImportTarget

KIND = "sell_through"
MOST_ROWS = 5_000

# What a column holds -> how it may be headed, the first being the one we say; in any case.
HEADINGS = {
    "external_id": ("invoice", "document", "number", "order", "rechnung", "beleg", "auftrag"),
    "line": ("line", "item", "position", "pos", "zeile"),
    "date": ("date", "sold on", "day", "datum", "verkauft am"),
    "product": ("product", "sku", "article", "artikel", "produkt"),
    "quantity": ("quantity", "qty", "units", "menge", "stück"),
    "amount": ("amount", "net", "total", "value", "betrag", "netto"),
    "customer": ("customer", "sold to", "buyer", "kunde", "käufer"),
}
NEEDED = ("external_id", "date", "product", "quantity")
_DELIMITERS = ",;\t|"


class DateOrder(NamedTuple):
    label: object
    format: str


DATES = {
    "iso": DateOrder("2026-03-31", ""),
    "day_first": DateOrder("31.03.2026", "%d.%m.%Y"),
    "day_first_slash": DateOrder("31/03/2026", "%d/%m/%Y"),
    "month_first": DateOrder("03/31/2026", "%m/%d/%Y"),
}
NUMBERS = {
    "point": (gettext_lazy("1,234.50"), ".", ","),
    "comma": (gettext_lazy("1.234,50"), ",", "."),
}


class CannotReport(ValueError):
    """Its text says what to change; nothing was reported."""


@dataclass(frozen=True, slots=True)
class Told:
    """A row that could be read: where it stood, and the fact that it is if it is approved."""

    row: int
    fact: Fact
    cells: Sequence[str] = ()

    @property
    def customer(self) -> str:
        return str((self.fact.attributes or {}).get("customer", ""))


@dataclass(frozen=True, slots=True)
class ReadList:
    header: Sequence[str]
    told: list[Told]
    rejects: list[Reject]


class Reading(NamedTuple):
    """What a row is read by; `latest` is the instant after which nothing has been sold yet."""

    number: str  # the account's
    places: int
    zone: ZoneInfo
    latest: datetime


def read_list(content: bytes, *, dates: str, numbers: str, reading: Reading) -> ReadList:
    """The sales of a CSV file, and the rows that are none with their reasons.

    `dates` and `numbers` are keys of DATES and NUMBERS. Raises CannotReport for a file that is no
    such list at all.
    """
    delimiter, encoding = _written(content)
    try:
        file = CsvFile(BytesIO(content), delimiter=delimiter, encoding=encoding)
        raw = _mapping(file.header, delimiter, encoding, DATES[dates].format, numbers, reading)
        mapping = parse_mapping(raw, target=ImportTarget.ACTIVITIES)
        fields = bind(mapping, header=file.header, zone=reading.zone)
    except (FileUnreadable, MappingWrong) as wrong:
        raise CannotReport(str(wrong)) from None
    told: list[Told] = []
    rejects: list[Reject] = []
    for line, cells, problem in file.records():
        if len(told) + len(rejects) == MOST_ROWS:
            raise CannotReport(
                _("The list has more than %(most)s rows; hand it in in parts.")
                % {"most": f"{MOST_ROWS:,}"}
            )
        try:
            if problem:
                raise FactRefused(problem)
            told.append(Told(line, read_sale(fields(cells), reading=reading), cells))
        except FactRefused as refused:
            rejects.append(Reject(line, str(refused), cells))
    if not told and not rejects:
        raise CannotReport(_("The list has a header, and no row below it."))
    return ReadList(file.header, told, rejects)


def read_sale(raw: Mapping[str, object], *, reading: Reading) -> Fact:
    """The sale in `raw`, by the names of a fact's fields; an empty amount is none said. Raises
    FactRefused."""
    said = {name: value for name, value in raw.items() if value != "" or name != "amount"}
    fact = parse_fact(said, places=reading.places, zone=reading.zone, latest=reading.latest)
    if len(fact.external_id) > 50 or len(fact.line) > 40:
        raise FactRefused(
            _("The number of a document has at most 50 characters, that of its line 40.")
        )
    if "|" in fact.external_id:
        # It parts the account's number from the document's in the identity of the fact.
        raise FactRefused(_("The number of a document cannot contain “|”; leave it out."))
    if not fact.product:
        raise FactRefused(_("The product is missing."))
    if not fact.quantity:
        raise FactRefused(_("The quantity is missing, or zero."))
    if len(str((fact.attributes or {}).get("customer", ""))) > 120:
        raise FactRefused(_("The customer has more than 120 characters."))
    return fact


def _written(content: bytes) -> tuple[str, str]:
    """(delimiter, encoding), guessed: the sign most used in the first line, and what decodes."""
    try:
        text, encoding = content.decode("utf-8-sig"), "utf-8-sig"
    except UnicodeDecodeError:
        text, encoding = content.decode("cp1252", errors="replace"), "cp1252"
    first = text.lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=first.count), encoding


def _mapping(
    header: Sequence[str],
    delimiter: str,
    encoding: str,
    date_format: str,
    numbers: str,
    reading: Reading,
) -> dict[str, object]:
    """The list's header as a mapping of an import; raises CannotReport for what it lacks."""
    columns: dict[str, object] = {}
    for field, headings in HEADINGS.items():
        named = [name for name in header if name.casefold() in headings]
        if len(named) > 1:
            both = ", ".join(map(shown, named))
            raise CannotReport(_("Columns that mean the same: %s. Leave one of them.") % both)
        if named:
            columns[field] = named[0]
    missing = [HEADINGS[field][0].title() for field in NEEDED if field not in columns]
    if missing:
        raise CannotReport(
            _("The first line must name the columns; there is none called %(missing)s.")
            % {"missing": ", ".join(missing)}
        )
    customer = columns.pop("customer", None)
    if date_format:
        columns["date"] = {"column": columns["date"], "format": date_format}
    columns |= {"account": {"const": reading.number}, "kind": {"const": KIND}}
    _label, decimal, thousands = NUMBERS[numbers]
    written = {"delimiter": delimiter, "encoding": encoding}
    return {
        "file": written | {"decimal": decimal, "thousands": thousands},
        "columns": columns,
        "attributes": {"customer": customer} if customer else {},
    }
