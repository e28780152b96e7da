"""Market development and co-op funds."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.attributes import Attribute
from accounts.ids import uuid7
from accounts.models import Program
from partners.funds import budgets
from partners.funds.activities import Terms, add_activity
from partners.funds.granting import grant
from partners.funds.requesting import Wish, ask
from partners.models import FundAccrual, FundProof
from tests.isolation.calls import Route, Values, asking, get, let_in, post, reading, route, with_key
from tests.isolation.groups import LATER, PARTNERS, PEOPLE, READERS, idempotent
from tests.isolation.side import Side

KEPT = {
    "partners_fundbudget": {"kinds", "lines", "every"},
    "partners_fundactivity": {"fields"},
    "partners_fundrequest": {"request_key", "paid_as"},
    "partners_fundgrant": {"key"},
}
OF_ACCOUNTS = ("fund", "fund request")
OF_TENANT = ("fund budget", "fund activity")
NO_ANALYST = {"analyst": 403}
BUDGET = {
    "name": "New budget",
    "amount": "10.00",
    "starts_on": LATER,
    "ends_on": LATER,
    "remind_days": "7",
    "kind": "discretionary",
}
ACTIVITY = {
    "fields_asked": "guests: whole",
    "share": "50",
    "proofs": "Invoice",
    "claim_days": "30",
    "is_active": "on",
}
PAYMENT = {"paid_as": "transfer", "reference": "N", "paid_on": "2026-01-15"}


def wish(values: Values) -> dict[str, Any]:
    return {
        "key": str(uuid7()),
        "budget": values("fund budget"),
        "title": "New activity",
        "starts_on": LATER,
        "ends_on": LATER,
        "total_cost": "2.00",
        "asked": "1.00",
    }


def wish_of_system(values: Values) -> dict[str, Any]:
    said = {name: value for name, value in wish(values).items() if name != "key"}
    return said | {"account": values("number"), "activity": values("fund activity")}


ROUTES: dict[str, Route] = {
    "portal_funds": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_fund_activities": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_fund_request_new": route(
        get(let_in(200, *PARTNERS, but={"viewer": 403})),
        post(let_in(302, *PARTNERS, but={"viewer": 403}), wish),
        path={"enrollment_id": "enrollment", "activity_id": "fund activity"},
        second_wall=True,
    ),
    "portal_fund_request": route(
        get(let_in(200, *PARTNERS)),
        *(
            post(
                let_in(status, *PARTNERS, but={"viewer": 403}),
                lambda values, action=action: {"action": action, "note": "N", "cost": "1.00"},
            )
            for action, status in (("withdraw", 302), ("claim", 422))
        ),
        path={"enrollment_id": "enrollment", "request_id": "fund request"},
        second_wall=True,
    ),
    "console_fund_budgets": route(get(let_in(200, *READERS))),
    "console_fund_budget_new": route(
        get(let_in(200, *PEOPLE)),
        post(
            let_in(302, *PEOPLE),
            lambda values: BUDGET | {"program": values("program"), "owner": values("staff")},
        ),
    ),
    "console_fund_budget": route(get(let_in(200, *READERS)), path={"budget_id": "fund budget"}),
    "console_fund_budget_change": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: BUDGET | {"owner": values("staff")}),
        path={"budget_id": "fund budget"},
    ),
    "console_fund_allocate": route(
        get(let_in(200, *PEOPLE)),
        post(
            let_in(302, *PEOPLE),
            lambda values: {
                "key": str(uuid7()),
                "numbers": values("number"),
                "amount": "0.10",
                "last_day": LATER,
            },
        ),
        path={"budget_id": "fund budget"},
    ),
    "console_fund": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"key": str(uuid7()), "amount": "0.10", "reason": "N"},
        ),
        path={"fund_id": "fund"},
    ),
    "console_fund_requests": route(
        *asking(let_in(200, *READERS), q="words"),
        get(let_in(200, *READERS), lambda values: {"state": "paid", "sort": "amount"}),
    ),
    "console_fund_request": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(status, *PEOPLE, but={"finance": 403, "analyst": 403}),
                lambda values, action=action: {
                    "action": action,
                    "note": "N",
                    "amount": "0.10",
                    "share": "50",
                },
            )
            for action, status in (
                ("approve", 302),
                ("reject", 302),
                ("accept", 422),
                ("more", 422),
                ("refuse", 422),
            )
        ),
        post(
            let_in(422, "owner", "finance", but={"manager": 403, "analyst": 403}),
            lambda values: {"action": "pay"} | PAYMENT,
        ),
        path={"request_id": "fund request"},
    ),
    "console_fund_activities": route(get(let_in(200, *READERS))),
    "console_fund_activity_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: ACTIVITY | {"name": "New activity"}),
    ),
    "console_fund_activity": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: ACTIVITY | {"name": "Changed activity"}),
        path={"activity_id": "fund activity"},
    ),
    "api_funds": route(*reading(account="number")),
    "api_fund_budgets": route(*reading()),
    "api_fund_activities": route(*reading()),
    "api_fund_allocations": route(
        post(
            with_key(200, "key_write"),
            lambda values: {"accounts": [values("number")], "amount": "0.10", "last_day": LATER},
            as_json=True,
            headers=idempotent,
        ),
        path={"budget_id": "fund budget"},
    ),
    "api_fund_requests": route(
        *reading(account="number"),
        post(with_key(201, "key_write"), wish_of_system, as_json=True, headers=idempotent),
    ),
    "api_fund_request": route(*reading(), path={"request_id": "fund request"}),
    **{
        f"api_fund_request_{step}": route(
            post(
                with_key(status, "key_write"),
                lambda values, body=body: body,
                as_json=True,
                headers=idempotent,
            ),
            path={"request_id": "fund request"},
        )
        for step, status, body in (
            ("approve", 200, {"amount": "0.10", "share": "50.00"}),
            ("reject", 200, {"note": "N"}),
            ("withdraw", 200, {"note": "N"}),
            ("claim", 409, {"cost": "1.00"}),
            ("accept", 409, {"amount": "0.10"}),
            ("ask_for_more", 409, {"note": "N"}),
            ("refuse", 409, {"note": "N"}),
            ("pay", 409, PAYMENT),
        )
    },
}


def furnish(side: Side, now: datetime) -> None:
    """A budget, an activity; a fund and a request of each account."""
    owner, today = side.staff["owner"], now.date()
    zone = side.tenant.zone
    budget = budgets.add_budget(
        program=Program.objects.get(),
        starts_on=today,
        terms=budgets.Terms(
            name="MDF", owner=owner, amount=10_000, ends_on=today + timedelta(days=90)
        ),
        accrual=None,
        actor=owner.actor,
        now=now,
    )
    activity = add_activity(
        terms=Terms(
            name="Event",
            description="An event",
            fields=(Attribute("guests", "whole"),),
            proofs=("Invoice",),
            share=Decimal(50),
        ),
        actor=owner.actor,
        now=now,
    )
    side.things["fund budget"], side.things["fund activity"] = budget.id, activity.id
    accounts = {side.accounts[number].pk: 500 for number in ("1001", "1002")}
    funds = grant(
        budget_id=budget.pk,
        amounts=accounts,
        last_day=today + timedelta(days=60),
        note="For both",
        key="form",
        by=owner.actor,
        today=today,
        zone=zone,
        now=now,
    )
    for fund in funds:
        side.things[f"fund {fund.account.number}"] = fund.id
        FundAccrual.objects.create(
            fund=fund, since=today, until=today + timedelta(days=90), measured=0, amount=0,
            accrued_at=now,
        )  # fmt: skip
    for number, who in (("1001", "member"), ("1002", "neighbor")):
        made = ask(
            Wish(
                account=side.accounts[number],
                budget=budget,
                activity=activity,
                member=side.members[who],
                title=f"Event {number}",
                starts_on=today + timedelta(days=5),
                ends_on=today + timedelta(days=6),
                total_cost=200,
                asked=100,
                answers={"guests": "5"},
                key=f"form {number}",
                actor=side.members[who].actor,
            ),
            today=today,
            now=now,
        )
        side.things[f"fund request {number}"] = made.id
        FundProof.objects.create(
            request=made, kind="Invoice", file_id=side.things[f"file {number}"]
        )
