"""Mappings: which column of a file is what, written as TOML and checked before a row is read.

[file]                        # all optional
delimiter = ";"               # default ","
encoding = "cp1252"           # default "utf-8-sig": UTF-8 with or without a byte order mark
decimal = ","                 # default "."
thousands = "."               # default: none allowed

[columns]
account = "Customer"                                   # a column,
external_id = ["Order", "Position"]                    # several, joined by "|",
date = { column = "Day", format = "%d.%m.%Y", zone = "Europe/Berlin" }
reference = { columns = ["A", "B"], joiner = "/" }     # several, joined as you say,
kind = { const = "purchase" }                          # or the same text for every row

[attributes]                  # any names of your own
color = "Color"

[reverses]                    # for returns: the identity of the original
external_id = "Original order"
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext

from accounts.facts import shown
from accounts.models.imports import ImportTarget


class MappingWrong(ValueError):
    """Its text says what to change in the mapping."""


@dataclass(frozen=True)
class Layout:
    """What the files of a target may hold."""

    columns: frozenset[str]
    required: frozenset[str]
    tables: frozenset[str] = frozenset()
    identity: frozenset[str] = frozenset()  # joined so that no two rows can be mixed up
    numbers: frozenset[str] = frozenset()


LAYOUTS: dict[str, Layout] = {
    ImportTarget.ACTIVITIES: Layout(
        columns=frozenset(
            {
                "account",
                "kind",
                "external_id",
                "line",
                "date",
                "amount",
                "quantity",
                "product",
                "member",
            }
        ),
        required=frozenset({"account", "kind", "external_id", "date"}),
        tables=frozenset({"attributes", "reverses"}),
        identity=frozenset({"external_id", "line"}),
        numbers=frozenset({"amount", "quantity"}),
    ),
    ImportTarget.ACCOUNTS: Layout(
        columns=frozenset(
            {"number", "name", "domain", "country", "region", "vertical", "partner_type", "rep"}
            | {"parent"}
        ),
        required=frozenset({"number", "name"}),
        tables=frozenset({"attributes"}),
        identity=frozenset({"number"}),
    ),
    ImportTarget.LEADS: Layout(
        columns=frozenset(
            {"external_id", "source", "company", "contact", "email", "phone", "need", "country"}
            | {"region", "postcode", "lines", "amount"}
        ),
        required=frozenset({"external_id", "company"}),
        identity=frozenset({"external_id"}),
        numbers=frozenset({"amount"}),
    ),
    ImportTarget.PRODUCTS: Layout(
        columns=frozenset({"sku", "name", "line"}),
        required=frozenset({"sku", "name"}),
        identity=frozenset({"sku"}),
    ),
    ImportTarget.COMPLETIONS: Layout(
        columns=frozenset({"course", "member", "account", "external_id", "date", "score"}),
        required=frozenset({"course", "member", "external_id", "date"}),
        identity=frozenset({"external_id"}),
    ),
}
DEFAULT_JOINER = "|"
_FILE_KEYS = frozenset({"delimiter", "encoding", "decimal", "thousands"})
_SPEC_KEYS = frozenset({"column", "columns", "joiner", "const"})
_REVERSES = frozenset({"external_id", "line"})


@dataclass(frozen=True)
class Spec:
    """Where one value comes from."""

    columns: tuple[str, ...] = ()
    joiner: str = DEFAULT_JOINER
    const: str | None = None
    format: str = ""
    zone: ZoneInfo | None = None


@dataclass(frozen=True)
class FileMapping:
    """A mapping that has been checked; `accounts.mapped.bind` fits it to a file."""

    layout: Layout
    delimiter: str
    encoding: str
    decimal: str
    thousands: str
    columns: dict[str, Spec]
    attributes: dict[str, Spec]
    reverses: dict[str, Spec]


def parse_toml(text: str) -> dict[str, Any]:
    """The tables of a mapping file. Raises MappingWrong."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingWrong(
            gettext("The mapping is not valid TOML: %(error)s.") % {"error": error}
        ) from None


