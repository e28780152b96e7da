"""Forecasts as finance hands them in: a header that names the columns, then a period a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import BytesIO
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.csvfiles import CsvFile, FileUnreadable
from accounts.facts import shown
from accounts.models import Account, Tenant
from accounts.money import exponent
from rebates.forecasting import Expected, Verdict, forecast_many, judged
from rebates.models import Accrual, Agreement, AgreementVersion
from rebates.terms import QUANTITY, VALUE

MOST_ROWS = 5_000
LONGEST_NUMBER = 25
QUANTITY_PLACES = 4  # a quantity is counted in ten-thousandths: see accounts.counting

# What a column holds -> how it may be headed, the first being the one we say; in any case.
HEADINGS = {
    "agreement": ("agreement", "code", "vereinbarung"),
    "account": ("account", "partner", "konto", "number"),
    "period": ("period", "from", "zeitraum", "first day"),
    "expected": ("expected", "forecast", "erwartet", "prognose"),
    "note": ("note", "notiz", "comment"),
}
NEEDED = ("agreement", "period", "expected")
_DELIMITERS = "\t;|,"


class CannotRead(ValueError):
    """Its text says what to change; nothing was read."""


class RowRefused(ValueError):
    """Its text says what is wrong with a row, or with a number of one."""


@dataclass(frozen=True, slots=True)
class Told:
    """A row of a list: what it says, and what becomes of it."""

    line: int
    cells: Sequence[str]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ReadList:
    header: Sequence[str]
    rows: list[Told]

    @property
    def new(self) -> int:
        return sum(not one.verdict.why_not and not one.verdict.is_known for one in self.rows)

    @property
    def known(self) -> int:
        return sum(one.verdict.is_known for one in self.rows)

    @property
    def refused(self) -> list[Told]:
        return [one for one in self.rows if one.verdict.why_not]


def check_list(content: bytes, *, comma: bool, tenant: Tenant) -> ReadList:
    """What would become of each row; nothing is written. `comma` says that decimals are written
    behind a comma. Raises CannotRead."""
    header, read = _read(content, comma=comma, tenant=tenant)
    return _with(header, read, judged([one for _, _, one in read if isinstance(one, Expected)]))


def take_list(
    content: bytes, *, comma: bool, tenant: Tenant, actor: str, now: datetime
) -> ReadList:
    """Keep what can be kept, each row by itself; what became of each. Raises CannotRead."""
    header, read = _read(content, comma=comma, tenant=tenant)
    fit = [one for _, _, one in read if isinstance(one, Expected)]
    return _with(header, read, forecast_many(fit, actor=actor, now=now))


_Read = tuple[int, Sequence[str], Expected | str]


def _with(header: Sequence[str], read: Sequence[_Read], verdicts: Sequence[Verdict]) -> ReadList:
    following = iter(verdicts)
    rows = [
        Told(line, cells, Verdict(why_not=one) if isinstance(one, str) else next(following))
        for line, cells, one in read
    ]
    return ReadList(header, rows)


def _read(content: bytes, *, comma: bool, tenant: Tenant) -> tuple[Sequence[str], list[_Read]]:
    """The header, and of each row what it expects or why it cannot be read."""
    text, encoding = decoded(content)
    delimiter = max(_DELIMITERS, key=text.lstrip().partition("\n")[0].count)
    try:
        file = CsvFile(BytesIO(content), delimiter=delimiter, encoding=encoding)
        columns = _columns(file.header)
        raw = []
        for line, cells, problem in file.records():
            if len(raw) == MOST_ROWS:
                raise CannotRead(
                    _("The list has more than %(most)s rows; hand it in in parts.")
                    % {"most": f"{MOST_ROWS:,}"}
                )
            raw.append((line, cells, problem))
    except FileUnreadable as wrong:
        raise CannotRead(str(wrong)) from None
    if not raw:
        raise CannotRead(_("The list has a header, and no row below it."))
    said = [
        {name: cells[place].strip() for name, place in columns.items()} if not problem else {}
        for _, cells, problem in raw
    ]
    known = _Known.of(said, tenant=tenant)
    found: list[_Read] = []
    for (line, cells, problem), row in zip(raw, said, strict=True):
        try:
            if problem:
                raise RowRefused(problem)
            found.append((line, cells, known.expected(row, comma=comma)))
        except RowRefused as refused:
            found.append((line, cells, str(refused)))
    return file.header, found


def decoded(content: bytes) -> tuple[str, str]:
    """(text, encoding) of a list: UTF-8, or else what Excel writes on its own."""
    try:
        return content.decode("utf-8-sig"), "utf-8-sig"
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), "cp1252"


def _columns(header: Sequence[str]) -> dict[str, int]:
    found = {}
    for field, headings in HEADINGS.items():
        places = [n for n, name in enumerate(header) if name.strip().casefold() in headings]
        if len(places) > 1:
            both = ", ".join(shown(header[n]) for n in places)
            raise CannotRead(_("Columns that mean the same: %s. Leave one of them.") % both)
        if places:
            found[field] = places[0]
    missing = [HEADINGS[field][0].title() for field in NEEDED if field not in found]
    if missing:
        raise CannotRead(
            _("The first line must name the columns; there is none called %(missing)s.")
            % {"missing": ", ".join(missing)}
        )
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows of a list name, found all at once."""

    agreements: Mapping[str, Agreement]
    accounts: Mapping[str, UUID]
    measures: Mapping[tuple[UUID, UUID, date], str]
    places: int

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, str]], *, tenant: Tenant) -> "_Known":
        codes = {row.get("agreement", "") for row in rows}
        numbers = {row.get("account", "") for row in rows}
        agreements = {one.code: one for one in Agreement.objects.filter(code__in=_fit(codes))}
        periods = Accrual.objects.filter(agreement__in=agreements.values(), closed_at=None)
        keys = list(periods.values_list("agreement_id", "holder_id", "since", "version_id"))
        measures = dict(
            AgreementVersion.objects.filter(pk__in={one[3] for one in keys}).values_list(
                "pk", "terms__measure"
            )
        )
        return cls(
            agreements=agreements,
            accounts=dict(
                Account.objects.filter(number__in=_fit(numbers)).values_list("number", "pk")
            ),
            measures={(one[0], one[1], one[2]): measures[one[3]] for one in keys},
            places=exponent(tenant.currency),
        )

    def expected(self, row: Mapping[str, str], *, comma: bool) -> Expected:
        agreement = self.agreements.get(row["agreement"])
        if agreement is None:
            raise RowRefused(_("There is no agreement %s.") % shown(row["agreement"]))
        holder_id = self._holder(row.get("account", ""), agreement)
        since = _day(row["period"])
        measure = self.measures.get((agreement.pk, holder_id, since))
        if measure is None:
            raise RowRefused(_("Forecast a period that is accrued and not closed."))
        places = {VALUE: self.places, QUANTITY: QUANTITY_PLACES}.get(measure, 0)
        expected = read_number(row["expected"], places=places, comma=comma)
        return Expected(agreement.pk, holder_id, since, expected, row.get("note", ""))

    def _holder(self, number: str, agreement: Agreement) -> UUID:
        """Of an agreement with one account the number may be left out."""
        if not number and agreement.account_id is not None:
            return agreement.account_id
        if number not in self.accounts:
            raise RowRefused(_("There is no account with the number %s.") % shown(number))
        return self.accounts[number]


