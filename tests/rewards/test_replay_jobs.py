"""A replay is nobody's hindrance while it is under way, and tells what became of it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib import import_module
from uuid import UUID

import pytest
from django.db import transaction

from accounts.delivery import begin_reading, horizon
from accounts.models import Event, JobRun
from accounts.models.job import JobState
from accounts.tenancy import tenant_scope
from rewards import terms
from rewards.replay import Draft, jobs
from rewards.tasks import BROKEN, run_replay
from tests.accounts.test_delivery import elsewhere, everything_settled, read, record
from tests.factories import ProgramFactory, TenantFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, at, purchase

# The package has a function of that name.
RERUN = import_module("rewards.replay.rerun")


@pytest.fixture
def run(committed, settings, tmp_path) -> Iterator[JobRun]:
    """A replay of a month in which Ada earned a hundred points, asked for and committed."""
    settings.MEDIA_ROOT = tmp_path
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id):
        with transaction.atomic():
            program = ProgramFactory()
            publish_rule(program)
            account = enrolled_account(program, number="A1", on=at("2026-01-01 00:00"))
            accepted(purchase(account, "100.00", at("2026-03-10"), "INV-1"), as_of=at("2026-03-10"))
            run = jobs.ask_for(
                program=program,
                name="R",
                draft=Draft(),
                since=date(2026, 3, 1),
                until=date(2026, 4, 1),
                point_cost=Decimal("0.01"),
                actor="staff:1",
                today=date(2026, 4, 1),
                now=at("2026-04-01"),
            )
        yield run


def carry_out(run: JobRun) -> None:
    run_replay(tenant_id=str(run.tenant_id), run_id=str(run.pk))
    with transaction.atomic():
        run.refresh_from_db()


def finished() -> list[dict]:
    with transaction.atomic():
        return [event.payload for event in Event.objects.filter(kind="replay.finished")]


def test_events_are_handed_on_while_a_replay_is_under_way(run, monkeypatch):
    everything_settled()
    with transaction.atomic():
        begin_reading("r", position=horizon())
    told: list[str] = []

    def tell(run: JobRun, thousandths: int) -> None:
        with elsewhere(), tenant_scope(run.tenant_id):
            with transaction.atomic():
                record("kept")
            everything_settled()
            told.extend(read())

    monkeypatch.setattr(jobs, "_tell_progress", tell)
    carry_out(run)
    assert told == ["kept"]
    assert run.state == JobState.DONE
    assert run.outcome["was"] == run.outcome["would"]
    assert run.outcome["would"]["earned"] == 100
    everything_settled()
    assert read() == ["replay.finished"]


def test_one_that_is_under_way_is_left_to_its_worker(run, monkeypatch):
    begun: list[UUID] = []

    def tell(run: JobRun, thousandths: int) -> None:
        begun.append(run.pk)
        with elsewhere(), tenant_scope(run.tenant_id):
            run_replay(tenant_id=str(run.tenant_id), run_id=str(run.pk))

    monkeypatch.setattr(jobs, "_tell_progress", tell)
    carry_out(run)
    assert begun == [run.pk]
    assert run.state == JobState.DONE
    assert finished() == [{"name": "R", "state": "done"}]


def test_what_went_wrong_ends_it_and_is_told(run, monkeypatch):
    def break_down(**kwargs) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(RERUN, "figures_of", break_down)
    known = set(terms._read)
    with pytest.raises(ZeroDivisionError):
        carry_out(run)
    with transaction.atomic():
        run.refresh_from_db()
    assert (run.state, run.outcome["problem"]) == (JobState.FAILED, BROKEN)
    assert finished() == [{"name": "R", "state": "failed"}]
    assert set(terms._read) == known | {run.tenant_id}