def parse_mapping(raw: Mapping[str, Any], *, target: str) -> FileMapping:
    """The mapping in `raw` for files of `target`. Raises MappingWrong."""
    layout = LAYOUTS[target]
    _refuse_unknown(raw, known=layout.tables | {"file", "columns"}, where=gettext("the mapping"))
    file = _table(raw, "file")
    _refuse_unknown(file, known=_FILE_KEYS, where="[file]")
    columns = _specs(_table(raw, "columns"), known=layout.columns, where="[columns]")
    missing = layout.required - columns.keys()
    if missing:
        raise MappingWrong(
            gettext("[columns] must say where to find %(missing)s.")
            % {"missing": ", ".join(sorted(missing))}
        )
    reverses = _specs(_table(raw, "reverses"), known=_REVERSES, where="[reverses]")
    if reverses and "external_id" not in reverses:
        raise MappingWrong(gettext("[reverses] must say where to find external_id."))
    mapping = FileMapping(
        layout=layout,
        delimiter=_text(file, "delimiter", default=","),
        encoding=_text(file, "encoding", default="utf-8-sig"),
        decimal=_text(file, "decimal", default="."),
        thousands=_text(file, "thousands", default=""),
        columns=columns,
        attributes=_specs(_table(raw, "attributes"), known=None, where="[attributes]"),
        reverses=reverses,
    )
    _check_file(mapping)
    return mapping


def _check_file(mapping: FileMapping) -> None:
    if len(mapping.delimiter) != 1 or mapping.delimiter in '"\r\n':
        raise MappingWrong(gettext('[file] delimiter must be one character, such as ";" or "\\t".'))
    try:
        "".encode(mapping.encoding)
    except (LookupError, UnicodeError):  # no text encoding, or none at all
        raise MappingWrong(
            gettext("[file] encoding %(encoding)s is not known; say utf-8, cp1252, utf-16 …")
            % {"encoding": shown(mapping.encoding)}
        ) from None
    if mapping.decimal not in {".", ","}:
        raise MappingWrong(gettext('[file] decimal must be "." or ",".'))
    if mapping.thousands not in {"", ".", ",", " ", "'", "’"} - {mapping.decimal}:
        raise MappingWrong(
            gettext("[file] thousands must be . , ' or a space, and not the decimal sign.")
        )


def _specs(
    table: Mapping[str, Any], *, known: frozenset[str] | None, where: str
) -> dict[str, Spec]:
    if known is not None:
        _refuse_unknown(table, known=known, where=where)
    return {name: _spec(value, name, f"{where} {name}") for name, value in table.items()}


def _spec(value: object, name: str, where: str) -> Spec:
    if isinstance(value, str):
        return Spec(columns=(value,))
    if isinstance(value, list) and value and all(isinstance(column, str) for column in value):
        return Spec(columns=tuple(value))
    if not isinstance(value, dict):
        raise MappingWrong(
            gettext(
                '%(where)s must be a column, such as "Order", a list of columns, or '
                '{ const = "…" }.'
            )
            % {"where": where}
        )
    _refuse_unknown(
        value, known=_SPEC_KEYS | ({"format", "zone"} if name == "date" else set()), where=where
    )
    if len(value.keys() & {"column", "columns", "const"}) != 1:
        raise MappingWrong(
            gettext("%(where)s must name one of column, columns or const.") % {"where": where}
        )
    if "const" in value:
        return Spec(const=str(value["const"]))
    columns = _spec(value["columns"] if "columns" in value else str(value["column"]), name, where)
    return Spec(
        columns=columns.columns,
        joiner=_text(value, "joiner", default=DEFAULT_JOINER),
        format=_text(value, "format", default=""),
        zone=_zone(_text(value, "zone", default=""), where),
    )


def _zone(name: str, where: str) -> ZoneInfo | None:
    if name and name not in available_timezones():
        raise MappingWrong(
            gettext("%(where)s: %(shown)s is not a time zone such as Europe/Berlin.")
            % {"where": where, "shown": shown(name)}
        )
    return ZoneInfo(name) if name else None


def _table(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = raw.get(name, {})
    if not isinstance(table, dict):
        raise MappingWrong(gettext("[%(name)s] must be a table.") % {"name": name})
    return table


def _text(table: Mapping[str, Any], key: str, *, default: str) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise MappingWrong(gettext("%(key)s must be text in quotation marks.") % {"key": key})
    return value


def _refuse_unknown(table: Mapping[str, Any], *, known: frozenset[str] | set, where: str) -> None:
    unknown = table.keys() - known
    if unknown:
        raise MappingWrong(
            gettext("Unknown in %(where)s: %(unknown)s; known are %(known)s.")
            % {
                "where": where,
                "unknown": ", ".join(sorted(unknown)),
                "known": ", ".join(sorted(known)),
            }
        )
