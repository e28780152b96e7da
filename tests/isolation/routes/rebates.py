"""Agreements, what they accrue, their statements."""

from typing import Any

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
from tests.isolation.groups import MONEY, PARTNERS, PEOPLE, READERS, idempotent


def agreement(values: Values) -> dict[str, Any]:
    return {
        "name": "N",
        "code": "new-agreement",
        "party": "account",
        "account": values("number"),
        "paid_to": "parent",
        "period": "month",
        "starts_on": "2026-01-01",
        "measure": "value",
        "kinds": "purchase",
        "returns": "with_the_original",
        "position": "absolute",
        "pays": "whole",
        "settles": "period",
        "method": "credit_note",
        "grace_days": "5",
        "answer_days": "14",
        "start": "100",
        "rate": "2",
        "match": "all",
    }


def agreement_draft(values: Values) -> dict[str, Any]:
    return {
        "program": values("program"),
        "code": "new-agreement",
        "name": "N",
        "party": "account",
        "account": values("number"),
        "period": "month",
        "starts_on": "2026-01-01",
        "terms": {"bands": [{"from": "100", "rate": "2"}]},
    }


ROUTES: dict[str, Route] = {
    "portal_rebates": route(
        *asking(let_in(200, *PARTNERS), page="document"),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_agreement": route(
        get(let_in(200, *PARTNERS)),
        post(
            let_in(302, "admin", "neighbor", but={"viewer": 404, "member": 404}),
            lambda values: {"version": "1", "digest": "1"},
        ),
        path={"enrollment_id": "enrollment", "agreement_id": "agreement"},
        second_wall=True,
    ),
    "portal_rebate_statement": route(
        get(let_in(200, *PARTNERS)),
        *(
            post(
                let_in(302, *PARTNERS, but={"viewer": 404}),
                lambda values, action=action: {"action": action, "line": "1", "reason": "R"},
            )
            for action in ("accept", "dispute", "withdraw")
        ),
        path={"enrollment_id": "enrollment", "statement_id": "rebate statement"},
        second_wall=True,
    ),
    "portal_rebate_statement_file": route(
        get(let_in(200, *PARTNERS)),
        path={"enrollment_id": "enrollment", "statement_id": "rebate statement"},
        second_wall=True,
    ),
    "console_agreements": route(
        *asking(let_in(200, *READERS), program="program", q="words", owner="rep")
    ),
    "console_agreement_new": route(
        *asking(let_in(200, *PEOPLE), program="program"), post(let_in(302, *PEOPLE), agreement)
    ),
    "console_agreement": route(get(let_in(200, *READERS)), path={"agreement_id": "agreement"}),
    "console_agreement_edit": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), agreement),
        path={"version_id": "agreement draft"},
    ),
    "console_agreement_trial": route(
        get(let_in(200, *READERS)), path={"version_id": "agreement draft"}
    ),
    "console_agreement_offer": route(
        post(let_in(302, *PEOPLE)), path={"version_id": "agreement draft"}
    ),
    "console_agreement_discard": route(
        post(let_in(302, *PEOPLE)), path={"version_id": "agreement draft"}
    ),
    "console_agreement_next": route(post(let_in(302, *PEOPLE)), path={"agreement_id": "agreement"}),
    "console_agreement_end": route(
        post(let_in(302, *PEOPLE), lambda values: {"day": "2099-12-31"}),
        path={"agreement_id": "agreement"},
    ),
    "console_accruals": route(
        *asking(let_in(200, *READERS), agreement="agreement"),
        get(let_in(200, *READERS), lambda values: {"by": "line"}),
    ),
    "console_rebate_statements": route(
        *asking(let_in(200, *READERS), q="words"),
        post(
            let_in(302, *MONEY, but={"analyst": 404}),
            lambda values: {"pick": values("rebate statement")},
        ),
    ),
    "console_rebate_closing": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *MONEY, but={"analyst": 404}), lambda values: {"pick": values("agreement")}
        ),
    ),
    "console_rebate_statement": route(
        get(let_in(200, *READERS)),
        post(let_in(302, *MONEY, but={"analyst": 404}), lambda values: {"action": "approve"}),
        path={"statement_id": "rebate statement"},
    ),
    "console_rebate_statement_file": route(
        get(let_in(200, *READERS)), path={"statement_id": "rebate statement"}
    ),
    "api_agreements": route(*reading(account="number", program="program")),
    "api_agreement": route(*reading(), path={"agreement_id": "agreement"}),
    "api_agreement_accept": route(
        post(
            with_key(409, "key_write"),  # the digest is of other terms
            lambda values: {"account": values("number"), "version": 1, "digest": "0"},
            as_json=True,
            headers=idempotent,
        ),
        path={"agreement_id": "agreement"},
    ),
    "api_agreement_next": route(
        post(with_key(201, "key_write"), nothing, as_json=True, headers=idempotent),
        path={"agreement_id": "agreement"},
    ),
    "api_agreement_end": route(
        post(
            with_key(409, "key_write"),  # no period begins on that day
            lambda values: {"on": "2026-01-02"},
            as_json=True,
            headers=idempotent,
        ),
        path={"agreement_id": "agreement"},
    ),
    # Whoever reads what is promised does not read what is only being written.
    "api_agreement_drafts": route(
        *asking(with_key(200, "key_write"), account="number"),
        post(with_key(201, "key_write"), agreement_draft, as_json=True, headers=idempotent),
    ),
    "api_agreement_draft": route(
        get(with_key(200, "key_write")), path={"draft_id": "agreement draft"}
    ),
    **{
        f"api_agreement_draft_{step}": route(
            post(
                with_key(status, "key_write"),
                lambda values, body=body: body,
                as_json=True,
                headers=idempotent,
            ),
            path={"draft_id": "agreement draft"},
        )
        for step, status, body in (
            ("change", 200, {"grace_days": 6}),
            ("offer", 409, {"digest": "0"}),  # it reads otherwise
            ("discard", 200, {}),
        )
    },
    "api_accruals": route(*reading(account="number")),
    "api_rebate_statements": route(*reading(account="number")),
    "api_rebate_statement": route(*reading(), path={"statement_id": "rebate statement"}),
    **{
        f"api_statement_{action}": route(
            post(
                with_key(status, "key_write"),
                lambda values, body=body: body,
                as_json=True,
                headers=idempotent,
            ),
            path={"statement_id": "rebate statement"},
        )
        for action, status, body in (
            ("accept", 200, {}),
            ("dispute", 200, {"line": 1, "reason": "R"}),
            ("approve", 409, {}),  # nobody has accepted it
            ("withdraw_dispute", 200, {"line": 1}),
            ("resolve_dispute", 200, {"line": 1, "answer": "A"}),
        )
    },
}
