"""Webhooks: every event arrives at least once, signed; who fails is tried again, and holds up
nobody else."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone
from standardwebhooks import WebhookVerificationError

from accounts import outward, tasks
from accounts.models import (
    Event,
    EventReader,
    Tenant,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.outward import AddressRefused
from accounts.postgres.scope import reset_open_tenant, set_open_tenant
from accounts.sealing import CannotOpen, open_sealed
from accounts.tenancy import tenant_scope
from accounts.webhooks import endpoints, settling
from accounts.webhooks.deliveries import (
    AT_ONCE,
    LEASE,
    MOST_TRIES,
    STRUGGLING,
    Claim,
    claim,
    fan_out,
    replay,
    replay_since,
)
from accounts.webhooks.endpoints import BadSecret, IsDisabled, TooManyEndpoints, make_secret
from accounts.webhooks.kinds import BadKinds, read_kinds, wants
from accounts.webhooks.sending import send_due
from accounts.webhooks.settling import DELAYS, Attempt, settle, spread, wish_of
from tests.accounts.test_delivery import everything_settled, record
from tests.accounts.test_outward import listening
from tests.factories import AccountFactory, TenantFactory
from tests.receiver import receiving, until

SECRET = make_secret()
ACTOR = "staff:1"


@pytest.fixture(autouse=True)
def _local(settings) -> None:
    settings.WEBHOOKS_TO_LOCALHOST = True


def endpoint_at(url: str, *kinds: str, secret: str = SECRET) -> WebhookEndpoint:
    return endpoints.add_endpoint(
        url=url,
        kinds=kinds or ["*"],
        description="",
        secret=secret,
        actor=ACTOR,
        now=timezone.now(),
    )


def happens(*kinds: str, **more) -> list[Event]:
    """Events, handed on to the endpoints there are."""
    at = timezone.now()
    found = [
        Event.objects.create(
            kind=kind,
            occurred_at=more.get("at", at),
            recorded_at=more.get("at", at),
            actor="system",
            subject="wallet:1",
            account=more.get("account"),
            payload=more.get("payload", {"points": 5}),
        )
        for kind in kinds
    ]
    for event in found:
        event.refresh_from_db()
    fan_out(found)
    return found


def send(later: timedelta = timedelta(0)) -> int:
    """All that is due, as if it were so much later."""
    return send_due(now=lambda: timezone.now() + later, go_on=lambda: True)


def log() -> list[tuple[int, str, int | None]]:
    return list(
        WebhookAttempt.objects.order_by("delivery__id", "number").values_list(
            "number", "outcome", "status"
        )
    )


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("id").values_list("state", flat=True))


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def attempted(claimed: Claim, outcome: str, *, at: datetime, **more) -> None:
    """An attempt that ended so, without a call."""
    settle(claimed, Attempt(at=at, milliseconds=1, outcome=settling.Outcome(outcome), **more))


def test_an_event_arrives_signed_and_tells_all(in_tenant: Tenant):
    account = AccountFactory(number="D-1", name="Dealer “Ö”")
    with receiving() as receiver:
        endpoint_at(receiver.url)
        [event] = happens("points.earned", account=account, payload={"points": 1860})
        assert send() == 1
        assert send() == 0
    [got] = receiver.got
    assert got.verified(SECRET) == {
        "type": "points.earned",
        "timestamp": event.occurred_at.isoformat().replace("+00:00", "Z"),
        "version": 1,
        "data": {
            "recorded_at": event.recorded_at.isoformat().replace("+00:00", "Z"),
            "actor": "system",
            "subject": "wallet:1",
            "account": {"id": str(account.pk), "number": "D-1", "name": "Dealer “Ö”"},
            "details": {"points": 1860},
        },
    }
    assert got.id == str(event.id)
    assert got.path == "/hooks"
    with pytest.raises(WebhookVerificationError):
        got.verified(make_secret())
    assert (log(), states()) == ([(1, "delivered", 204)], ["delivered"])


@pytest.mark.parametrize(
    ("wanted", "kind", "is_wanted"),
    [
        (["*"], "points.earned", True),
        (["points.earned"], "points.earned", True),
        (["points.*"], "points.earned", True),
        (["points.*"], "points", False),
        (["points.*"], "pointsman.born", False),
        (["points.earned"], "points.earned_twice", False),
        (["tier.*", "points.reversed"], "points.earned", False),
        (["*"], "webhook.tested", False),
    ],
)
def test_an_endpoint_gets_what_it_wants(wanted: list[str], kind: str, is_wanted: bool):
    assert wants(wanted, kind) is is_wanted


@pytest.mark.parametrize("words", [[], [""], ["Points.*"], ["*.earned"], ["a b"], ["x" * 61]])
def test_kinds_that_are_none_are_refused(words: list[str]):
    with pytest.raises(BadKinds):
        read_kinds(words)


def test_failures_are_tried_again_later_and_later_and_all_written_down(in_tenant: Tenant):
    answers = [500, "drop", (301, {"Location": "http://localhost:1/"}, "moved"), 200]
    with receiving(lambda number: answers[number - 1]) as receiver:
        endpoint = endpoint_at(receiver.url)
        [event] = happens("points.earned")
        later, waits = timedelta(0), []
        while states() == ["waiting"]:
            assert send(later) == 1
            due = WebhookEndpoint.objects.get().rests_until
            waits.append(max(only().due_at, due or only().due_at) - timezone.now() - later)
            later += waits[-1] + timedelta(seconds=1)
    assert log() == [
        (1, "status", 500),
        (2, "broken", None),
        (3, "redirect", 301),
        (4, "delivered", 200),
    ]
    assert {got.id for got in receiver.got} == {str(event.id)}
    assert len({got.body for got in receiver.got}) == 1
    for wait, delay in zip(waits, DELAYS[:3], strict=False):
        assert delay * 0.79 < wait < delay * 1.21
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.rests_until) == (0, None, None)


def test_after_the_last_attempt_it_has_failed(in_tenant: Tenant):
    endpoint = endpoint_at("http://localhost:1/")
    happens("points.earned")
    at, began = timezone.now(), timezone.now()
    for _ in range(len(DELAYS) + 1):
        WebhookEndpoint.objects.update(rests_until=None)
        [claimed] = claim(at=at, most=9)
        attempted(claimed, "status", at=at, status=500)
        at = max(at, only().due_at)
    assert states() == ["failed"]
    assert [row[0] for row in log()] == list(range(1, 11))
    assert timedelta(days=3) < at - began < timedelta(days=4)
    endpoint.refresh_from_db()
    assert endpoint.state == "active"


def test_a_busy_receiver_is_left_alone_as_long_as_it_asks(in_tenant: Tenant):
    with (
        receiving(lambda n: (429, {"Retry-After": "600"}, "")) as busy,
        receiving() as idle,
    ):
        endpoint_at(busy.url)
        endpoint_at(idle.url)
        happens("points.earned")
        assert send() == 2
        happens("points.earned")
        assert send(timedelta(minutes=9)) == 1  # nor what came later
        assert (len(busy.got), len(idle.got)) == (1, 2)
        assert send(timedelta(minutes=10, seconds=5)) == 2
    assert len(busy.got) == 3


@pytest.mark.parametrize(
    ("status", "text", "seconds"),
    [
        (429, "120", 120),
        (503, "Wed, 01 Apr 2026 12:02:00 GMT", 120),
        (503, "Wed, 01 Apr 2026 11:00:00 GMT", 0),
        (429, "9" * 30, 24 * 3600),
        (429, "-5", 0),
        (429, "soon", 0),
        (503, "Wed, 01 Apr 99999999999999999999 12:02:00 GMT", 0),
        (503, "Wed, 01 Apr 2026 12:02:00 +99999999999999999999", 0),
        (429, "", 0),
        (500, "120", 0),
    ],
)
def test_what_retry_after_means(status: int, text: str, seconds: int):
    at = datetime.fromisoformat("2026-04-01T12:00:00Z")
    attempt = Attempt(
        at=at,
        milliseconds=1,
        outcome=settling.Outcome.STATUS,
        status=status,
        retry_after=text,
    )
    assert wish_of(attempt) == timedelta(seconds=seconds)


def test_a_receiver_may_send_a_zero_byte_wherever_it_sends_anything(in_tenant: Tenant):
    """Postgres keeps none: such a status line once took the whole run's verdicts with it."""
    endpoint_at("http://localhost:1/")
    happens("points.earned")
    [claimed] = claim(at=timezone.now(), most=1)
    attempted(claimed, "broken", at=timezone.now(), answer="\0\0hello")
    assert WebhookAttempt.objects.get().answer == "��hello"


