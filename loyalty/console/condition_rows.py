"""A condition as people write it: rows of field, operator and value; and JSON for what rows cannot.

Works without a script: two rows are always empty, and a button gives more.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.attributes import declared
from accounts.conditions import BadCondition, checked
from accounts.models import Account, ActivityKind, Product, Segment
from accounts.models.people import BusinessRole
from accounts.money import to_major, to_minor
from loyalty.lists.listed import Text
from rewards.fields import ACCOUNT_FIELDS, FIELDS, SEGMENT, field_name
from tiers.models import Tier

OPERATORS = {
    "eq": gettext_lazy("is"),
    "ne": gettext_lazy("is not"),
    "in": gettext_lazy("is one of"),
    "not_in": gettext_lazy("is none of"),
    "gt": gettext_lazy("is more than"),
    "gte": gettext_lazy("is at least"),
    "lt": gettext_lazy("is less than"),
    "lte": gettext_lazy("is at most"),
}
EMPTY_ROWS = 2
MOST_ROWS = 30
MOST_KNOWN = 200


@dataclass(frozen=True, slots=True)
class Row:
    """What is written in one row; `value` as typed, a list separated by commas."""

    field: str = ""
    op: str = "eq"
    value: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a form. `match` is all or any; with `as_json` the condition is written there."""

    match: str
    rows: tuple[Row, ...]
    as_json: str = ""
    problem: str = ""

    @property
    def shown(self) -> tuple[Row, ...]:
        return (*self.rows, *[Row()] * EMPTY_ROWS)


Choice = tuple[str, list[tuple[str, str]]]


def choices(rows: Rows, *, for_accounts: bool = False) -> list[Choice]:
    """The fields that can be asked for, grouped for a select; those that the rows ask for anyway,
    such as an attribute of the account, among them."""
    groups = _of_accounts() if for_accounts else _of_facts()
    offered = {name for _, options in groups for name, _ in options}
    others = dict.fromkeys(row.field for row in rows.rows if row.field not in ("", *offered))
    return [*groups, (_("Others"), [(name, name) for name in others])] if others else groups


def _of_accounts() -> list[Choice]:
    return [(_("Account"), [(name, field_name(name)) for name in ACCOUNT_FIELDS])]


def _of_facts() -> list[Choice]:
    fact = [(name, str(label)) for name, (label, _) in FIELDS.items() if name != "kind"]
    names = sorted(name for name, _ in _attribute_types().values())
    inside = [(f"attributes.{name}", name.replace("_", " ")) for name in names]
    return [(_("Fact and account"), fact), (_("Attributes of the fact"), inside)]


def operators() -> list[tuple[str, Text]]:
    return list(OPERATORS.items())


def known_values() -> dict[str, list[str]]:
    """By field what can be compared with: a value that nothing has would hold for nothing."""
    lines = Product.objects.exclude(line="").values_list("line", flat=True)
    columns = ("region", "country", "vertical", "partner_type")
    rows = Account.objects.order_by().values_list(*columns).distinct()
    found: dict[str, Iterable[Any]] = {
        **dict(zip(columns, zip(*rows, strict=True), strict=False)),
        "line": lines.order_by().distinct(),
        "tier": Tier.objects.order_by().values_list("name", flat=True).distinct(),
        SEGMENT: Segment.objects.values_list("code", flat=True),
        "member_role": BusinessRole.values,
    }
    return {field: sorted({*values} - {""})[:MOST_KNOWN] for field, values in found.items()}


def rows_of(condition: Mapping[str, Any], *, currency: str) -> Rows:
    """A stored condition as rows, or as JSON where rows cannot say it."""
    match = "any" if set(condition) == {"any"} else "all"
    parts = condition.get(match, [condition] if condition else [])
    if all(set(part) == {"field", "op", "value"} and _is_plain(part) for part in parts):
        return Rows(match, tuple(_row(part, currency) for part in parts))
    return Rows("all", (), as_json=json.dumps(condition, indent=2, ensure_ascii=False))


