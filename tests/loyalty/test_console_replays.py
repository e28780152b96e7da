"""Program managers have history run again under a draft, and take home what it would have been."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import JobRun
from accounts.models.job import JobState
from accounts.tenancy import tenant_scope
from rewards.replay import jobs
from rewards.tasks import run_replay
from tests.factories import enrolled_account
from tests.loyalty.faces import NOW, text_of
from tests.loyalty.ladder_forms import LADDERS, TIER, draft_of, rows
from tests.rewards.stories import accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")


@pytest.fixture
def account(program):
    account = enrolled_account(program, name="Northwind", number="N1")
    accepted(purchase(account, "30000.00", at("2026-04-15"), "INV-1"), as_of=at("2026-04-15"))
    return account


def test_a_replay_is_asked_for_run_and_taken_home(
    in_tenant, manager, program, account, monkeypatch
):
    draft = draft_of(manager, program)
    manager.post(f"{LADDERS}{draft.pk}/tiers/1/", TIER | rows(of="revenue", wanted="40000"))
    accepted(purchase(account, "1000.00", at("2026-05-02"), "INV-2"), as_of=at("2026-05-02"))
    sent = {
        "name": "Harder Silver",
        "since": "2026-04-01",
        "until": "2026-05-20",
        "tiers": str(draft.pk),
        "expiry": "",
        "point_cost": "0.01",
    }
    wrong = manager.post("/console/replays/new/", sent | {"until": "2026-06-20"})
    assert wrong.status_code == 422
    assert "days that are over" in text_of(wrong)
    answer = manager.post("/console/replays/new/", sent)
    run = JobRun.objects.get(job=jobs.JOB)
    assert answer["Location"] == f"/console/replays/{run.pk}/"
    assert "Running" in text_of(manager.get(answer["Location"]))

    told: list[int] = []

    def tell(*args: Any) -> None:
        # While the scratch workspace is the open one: its name is in no key that stays behind.
        set_value(*args)
        with tenant_scope(in_tenant.id):
            told.append(jobs.progress_of(run))

    set_value = jobs.cache.set
    monkeypatch.setattr(jobs.cache, "set", tell)
    run_replay(tenant_id=str(in_tenant.id), run_id=str(run.pk))
    run.refresh_from_db()
    assert run.state == JobState.DONE
    assert told[-1] == 1000
    text = text_of(manager.get(answer["Location"]))
    # 1,000 dollars at × 1.25 as Silver, or at × 1 by the draft.
    assert "Earned 31,250 31,000 −250" in text
    assert "Liability at the end $312.50 $310.00 -$2.50" in text
    assert "Member 0 1 Silver 1 0" in text
    file = manager.get(f"/console/replays/{run.pk}/file/")
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert lines[1].startswith("N1,Northwind,0,31250,0,0,0,0,31250,Silver,0,31000,")
    assert "Harder Silver" in text_of(manager.get("/console/replays/"))


def test_more_replays_than_a_few_wait_for_nobody(in_tenant, manager, program, account):
    """One tenant's replays would keep the workers of all from everything else."""
    sent = {"name": "N", "since": "2026-04-01", "until": "2026-05-01", "point_cost": "0.01"}
    asked = [manager.post("/console/replays/new/", sent).status_code for _ in range(4)]
    assert asked == [302, 302, 302, 422]
    assert JobRun.objects.filter(job=jobs.JOB).count() == 3
    JobRun.objects.filter(job=jobs.JOB).update(state=JobState.FAILED, finished_at=NOW)
    assert manager.post("/console/replays/new/", sent).status_code == 302


def test_a_replay_that_is_done_is_not_run_again(in_tenant, manager, program, account):
    sent = {"name": "N", "since": "2026-04-01", "until": "2026-05-01", "point_cost": "0.01"}
    manager.post("/console/replays/new/", sent)
    run = JobRun.objects.get(job=jobs.JOB)
    assert jobs.waiting_since(NOW + timedelta(minutes=1)) == [run.pk]
    run_replay(tenant_id=str(in_tenant.id), run_id=str(run.pk))
    before = JobRun.objects.get(pk=run.pk)
    run_replay(tenant_id=str(in_tenant.id), run_id=str(run.pk))
    after = JobRun.objects.get(pk=run.pk)
    assert (after.outcome, after.finished_at) == (before.outcome, before.finished_at)
    assert jobs.waiting_since(NOW + timedelta(minutes=1)) == []
    # As a check: under what was published the same happens again.
    assert after.outcome["was"] == after.outcome["would"]
