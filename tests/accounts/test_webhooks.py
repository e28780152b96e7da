"""Webhooks: every event arrives at least once, signed; who fails is tried again, and holds up
nobody else."""

import threading
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from standardwebhooks import WebhookVerificationError

from accounts.models import Event, Tenant, WebhookAttempt, WebhookEndpoint
from accounts.webhooks import settling
from accounts.webhooks.deliveries import AT_ONCE, LEASE, MOST_TRIES, STRUGGLING, claim
from accounts.webhooks.endpoints import make_secret
from accounts.webhooks.kinds import BadKinds, read_kinds, wants
from accounts.webhooks.settling import DELAYS, Attempt, spread, wish_of
from tests.accounts.webhooks_sent import (
    SECRET,
    attempted,
    endpoint_at,
    happens,
    log,
    only,
    send,
    states,
)
from tests.factories import AccountFactory
from tests.receiver import receiving, until


@pytest.fixture(autouse=True)
def _local(settings) -> None:
    settings.WEBHOOKS_TO_LOCALHOST = True


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


def test_chance_spreads_attempts_by_a_fifth():
    minute = timedelta(minutes=1)
    assert [spread(minute, x).seconds for x in (0, 0.5, 1)] == [48, 60, 72]