def read_number(text: str, *, places: int, comma: bool) -> int:
    """In smallest units; what has more than `places` decimals is refused. Raises RowRefused."""
    if len(text) > LONGEST_NUMBER:
        raise RowRefused(_("%s is no number.") % shown(text))
    bare = text.replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
    bare = bare.replace(".", "").replace(",", ".") if comma else bare.replace(",", "")
    try:
        number = Decimal(bare)
    except InvalidOperation:
        raise RowRefused(_("%s is no number.") % shown(text)) from None
    if not number.is_finite() or number < 0 or number >= 10**15:
        raise RowRefused(_("A forecast is not below zero, and no more than can be counted."))
    units = number.scaleb(places)
    if units != int(units):
        raise RowRefused(_("%(number)s has more than %(places)s decimals.")
                          % {"number": shown(text), "places": places})  # fmt: skip
    return int(units)


def _day(text: str) -> date:
    """2026-04-01, or 2026-04 for the period that begins with that month."""
    try:
        return date.fromisoformat(f"{text}-01" if len(text) == len("2026-04") else text)
    except ValueError:
        raise RowRefused(
            _("%s is not the first day of a period; write it like 2026-04-01.") % shown(text)
        ) from None


def _fit(texts: set[str]) -> list[str]:
    """Those that a column can hold at all: the database refuses to look for others."""
    return [one for one in texts if one and one.isprintable()]