def posted(data: QueryDict) -> Rows:
    """The rows as they were sent; empty ones drop out. One with a value and no field stays, to be
    asked about: without it a rule would hold for everybody."""
    fields = data.getlist("field")[:MOST_ROWS]
    ops, values = data.getlist("op"), data.getlist("value")
    rows = tuple(
        Row(field, op, value.strip())
        for field, op, value in zip(fields, ops, values, strict=False)
        if field or value.strip()
    )
    match = "any" if data.get("match") == "any" else "all"
    return Rows(match, rows, as_json=data.get("as_json", "").strip())


def condition_of(rows: Rows, *, currency: str) -> dict[str, Any]:
    """The condition that the rows say. Raises BadCondition with what to change."""
    if rows.as_json:
        if rows.rows:
            raise BadCondition(_("Write rows or JSON, not both."))
        try:
            written = json.loads(rows.as_json)
        except ValueError:
            raise BadCondition(_("This is no JSON; check brackets, quotes and commas.")) from None
        checked(written)
        return written
    types = _attribute_types()
    parts = [_part(row, types, currency) for row in rows.rows]
    if not parts:
        return {}
    condition = parts[0] if len(parts) == 1 else {rows.match: parts}
    checked(condition)
    return condition


def _part(row: Row, types: Mapping[str, tuple[str, str]], currency: str) -> dict[str, Any]:
    if not row.field:
        raise BadCondition(
            _("Choose what has to be “%(value)s”, or empty its row.") % {"value": row.value}
        )
    if row.op in ("in", "not_in"):
        texts = [text.strip() for text in row.value.split(",")]
        value: Any = [_value(row.field, text, types, currency) for text in texts if text]
    else:
        value = _value(row.field, row.value, types, currency)
    return {"field": row.field, "op": row.op, "value": value}


def _value(field: str, text: str, types: Mapping[str, tuple[str, str]], currency: str) -> Any:
    kind = FIELDS[field][1] if field in FIELDS else types.get(field, ("", "text"))[1]
    if kind == "yes_no":
        if text.lower() in ("yes", "true", "no", "false"):
            return text.lower() in ("yes", "true")
        raise BadCondition(_("“%(field_name)s” is yes or no.") % {"field_name": field_name(field)})
    if kind not in ("money", "number", "whole"):
        return text
    try:
        number = Decimal(text)
        if kind == "money":
            return to_minor(number, -int(to_major(1, currency).as_tuple().exponent))
    except (InvalidOperation, ValueError, OverflowError):
        raise BadCondition(
            _("“%(field_name)s” is a number such as 1240.55.") % {"field_name": field_name(field)}
        ) from None
    if not number.is_finite():
        raise BadCondition(
            _("“%(field_name)s” is a number such as 1240.55.") % {"field_name": field_name(field)}
        )
    return int(number) if number == int(number) else float(number)


def _attribute_types() -> dict[str, tuple[str, str]]:
    """attributes.<name> -> (name, type); text where kinds do not agree."""
    found: dict[str, tuple[str, str]] = {}
    for stored in ActivityKind.objects.order_by("code").values_list("attributes", flat=True):
        for name, attribute in declared(stored).items():
            key = f"attributes.{name}"
            same = key not in found or found[key][1] == attribute.type
            found[key] = (name, attribute.type if same else "text")
    return found


def _is_plain(part: Mapping[str, Any]) -> bool:
    values: Sequence[Any] = part["value"] if isinstance(part["value"], list) else [part["value"]]
    return all(value is not None and "," not in str(value) for value in values)


def _row(part: Mapping[str, Any], currency: str) -> Row:
    value = part["value"]
    told = [_text(part["field"], one, currency) for one in _listed(value)]
    return Row(part["field"], part["op"], ", ".join(told))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(field: str, value: Any, currency: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field == "amount" and isinstance(value, int):
        return f"{to_major(value, currency)}"
    return str(value)
