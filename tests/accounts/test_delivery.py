"""Events are handed on in order, without gaps, whatever commits when and whoever dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, connections, transaction

from accounts import delivery, events
from accounts.delivery import RestoredElsewhere, begin_reading, hand_on, horizon
from accounts.doors import tenants_to_deliver_for
from accounts.models import Event, EventReader
from accounts.postgres.rehearsal import KEY_SPACE, rehearsal
from accounts.tenancy import current_tenant_id, tenant_scope
from tests.factories import TenantFactory
from tests.receiver import until

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


def record(*kinds: str) -> None:
    for kind in kinds:
        events.record(
            kind=kind, occurred_at=NOW, recorded_at=NOW, actor="system", subject="s:1", payload={}
        )


@pytest.fixture
def reading(committed) -> Iterator[None]:
    """A tenant is open whose events somebody reads from now on."""
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id):
        with transaction.atomic():
            begin_reading("r", position=horizon())
        yield


@contextmanager
def elsewhere() -> Iterator[None]:
    """What is done inside is done on a connection of its own."""
    here, connections["default"] = connections["default"], connection.copy()
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = here


def everything_settled() -> None:
    """Wait for transactions of other tests on this server: the horizon is the server's."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        number = cursor.fetchone()[0]

    def is_behind() -> bool:
        with transaction.atomic():
            return horizon() > number

    until(is_behind, seconds=300)


def read(most: int = delivery.BATCH) -> list[str]:
    """The kinds handed on until there are no more."""
    told: list[str] = []

    def take(found: list[Event]) -> None:
        assert len(found) <= most
        told.extend(event.kind for event in found)

    while hand_on(reader="r", take=take, most=most):
        pass
    return told


def test_events_come_once_and_in_order_however_they_are_batched(reading):
    for numbers in ("abc", "de", "f"):
        with transaction.atomic():
            record(*numbers)
    everything_settled()
    assert read(most=2) == list("abcdef")
    assert read() == []


def test_who_commits_late_is_not_passed_over(reading):
    """The first to begin is the last to commit: its events have the lower place, and wait for it.

    A reader that went by what it saw, or by a sequence or a time, would be behind them by then.
    """
    with transaction.atomic():
        record("late")
        with elsewhere():
            with transaction.atomic():
                record("early")
            assert read() == []  # “early” is there to see, but not all that comes before it
    everything_settled()
    assert read() == ["late", "early"]


def test_what_is_rolled_back_holds_nobody_up_for_ever(reading):
    with transaction.atomic():
        record("gone")
        transaction.set_rollback(True)
    with transaction.atomic():
        record("kept")
    everything_settled()
    assert read() == ["kept"]