def test_who_is_gone_is_not_asked_again(in_tenant: Tenant):
    with receiving(lambda number: 410) as receiver, receiving() as other:
        endpoint = endpoint_at(receiver.url)
        endpoint_at(other.url, "webhook.*")
        happens("points.earned")
        send()
        endpoint.refresh_from_db()
        assert endpoint.state == "disabled"
        assert endpoint.reason == "It answered 410: it is gone for good and wants no more events."
        happens("points.earned")
        assert send(timedelta(days=1)) == 0
    told = Event.objects.get(kind="webhook.disabled")
    assert told.payload == {"host": "localhost", "kinds": ["*"], "reason": endpoint.reason}
    assert (len(receiver.got), states()) == (1, ["waiting"])


def test_who_fails_for_days_is_disabled(in_tenant: Tenant):
    endpoint = endpoint_at("http://localhost:1/")
    happens(*["points.earned"] * 3)
    first = timezone.now()
    for number in range(3):
        WebhookEndpoint.objects.update(rests_until=None)
        at = first + timedelta(hours=60 * number)
        claimed = claim(at=at, most=1)[0]
        endpoint.refresh_from_db()
        assert endpoint.state == "active"
        attempted(claimed, "unreachable", at=at)
    endpoint.refresh_from_db()
    assert endpoint.state == "disabled"
    assert endpoint.reason == "Nothing could be delivered for 5 days; last: Could not be reached."


