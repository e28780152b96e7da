"""What systems are told: webhooks and events."""

from typing import Any

from tests.isolation.calls import (
    Route,
    Values,
    get,
    let_in,
    nothing,
    post,
    reading,
    route,
    with_key,
)
from tests.isolation.groups import PEOPLE, READERS, idempotent

NEW_SECRET = "whsec_" + "A" * 43 + "="


def endpoint(values: Values) -> dict[str, Any]:
    return {"url": "https://new.example.com/", "kinds": ["*"], "secret": NEW_SECRET}


ROUTES: dict[str, Route] = {
    "console_webhooks": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"action": "pause", "pick": values("endpoint")},
        ),
    ),
    "console_webhook_new": route(
        get(let_in(200, *PEOPLE)),
        post(
            let_in(200, *PEOPLE),
            lambda values: {"url": "https://new.example.com/", "kinds": "*"},
        ),
    ),
    "console_webhook": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"state": "waiting", "kind": "webhook.tested"}),
        path={"endpoint_id": "endpoint"},
    ),
    "console_webhook_change": route(
        get(let_in(200, *PEOPLE)),
        post(
            let_in(302, *PEOPLE),
            lambda values: {"url": "https://new.example.com/", "kinds": "*"},
        ),
        path={"endpoint_id": "endpoint"},
    ),
    "console_webhook_rotate": route(
        post(let_in(200, *PEOPLE), lambda values: {"overlap": "24"}),
        path={"endpoint_id": "endpoint"},
    ),
    **{
        f"console_webhook_{action}": route(
            post(let_in(302, *PEOPLE)), path={"endpoint_id": "endpoint"}
        )
        for action in ("pause", "resume", "test")
    },
    "console_webhook_replay": route(
        post(let_in(302, *PEOPLE), lambda values: {"hours": "720"}),
        path={"endpoint_id": "endpoint"},
    ),
    "console_webhook_delivery": route(get(let_in(200, *READERS)), path={"delivery_id": "delivery"}),
    "console_webhook_delivery_replay": route(
        post(let_in(302, *PEOPLE)), path={"delivery_id": "delivery"}
    ),
    "api_events": route(*reading(after="event", account="number")),
    "api_webhook_endpoints": route(
        *reading(),
        post(with_key(201, "key_write"), endpoint, as_json=True, headers=idempotent),
    ),
    "api_webhook_endpoint": route(*reading(), path={"endpoint_id": "endpoint"}),
    "api_webhook_test": route(
        post(with_key(201, "key_write"), nothing, as_json=True, headers=idempotent),
        path={"endpoint_id": "endpoint"},
    ),
    "api_webhook_deliveries": route(*reading(), path={"endpoint_id": "endpoint"}),
    **{
        f"api_webhook_{action}": route(
            post(with_key(200, "key_write"), body, as_json=True, headers=idempotent),
            path={"endpoint_id": "endpoint"},
        )
        for action, body in (
            ("pause", nothing),
            ("resume", nothing),
            ("change", lambda values: {"url": "https://new.example.com/", "kinds": ["*"]}),
            ("rotate", lambda values: {"secret": NEW_SECRET}),
            ("replay", lambda values: {"since": "2026-01-01T00:00:00Z"}),
        )
    },
}
