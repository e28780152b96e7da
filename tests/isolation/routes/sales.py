"""Sales that partners report."""

from typing import Any

from django.utils import timezone

from tests.isolation.calls import Route, Values, asking, get, let_in, post, reading, route, with_key
from tests.isolation.groups import PARTNERS, PEOPLE, READERS, csv_file, idempotent


def sales_list(values: Values) -> dict[str, Any]:
    text = (
        "Invoice,Date,Product,Quantity\n"
        f"{values('document')},{timezone.now():%Y-%m-%d},{values('sku')},1\n"
    )
    return {"upload": csv_file(text), "dates": "iso", "numbers": "point"}


def sales_rows(values: Values) -> dict[str, Any]:
    sale = {"document": values("document"), "sold_on": f"{timezone.now():%Y-%m-%d}"}
    sale |= {"product": values("sku"), "quantity": "1"}
    return {"account": values("number"), "name": "N", "sales": [sale]}


def sale_ruling(values: Values) -> dict[str, Any]:
    ruling = {"sale": values("reported sale"), "approve": False, "reason": "No"}
    return {"rulings": [ruling]}


ROUTES: dict[str, Route] = {
    "portal_sales": route(
        *asking(let_in(200, *PARTNERS), page="document"),
        post(let_in(302, *PARTNERS, but={"viewer": 403}), sales_list),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_sales_report": route(
        get(let_in(200, *PARTNERS)),
        path={"enrollment_id": "enrollment", "report_id": "sales report"},
        second_wall=True,
    ),
    "console_sales": route(
        get(let_in(200, *READERS)), get(let_in(200, *READERS), lambda values: {"state": "decided"})
    ),
    "console_sales_report": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"show": "flagged"}),
        *(
            post(
                let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
                lambda values, action=action: {
                    "action": action,
                    "reason": "No",
                    "pick": values("reported sale"),
                },
            )
            for action in ("approve", "reject")
        ),
        path={"report_id": "sales report"},
    ),
    "api_sales_reports": route(
        *reading(account="number"),
        post(with_key(201, "key_write"), sales_rows, as_json=True, headers=idempotent),
    ),
    "api_sales_report": route(*reading(), path={"report_id": "sales report"}),
    "api_reported_sales": route(*reading(), path={"report_id": "sales report"}),
    "api_sales_decide": route(
        post(with_key(200, "key_write"), sale_ruling, as_json=True, headers=idempotent),
        path={"report_id": "sales report"},
    ),
}
