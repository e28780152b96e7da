"""How the jobs of a tenant go: a row for each run, written before it begins and when it has ended.

Postgres, not the broker, knows what was done. What is due once for a period, such as a month's
statuses, is marked as done in the transaction that does it, and then never done again (`once`).
What looks ever again whether there is something to do has one row for each local day, about the
last of the day's runs and the failures among them (`watched`). A run that somebody asked for has a
row of its own (`ask_for`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from accounts import events
from accounts.ids import uuid7
from accounts.models import JobRun
from accounts.models.job import JobState
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id

Now = Callable[[], datetime]

# Longer than any task may run: whatever began before that has lost its worker.
LOST_AFTER = timedelta(minutes=30)
# A message that a worker has not come to for so long is sent once more.
PATIENCE = timedelta(minutes=5)
MOST_TRIES = 3

TOO_LONG = _("It took longer than a job may, and was stopped. The next run goes on.")
NO_DATABASE = _(
    "The database could not be reached, or broke the work off. The next run tries again."
)
LOST = _("Its worker was stopped again and again. Ask for it once more, or tell whoever runs it.")


@dataclass(slots=True)
class Run:
    """One that is at work. Numbers in `counts` are added to those of the day's earlier runs."""

    id: UUID
    began: datetime
    counts: dict[str, int] = field(default_factory=dict)

    def tell(self, **said: Any) -> None:
        """Keep something with the run at once, such as how far it is."""
        with transaction.atomic():
            found = JobRun.objects.select_for_update().get(pk=self.id)
            found.outcome |= said
            found.save(update_fields=["outcome"])


@contextmanager
def watched(job: str, *, now: Now, asked: str = "") -> Iterator[Run]:
    """Note that `job` runs for the open tenant, and how that ends; what stops it is raised.

    `asked` names the run that somebody asked for (see `ask_for`); otherwise it is one of the day's.
    """
    work = _begin(job, asked, at=now())
    try:
        yield work
    except Exception as problem:
        _end(work, at=now(), problem=problem)
        raise
    _end(work, at=now())


@contextmanager
def turns() -> Iterator[Callable[..., int]]:
    """What gives the rows of a job their turns: `each(turn, …)` does a row's, in transactions of
    its own, and says what came of it; 0 where that broke. Then the others have theirs all the
    same, and the first such problem is raised behind the last of them. Where the database or the
    time has run out, nobody else has a turn."""
    problems: list[Exception] = []

    def each(turn: Callable[..., int], *args: Any, **about: Any) -> int:
        try:
            return turn(*args, **about)
        except (OperationalError, SoftTimeLimitExceeded):
            raise
        except Exception as problem:
            problems.append(problem)
            return 0

    yield each
    if problems:
        raise problems[0]


_BEGIN = """
INSERT INTO accounts_jobrun (tenant_id, id, job, period, state, started_at, outcome)
SELECT id, uuidv7(), %(job)s,
       coalesce(nullif(%(asked)s, ''), ((%(at)s AT TIME ZONE time_zone)::date)::text),
       'running', %(at)s, '{}'::jsonb
FROM accounts_tenant WHERE id = %(tenant)s
ON CONFLICT (tenant_id, job, period) DO UPDATE
SET state = 'running', started_at = EXCLUDED.started_at, finished_at = NULL,
    outcome = accounts_jobrun.outcome - 'waits'
RETURNING id
"""


def _begin(job: str, asked: str, *, at: datetime) -> Run:
    with transaction.atomic():
        values = {"tenant": current_tenant_id(), "job": job, "asked": asked, "at": at}
        ((run_id,),) = run(_BEGIN, values)
    return Run(run_id, at)


def _end(work: Run, *, at: datetime, problem: Exception | None = None) -> None:
    with transaction.atomic():
        found = JobRun.objects.select_for_update().get(pk=work.id)
        outcome = found.outcome
        for name, count in ({"runs": 1} | work.counts).items():
            outcome[name] = outcome.get(name, 0) + count
        if problem is not None:
            _note_failure(found, problem, at=at)
        # Another worker may have begun meanwhile: then how it ends is what there is to say.
        elif found.started_at == work.began:
            found.state, found.finished_at = JobState.DONE.value, at
        found.save(update_fields=["state", "finished_at", "outcome"])


