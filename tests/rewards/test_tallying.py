"""Movements added up by day: none twice, and none left out that was still under way."""

from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Event, Thread

from django.db import connections, transaction

from accounts.tenancy import current_tenant_id, tenant_scope
from loyalty.books import verify
from rewards.models import Unit
from rewards.tallying import Moved, add_up, moved_by_month
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

        def count() -> dict[date, Moved]:
            add_up(before=datetime.now(UTC), zone=NEW_YORK)
            span = {"since": date(2026, 4, 1), "until": date(2026, 6, 1)}
            with transaction.atomic():
                return moved_by_month(program_id=program.id, unit=Unit.POINTS, **span)

        with under_way(current_tenant_id(), late):
            with transaction.atomic():
                back = taken_back(account, "30", at("2026-05-03"), of="A", document="R", quantity=3)
                accepted(back, as_of=at("2026-05-03"))
            # All of it is younger than the transaction under way, or might be by another's clock.
            assert count() == {}

        told = {
            date(2026, 4, 1): Moved(issued=100),
            date(2026, 5, 1): Moved(issued=40, taken_back=30),
        }
        assert count() == told
        assert count() == told
    assert [one.invariant.claim for one in verify([tenant.id]) if one.violations] == []