def test_an_endpoint_that_fails_again_and_again_costs_one_call_at_a_time(in_tenant: Tenant):
    endpoint_at("http://localhost:1/")
    happens(*["points.earned"] * 50)
    # Those under way at once, and those that took their places before the third failure was seen.
    assert send() in range(AT_ONCE, AT_ONCE + STRUGGLING)
    assert WebhookEndpoint.objects.get().failures == STRUGGLING
    assert send(timedelta(seconds=20)) == 0
    assert send(timedelta(minutes=3)) == 1
    assert send(timedelta(minutes=16)) == 1


def test_a_slow_endpoint_does_not_keep_others_waiting(in_tenant: Tenant):
    release = threading.Event()

    def sleepy(number: int) -> int:
        release.wait(10)
        return 200

    with receiving(sleepy) as slow, receiving() as quick:
        endpoint_at(slow.url)
        endpoint_at(quick.url)
        happens(*["points.earned"] * 40)

        def watch() -> None:
            until(lambda: len(quick.got) == 40, seconds=9)
            came.append(len(slow.got))
            release.set()

        came: list[int] = []
        thread = threading.Thread(target=watch)
        thread.start()
        assert send() == 80
        thread.join()
    assert came == [AT_ONCE]
    assert slow.most_at_once <= AT_ONCE
    assert states() == ["delivered"] * 80


def test_a_killed_workers_delivery_is_taken_up_and_both_attempts_are_told(in_tenant: Tenant):
    with receiving() as receiver:
        endpoint_at(receiver.url)
        happens("points.earned")
        [claimed] = claim(at=timezone.now(), most=9)  # and that was the last of it
        assert send() == 0
        assert send(LEASE - timedelta(seconds=5)) == 0
        assert send(LEASE + timedelta(seconds=1)) == 1
    assert log() == [(1, "lost", None), (2, "delivered", 204)]
    # Were it alive after all, it would change nothing any more.
    attempted(claimed, "status", at=timezone.now(), status=500)
    assert (len(log()), states()) == (2, ["delivered"])


def test_what_kills_its_worker_every_time_is_given_up(in_tenant: Tenant):
    endpoint_at("http://localhost:1/")
    happens("points.earned")
    at = timezone.now()
    for _ in range(MOST_TRIES):
        assert len(claim(at=at, most=9)) == 1
        at += LEASE
    assert claim(at=at, most=9) == []
    assert states() == ["failed"]
    assert log() == [(number, "lost", None) for number in range(1, MOST_TRIES + 1)]
    assert (only().attempts, len(DELAYS)) == (MOST_TRIES, MOST_TRIES - 1)


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