def test_a_reader_that_fails_stays_where_it_was(reading):
    with transaction.atomic():
        record("a", "b")
    everything_settled()

    def fail(found: list[Event]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        hand_on(reader="r", take=fail)
    assert read() == ["a", "b"]


def test_two_workers_do_not_hand_out_the_same(reading):
    with transaction.atomic():
        record("a", "b")
    everything_settled()
    counts: list[int] = []
    tenant_id = current_tenant_id()

    def another() -> None:
        with tenant_scope(tenant_id):
            counts.append(hand_on(reader="r", take=lambda found: None))
        connections.close_all()

    def take(found: list[Event]) -> None:
        thread = Thread(target=another)
        thread.start()
        thread.join()

    assert hand_on(reader="r", take=take) == 2
    assert counts == [0]


def test_only_what_happens_from_the_beginning_on(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id):
        with transaction.atomic():
            record("before")
        everything_settled()
        with transaction.atomic():
            begin_reading("r", position=horizon())
        with transaction.atomic():
            record("after")
            begin_reading("r", position=0)  # it reads already
        everything_settled()
        assert read() == ["after"]


def test_a_dump_in_a_new_server_is_noticed_before_events_are_passed_over(reading):
    with transaction.atomic():
        record("a")
        EventReader.objects.update(position=2**60, last_read=UUID(int=1))
    with pytest.raises(RestoredElsewhere, match="pg_resetwal"):
        read()


def test_the_sweep_finds_tenants_with_news_and_no_others(reading):
    with transaction.atomic():
        assert tenants_to_deliver_for(at=NOW) == []
        record("a")
    tenant_id = current_tenant_id()
    with transaction.atomic():
        assert tenants_to_deliver_for(at=NOW) == [tenant_id]
    everything_settled()
    read()
    with transaction.atomic():
        assert tenants_to_deliver_for(at=NOW) == []


# ── Rehearsals ───────────────────────────────────────────────────────────────────────────────────


def test_nobody_waits_for_a_rehearsal(reading):
    with rehearsal():
        record("rehearsed")
        with transaction.atomic():  # under a number of its own, which no event stands under
            record("rehearsed")
        with elsewhere():
            with transaction.atomic():
                record("kept")
            everything_settled()
            assert read() == ["kept"]
    assert read() == []
    with transaction.atomic():
        assert [event.kind for event in Event.objects.all()] == ["kept"]


def test_who_commits_late_is_waited_for_while_rehearsals_are_under_way(reading):
    """Older and younger than they are: only the rehearsals themselves are left out."""
    with transaction.atomic():
        record("late")
        with elsewhere(), rehearsal():
            record("rehearsed")
            with elsewhere(), transaction.atomic():
                record("later")
                with elsewhere(), rehearsal():
                    record("rehearsed")
                    with elsewhere():
                        with transaction.atomic():
                            record("early")
                        assert read() == []
    with rehearsal(), elsewhere():
        everything_settled()
        assert read() == ["late", "later", "early"]


def test_a_transaction_does_not_pass_over_its_own_events(reading):
    """A snapshot does not count its own transaction among those under way."""
    with rehearsal(), elsewhere(), transaction.atomic():
        record("ours")
        with elsewhere(), transaction.atomic():
            record("theirs")
        assert set(Event.objects.values_list("kind", flat=True)) == {"ours", "theirs"}
        assert not Event.objects.filter(delivery.settled()).exists()


def test_a_lock_that_only_looks_like_an_announcement_is_none(reading):
    """Asked for and not had, in the other form of keys, for another number or in another space."""
    number = "pg_current_xact_id()::text::bigint"
    with transaction.atomic():
        record("late")
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock(({KEY_SPACE}::bigint << 32) | {number})")
            cursor.execute(f"SELECT pg_advisory_xact_lock({KEY_SPACE}, ({number} + 1)::integer)")
            cursor.execute(f"SELECT pg_advisory_xact_lock({KEY_SPACE + 1}, ({number})::integer)")
        with elsewhere():
            with transaction.atomic():
                record("early")
            assert read() == []
    everything_settled()
    assert read() == ["late", "early"]


def test_a_rehearsal_cannot_commit(reading):
    def smuggle() -> None:
        with rehearsal(), connection.cursor() as cursor:
            record("smuggled")
            cursor.execute("COMMIT")

    with pytest.raises(IntegrityError, match="a_rehearsal_never_commits"):
        smuggle()
    with transaction.atomic():
        assert not Event.objects.exists()


def test_a_rehearsal_is_no_part_of_another_transaction(reading):
    """Taken back to a savepoint, it would leave the rest free to commit what readers passed."""
    with transaction.atomic():
        record("kept")
        with pytest.raises(RuntimeError, match="durable"), rehearsal():
            record("rehearsed")
    everything_settled()
    assert read() == ["kept"]


def test_who_read_past_a_rehearsal_is_not_taken_for_restored_when_it_ends(reading):
    """For an instant its number is still under way and its lock is gone, as here from the start."""
    with transaction.atomic():
        record("rehearsed")
        ended = horizon()
        with elsewhere():
            with transaction.atomic():
                EventReader.objects.update(position=ended + 1)
            with transaction.atomic():
                assert horizon() == ended
            assert read() == []
