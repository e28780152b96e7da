"""Rewards and what is redeemed."""

from accounts.ids import uuid7
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
from tests.isolation.groups import PARTNERS, PEOPLE, READERS, idempotent


def wish(values: Values) -> dict[str, str]:
    return {
        "account": values("number"),
        "reward": values("reward"),
        "member": values("person"),
    }


def reward_form(values: Values) -> dict[str, str]:
    return {
        "name": "N",
        "code": "new-reward",
        "points": "10",
        "paid_by": "account",
        "limit_period": "ever",
        "details_value": "5.00",
    }


ROUTES: dict[str, Route] = {
    "portal_rewards": route(
        *asking(let_in(200, *PARTNERS), type="words", page="document"),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_reward": route(
        get(let_in(200, *PARTNERS)),
        # a viewer is told that viewers look only
        post(let_in(200, *PARTNERS, but={"viewer": 422}), lambda values: {"step": "choose"}),
        post(
            let_in(302, *PARTNERS, but={"viewer": 422}),
            lambda values: {"step": "confirm", "points": "10", "key": str(uuid7())},
        ),
        path={"enrollment_id": "enrollment", "reward_id": "reward"},
        second_wall=True,
    ),
    "portal_redemptions": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_redemption": route(
        get(let_in(200, *PARTNERS)),
        path={"enrollment_id": "enrollment", "redemption_id": "redemption"},
        second_wall=True,
    ),
    "portal_redemption_cancel": route(
        # Their colleagues' is not theirs to call off, but an admin's.
        post(let_in(302, *PARTNERS, but={"viewer": 404, "member": 404})),
        path={"enrollment_id": "enrollment", "redemption_id": "redemption"},
        second_wall=True,
    ),
    "portal_redemption_code": route(
        post(let_in(302, *PARTNERS)),
        path={"enrollment_id": "enrollment", "redemption_id": "redemption"},
        second_wall=True,
    ),
    "console_rewards": route(*asking(let_in(200, *READERS), program="program")),
    "console_reward_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(
            let_in(302, *PEOPLE),
            reward_form,
            query=lambda values: {"type": "credit_note", "program": values("program")},
        ),
    ),
    "console_reward": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), reward_form),
        path={"reward_id": "reward"},
    ),
    "console_reward_state": route(
        post(let_in(302, *PEOPLE), lambda values: {"to": "retire"}), path={"reward_id": "reward"}
    ),
    "console_reward_codes": route(
        post(let_in(302, *PEOPLE), lambda values: {"codes": "NEW-CODE-1"}),
        path={"reward_id": "reward"},
    ),
    "console_reward_slots": route(
        post(let_in(302, *PEOPLE), lambda values: {"starts": "2030-01-01 10:00"}),
        path={"reward_id": "reward"},
    ),
    "console_redemptions": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"state": "all"}),
        post(
            let_in(302, *READERS, but={"finance": 404, "analyst": 404}),
            lambda values: {"action": "approve", "pick": values("redemption")},
        ),
    ),
    "console_redemption": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *READERS, but={"finance": 404, "analyst": 404}),
            lambda values: {"action": "approve"},
        ),
        path={"redemption_id": "redemption"},
    ),
    "api_rewards": route(
        get(
            with_key(200, "key_read"),
            lambda values: {"account": values("number"), "program": values("program")},
        )
    ),
    "api_redemptions": route(
        *reading(account="number", program="program"),
        post(with_key(201, "key_write"), wish, as_json=True, headers=idempotent),
    ),
    "api_redemption": route(*reading(), path={"redemption_id": "redemption"}),
    **{
        f"api_{action}": route(
            post(with_key(status, "key_write"), nothing, as_json=True, headers=idempotent),
            path={"redemption_id": "redemption"},
        )
        for action, status in (
            ("cancel", 200),
            ("approve", 200),
            ("reject", 200),
            ("fulfill", 409),
            ("refund", 409),
        )
    },
}
