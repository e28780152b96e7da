"""Deal registration."""

from datetime import datetime, timedelta
from typing import Any

from accounts.attributes import Attribute
from accounts.ids import uuid7
from partners.deals.forms import Terms, add_form
from partners.deals.registering import Registration, register
from partners.models import DealDocument
from tests.isolation.calls import Route, Values, asking, get, let_in, post, reading, route, with_key
from tests.isolation.groups import LATER, PARTNERS, PEOPLE, READERS, idempotent
from tests.isolation.side import Side

KEPT = {
    "partners_dealform": {"fields"},
    "partners_deal": {"country", "request_key"},
}
OF_ACCOUNTS = ("deal",)
OF_TENANT = ("deal form",)
DEAL = {"customer": "New Customer", "amount": "9.50", "closes_on": LATER}
DEAL_FORM = {
    "name": "N",
    "fields_asked": "seats: whole",
    "is_active": "on",
    "is_exclusive": "on",
    "exclusive_days": "90",
    "extension_days": "30",
    "most_extensions": "1",
    "remind_days": "14",
    "credits": "reseller",
    "won_days": "180",
}


def deal(values: Values) -> dict[str, Any]:
    return {
        "account": values("number"),
        "reseller": values("number"),
        "customer": "New Customer",
        "amount": "9.50",
        "closes_on": LATER,
        "products": [values("sku")],
    }


ROUTES: dict[str, Route] = {
    "portal_deals": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_deal_new": route(
        get(let_in(200, *PARTNERS, but={"viewer": 403})),
        post(
            let_in(302, *PARTNERS, but={"viewer": 403}),
            lambda values: DEAL | {"key": str(uuid7()), "products": values("sku")},
        ),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_deal": route(
        get(let_in(200, *PARTNERS)),
        *(
            post(
                let_in(status, *PARTNERS, but={"viewer": 403}),
                lambda values, action=action: {"action": action, "note": "N"},
            )
            for action, status in (("withdraw", 302), ("appeal", 422), ("extend", 422))
        ),
        path={"enrollment_id": "enrollment", "deal_id": "deal"},
        second_wall=True,
    ),
    "console_deals": route(
        *asking(let_in(200, *READERS), q="words"),
        get(let_in(200, *READERS), lambda values: {"state": "won", "sort": "amount"}),
    ),
    "console_deal": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(status, *PEOPLE, but={"finance": 403, "analyst": 403}),
                lambda values, action=action: {"action": action, "note": "N"},
            )
            for action, status in (("approve", 302), ("reject", 302), ("win", 422), ("lose", 422))
        ),
        path={"deal_id": "deal"},
    ),
    "console_deal_forms": route(get(let_in(200, *READERS))),
    "console_deal_form_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: DEAL_FORM | {"partner_type": "New"}),
    ),
    "console_deal_form": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: DEAL_FORM),
        path={"form_id": "deal form"},
    ),
    "api_deals": route(
        *reading(account="number"),
        post(with_key(201, "key_write"), deal, as_json=True, headers=idempotent),
    ),
    "api_deal": route(*reading(), path={"deal_id": "deal"}),
    **{
        f"api_deal_{step}": route(
            post(
                with_key(status, "key_write"),
                lambda values, body=body: body,
                as_json=True,
                headers=idempotent,
            ),
            path={"deal_id": "deal"},
        )
        for step, status, body in (
            ("approve", 200, {"note": "N"}),
            ("reject", 200, {"note": "N"}),
            ("withdraw", 200, {"note": "N"}),
            ("extend", 409, {}),
            ("refuse_extension", 409, {"note": "N"}),
            ("appeal", 409, {"note": "N"}),
            ("ask_extension", 409, {"note": "N"}),
            ("win", 409, {"amount": "5.00", "won_on": "2026-01-15"}),
            ("lose", 409, {"note": "N"}),
        )
    },
}


def furnish(side: Side, now: datetime) -> None:
    """A form, and a deal of each account."""
    form = add_form(
        partner_type="",
        terms=Terms(name="Deals"),
        fields=(Attribute("seats", "whole"),),
        actor=side.staff["owner"].actor,
        now=now,
    )
    side.things["deal form"] = form.id
    for number, who in (("1001", "member"), ("1002", "neighbor")):
        account = side.accounts[number]
        made = register(
            Registration(
                account=account,
                reseller=account,
                distributor=None,
                member=side.members[who],
                customer=f"Customer {number}",
                website=f"customer{number}.example.com",
                tax_number=f"TAX {number}",
                country="US",
                contact="Contact",
                contact_email="contact@example.com",
                amount=950,
                closes_on=now.date() + timedelta(days=30),
                products=["SKU-1"],
                answers={"seats": "5"},
                key=f"form {number}",
                actor=side.members[who].actor,
            ),
            today=now.date(),
            now=now,
        )
        side.things[f"deal {number}"] = made.id
        DealDocument.objects.create(deal=made, file_id=side.things[f"file {number}"])
