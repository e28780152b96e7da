"""Lists a page at a time: each page says where the next one begins, whatever is added meanwhile."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from loyalty.api.problems import Problem

MOST = 200
USUAL = 50


def page(
    request: Request,
    rows: QuerySet,
    *,
    by: Sequence[str],
    shape: Callable[[list[Any]], list[dict[str, Any]]],
) -> Response:
    """One page of `rows` in the order `by`, whose fields together are unique: ("-occurred_at",
    "-id"), all in one direction. `shape` turns a page's rows into their data, all at once.

    Nothing is skipped or told twice when rows are added while somebody reads: the next page begins
    behind the last row of this one, wherever that row is by then.
    """
    limit = _limit(request)
    rows = rows.order_by(*by)
    cursor = request.query_params.get("cursor")
    if cursor is not None:
        rows = rows.filter(_behind(rows.model, by, _opened(request, cursor)))
    found = list(rows[: limit + 1])
    following = _address(request, found[limit - 1], by) if len(found) > limit else None
    response = Response({"items": shape(found[:limit]), "next": following})
    if following:
        response["Link"] = f'<{following}>; rel="next"'
    return response


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST):
        raise Problem(HTTPStatus.BAD_REQUEST, f"“limit” is a whole number from 1 to {MOST}.")
    return int(text)


def _behind(model: type[Model], by: Sequence[str], texts: Sequence[str]) -> Q:
    """Rows behind those values; written so that the first field finds its place in the index."""
    names = [name.removeprefix("-") for name in by]
    word = "lt" if by[0].startswith("-") else "gt"
    values = [
        model._meta.get_field(name).to_python(text) for name, text in zip(names, texts, strict=True)
    ]
    wanted = Q(**{f"{names[-1]}__{word}": values[-1]})
    for name, value in reversed(list(zip(names[:-1], values[:-1], strict=True))):
        wanted = Q(**{f"{name}__{word}e": value}) & (Q(**{f"{name}__{word}": value}) | wanted)
    return wanted


def _address(request: Request, last: Model, by: Sequence[str]) -> str:
    values = [getattr(last, name.removeprefix("-")) for name in by]
    texts = [one.isoformat() if isinstance(one, datetime) else str(one) for one in values]
    cursor = signing.dumps(texts, salt=_salt(request))
    return replace_query_param(request.build_absolute_uri(), "cursor", cursor)


def _opened(request: Request, cursor: str) -> list[str]:
    try:
        return signing.loads(cursor, salt=_salt(request))
    except (signing.BadSignature, ValidationError):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "This is no “cursor” of this list; take the one in “next”.",
        ) from None


def _salt(request: Request) -> str:
    """A cursor is good for its own list of its own tenant."""
    return f"cursor:{request.tenant.pk}:{request.path}"
