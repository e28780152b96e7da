"""Accounts and their points, in every face."""

from tests.isolation.calls import Route, asking, get, let_in, post, reading, route
from tests.isolation.groups import CALLERS, NOT_THEIRS, PARTNERS, PEOPLE, READERS

ROUTES: dict[str, Route] = {
    "portal": route(get(let_in(302, *PARTNERS))),
    "portal_overview": route(
        get(let_in(200, *PARTNERS)),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_entries": route(
        *asking(let_in(200, *PARTNERS), older="entry", newer="entry"),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_programs": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_how": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_statement": route(
        *asking(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_statement_file": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "field": route(*asking(let_in(200, *CALLERS), program="program", q="words")),
    "field_account": route(
        get(let_in(200, *CALLERS, but=NOT_THEIRS)), path={"account_id": "account"}, second_wall=True
    ),
    "field_file": route(
        get(let_in(200, *CALLERS, but=NOT_THEIRS)), path={"file_id": "file"}, second_wall=True
    ),
    "field_from_crm": route(
        get(let_in(302, *CALLERS, but=NOT_THEIRS)), path={"crm_id": "number"}, second_wall=True
    ),
    "console": route(*asking(let_in(200, *READERS), program="program")),
    "console_accounts": route(
        *asking(
            let_in(200, *READERS),
            program="program",
            q="words",
            rep="rep",
            tier="tier",
            region="region",
            partner_type="words",
        ),
        post(
            let_in(302, *PEOPLE, but={"finance": 404, "analyst": 404}),
            lambda values: {"action": "enroll", "pick": values("account")},
        ),
    ),
    "console_enroll": route(
        post(let_in(302, *PEOPLE), lambda values: {"program": values("program")}),
        path={"account_id": "account"},
    ),
    "console_account": route(get(let_in(200, *READERS)), path={"account_id": "account"}),
    "console_statement": route(get(let_in(200, *READERS)), path={"enrollment_id": "enrollment"}),
    "console_statement_file": route(
        get(let_in(200, *READERS)), path={"enrollment_id": "enrollment"}
    ),
    "api_accounts": route(
        *reading(number="number", parent="number", region="region", cursor="cursor"),
    ),
    "api_account": route(*reading(), path={"number": "number"}),
    "api_enrollments": route(*reading(program="program"), path={"number": "number"}),
    "api_entries": route(*reading(program="program"), path={"number": "number"}),
    "api_entry": route(*reading(), path={"entry_id": "entry"}),
    "api_why": route(*reading(), path={"entry_id": "entry"}),
    "api_lots": route(*reading(account="number", program="program")),
    "api_expiring": route(*reading(account="number")),
}
