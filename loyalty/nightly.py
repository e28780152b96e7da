"""The check of the books that a tenant gets every night, and what follows from it.

It reports and never repairs. While it finds violations, nothing of value is handed out: see
`rewards.payouts`.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import JobRun, Tenant
from accounts.models.job import JobState
from accounts.periods import day_of
from accounts.progress import watched
from accounts.tenancy import current_tenant_id
from loyalty.books import Finding, invariants_of_a_tenant, verify_database, verify_tenant
from rewards import payouts

JOB = "verify_books"
HOUR = 2  # of the tenant's night; what a broken night left out is made good in the morning
MOST_FAILURES = 3  # of one day: what cannot be checked is not tried every hour

Violation = dict[str, Any]  # claim, number, rows, sample; everywhere: not of this tenant alone


def violations_of_the_database() -> list[Violation]:
    """What is wrong for all tenants together; none may be open."""
    return [_told(one, everywhere=True) for one in verify_database() if one.violations]


def check_tonight(of_database: Sequence[Violation], *, now: Callable[[], datetime]) -> None:
    """Check the open tenant's books, once a local day, from its night on."""
    at = now()
    with transaction.atomic():
        zone = Tenant.objects.get(pk=current_tenant_id()).zone
        is_due = at.astimezone(zone).hour >= HOUR and not _is_over(day_of(at, zone))
    if is_due:
        check(of_database, now=now)


def check(
    of_database: Sequence[Violation] | None, *, now: Callable[[], datetime], asked: str = ""
) -> None:
    """Check the open tenant's books, and stop payouts or let them go on.

    `of_database` is what was found of the whole database just now; None where nobody has looked:
    then what was found last goes on to count.
    """
    with transaction.atomic():
        last = last_check()
    found = list(of_database) if of_database is not None else _everywhere(last)
    with watched(JOB, now=now, asked=asked) as work:
        claims = len(invariants_of_a_tenant())
        for done, finding in enumerate(verify_tenant(), 1):
            work.tell(checked=done, claims=claims)
            if finding.violations:
                found.append(_told(finding))
        with transaction.atomic():
            work.tell(violations=found)
            payouts.follow_check([one for one in found if one["stops"]], at=now())


def last_check() -> JobRun | None:
    """The last that came to its end."""
    over = JobRun.objects.filter(job=JOB, state=JobState.DONE)
    return over.order_by("-started_at", "-id").first()


def next_night(after: datetime, zone: ZoneInfo) -> datetime:
    """From when on the next check is due, in UTC's time."""
    day = day_of(after, zone)
    if after.astimezone(zone).hour >= HOUR:
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, HOUR, tzinfo=zone).astimezone(UTC)


def _is_over(day: date) -> bool:
    tonight = JobRun.objects.filter(job=JOB, period=day.isoformat()).first()
    if tonight is None or tonight.state == JobState.RUNNING:
        return False  # one that runs has a worker, or has lost it: looking twice does no harm
    return tonight.state == JobState.DONE or tonight.outcome.get("failures", 0) >= MOST_FAILURES


def _everywhere(last: JobRun | None) -> list[Violation]:
    return [one for one in (last.outcome["violations"] if last else []) if one["everywhere"]]


def _told(finding: Finding, *, everywhere: bool = False) -> Violation:
    return {
        "claim": finding.invariant.claim,
        "number": finding.invariant.number,
        "rows": finding.violations,
        "sample": finding.sample,
        "everywhere": everywhere,
        "stops": finding.invariant.stops_payouts,
    }