def test_chance_spreads_attempts_by_a_fifth():
    minute = timedelta(minutes=1)
    assert [spread(minute, x).seconds for x in (0, 0.5, 1)] == [48, 60, 72]


# ── Real commits, several workers ────────────────────────────────────────────────────────────────


@pytest.fixture
def company(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id):
        yield tenant


def in_one(do: Callable):
    with transaction.atomic():
        return do()


def test_two_workers_send_nothing_twice(company: Tenant):
    with receiving(lambda number: time.sleep(0.002) or 200) as receiver:
        in_one(lambda: [endpoint_at(receiver.url) for _ in range(3)])
        events = in_one(lambda: happens(*["points.earned"] * 40))
        counts: list[int] = []

        def work() -> None:
            with tenant_scope(company.id):
                counts.append(send())
            connections.close_all()

        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert sum(counts) == len(receiver.got) == 120
    assert sorted(got.id for got in receiver.got) == sorted(
        str(e.id) for e in events for _ in "abc"
    )
    assert receiver.most_at_once <= 3 * AT_ONCE
    with transaction.atomic():
        assert (states(), len(log())) == (["delivered"] * 120, 120)


def test_a_sweep_sends_a_message_and_the_message_does_it_all(company: Tenant, monkeypatch):
    sent: list[dict] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **message: sent.append(message))
    monkeypatch.setattr(tasks.deliver, "delay", lambda **kwargs: sent.append({"kwargs": kwargs}))
    message = {"kwargs": {"tenant_id": str(company.id)}}
    with receiving() as receiver:
        in_one(lambda: endpoint_at(receiver.url, "points.*"))
        in_one(lambda: record("points.earned", "tier.changed"))
        everything_settled()
        with nobody_open():
            tasks.sweep_deliveries()
            assert sent == [message | {"expires": 60}]
            tasks.deliver(**sent.pop()["kwargs"])
            assert [got.verified(SECRET)["type"] for got in receiver.got] == ["points.earned"]
            tasks.sweep_deliveries()
            assert sent == []
        in_one(lambda: record("points.earned"))
        everything_settled()
        with nobody_open():
            monkeypatch.setattr(tasks, "TURN_SECONDS", 0)
            tasks.deliver(**message["kwargs"])  # its turn is over, and it asks for another
    assert (len(receiver.got), sent) == (1, [message])


@contextmanager
def nobody_open() -> Iterator[None]:
    """As in a worker between two tasks."""
    token = set_open_tenant(None)
    try:
        yield
    finally:
        reset_open_tenant(token)


WORKER = """
import sys, django
django.setup()
from uuid import UUID
from django.utils import timezone
from accounts.guards import refuse_unless_walled
from accounts.tenancy import tenant_scope
from accounts.webhooks.sending import send_due
refuse_unless_walled()  # as a worker does before anything else
with tenant_scope(UUID(sys.argv[1])):
    send_due(now=timezone.now, go_on=lambda: True)
"""


def test_kill_9_in_the_middle_of_a_delivery(company: Tenant, process_env):
    """The receiver has it, we do not know: it is sent again, under the same id."""
    hang = threading.Event()

    def behave(number: int) -> int:
        if number == 1:
            hang.wait(30)
        return 200

    with receiving(behave) as receiver:
        in_one(lambda: endpoint_at(receiver.url))
        [event] = in_one(lambda: happens("points.earned"))
        env = process_env | {
            "DJANGO_SETTINGS_MODULE": "loyalty.settings",
            "LOYALTY_WEBHOOKS_TO_LOCALHOST": "yes",
        }
        worker = subprocess.Popen([sys.executable, "-c", WORKER, str(company.id)], env=env)
        until(lambda: receiver.got, seconds=60)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        hang.set()
        assert send() == 0
        assert send(LEASE + timedelta(seconds=1)) == 1
    assert [got.id for got in receiver.got] == [str(event.id)] * 2
    with transaction.atomic():
        assert log() == [(1, "lost", None), (2, "delivered", 200)]
        assert states() == ["delivered"]
