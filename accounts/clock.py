"""How far a tenant's time has been worked off: the state behind `rewards.clock.advance`.

A tenant's clock starts with its first fact. While a history import holds it, only that import moves
it: were beat to run it on to today in between, the rest of the history would come in late.
"""

from datetime import datetime

from accounts.models import JobRun
from accounts.models.job import JobState
from accounts.postgres.statements import Ask, ask, run
from accounts.tenancy import current_tenant_id

CLOCK = "clock"

_REACHED = """
SELECT outcome ->> 'reached' FROM accounts_jobrun
WHERE tenant_id = %s AND job = %s AND period = ''
"""
_REACHED_LOCKED = f"{_REACHED} FOR UPDATE"


def start(*, at: datetime) -> None:
    """Start the open tenant's clock at `at`, unless it runs already."""
    run(
        """
        INSERT INTO accounts_jobrun (tenant_id, id, job, period, state, started_at, outcome)
        VALUES (%s, uuidv7(), %s, '', 'running', %s, jsonb_build_object('reached', %s::text))
        ON CONFLICT (tenant_id, job, period) DO NOTHING
        """,
        [current_tenant_id(), CLOCK, at, at.isoformat()],
    )


def reached(*, lock: bool = False) -> datetime | None:
    """The instant up to which everything due has been done; None before the first fact.

    `lock=True` keeps others from advancing the clock until the transaction ends.
    """
    values = [current_tenant_id(), CLOCK]
    found = run(_REACHED_LOCKED if lock else _REACHED, values)
    return datetime.fromisoformat(found[0][0]) if found else None


def state() -> Ask[tuple[datetime | None, str]]:
    """How far the clock is (None before the first fact), and what holds it: "import:<id>" or ""."""
    return Ask(
        """
        SELECT outcome ->> 'reached', coalesce(outcome ->> 'held_for', '') FROM accounts_jobrun
        WHERE tenant_id = %s AND job = %s AND period = ''
        """,
        [current_tenant_id(), CLOCK],
        lambda rows: (datetime.fromisoformat(rows[0][0]), rows[0][1]) if rows else (None, ""),
    )


def held_for() -> str:
    """What holds the clock ("import:<id>"), or ""."""
    ((_reached, holder),) = ask(state())
    return holder


def hold(*, at: datetime, reason: str) -> None:
    """Keep everybody but `reason` from advancing the clock, starting it at `at` if it is new."""
    start(at=at)
    _update(held_for=reason)


def release() -> None:
    _update(held_for="")


def move_to(instant: datetime) -> None:
    """Note that everything due up to `instant` is done."""
    _update(reached=instant.isoformat())


def _locked() -> JobRun | None:
    return JobRun.objects.select_for_update().filter(job=CLOCK, period="").first()


def _update(**outcome: str) -> None:
    clock = _locked()
    if clock is not None:
        clock.outcome |= outcome
        clock.state = JobState.RUNNING
        clock.save(update_fields=["outcome", "state"])
