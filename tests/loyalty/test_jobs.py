"""Jobs: each run is a row that says how it went, and managers see and repeat them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from accounts import progress
from accounts.ids import uuid7
from accounts.models import Event, JobRun
from accounts.models.job import JobState
from loyalty import tasks, timetable
from tests.factories import StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.rewards.stories import accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")

LATE = datetime(2026, 5, 21, 3, 30, tzinfo=UTC)  # still May 20 in New York


@pytest.fixture
def sent(monkeypatch) -> list[tuple[str, str, str]]:
    """(job, tenant, identity) of the messages for runs that were asked for."""
    told: list[tuple[str, str, str]] = []
    monkeypatch.setattr(
        timetable,
        "send",
        lambda code, *, tenant_id, asked: told.append((code, tenant_id, asked)),
    )
    return told


@pytest.fixture
def manager(in_tenant):
    return client_of(in_tenant, StaffFactory(name="Robin Manager").user)


def run_of(job: str, period: str) -> tuple:
    found = JobRun.objects.get(job=job, period=period)
    return found.state, found.started_at, found.finished_at, found.outcome


def test_a_days_runs_are_one_row_that_keeps_their_failures(in_tenant):
    clock = iter(NOW + timedelta(minutes=minutes) for minutes in range(9))

    def now() -> datetime:
        return next(clock)

    with progress.watched("advance", now=now) as work:
        assert run_of("advance", "2026-05-20")[0] == "running"
        work.counts["occasions"] = 2
    with pytest.raises(SoftTimeLimitExceeded), progress.watched("advance", now=now):
        raise SoftTimeLimitExceeded
    assert run_of("advance", "2026-05-20")[0] == "failed"
    with progress.watched("advance", now=now) as work:
        work.counts["occasions"] = 5

    minutes = timedelta(minutes=1)
    assert run_of("advance", "2026-05-20") == (
        "done",
        NOW + 4 * minutes,
        NOW + 5 * minutes,
        {
            "runs": 3,
            "occasions": 7,
            "failures": 1,
            "failed_at": (NOW + 3 * minutes).isoformat(),
            "problem": progress.TOO_LONG,
        },
    )


def test_days_are_the_tenants(in_tenant):
    with progress.watched("advance", now=lambda: LATE):
        pass
    with progress.watched("advance", now=lambda: LATE + timedelta(hours=1)):
        pass
    assert {one.period for one in JobRun.objects.all()} == {"2026-05-20", "2026-05-21"}


def test_what_is_due_once_is_done_once_and_its_failure_leaves_nothing(in_tenant):
    done: list[str] = []

    def work() -> dict[str, int]:
        StaffFactory(name="Half")
        done.append("tried")
        if len(done) == 1:
            raise ValueError("secret@example.com")
        return {"told": 3}

    with pytest.raises(ValueError, match="secret"):
        progress.once("tell_status", "2026-04-01", work, now=lambda: NOW)

    state, _, _, outcome = run_of("tell_status", "2026-04-01")
    assert (state, "ValueError" in outcome["problem"]) == ("failed", True)
    assert "secret" not in str(outcome)
    assert not JobRun.objects.filter(state="done").exists()
    assert [progress.once("tell_status", "2026-04-01", work, now=lambda: NOW) for _ in "12"] == [
        True,
        False,
    ]
    assert (done, run_of("tell_status", "2026-04-01")[3]["told"]) == (["tried"] * 2, 3)


def test_a_manager_reads_when_each_job_ran_and_runs_again(manager, in_tenant):
    program = running_program()
    dealer = enrolled_account(program, on=at("2026-03-01 00:00"))
    accepted(purchase(dealer, "10.00", at("2026-05-02"), "A"), as_of=at("2026-05-02 20:00"))
    assert "Not yet" in text_of(manager.get("/console/jobs/"))

    from loyalty.notices.tasks import remind_tenant
    from rewards.tasks import advance_tenant

    advance_tenant(tenant_id=str(in_tenant.id))
    remind_tenant(tenant_id=str(in_tenant.id))
    page = text_of(manager.get("/console/jobs/"))

    assert "Points and tiers" in page
    assert "May 20, 2026, 12:05 PM Every 5 minutes" in page
    assert "May 20, 2026, 12:20 PM Every hour" in page
    assert "May 21, 2026, 2:40 AM Every night" in page
    # evaluated at the end of the quarter, by the first run from then on
    assert "Evaluation of tiers" in page
    assert "Jul 1, 2026" in page
    assert "May 21, 2026, 12:20 AM" in page  # the next warnings
    assert "Jun 1, 2026, 12:20 AM" in page  # the next statuses
    assert "Everything that was due until May 20, 2026, 12:00 PM is done." in page
    history = text_of(manager.get("/console/jobs/remind/"))
    assert "Points about to expire May 20, 2026, 12:00 PM" in history
    assert "Monthly status May 20, 2026, 12:00 PM" in history


def test_running_again_is_asked_once_and_changes_nothing_that_was_done(
    manager, in_tenant, sent, django_capture_on_commit_callbacks
):
    from loyalty.notices.tasks import remind_tenant

    enrolled_account(running_program(), on=at("2026-03-01 00:00"))
    dealer = enrolled_account(running_program(), on=at("2026-03-01 00:00"), number="D1")
    accepted(purchase(dealer, "10.00", at("2026-04-02"), "A"), as_of=at("2026-04-02 20:00"))
    remind_tenant(tenant_id=str(in_tenant.id))
    told = Event.objects.filter(kind="status.monthly").count()
    identity = str(uuid7())

    with django_capture_on_commit_callbacks(execute=True):
        for _ in "12":
            answer = manager.post("/console/jobs/remind/run/", {"identity": identity})
            assert (answer.status_code, answer["Location"]) == (302, "/console/jobs/remind/")

    assert sent == [("remind", str(in_tenant.id), identity)]
    assert Event.objects.filter(kind="job.asked_for").count() == 1
    assert "Waiting asked for by Robin Manager" in text_of(manager.get("/console/jobs/remind/"))
    remind_tenant(tenant_id=str(in_tenant.id), asked=identity)
    assert run_of("remind", identity)[0] == "done"
    assert Event.objects.filter(kind="status.monthly").count() == told == 1


def test_a_run_whose_message_was_lost_is_sent_again_and_given_up_in_the_end(
    in_tenant, sent, monkeypatch
):
    identity = uuid7()
    progress.ask_for("remind", identity=identity, actor="staff:x", now=NOW)
    for later in (2, 6, 12, 18, 24):
        moment = NOW + timedelta(minutes=later)
        monkeypatch.setattr("django.utils.timezone.now", lambda moment=moment: moment)
        tasks.sweep_jobs_of(tenant_id=str(in_tenant.id))

    assert [UUID(asked) for _, _, asked in sent] == [identity] * 3
    state, _, finished, outcome = run_of("remind", str(identity))
    assert (state, finished) == ("failed", NOW + timedelta(minutes=24))
    assert outcome["problem"] == progress.LOST


def test_failures_and_lost_workers_are_told(manager, in_tenant):
    for job, state, minutes, problem in (
        ("deliver", JobState.FAILED, 3, progress.NO_DATABASE),
        ("tell_people", JobState.RUNNING, 45, ""),
    ):
        JobRun.objects.create(
            job=job,
            period="2026-05-20",
            state=state,
            started_at=NOW - timedelta(minutes=minutes),
            finished_at=NOW if problem else None,
            outcome={"problem": problem} if problem else {},
        )

    page = text_of(manager.get("/console/jobs/"))

    assert f"Failed {progress.NO_DATABASE}" in page
    assert "Stopped midway Its worker was stopped." in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_history_costs_the_same_however_long(
    manager, in_tenant, count, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr("loyalty.console.jobs.PER_PAGE", 2)
    for number in range(count):
        with progress.watched("deliver", now=lambda number=number: NOW - timedelta(days=number)):
            pass
    with django_assert_num_queries(10):
        page = text_of(manager.get("/console/jobs/deliver/"))
    assert ("Next" in page) == (count > 2)
