"""Other systems look after their webhooks, and read what happened where those did not reach."""

from urllib.parse import urlsplit

import pytest
from django.db import connections, transaction
from django.utils import timezone

from accounts.ids import uuid7
from accounts.models import Command, Event, Tenant, WebhookDelivery, WebhookEndpoint
from accounts.tenancy import tenant_scope
from accounts.webhooks import endpoints
from accounts.webhooks.endpoints import make_secret, secrets_of
from tests.accounts.test_delivery import everything_settled, record
from tests.factories import TenantFactory
from tests.loyalty.test_api import Api, _secret

PATH = "/api/v1/webhook-endpoints"
SECRET = make_secret()
WISH = {"url": "https://hooks.example.com/in", "kinds": ["tier.*", "points.earned"]}


@pytest.fixture
def api(in_tenant: Tenant) -> Api:
    return Api(in_tenant, _secret("webhooks:read", "webhooks:write"))


def send(api: Api, body: dict, path: str = PATH, key: str = ""):
    return api.client.post(
        path,
        body,
        content_type="application/json",
        headers={"idempotency-key": key or str(uuid7())},
    )


def test_an_endpoint_is_made_once_and_its_secret_is_told_to_nobody(api: Api):
    body = WISH | {"secret": SECRET, "description": "CRM"}
    made, again = send(api, body, key="k-1"), send(api, body, key="k-1")
    assert (made.status_code, again.status_code) == (201, 201)
    assert made.json() == again.json() == api.get(made["Location"]).json()
    one = WebhookEndpoint.objects.get()
    assert secrets_of(one, at=timezone.now()) == [SECRET]
    assert made.json() == {
        "id": str(one.pk),
        "url": "https://hooks.example.com/in",
        "kinds": ["points.earned", "tier.*"],
        "description": "CRM",
        "state": "active",
        "reason": "",
        "failing_since": None,
        "old_secret_until": None,
        "created_at": made.json()["created_at"],
        "created_by": one.created_by,
    }
    everywhere = f"{Command.objects.get().body}{Event.objects.values_list('payload')}"
    assert "whsec_" not in everywhere + made.content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "https://169.254.169.254/"}, "is no host on the open internet"),
        ({"url": "http://hooks.example.com/"}, "Only https is called"),
        ({"kinds": ["*.earned"]}, "is no kind"),
        ({"secret": "short"}, "A secret is “whsec_”"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(api: Api, change: dict, said: str):
    answer = send(api, WISH | {"secret": SECRET} | change)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert WebhookEndpoint.objects.count() == 0


def test_what_is_wrong_within_a_list_is_told_with_its_place(api: Api):
    answer = send(api, WISH | {"secret": SECRET, "kinds": ["points.earned", "", "x" * 61]})
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/kinds/1", "/kinds/2"]


def test_it_is_paused_resumed_and_gets_another_secret(api: Api):
    at = send(api, WISH | {"secret": SECRET})["Location"]
    assert send(api, {}, f"{at}/pause").json()["state"] == "paused"
    assert send(api, {}, f"{at}/resume").json()["state"] == "active"
    new = make_secret()
    assert send(api, {"secret": new}, f"{at}/rotate").json()["old_secret_until"]
    one = WebhookEndpoint.objects.get()
    assert secrets_of(one, at=timezone.now()) == [new, SECRET]
    send(api, {"secret": SECRET, "overlap_hours": 0}, f"{at}/rotate")
    one.refresh_from_db()
    assert secrets_of(one, at=timezone.now()) == [SECRET]
    assert send(api, {"secret": new, "overlap_hours": 169}, f"{at}/rotate").status_code == 422


def test_it_is_changed_and_tried_out_and_events_tell_no_token(api: Api):
    at = send(api, WISH | {"secret": SECRET, "description": "CRM"})["Location"]
    other = {"url": "https://hooks.example.com/in?token=s3cret", "kinds": ["points.*"]}

    changed = send(api, other, f"{at}/change")
    tried = send(api, {}, f"{at}/test")

    assert (changed.status_code, tried.status_code) == (200, 201)
    now = changed.json()
    assert {"url": now["url"], "kinds": now["kinds"]} == other
    assert (now["description"], tried.json()["type"]) == ("CRM", "webhook.tested")
    assert api.get(f"{at}/deliveries").json()["items"] == [tried.json()]
    assert send(api, other | {"url": "https://10.0.0.1/"}, f"{at}/change").status_code == 422
    assert WebhookEndpoint.objects.get().url == other["url"]
    told = Event.objects.get(kind="webhook.changed").payload
    assert told == {
        "host": "hooks.example.com",
        "kinds": ["points.*"],
        "before": {
            "host": "hooks.example.com",
            "kinds": ["points.earned", "tier.*"],
            "description": "CRM",
        },
        "address_changed": True,
    }
    every = Event.objects.filter(kind__startswith="webhook.").values_list("payload", flat=True)
    assert "s3cret" not in str(list(every))


def test_deliveries_are_read_and_sent_again(api: Api):
    at = send(api, WISH | {"secret": SECRET})["Location"]
    one, now = WebhookEndpoint.objects.get(), timezone.now()
    sent = endpoints.send_test(endpoint=one, actor="system", now=now)
    WebhookDelivery.objects.update(state="failed", attempts=10, tries=10, finished_at=now)
    [shown] = api.get(f"{at}/deliveries?state=failed&kind=webhook.tested").json()["items"]
    assert (shown["event"], shown["attempts"], shown["due_at"]) == (str(sent.event_id), 10, None)
    assert api.get(f"{at}/deliveries?state=waiting").json()["items"] == []
    assert send(api, {"since": "2026-01-01T00:00:00Z"}, f"{at}/replay").json() == {"count": 1}
    [shown] = api.get(f"{at}/deliveries").json()["items"]
    assert shown["state"] == "waiting"
    for long_ago in ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z"):
        assert send(api, {"since": long_ago}, f"{at}/replay").status_code == 422
    assert send(api, {"since": "1970-01-01T00:00:00Z"}, f"{at}/replay").json() == {"count": 0}


def test_only_keys_that_may(in_tenant: Tenant):
    reads = Api(in_tenant, _secret("webhooks:read"))
    assert send(reads, WISH | {"secret": SECRET}).status_code == 403
    assert reads.get("/api/v1/events").status_code == 403


def test_events_are_read_in_order_and_gone_on_with_after_the_last(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id):
        with transaction.atomic():
            api = Api(tenant, _secret("events:read"))
            record("a.one", "a.two")
        with transaction.atomic():
            record("b.one")
        everything_settled()
    connections.close_all()
    seen, path = [], "/api/v1/events?limit=2"
    while path:
        answer = api.get(path).json()
        seen += answer["items"]
        parts = urlsplit(answer["next"] or "")
        path = f"{parts.path}?{parts.query}" if answer["next"] else ""
    assert [one["type"] for one in seen] == ["key.made", "a.one", "a.two", "b.one"]
    assert seen[1]["data"]["subject"] == "s:1"
    after = seen[2]["id"]
    items = api.get(f"/api/v1/events?after={after}").json()["items"]
    assert [one["type"] for one in items] == ["b.one"]
    assert api.get("/api/v1/events?kind=a.two").json()["items"] == [seen[2]]
    for unknown in (str(uuid7()), "no-id"):
        answer = api.get(f"/api/v1/events?after={unknown}")
        assert (answer.status_code, "the id of an event" in answer.json()["detail"]) == (422, True)
