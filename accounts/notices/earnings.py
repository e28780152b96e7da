"""A day's earnings of an account in a program, as one notice however many facts they come from."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Event
from accounts.notices.news import Directory, News
from accounts.periods import day_of, start_of
from accounts.postgres.arrays import instants, uuids
from accounts.tenancy import current_tenant_id

EARNED = "points.earned"

_Day = tuple[UUID, str, date]  # account, program, local day


def earned_by_day(events: Sequence[Event], zone: ZoneInfo) -> dict[_Day, int]:
    """What was earned on the days of these events, all of it: summed anew from the record rather
    than added to, so that an event that comes twice counts once."""
    days = {_day_earned(event, zone) for event in events if event.kind == EARNED}
    if not days:
        return {}
    wanted = sorted(days, key=str)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT k.place, sum((e.payload ->> 'points')::bigint)::bigint
            FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[])
                WITH ORDINALITY AS k (account_id, program_id, since, until, place)
            JOIN accounts_event e ON e.tenant_id = %s AND e.account_id = k.account_id
                AND e.occurred_at >= k.since AND e.occurred_at < k.until
                AND e.kind = 'points.earned' AND e.payload ->> 'program' = k.program_id::text
            GROUP BY k.place
            """,
            [
                uuids(account_id for account_id, _, _ in wanted),
                uuids(UUID(program_id) for _, program_id, _ in wanted),
                instants(start_of(day, zone) for _, _, day in wanted),
                instants(start_of(day + timedelta(days=1), zone) for _, _, day in wanted),
                current_tenant_id(),
            ],
        )
        return {wanted[place - 1]: points for place, points in cursor.fetchall()}


def _day_earned(event: Event, zone: ZoneInfo) -> _Day:
    assert event.account_id is not None  # noqa: S101 - points are always some account's
    return event.account_id, event.payload["program"], day_of(event.occurred_at, zone)


def points_earned(event: Event, names: Directory, days: dict[_Day, int]) -> Iterator[News]:
    account_id, program_id, day = key = _day_earned(event, names.zone)
    program = names.programs[program_id]
    yield News(
        kind="points_earned",
        about=f"{account_id}:{program_id}:{day}",
        account_id=account_id,
        details=names.details(account_id, program, points=days[key], day=day.isoformat()),
        not_before=start_of(day + timedelta(days=1), names.zone),
    )
