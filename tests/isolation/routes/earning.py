"""Rules, campaigns, budgets, milestones."""

from typing import Any

from tests.isolation.calls import Route, Values, asking, get, let_in, post, route
from tests.isolation.groups import PEOPLE, READERS


def rule(values: Values) -> dict[str, Any]:
    return {
        "code": "new",
        "name": "New",
        "kind": "purchase",
        "unit": "points",
        "rate": "2",
        "basis": "per_amount",
        "beneficiary": "account",
        "hold_days": "0",
        "match": "all",
        "field": "tier",
        "op": "eq",
        "value": "Gold",
    }


def campaign(values: Values) -> dict[str, Any]:
    return {
        "code": "new",
        "name": "New",
        "kind": "purchase",
        "unit": "points",
        "multiplier": "2",
        "starts_on": "2026-01-01",
        "ends_on": "2099-12-31",
    }


ROUTES: dict[str, Route] = {
    "console_rules": route(
        *asking(let_in(200, *READERS), program="program"),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"action": "discard", "pick": values("version")},
        ),
    ),
    "console_rule_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(let_in(302, *PEOPLE), rule, query=lambda values: {"program": values("program")}),
        post(
            let_in(302, *PEOPLE),
            lambda values: rule(values) | {"field": "segment", "value": values("segment code")},
        ),
    ),
    "console_rule": route(
        get(let_in(200, *READERS)),
        get(
            let_in(200, *READERS),
            lambda values: {"account": values("number"), "occurred_at": "2026-01-01T10:00"},
        ),
        get(let_in(200, *READERS), lambda values: {"past": "1"}),
        path={"version_id": "version"},
    ),
    "console_rule_edit": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), rule),
        path={"version_id": "version"},
    ),
    "console_rule_publish": route(
        post(let_in(302, *PEOPLE), lambda values: {"valid_from": ""}),
        path={"version_id": "version"},
    ),
    "console_rule_discard": route(post(let_in(302, *PEOPLE)), path={"version_id": "version"}),
    "console_rule_end": route(post(let_in(302, *PEOPLE)), path={"version_id": "version"}),
    "console_rule_next": route(post(let_in(302, *PEOPLE)), path={"version_id": "version"}),
    "console_second_pair": route(post(let_in(302, "owner"), lambda values: {"needed": "1"})),
    "console_campaigns": route(
        *asking(let_in(200, *READERS), program="program"),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"action": "end", "pick": values("campaign")},
        ),
    ),
    "console_campaign_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(let_in(302, *PEOPLE), lambda values: campaign(values) | {"rule": values("rule")}),
    ),
    "console_campaign": route(get(let_in(200, *READERS)), path={"campaign_id": "campaign"}),
    "console_campaign_edit": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), campaign),
        path={"campaign_id": "campaign"},
    ),
    "console_campaign_publish": route(post(let_in(302, *PEOPLE)), path={"campaign_id": "campaign"}),
    "console_campaign_discard": route(post(let_in(302, *PEOPLE)), path={"campaign_id": "campaign"}),
    "console_campaign_end": route(post(let_in(302, *PEOPLE)), path={"campaign_id": "campaign"}),
    "console_budget_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(
            let_in(302, *PEOPLE),
            lambda values: {"unit": "points", "amount": "1000", "ends_on": "2099-12-31"},
        ),
    ),
    "console_milestone_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(
            let_in(302, *PEOPLE),
            lambda values: {
                "code": "new",
                "name": "New",
                "kind": "purchase",
                "counted": "amount",
                "threshold": "1000.00",
            },
        ),
    ),
}
