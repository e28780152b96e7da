"""A mapping fitted to a file: from a row's cells to the fields of a fact, account or product."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from accounts.facts import FactRefused, shown
from accounts.mappings import FileMapping, MappingWrong, Spec

Cells = Sequence[str]
Reader = Callable[[Cells], object]


def bind(
    mapping: FileMapping, *, header: Sequence[str], zone: ZoneInfo, shift_days: int = 0
) -> Callable[[Cells], dict[str, object]]:
    """A function from a row's cells to the fields of a fact, account or product.

    Dates without an offset are local to the mapping's zone or else to `zone`, and are moved by
    `shift_days` local days. Raises MappingWrong for columns that the file does not have; the
    function raises FactRefused for a row that does not fit.
    """
    place = _places(mapping, header)
    constant: dict[str, object] = {}
    plain: list[tuple[str, int]] = []
    special: list[tuple[str, Reader]] = []
    for name, spec in mapping.columns.items():
        if name == "date":
            special.append(("occurred_at", _date_reader(spec, place, zone, shift_days)))
        elif spec.const is not None:
            constant[name] = spec.const
        elif name in mapping.layout.numbers and (mapping.decimal, mapping.thousands) != (".", ""):
            special.append((name, _number_reader(mapping, _reader(spec, place), name)))
        elif len(spec.columns) == 1:
            plain.append((name, place[spec.columns[0]]))
        else:
            special.append((name, _reader(spec, place, exact=name in mapping.layout.identity)))
    if mapping.attributes:
        special.append(("attributes", _attributes_reader(mapping, place)))
    if mapping.reverses:
        special.append(("reverses", _reverses_reader(mapping, place)))

    def fields(cells: Cells) -> dict[str, object]:
        raw = dict(constant)
        for name, index in plain:
            raw[name] = cells[index]
        for name, read in special:
            raw[name] = read(cells)
        return raw

    return fields


def _places(mapping: FileMapping, header: Sequence[str]) -> dict[str, int]:
    specs = [mapping.columns, mapping.attributes, mapping.reverses]
    wanted = {column for table in specs for spec in table.values() for column in spec.columns}
    missing = sorted(wanted - set(header))
    if missing:
        raise MappingWrong(
            gettext(
                "The file has no column %(missing)s; its columns are %(header)s. Check the "
                "delimiter, too."
            )
            % {
                "missing": ", ".join(map(shown, missing)),
                "header": ", ".join(map(shown, header[:60])),
            }
        )
    twice = sorted(column for column in wanted if list(header).count(column) > 1)
    if twice:
        raise MappingWrong(
            gettext("The file has more than one column %(twice)s.")
            % {"twice": ", ".join(map(shown, twice))}
        )
    return {column: header.index(column) for column in wanted}


def _reader(spec: Spec, place: Mapping[str, int], *, exact: bool = False) -> Reader:
    if spec.const is not None:
        return lambda cells: spec.const
    indexes = [place[column] for column in spec.columns]
    if len(indexes) == 1:
        return lambda cells: cells[indexes[0]]

    def joined(cells: Cells) -> str:
        parts = [cells[index].strip() for index in indexes]
        if not any(parts):
            return ""
        if exact:
            _refuse_ambiguous(parts, spec)
        return spec.joiner.join(parts)

    return joined


def _refuse_ambiguous(parts: Sequence[str], spec: Spec) -> None:
    """("A|B", "C") and ("A", "B|C") would be one identity."""
    for part, column in zip(parts, spec.columns, strict=True):
        if not part:
            raise FactRefused(
                gettext("The column %(column)s is empty; it is part of the identity.")
                % {"column": shown(column)}
            )
        if spec.joiner in part:
            raise FactRefused(
                gettext(
                    "The column %(column)s contains %(joiner)s, which joins the parts of the "
                    "identity; choose another joiner in the mapping."
                )
                % {"column": shown(column), "joiner": shown(spec.joiner)}
            )


def _number_reader(mapping: FileMapping, read: Reader, name: str) -> Reader:
    thousands = re.escape(mapping.thousands)
    decimal = re.escape(mapping.decimal)
    grouped = re.compile(rf"-?\d{{1,3}}(?:{thousands}\d{{3}})+(?:{decimal}\d*)?")

    def number(cells: Cells) -> str:
        text = str(read(cells)).strip()
        if mapping.thousands and grouped.fullmatch(text):
            text = text.replace(mapping.thousands, "")
        if mapping.decimal == ",":
            if "." in text:
                # Not to be guessed: 1.234 is a thousand in one country and one in another.
                raise FactRefused(
                    gettext(
                        "%(name)s %(shown)s contains a point; the mapping says that a comma "
                        "separates the decimals."
                    )
                    % {"name": name, "shown": shown(text)}
                )
            text = text.replace(",", ".")
        return text

    return number


def _date_reader(spec: Spec, place: Mapping[str, int], zone: ZoneInfo, shift_days: int) -> Reader:
    read = _reader(spec, place)
    if not spec.format and spec.zone is None and not shift_days:
        return read  # ISO 8601, which facts are read from anyway
    local = spec.zone or zone

    @lru_cache(maxsize=8192)  # the rows of a file share their days
    def moment(text: str) -> datetime:
        found = _moment(text.strip(), spec.format)
        if found.tzinfo is not None and shift_days:
            found = found.astimezone(local).replace(tzinfo=None)
        try:
            found += timedelta(days=shift_days)
        except OverflowError:
            raise FactRefused(
                gettext("The date %(date)s cannot be moved that far.") % {"date": shown(text)}
            ) from None
        if found.tzinfo is None:
            # Wall-clock time moves by days, so that midnight stays midnight across clock changes.
            found = found.replace(tzinfo=local)
        return found

    return lambda cells: moment(str(read(cells)))


def _moment(text: str, pattern: str) -> datetime:
    example = pattern or "%Y-%m-%d"
    if not text:
        raise FactRefused(gettext("The date is empty."))
    try:
        return datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007 its zone follows
    except ValueError:
        known = datetime(2026, 3, 31, 23, 30, tzinfo=UTC).strftime(example)
        raise FactRefused(
            gettext("%(shown)s is not a date as the mapping says; write it like %(known)s.")
            % {"shown": shown(text), "known": known}
        ) from None


def _attributes_reader(mapping: FileMapping, place: Mapping[str, int]) -> Reader:
    readers = [(name, _reader(spec, place)) for name, spec in mapping.attributes.items()]

    def attributes(cells: Cells) -> dict[str, object]:
        values = ((name, str(read(cells)).strip()) for name, read in readers)
        return {name: value for name, value in values if value}

    return attributes


def _reverses_reader(mapping: FileMapping, place: Mapping[str, int]) -> Reader:
    readers = {name: _reader(spec, place, exact=True) for name, spec in mapping.reverses.items()}

    def reverses(cells: Cells) -> dict[str, object] | None:
        named = {name: read(cells) for name, read in readers.items()}
        return named if str(named["external_id"]).strip() else None

    return reverses
