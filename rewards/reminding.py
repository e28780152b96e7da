"""What a tenant's days bring to tell: points that are about to expire, and each month's status.

Both are recorded as events, once: the run of the day or the month is marked as done with them
(`accounts.progress`), and whoever comes second finds it done.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import TruncDate

from accounts import clock, progress
from accounts.events import NewEvent, record_many
from accounts.models import Enrollment, JobRun, Tenant
from accounts.models.directory import EnrollmentState
from accounts.models.job import JobState
from accounts.notices.manners import terms
from accounts.periods import add_months, day_of, month_of, start_of
from accounts.tenancy import current_tenant_id
from rewards.closing import is_open
from rewards.models import Lot, LotState, Unit
from rewards.statements import OF_MONEY, Statement, statements

WARNING, STATUS = "warn_of_expiry", "tell_status"
ACTOR = "system"
AT_ONCE = 2_000


def remind(*, now: Callable[[], datetime]) -> None:
    """Record all that is due by now (UTC) for the open tenant. While a history is worked off,
    nothing is: its days are not over yet."""
    as_of = now()
    with transaction.atomic():
        if clock.reached() is None or clock.held_for():
            return
        zone = Tenant.objects.get(pk=current_tenant_id()).zone
    today, month = day_of(as_of, zone), add_months(month_of(as_of, zone), -1)

    def warn() -> dict[str, int]:
        last = _last_warned() or today - timedelta(days=1)
        return _record(_warnings(last=last, today=today, as_of=as_of, zone=zone))

    def tell() -> dict[str, int]:
        return _record(_statuses(month, as_of=as_of, zone=zone))

    progress.once(WARNING, today.isoformat(), warn, now=now)
    progress.once(STATUS, month.isoformat(), tell, now=now)


def _last_warned() -> date | None:
    """The last day whose warnings are told: what came up since then is to be told now."""
    done = JobRun.objects.filter(job=WARNING, state=JobState.DONE).order_by("-period").first()
    return date.fromisoformat(done.period) if done else None


def _record(events: Iterator[NewEvent]) -> dict[str, int]:
    told = 0
    while some := list(islice(events, AT_ONCE)):
        record_many(some)
        told += len(some)
    return {"told": told}


def _warnings(*, last: date, today: date, as_of: datetime, zone: ZoneInfo) -> Iterator[NewEvent]:
    """For each wallet and last day of points: the nearest warning that has come up since `last`.

    A warning of n days comes up n days before the last day; those that came up while nobody looked
    are made good, the nearest of them alone.
    """
    stages = sorted(terms().warn_days)
    for wallet_id, account_id, member_id, program_id, day, points in _expiring(
        stages, last=last, today=today, as_of=as_of, zone=zone
    ):
        days = (day - today).days
        stage = next(stage for stage in stages if days <= stage < days + (today - last).days)
        yield NewEvent(
            kind="points.expiring",
            occurred_at=as_of,
            recorded_at=as_of,
            actor=ACTOR,
            subject=f"wallet:{wallet_id}",
            account_id=account_id,
            payload={
                "program": str(program_id),
                "member": str(member_id or ""),
                "points": points,
                "day": day.isoformat(),
                "days": days,
                "stage": stage,
            },
        )


def _expiring(
    stages: list[int], *, last: date, today: date, as_of: datetime, zone: ZoneInfo
) -> Iterator[tuple]:
    """Points whose last day is `stage` days after a day in (last, today], by wallet and day."""
    within = Q(pk__in=[])
    for stage in stages:
        # good until the end of their last day: they expire when the next one begins
        since = start_of(last + timedelta(days=stage + 1), zone)
        until = start_of(today + timedelta(days=stage + 1), zone)
        within |= Q(expires_at__gt=since, expires_at__lte=until)
    ends = TruncDate(F("expires_at") - timedelta(microseconds=1), tzinfo=zone)
    return (
        Lot.objects.filter(
            within,
            is_open(),
            tenant_id=current_tenant_id(),
            state=LotState.ACTIVE,
            expires_at__gt=as_of,
            wallet__unit=Unit.POINTS,
        )
        .annotate(day=ends)
        .values_list(
            "wallet_id", "wallet__account_id", "wallet__member_id", "wallet__program_id", "day"
        )
        .annotate(points=Sum("remaining"))
        .order_by("wallet_id", "day")
        .iterator(chunk_size=AT_ONCE)
    )


def _statuses(month: date, *, as_of: datetime, zone: ZoneInfo) -> Iterator[NewEvent]:
    """Of each account's own points, in each program that it takes part in."""
    since, until = start_of(month, zone), start_of(add_months(month, 1), zone)
    active = Enrollment.objects.filter(state=EnrollmentState.ACTIVE, enrolled_at__lt=until)
    taking_part = {
        (program_id, account_id): enrollment_id
        for enrollment_id, program_id, account_id in active.values_list(
            "id", "program_id", "account_id"
        )
    }
    for one in statements(since=since, until=until):
        enrollment_id = taking_part.get((one.program_id, one.account_id))
        if enrollment_id and one.unit == Unit.POINTS and not one.member_id and not one.is_empty:
            yield NewEvent(
                kind="status.monthly",
                occurred_at=as_of,
                recorded_at=as_of,
                actor=ACTOR,
                subject=f"enrollment:{enrollment_id}",
                account_id=one.account_id,
                payload=_status(one, month),
            )


def _status(one: Statement, month: date) -> dict[str, object]:
    return {
        "program": str(one.program_id),
        "month": month.isoformat(),
        "opening": one.opening,
        **{line: moved for line, moved in one.moved.items() if line not in OF_MONEY},
        "closing": one.closing,
        "available": one.available,
    }
