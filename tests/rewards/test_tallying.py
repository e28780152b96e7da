"""Movements added up by day: none twice, and none left out that was still under way."""

import re
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Event, Thread

from django.db import connection, connections, transaction

from accounts.ids import made_at
from accounts.models import Tally
from accounts.tenancy import current_tenant_id, tenant_scope
from loyalty.books import verify
from rewards.models import Entry, Unit
from rewards.tallying import Moved, add_up, moved_in
from tests.factories import ProgramFactory, TenantFactory, enrolled_account, publish_rule
from tests.rewards.stories import NEW_YORK, accepted, at, purchase, taken_back


@contextmanager
def under_way(tenant_id, work):
    """Another session has done `work` and commits it where the block ends."""
    done, end = Event(), Event()

    def session() -> None:
        try:
            with tenant_scope(tenant_id), transaction.atomic():
                work()
                done.set()
                end.wait(30)
        finally:
            connections.close_all()

    thread = Thread(target=session)
    thread.start()
    assert done.wait(30)
    yield
    end.set()
    thread.join()


APRIL, MAY = (date(2026, 4, 1), date(2026, 5, 1)), (date(2026, 5, 1), date(2026, 6, 1))


def about(program):
    return {"program_id": program.id, "unit": Unit.POINTS, "zone": NEW_YORK}


def test_of_a_heap_that_no_job_has_added_up_the_oldest_are_told_and_until_when(
    in_tenant, monkeypatch
):
    program = ProgramFactory()
    publish_rule(program)
    account = enrolled_account(program)
    for number in range(3):
        fact = purchase(account, "10", at(f"2026-05-0{number + 1}"), f"H-{number}")
        accepted(fact, as_of=at("2026-05-04"))
    third = list(Entry.objects.order_by("id"))[2]

    for most, told, as_of in ((2, 20, made_at(third.pk)), (3, 30, None)):
        monkeypatch.setattr("rewards.tallying.MOST_FRESH", most)
        moved = moved_in([MAY, APRIL], **about(program))
        assert moved == ([Moved(issued=told), Moved()], as_of)
    # Of another program, and of another unit, nothing moved.
    assert moved_in([MAY], **about(ProgramFactory(slug="other")))[0] == [Moved()]
    assert moved_in([MAY], **about(program) | {"unit": Unit.MONEY})[0] == [Moved()]


def test_what_is_added_up_already_is_not_read_entry_by_entry(in_tenant):
    program, asked = ProgramFactory(), []

    def note(execute, sql, params, many, context):
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        moved_in([MAY], **about(program))
    (sql, params) = next(one for one in asked if "fresh" in one[0])
    with connection.cursor() as cursor:  # a table this small would be read from end to end
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = " ".join(line for (line,) in cursor.fetchall())
    by_number = r"using rewards_entry_pkey .*?Index Cond: \(\(tenant_id = [^)]+\) AND \(id >= "
    assert re.search(by_number, plan)


def test_what_commits_late_is_added_up_late_and_once(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id):
        with transaction.atomic():
            program = ProgramFactory()
            publish_rule(program)
            account, other = enrolled_account(program), enrolled_account(program)
            # Before midnight in New York: it is May 1 already in UTC.
            accepted(
                purchase(account, "100", at("2026-04-30 23:30"), "A", quantity=10),
                as_of=at("2026-05-02"),
            )

        def late() -> None:
            accepted(purchase(other, "40", at("2026-05-02"), "B"), as_of=at("2026-05-02"))

        def count() -> int:
            """How many days' tallies there are once the job has run."""
            add_up(before=datetime.now(UTC), zone=NEW_YORK)
            with transaction.atomic():
                return Tally.objects.count()

        def april_and_may() -> list[Moved]:
            with transaction.atomic():
                return moved_in([APRIL, MAY], **about(program))[0]

        with under_way(current_tenant_id(), late):
            with transaction.atomic():
                back = taken_back(account, "30", at("2026-05-03"), of="A", document="R", quantity=3)
                accepted(back, as_of=at("2026-05-03"))
            # All of it is younger than the transaction under way, or might be by another's clock.
            assert count() == 0
            # Who asks is told of what is committed, tallied or not.
            assert april_and_may() == [Moved(issued=100), Moved(taken_back=30)]

        told = [Moved(issued=100), Moved(issued=40, taken_back=30)]
        assert april_and_may() == told
        assert count() == 3
        assert april_and_may() == told
        assert count() == 3
    assert [one.invariant.claim for one in verify([tenant.id]) if one.violations] == []
