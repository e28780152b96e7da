"""Leads that the tenant shares with partners."""

from datetime import datetime
from typing import Any

from accounts.ids import uuid7
from partners.leads.answering import accept
from partners.leads.limits import set_limit
from partners.leads.receiving import NewLead, receive
from partners.leads.rules import Ruling, add_rule
from tests.isolation.calls import Route, Values, asking, get, let_in, post, reading, route, with_key
from tests.isolation.groups import PARTNERS, PEOPLE, READERS, idempotent
from tests.isolation.side import Side

KEPT = {
    "partners_lead": {"country", "source", "external_id", "digest", "lines"},
    "partners_leadrule": {"countries", "regions", "postcodes", "lines", "partner_types"}
    | {"tier_code", "served"},
    "partners_leadoffer": {"why"},
}
OF_ACCOUNTS = ("lead",)
OF_TENANT = ("lead rule",)
ACTING = {"viewer": 403}
RULE = {"name": "N", "position": "1", "method": "best_fit", "least_certificates": "0"}
TERMS = {"answer_hours": "24", "most_open": "9", "silent_days": "7"}


def lead(values: Values) -> dict[str, Any]:
    return {"company": "New Company", "external_id": str(uuid7()), "country": "US"}


def of_account(values: Values) -> dict[str, Any]:
    return {"account": values("number"), "note": "N"}


def _step(step: str, status: int, body: Any = of_account) -> Route:
    return route(
        post(with_key(status, "key_write"), body, as_json=True, headers=idempotent),
        path={"lead_id": "lead"},
    )


ROUTES: dict[str, Route] = {
    "portal_leads": route(
        get(let_in(200, *PARTNERS)),
        post(
            let_in(302, *PARTNERS, but={"viewer": 403, "member": 403}),
            lambda values: {"most": "3"},
        ),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_lead": route(
        get(let_in(200, *PARTNERS)),
        *(
            post(
                let_in(status, *PARTNERS, but=ACTING),
                lambda values, action=action: {"action": action, "note": "N"},
            )
            for action, status in (
                ("contacted", 302),
                ("decline", 302),
                ("lose", 302),
                ("accept", 422),
                ("win", 422),
            )
        ),
        path={"enrollment_id": "enrollment", "lead_id": "lead"},
        second_wall=True,
    ),
    "portal_lead_deal": route(
        get(let_in(404, *PARTNERS, but=ACTING)),  # nothing was said of it yet
        path={"enrollment_id": "enrollment", "lead_id": "lead"},
        second_wall=True,
    ),
    "console_leads": route(
        *asking(let_in(200, *READERS), q="words"),
        get(let_in(200, *READERS), lambda values: {"state": "won", "sort": "amount"}),
    ),
    "console_lead_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"company": "New Company", "key": str(uuid7())}),
    ),
    "console_lead_figures": route(get(let_in(200, *READERS))),
    "console_lead": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(status, *PEOPLE, but={"finance": 403, "analyst": 403}),
                lambda values, action=action: {"action": action, "note": "N"},
            )
            for action, status in (("close", 302), ("erase", 302), ("distribute", 422))
        ),
        post(
            let_in(422, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"action": "assign", "note": "N", "account": values("number")},
        ),
        path={"lead_id": "lead"},
    ),
    "console_lead_rules": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: TERMS | {"action": "terms"},
        ),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"action": "limit", "account": values("number"), "most": "2"},
        ),
    ),
    "console_lead_trial": route(
        get(let_in(200, *READERS)), get(let_in(200, *READERS), lambda values: {"country": "US"})
    ),
    "console_lead_rule_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: RULE | {"accounts": values("number")}),
    ),
    "console_lead_rule": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: RULE | {"accounts": values("number")}),
        path={"rule_id": "lead rule"},
    ),
    "api_leads": route(
        *reading(account="number"),
        post(with_key(201, "key_write"), lead, as_json=True, headers=idempotent),
    ),
    "api_lead": route(*reading(), path={"lead_id": "lead"}),
    "api_lead_accept": _step("accept", 409),
    "api_lead_decline": _step("decline", 200),
    "api_lead_contact": _step("contact", 200),
    "api_lead_qualify": _step("qualify", 200),
    "api_lead_win": _step(
        "win",
        409,
        lambda values: {"account": values("number"), "amount": "5.00", "won_on": "2020-01-01"},
    ),
    "api_lead_lose": _step("lose", 200),
    "api_lead_assign": _step("assign", 409),
    "api_lead_close": _step("close", 200, lambda values: {"note": "N"}),
}


def furnish(side: Side, now: datetime) -> None:
    """A rule, a limit, and a lead that each account has accepted."""
    owner = side.staff["owner"].actor
    for number in ("1001", "1002"):
        account = side.accounts[number]
        rule = add_rule(
            Ruling(name=f"For {number}", regions=[number], accounts=[number]), actor=owner, now=now
        )
        side.things["lead rule"] = rule.id
        set_limit(account, most=5, by_partner=False, actor=owner, now=now)
        made = receive(
            NewLead(
                source="fair",
                external_id=number,
                company=f"Company {number}",
                contact="Contact",
                email="lead@example.com",
                phone="1",
                need="Need",
                country="US",
                region=number,
                postcode="10001",
                lines=["Bikes"],
                amount=950,
            ),
            actor=owner,
            now=now,
        )
        member = side.members["admin" if number == "1001" else "neighbor"]
        accept(made.pk, account_id=account.pk, actor=member.actor, now=now)
        side.things[f"lead {number}"] = made.id
