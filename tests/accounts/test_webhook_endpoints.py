"""Endpoints of webhooks: their secrets, pauses and addresses, and what is sent once more."""

import socket
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks import WebhookVerificationError

from accounts import outward
from accounts.models import (
    Event,
    EventReader,
    Tenant,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.outward import AddressRefused
from accounts.sealing import CannotOpen, open_sealed
from accounts.webhooks import endpoints
from accounts.webhooks.deliveries import fan_out, replay, replay_since
from accounts.webhooks.endpoints import BadSecret, IsDisabled, TooManyEndpoints, make_secret
from accounts.webhooks.kinds import BadKinds
from tests.accounts.test_outward import listening
from tests.accounts.webhooks_sent import (
    ACTOR,
    SECRET,
    endpoint_at,
    happens,
    log,
    only,
    send,
    states,
)
from tests.receiver import receiving, until


@pytest.fixture(autouse=True)
def _local(settings) -> None:
    settings.WEBHOOKS_TO_LOCALHOST = True


def test_a_new_secret_and_the_one_before_both_verify_until_the_overlap_ends(in_tenant: Tenant):
    new = make_secret()
    with receiving() as receiver:
        endpoint = endpoint_at(receiver.url)
        overlap = timedelta(hours=1)
        now = timezone.now()
        endpoints.rotate_secret(
            endpoint=endpoint, secret=new, overlap=overlap, actor=ACTOR, now=now
        )
        happens("points.earned")
        send()
        WebhookEndpoint.objects.update(old_secret_until=now)
        happens("points.earned")
        send()
    both, after = receiver.got
    assert both.verified(new) == both.verified(SECRET)
    assert after.verified(new)
    with pytest.raises(WebhookVerificationError):
        after.verified(SECRET)


def test_secrets_are_sealed_and_good_for_their_own_endpoint_only(in_tenant: Tenant, settings):
    one, other = endpoint_at("https://hooks.example.com/"), endpoint_at("https://h.example.com/")
    assert SECRET.encode() not in bytes(one.secret)
    assert endpoints.secrets_of(one, at=timezone.now()) == [SECRET]
    with pytest.raises(CannotOpen):
        open_sealed(bytes(one.secret), bound_to=f"{in_tenant.pk}/{other.subject}")
    settings.SEALING_KEYS = ["n" * 40, *settings.SEALING_KEYS]
    assert (endpoints.reseal_secrets(), endpoints.reseal_secrets()) == (2, 0)
    settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
    one.refresh_from_db()
    assert endpoints.secrets_of(one, at=timezone.now()) == [SECRET]


def test_an_endpoint_whose_secret_cannot_be_opened_says_so(in_tenant: Tenant, settings):
    with receiving() as receiver:
        endpoint_at(receiver.url)
        happens("points.earned")
        settings.SEALING_KEYS = ["n" * 40]
        assert send() == 1
    assert receiver.got == []
    assert "SEALING_KEYS" in WebhookAttempt.objects.get().answer


def test_what_happens_in_a_pause_is_kept_for_later(in_tenant: Tenant):
    with receiving() as receiver:
        endpoint = endpoint_at(receiver.url, "points.*")
        endpoints.pause(endpoint=endpoint, actor=ACTOR, now=timezone.now())
        happens("points.earned")
        assert send() == 0
        endpoints.resume(endpoint=endpoint, actor=ACTOR, now=timezone.now())
        assert send() == 1
    kinds = Event.objects.filter(subject=endpoint.subject).order_by("id")
    assert [event.kind for event in kinds] == ["webhook.added", "webhook.paused", "webhook.resumed"]


def test_replay_sends_one_again_or_all_that_failed_and_was_missed(in_tenant: Tenant):
    with receiving(lambda number: 410 if number == 2 else 200) as receiver:
        endpoint = endpoint_at(receiver.url, "points.*", "tier.changed")
        [first] = happens("points.earned")
        send()
        delivered = only()
        happens("points.earned")
        send()  # and is gone
        missed = happens("points.reversed", "tier.changed", "tier.lost")
        reads_to(missed[-1])
        since = timezone.now() - timedelta(hours=1)
        endpoints.resume(endpoint=endpoint, actor=ACTOR, now=timezone.now())
        WebhookDelivery.objects.exclude(pk=delivered.pk).update(state="failed")
        assert replay_since(endpoint=endpoint, since=since, now=timezone.now()) == 3
        assert replay_since(endpoint=endpoint, since=since, now=timezone.now()) == 0
        assert send() == 3
        again = replay(endpoint=endpoint, delivery_ids=[delivered.pk], now=timezone.now())
        assert (again, send()) == (1, 1)
    assert receiver.got[-1].id == str(first.id)
    assert sorted(got.said["type"] for got in receiver.got[2:5]) == [
        "points.earned",
        "points.reversed",
        "tier.changed",
    ]
    assert states() == ["delivered"] * 4


def reads_to(event: Event) -> None:
    EventReader.objects.update(position=event.position, last_read=event.id)


def test_a_test_event_goes_to_its_endpoint_alone(in_tenant: Tenant):
    with receiving() as receiver, receiving() as other:
        endpoint = endpoint_at(receiver.url, "tier.changed")
        endpoint_at(other.url)
        sent = endpoints.send_test(endpoint=endpoint, actor=ACTOR, now=timezone.now())
        fan_out([Event.objects.get(pk=sent.event_id)])
        assert send() == 1
    assert other.got == []
    assert receiver.got[0].verified(SECRET)["type"] == "webhook.tested"
    with transaction.atomic():
        locked = endpoints.locked(endpoint)
        endpoints.disable(endpoint=locked, reason="R", actor=ACTOR, now=timezone.now())
    with pytest.raises(IsDisabled):
        endpoints.send_test(endpoint=endpoint, actor=ACTOR, now=timezone.now())
    with pytest.raises(IsDisabled):
        endpoints.pause(endpoint=endpoint, actor=ACTOR, now=timezone.now())


def test_what_cannot_be_an_endpoint_is_refused_and_leaves_nothing(in_tenant: Tenant):
    for url, kinds, secret, error in (
        ("https://10.0.0.1/", ["*"], SECRET, AddressRefused),
        ("https://hooks.example.com/", [], SECRET, BadKinds),
        ("https://hooks.example.com/", ["*"], "whsec_c2hvcnQ=", BadSecret),
        ("https://hooks.example.com/", ["*"], SECRET.removeprefix("whsec_"), BadSecret),
    ):
        with pytest.raises(error):
            endpoint_at(url, *kinds or [""], secret=secret)
    assert (WebhookEndpoint.objects.count(), Event.objects.count()) == (0, 0)
    for number in range(20):
        endpoint_at(f"https://hooks{number}.example.com/")
    with pytest.raises(TooManyEndpoints):
        endpoint_at("https://hooks.example.com/")


# Each leads to this machine, as some resolver or other reads it.
OURS = (
    *("localhost", "localhost.", "LOCALHOST", "127.0.0.1", "127.0.0.1.", "127.1", "0", "0.0.0.0"),  # noqa: S104
    *("2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "[::1]", "[::]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "hooks.example.com@127.0.0.1", "@127.0.0.1"),
)


def test_no_address_of_ours_is_connected_to_even_if_it_got_past_the_form(
    in_tenant: Tenant, settings, monkeypatch
):
    settings.WEBHOOKS_TO_LOCALHOST = False
    monkeypatch.setattr(endpoints, "MOST_ENDPOINTS", 100)
    with listening() as (port, came):
        monkeypatch.setattr(outward, "PORTS", {443, port})
        urls = [f"{scheme}://{host}:{port}/" for host in OURS for scheme in ("http", "https")]
        urls += [f"https://127.0.0.1:{port}{end}" for end in ("#@example.com", "\\@example.com/")]
        for url in urls:
            endpoint = endpoint_at("https://hooks.example.com/")
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(url=url)
        happens("points.earned")
        assert send() >= len(urls) == 40
        assert {outcome for _, outcome, _ in log()} == {"refused"}
        assert came == []
        for host in ("localhost", "127.1", "0", "2130706433", "0x7f000001", "0177.0.0.1"):
            socket.create_connection((host, port)).close()  # as every other caller would have
        until(lambda: len(came) == 6)
