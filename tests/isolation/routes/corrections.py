"""Points put right by hand: adjustments, transfers, purchases that are missing."""

from typing import Any

from accounts.ids import uuid7
from tests.isolation.calls import Route, Values, asking, get, let_in, post, reading, route, with_key
from tests.isolation.groups import MONEY, PARTNERS, PEOPLE, READERS, idempotent


def pass_on(values: Values) -> dict[str, str]:
    return {
        "identity": str(uuid7()),
        "taker": values("colleague member", "taker"),
        "amount": "1",
    }


def transfer(values: Values) -> dict[str, Any]:
    return {
        "account": values("number"),
        "program": values("program"),
        "giver": None,
        "taker": values("person"),
        "points": 1,
    }


def adjustment(values: Values) -> dict[str, Any]:
    return {
        "account": values("number"),
        "program": values("program"),
        "member": values("person"),
        "action": "credit",
        "points": 1,
        "reason": "R",
    }


ROUTES: dict[str, Route] = {
    "portal_transfer": route(
        get(let_in(200, *PARTNERS)),
        post(
            # nobody passes on what is a colleague's, nor to themselves
            let_in(422, *PARTNERS),
            lambda values: pass_on(values) | {"giver": values("person", "giver")},
        ),
        post(
            let_in(302, "admin", "neighbor", but={"viewer": 422, "member": 422}),
            lambda values: pass_on(values) | {"giver": "account", "step": "confirm"},
        ),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_claims": route(
        *asking(let_in(200, *PARTNERS), page="document"),
        post(
            let_in(302, *PARTNERS, but={"viewer": 403}),
            lambda values: {"document": "NEW-1", "bought_on": "2026-01-15", "amount": "9.50"},
        ),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "console_adjust": route(
        get(let_in(200, *MONEY)),
        post(
            let_in(302, *MONEY),
            lambda values: {
                "identity": str(uuid7()),
                "action": "credit",
                "amount": "5",
                "reason": "R",
                "holder": values("colleague member"),
            },
        ),
        path={"enrollment_id": "enrollment"},
    ),
    "console_extend": route(
        get(let_in(200, *MONEY)),
        post(
            let_in(422, *MONEY),
            lambda values: {"identity": str(uuid7()), "expiring": "2020-01-01", "reason": "R"},
        ),
        path={"enrollment_id": "enrollment"},
    ),
    "console_reinstate": route(
        get(let_in(200, *MONEY)),
        post(
            let_in(422, *MONEY),
            lambda values: {
                "identity": str(uuid7()),
                "expired": values("entry"),
                "reason": "R",
            },
        ),
        path={"enrollment_id": "enrollment"},
    ),
    "console_adjustments": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"state": "pending"}),
        post(
            let_in(302, *MONEY, but={"analyst": 403}),
            lambda values: {"decision": "reject", "pick": values("adjustment")},
        ),
    ),
    "console_adjustment": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(302, *MONEY, but={"analyst": 403}),
                lambda values, decision=decision: {"decision": decision},
            )
            for decision in ("submit", "approve", "reject", "discard")
        ),
        path={"adjustment_id": "adjustment"},
    ),
    "console_correction_terms": route(
        get(let_in(200, *PEOPLE)),
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(
            let_in(302, *PEOPLE),
            lambda values: {"approval_above": "7"},
            query=lambda values: {"program": values("program")},
        ),
    ),
    "console_adjustment_limits": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"program": values("program")}),
        post(
            let_in(302, "owner", "finance", but={"manager": 403, "analyst": 403}),
            lambda values: {"role_manager": "70"},
            query=lambda values: {"program": values("program")},
        ),
    ),
    "console_claims": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"state": "rejected"}),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"decision": "reject", "note": "No", "pick": values("claim")},
        ),
    ),
    "console_claim": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
                lambda values, decision=decision: {"decision": decision, "reason": "No"},
            )
            for decision in ("approve", "reject")
        ),
        path={"claim_id": "claim"},
    ),
    "api_transfers": route(
        *reading(account="number", program="program"),
        post(with_key(201, "key_write"), transfer, as_json=True, headers=idempotent),
    ),
    "api_transfer": route(*reading(), path={"transfer_id": "transfer"}),
    "api_adjustments": route(
        *reading(account="number", program="program"),
        post(with_key(201, "key_write"), adjustment, as_json=True, headers=idempotent),
    ),
    "api_adjustment": route(*reading(), path={"adjustment_id": "adjustment"}),
}
