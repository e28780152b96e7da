"""Conditions as queries: what `accounts.conditions` tells of one fact, asked of many rows at once.

Every comparison comes out true or false, never NULL, so that “not” turns it around exactly as it
does in Python. Text is compared by code points whatever the database's locale.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, F, Func, Q, TextField, Value
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import Cast, Coalesce

from accounts.conditions import Condition, Segments, expanded

SIGNS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class CannotAsk(LookupError):
    """The rows do not know this field."""

    def __init__(self, field: str) -> None:
        super().__init__(f"These rows have no field “{field}”.")


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field stands: `kind` is text, number or json (then `expression` is the object and the
    rest of the field's name the key)."""

    expression: Combinable | str
    kind: str = "text"


Columns = Mapping[str, Column]

ACCOUNT_COLUMNS: Columns = {
    name: Column(name)
    for name in ("number", "name", "country", "region", "vertical", "partner_type")
} | {"account.": Column("attributes", "json")}


class LocalDay(Func):
    """The local date of an instant, as text such as 2026-03-31."""

    template = "to_char(%(expressions)s, 'YYYY-MM-DD')"
    output_field = TextField()


def activity_columns(zone: ZoneInfo) -> Columns:
    """Fields of facts in rows of Activity; the tier held then is not among them."""
    local = Func(Value(zone.key), F("occurred_at"), function="timezone", output_field=TextField())
    of_account = ("country", "region", "vertical", "partner_type")
    return {
        "kind": Column("kind"),
        "amount": Column("amount", "number"),
        "quantity": Column("quantity", "number"),
        "product": Column("product__sku"),
        "line": Column("product_line"),
        "member_role": Column("member__business_role"),
        "occurred_on": Column(LocalDay(local)),
        "attributes.": Column("attributes", "json"),
        "account.": Column("account__attributes", "json"),
    } | {name: Column(f"account__{name}") for name in of_account}


def as_query(condition: Condition, *, columns: Columns, segments: Segments | None = None) -> Q:
    """The rows for which `condition` holds. Raises BadCondition, and CannotAsk for a field that the
    rows do not have."""
    return _query(expanded(condition, segments=segments or {}), columns)


def _query(condition: Condition, columns: Columns) -> Q:
    if not condition:
        return _said(True)
    for word, combine in (("all", _both), ("any", _either)):
        if word in condition:
            parts = [_query(part, columns) for part in condition[word]]
            return reduce(combine, parts, _said(word == "all"))
    if "not" in condition:
        return ~_query(condition["not"], columns)
    return _comparison(condition, columns)


def _both(one: Q, other: Q) -> Q:
    return one & other


def _either(one: Q, other: Q) -> Q:
    return one | other


def _said(truth: bool) -> Q:
    return Q(Value(truth, output_field=BooleanField()))


def _comparison(condition: Condition, columns: Columns) -> Q:
    field, op, value = condition["field"], condition["op"], condition["value"]
    column, key = _column(field, columns)
    test = {"text": _text, "number": _number, "json": _json}[column.kind]
    if op in ("in", "not_in"):
        tests = [test(column, key, "eq", one) for one in value]
    else:
        tests = [test(column, key, "eq" if op == "ne" else op, value)]
    found = reduce(_either, tests, _said(False))
    return ~found if op in ("ne", "not_in") else found


def _column(field: str, columns: Columns) -> tuple[Column, str]:
    prefix, dot, key = field.partition(".")
    name = f"{prefix}." if dot else field
    if name not in columns:
        raise CannotAsk(field)
    return columns[name], key


def _expression(column: Column) -> Any:
    return F(column.expression) if isinstance(column.expression, str) else column.expression


class _Compared(Func):
    template = "%(expressions)s"
    output_field = BooleanField()

    def __init__(self, left: Expression, sign: str, right: Expression) -> None:
        super().__init__(left, right, arg_joiner=f" {sign} ")

    def as_sql(self, *args: Any, **kwargs: Any):
        sql, params = super().as_sql(*args, **kwargs)
        return f"({sql})", params


class _Bytewise(Func):
    template = '(%(expressions)s COLLATE "C")'
    output_field = TextField()


def _text(column: Column, key: str, op: str, want: Any) -> Q:
    if not isinstance(want, str):
        return _said(False)
    have = Coalesce(_expression(column), Value(""), output_field=TextField())
    right = Cast(Value(want), TextField())
    return Q(_Compared(_Bytewise(have), SIGNS[op], right))


def _number(column: Column, key: str, op: str, want: Any) -> Q:
    if isinstance(want, bool) or not isinstance(want, int | float):
        return _said(False)
    exact = Func(
        Value(str(Decimal(repr(want)))),
        template="%(expressions)s::numeric",
        output_field=TextField(),
    )
    return Q(_Compared(_expression(column), SIGNS[op], exact))


def _json(column: Column, key: str, op: str, want: Any) -> Q:
    inside = Func(
        _expression(column),
        Value(key),
        template="coalesce(%(expressions)s, 'null'::jsonb)",
        arg_joiner=" -> ",
        output_field=TextField(),
    )
    right = Func(
        Value(json.dumps(want)), template="%(expressions)s::jsonb", output_field=TextField()
    )
    if op == "eq":
        return Q(_Compared(inside, "=", right))
    kind = "string" if isinstance(want, str) else "number"
    if want is None or isinstance(want, bool):
        return _said(False)
    is_kind = _Compared(
        Func(inside, function="jsonb_typeof", output_field=TextField()), "=", Value(kind)
    )
    if kind == "number":
        return Q(is_kind) & Q(_Compared(inside, SIGNS[op], right))
    text = Func(
        _expression(column),
        Value(key),
        arg_joiner=" ->> ",
        template="coalesce(%(expressions)s, '')",
        output_field=TextField(),
    )
    return Q(is_kind) & Q(_Compared(_Bytewise(text), SIGNS[op], Cast(Value(want), TextField())))
