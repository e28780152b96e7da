"""Managers add endpoints, see the secret once, watch what arrives and send it again."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Event, Tenant, WebhookDelivery, WebhookEndpoint
from accounts.models.webhook import Outcome
from accounts.tenancy import tenant_scope
from accounts.webhooks import endpoints
from accounts.webhooks.deliveries import claim
from accounts.webhooks.endpoints import secrets_of
from accounts.webhooks.settling import Attempt, settle
from tests.factories import StaffFactory
from tests.loyalty.faces import client_of, text_of

WISH = {"url": "https://hooks.example.com/in", "kinds": "points.*\ntier.changed", "description": ""}
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture
def manager(tenant: Tenant) -> Client:
    return client_as(tenant, "manager")


def client_as(tenant: Tenant, role: str) -> Client:
    with tenant_scope(tenant.id):
        return client_of(tenant, StaffFactory(role=role).user)


def endpoint(tenant: Tenant) -> WebhookEndpoint:
    with tenant_scope(tenant.id):
        return endpoints.add_endpoint(
            url="https://hooks.example.com/in",
            kinds=["*"],
            description="CRM",
            secret=endpoints.make_secret(),
            actor="system",
            now=timezone.now(),
        )


def attempt(outcome: Outcome, **more) -> None:
    now = timezone.now()
    [claimed] = claim(at=now, most=1)
    settle(claimed, Attempt(at=now, milliseconds=7, outcome=outcome, **more))


def test_an_endpoint_is_added_and_its_secret_is_shown_this_once(manager: Client, tenant: Tenant):
    assert "No endpoint yet" in text_of(manager.get("/console/webhooks/"))
    shown = manager.post("/console/webhooks/new/", WISH)
    assert (shown.status_code, "no-store" in shown["Cache-Control"]) == (200, True)
    [secret] = set(SECRET.findall(shown.content.decode()))
    with tenant_scope(tenant.id):
        one = WebhookEndpoint.objects.get()
        assert secrets_of(one, at=timezone.now()) == [secret]
        assert (one.url, one.kinds) == (WISH["url"], ["points.*", "tier.changed"])
    page = manager.get(f"/console/webhooks/{one.pk}/")
    assert not SECRET.search(page.content.decode())
    assert "points.*, tier.changed" in text_of(page)
    assert "https://hooks.example.com/in" in text_of(manager.get("/console/webhooks/"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "https://10.0.0.1/"}, "“10.0.0.1” is no host on the open internet"),
        ({"url": "https://user:pw@hooks.example.com/"}, "no user name or password"),
        ({"kinds": "Points"}, "“Points” is no kind"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_is_kept(
    manager: Client, tenant: Tenant, change: dict, said: str
):
    answer = manager.post("/console/webhooks/new/", WISH | {"description": "My CRM"} | change)
    assert (answer.status_code, said in text_of(answer)) == (422, True)
    assert 'value="My CRM"' in answer.content.decode()
    with tenant_scope(tenant.id):
        assert WebhookEndpoint.objects.count() == 0


def test_it_is_changed_paused_resumed_and_gets_another_secret(manager: Client, tenant: Tenant):
    one = endpoint(tenant)
    at = f"/console/webhooks/{one.pk}/"
    manager.post(f"{at}change/", WISH | {"url": "https://new.example.com/"})
    paused = manager.post(f"{at}pause/", follow=True)
    assert "What happens meanwhile is kept and sent when you resume." in text_of(paused)
    assert "beginning with what waits" in text_of(manager.post(f"{at}resume/", follow=True))
    rotated = manager.post(f"{at}rotate/", {"overlap": "24"})
    [secret] = set(SECRET.findall(rotated.content.decode()))
    assert "Signs, too, until" in text_of(rotated)
    with tenant_scope(tenant.id):
        one.refresh_from_db()
        assert secrets_of(one, at=timezone.now())[0] == secret
        assert len(secrets_of(one, at=timezone.now())) == 2
        assert (one.url, one.state) == ("https://new.example.com/", "active")
        told = Event.objects.filter(subject=one.subject).order_by("id").values_list("kind")
        assert [kind.removeprefix("webhook.") for (kind,) in told] == [
            "added", "changed", "paused", "resumed", "secret_replaced",
        ]  # fmt: skip


def test_a_test_event_its_attempts_and_sending_it_again(manager: Client, tenant: Tenant):
    one = endpoint(tenant)
    at = f"/console/webhooks/{one.pk}/"
    sent = manager.post(f"{at}test/", follow=True)
    assert "webhook.tested Waiting Due now" in text_of(sent)
    with tenant_scope(tenant.id):
        attempt(Outcome.STATUS, status=500, answer="<b>Oh no</b>")
        delivery = WebhookDelivery.objects.get()
    page = manager.get(f"/console/webhooks/deliveries/{delivery.pk}/")
    assert "Answered with an error (500)" in text_of(page)
    assert "&lt;b&gt;Oh no&lt;/b&gt;" in page.content.decode()
    assert f"webhook-id: {delivery.event_id}" in text_of(page)
    assert "Failing" in text_of(manager.get("/console/webhooks/"))
    assert "Nothing has arrived since" in text_of(manager.get(at))
    with tenant_scope(tenant.id):
        WebhookDelivery.objects.update(state="failed")
    again = manager.post(f"/console/webhooks/deliveries/{delivery.pk}/replay/", follow=True)
    assert "It is on its way again." in text_of(again)
    again = manager.post(f"/console/webhooks/deliveries/{delivery.pk}/replay/", follow=True)
    assert "It waits to be sent already." in text_of(again)


def test_who_is_disabled_is_opened_again_and_sent_what_it_missed(manager: Client, tenant: Tenant):
    one = endpoint(tenant)
    at = f"/console/webhooks/{one.pk}/"
    manager.post(f"{at}test/")
    with tenant_scope(tenant.id):
        attempt(Outcome.GONE, status=410)
        WebhookDelivery.objects.update(state="failed")
    assert "It answered 410: it is gone for good" in text_of(manager.get(at))
    refused = manager.post(f"{at}test/", follow=True)
    assert "It is disabled already" in text_of(refused)
    manager.post(f"{at}resume/")
    replayed = manager.post(f"{at}replay/", {"hours": "24"}, follow=True)
    assert "1 on their way again." in text_of(replayed)
    replayed = manager.post(f"{at}replay/", {"hours": "24"}, follow=True)
    assert "Nothing failed or was missed." in text_of(replayed)


def test_the_log_is_filtered_and_takes_as_many_queries_for_one_as_for_three(
    manager: Client, tenant: Tenant, django_assert_num_queries
):
    one = endpoint(tenant)
    at = f"/console/webhooks/{one.pk}/"
    for number in (1, 2):
        with tenant_scope(tenant.id):
            for _ in range(number):
                endpoints.send_test(endpoint=one, actor="system", now=timezone.now())
        with django_assert_num_queries(11):
            page = manager.get(at)
        assert text_of(page).count("webhook.tested") == sum(range(number + 1))
    assert "webhook.tested" in text_of(manager.get(f"{at}?state=waiting&kind=webhook.tested"))
    assert "No delivery fits" in text_of(manager.get(f"{at}?state=failed"))


def test_analysts_read_and_change_nothing(tenant: Tenant):
    one, analyst = endpoint(tenant), client_as(tenant, "analyst")
    page = analyst.get(f"/console/webhooks/{one.pk}/")
    assert (page.status_code, "Send a test event" in text_of(page)) == (200, False)
    for path in ("change", "rotate", "pause", "test", "replay"):
        assert analyst.post(f"/console/webhooks/{one.pk}/{path}/").status_code == 403
    with tenant_scope(tenant.id):
        one.refresh_from_db()
        assert (one.state, WebhookDelivery.objects.count()) == ("active", 0)


def test_an_old_secret_is_told_until_its_end(manager: Client, tenant: Tenant):
    one = endpoint(tenant)
    manager.post(f"/console/webhooks/{one.pk}/rotate/", {"overlap": "1"})
    with tenant_scope(tenant.id):
        WebhookEndpoint.objects.update(old_secret_until=timezone.now() - timedelta(minutes=1))
    assert "Signs, too, until" not in text_of(manager.get(f"/console/webhooks/{one.pk}/"))