def once(job: str, period: str, work: Callable[[], Mapping[str, Any]], *, now: Now) -> bool:
    """Do `work` unless it was done for `period`; whether this call did it.

    What it writes and the note that it is done are committed together; what it returns is kept with
    the run. Another worker that is at it is waited for. What stops it is noted, and raised.
    """
    values = {"tenant": current_tenant_id(), "job": job, "period": period, "at": now()}
    with transaction.atomic():
        if not run(_CLAIM, values):
            return False
    try:
        with transaction.atomic():
            found = JobRun.objects.select_for_update().get(job=job, period=period)
            if found.state == JobState.DONE:
                return False
            found.outcome |= work()
            found.state, found.finished_at = JobState.DONE.value, now()
            found.save(update_fields=["state", "finished_at", "outcome"])
    except Exception as problem:
        with transaction.atomic():
            found = JobRun.objects.select_for_update().get(job=job, period=period)
            if found.state != JobState.DONE:
                _note_failure(found, problem, at=now())
                found.save(update_fields=["state", "finished_at", "outcome"])
        raise
    return True


_CLAIM = """
INSERT INTO accounts_jobrun (tenant_id, id, job, period, state, started_at, outcome)
VALUES (%(tenant)s, uuidv7(), %(job)s, %(period)s, 'running', %(at)s, '{}'::jsonb)
ON CONFLICT (tenant_id, job, period) DO UPDATE
SET state = 'running', started_at = EXCLUDED.started_at, finished_at = NULL
WHERE accounts_jobrun.state <> 'done'
RETURNING id
"""


def _note_failure(found: JobRun, problem: Exception, *, at: datetime) -> None:
    found.state, found.finished_at = JobState.FAILED.value, at
    found.outcome |= {
        "failures": found.outcome.get("failures", 0) + 1,
        "failed_at": at.isoformat(),
        "problem": _said(problem),
    }


def _said(problem: Exception) -> str:
    """Never the error's own text: that may hold what a person typed, and half of a statement."""
    if isinstance(problem, SoftTimeLimitExceeded):
        return TOO_LONG
    if isinstance(problem, OperationalError):
        return NO_DATABASE
    return (
        f"Something went wrong that is not your doing ({type(problem).__name__}); it was logged. "
        "Nothing was done by halves, and the next run tries again."
    )


def ask_for(job: str, *, identity: UUID, actor: str, now: datetime) -> bool:
    """Keep that somebody wants `job` to run now; False where this very form has asked before, or
    where a run that was asked for is not over yet."""
    with transaction.atomic():
        if JobRun.objects.filter(
            job=job, state=JobState.RUNNING, outcome__has_key="asked_by"
        ).exists():
            return False
        asked = JobRun(
            id=uuid7(),
            job=job,
            period=str(identity),
            state=JobState.RUNNING,
            started_at=now,
            outcome={"asked_by": actor, "waits": True},
        )
        JobRun.objects.bulk_create([asked], ignore_conflicts=True)
        if not JobRun.objects.filter(pk=asked.pk).exists():
            return False
        events.record(
            kind="job.asked_for",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"job:{job}",
            payload={"job": job, "run": str(asked.pk)},
        )
    return True


def left_waiting(jobs: Collection[str], *, at: datetime) -> list[tuple[str, str]]:
    """(job, identity) of runs that were asked for and that no worker has come to, or whose worker
    is gone: to be sent once more. After MOST_TRIES such a run has failed."""
    waits = Q(outcome__waits=True, started_at__lt=at - PATIENCE)
    again = []
    with transaction.atomic():
        stale = JobRun.objects.select_for_update(skip_locked=True).filter(
            waits | Q(started_at__lt=at - LOST_AFTER),
            job__in=jobs,
            state=JobState.RUNNING,
            outcome__has_key="asked_by",
        )
        for found in stale.order_by("id"):
            tries = found.outcome.get("tries", 0) + 1
            if tries > MOST_TRIES:
                found.state, found.finished_at = JobState.FAILED.value, at
                found.outcome |= {"waits": False, "problem": LOST, "failed_at": at.isoformat()}
            else:
                found.started_at = at
                found.outcome |= {"waits": True, "tries": tries}
                again.append((found.job, found.period))
            found.save(update_fields=["state", "started_at", "finished_at", "outcome"])
    return again


def is_lost(found: JobRun, *, at: datetime) -> bool:
    """Whether it began so long ago that no worker can be at it any more."""
    return found.state == JobState.RUNNING and found.started_at < at - LOST_AFTER
