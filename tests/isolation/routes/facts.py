"""Facts: their kinds and measures, segments, products, imports."""

from typing import Any

from django.utils import timezone

from tests.isolation.calls import (
    Route,
    Values,
    asking,
    get,
    let_in,
    nothing,
    post,
    reading,
    route,
    with_key,
)
from tests.isolation.groups import PARTNERS, PEOPLE, READERS, csv_file, idempotent

MAPPING = """
[columns]
account = "Account"
kind = "Kind"
external_id = "Order"
date = "Date"
amount = "Amount"
product = "SKU"
[reverses]
external_id = "Original"
"""
ACCOUNTS_MAPPING = """
[columns]
number = "Number"
name = "Name"
rep = "Rep"
parent = "Parent"
"""


def facts_file(values: Values) -> dict[str, Any]:
    today = f"{timezone.now():%Y-%m-%d}"
    number, sku = values("number"), values("sku")
    text = (
        "Account,Kind,Order,Date,Amount,SKU,Original\n"
        f"{number},purchase,{values('document')},{today},10.00,{sku},\n"
        f"{number},purchase,A-1,{today},10.00,{sku},\n"
        f"{number},return,A-2,{today},1.00,,{values('original')}\n"
    )
    return {"mapping": MAPPING, "source": "erp", "file": csv_file(text)}


def accounts_file(values: Values) -> dict[str, Any]:
    text = (
        "Number,Name,Rep,Parent\n"
        f"{values('number')},New name,{values('colleague mailbox')},\n"
        f"N-9,N,,{values('number', 'parent')}\n"
    )
    return {"mapping": ACCOUNTS_MAPPING, "enroll": values("program"), "file": csv_file(text)}


def fact(values: Values, **more: Any) -> dict[str, Any]:
    return {
        "account": values("number"),
        "kind": "purchase",
        "external_id": values("document"),
        "occurred_at": f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}",
        "amount": "10.00",
        "product": values("sku"),
    } | more


def reversal(values: Values) -> dict[str, Any]:
    now = f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}"
    return {"external_id": values("document"), "occurred_at": now, "amount": "1.00"}


def facts(values: Values) -> list[dict[str, Any]]:
    takes_back = {"external_id": values("original"), "line": "1"}
    return [
        fact(values),
        {**fact(values, kind="return", reverses=takes_back), "external_id": "A-2", "product": ""},
        fact(values, external_id="A-3"),
    ]


def north(values: Values) -> dict[str, Any]:
    return {"match": "all", "field": "region", "op": "eq", "value": values("region")}


def segment(values: Values) -> dict[str, Any]:
    return {"code": "new", "name": "New"} | north(values)


MEASURE = {"name": "N", "counts": "facts", "kinds": ["training"], "returns": "in_their_month"}


ROUTES: dict[str, Route] = {
    "portal_activities": route(
        get(let_in(200, *PARTNERS)),
        get(let_in(200, *PARTNERS), lambda values: {"earned": "nothing"}),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_activity": route(
        get(let_in(200, *PARTNERS)),
        path={"enrollment_id": "enrollment", "activity_id": "activity"},
        second_wall=True,
    ),
    "console_activity": route(get(let_in(200, *READERS)), path={"activity_id": "activity"}),
    "console_kinds": route(get(let_in(200, *READERS))),
    "console_kind_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"code": values("kind"), "name": "N"}),
    ),
    "console_kind": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"name": "N", "attributes": "a: text"}),
        path={"kind_id": "kind of activity"},
    ),
    "console_measures": route(*asking(let_in(200, *READERS), q="words", account="words")),
    "console_measure_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"code": values("measure code")} | MEASURE),
    ),
    "console_measure": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: MEASURE),
        path={"measure_id": "measure"},
    ),
    "console_segments": route(get(let_in(200, *READERS))),
    "console_segment_new": route(
        get(let_in(200, *PEOPLE)), post(let_in(302, *PEOPLE), segment, query=nothing)
    ),
    "console_segment": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"name": "N"} | north(values)),
        path={"segment_id": "segment"},
    ),
    "console_imports": route(*asking(let_in(200, *READERS), q="name of a file")),
    "console_import": route(get(let_in(200, *READERS)), path={"import_id": "import"}),
    "console_import_rejects": route(get(let_in(200, *READERS)), path={"import_id": "import"}),
    "console_import_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"like": values("import")}),
        post(let_in(302, *PEOPLE), facts_file),
        post(let_in(200, *PEOPLE), lambda values: facts_file(values) | {"check": "1"}),
        post(let_in(302, *PEOPLE), accounts_file, query=lambda values: {"target": "accounts"}),
        post(
            let_in(200, *PEOPLE),
            lambda values: accounts_file(values) | {"check": "1"},
            query=lambda values: {"target": "accounts"},
        ),
    ),
    "console_products": route(*asking(let_in(200, *READERS), q="sku")),
    "console_product_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"sku": "NEW-1", "name": "New"}),
    ),
    "console_product": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"name": "New"}),
        path={"product_id": "product"},
    ),
    "api_activities": route(
        post(with_key(201, "key_write"), fact, as_json=True),
        post(with_key(200, "key_write"), facts, as_json=True, headers=idempotent),
        *reading(account="number", external_id="document"),
    ),
    "api_activity": route(*reading(), path={"activity_id": "activity"}),
    "api_why_not": route(*reading(), path={"activity_id": "activity"}),
    "api_reversals": route(
        post(with_key(201, "key_write"), reversal, as_json=True, headers=idempotent),
        path={"activity_id": "activity"},
    ),
    "api_measures": route(*reading()),
}
