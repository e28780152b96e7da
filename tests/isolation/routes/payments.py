"""What rebates come to: credits, payment runs, bank details, the journal."""

from tests.isolation.calls import Route, Values, asking, get, let_in, post, reading, route
from tests.isolation.groups import PARTNERS, READERS, TREASURERS


def bank(values: Values) -> dict[str, str]:
    return {"holder": "N", "iban": "NL91ABNA0417164300"}


ROUTES: dict[str, Route] = {
    "portal_credits": route(
        *asking(let_in(200, *PARTNERS), page="document"),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_credit_note": route(
        # It is 1001's: whose neighbors find nothing there.
        get(let_in(200, *PARTNERS, but={"neighbor": 404})),
        path={"enrollment_id": "enrollment", "credit_id": "credit"},
        second_wall=True,
    ),
    "portal_bank": route(
        get(let_in(200, *PARTNERS)),
        post(let_in(302, "admin", "neighbor", but={"viewer": 403, "member": 403}), bank),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "console_credits": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *TREASURERS, but={"manager": 403, "analyst": 403}),
            lambda values: {"pick": values("payment")},
        ),
    ),
    "console_credit_note": route(get(let_in(200, *READERS)), path={"credit_id": "credit"}),
    "console_payments": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *TREASURERS, but={"manager": 403, "analyst": 403}),
            lambda values: {"pick": values("payment"), "execute_on": "2099-12-31"},
        ),
    ),
    "console_payment_run": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(302, *TREASURERS, but={"manager": 403, "analyst": 403}),
                lambda values, action=action: {"action": action},
            )
            for action in ("approve", "cancel", "executed")
        ),
        path={"run_id": "payment run"},
    ),
    "console_payment_file": route(post(let_in(302, *TREASURERS)), path={"run_id": "payment run"}),
    "console_payment_return": route(
        post(let_in(302, *TREASURERS), lambda values: {"reason": "No"}),
        path={"payment_id": "payment"},
    ),
    "console_bank": route(get(let_in(200, *TREASURERS)), post(let_in(302, *TREASURERS), bank)),
    "console_bank_cooling": route(post(let_in(302, *TREASURERS), lambda values: {"days": "3"})),
    "console_account_bank": route(
        get(let_in(200, *TREASURERS)),
        post(let_in(302, *TREASURERS), bank),
        path={"account_id": "account"},
    ),
    "console_journal": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *TREASURERS, but={"manager": 403, "analyst": 403}),
            lambda values: {"through": "2099-12-31"},
        ),
    ),
    "console_journal_accounts": route(
        get(let_in(200, *TREASURERS)),
        post(let_in(302, *TREASURERS), lambda values: {"paid_debit": "1", "paid_credit": "2"}),
    ),
    "console_journal_batch": route(get(let_in(200, *READERS)), path={"batch_id": "journal batch"}),
    "console_journal_file": route(get(let_in(200, *READERS)), path={"batch_id": "journal batch"}),
    "console_payouts": route(
        get(let_in(200, *READERS)),
        post(let_in(409, "owner"), lambda values: {"reason": "R"}),  # they are not stopped
    ),
    "api_journal_batches": route(*reading()),
    "api_journal_lines": route(*reading(), path={"batch_id": "journal batch"}),
    "api_settlements": route(*reading(account="number")),
}
