"""Entries added up by day, a little behind the ledger and never more than once.

Whoever writes the ledger does not touch the tallies: a row that every movement of a day adds to
would make all of them wait for each other. Entries are numbered in the order of time instead, and a
job adds up those below a number under which none can appear any more.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import TruncMonth

from accounts.ids import first_id_at, made_at
from accounts.models import Tally, TallyMark
from accounts.postgres.underway import oldest_began_at
from accounts.tenancy import current_tenant_id
from rewards.models import EntryKind, Unit

BEFORE_ALL = UUID(int=0)
# How far the clocks of the servers may be apart: an entry's number is made by one of them.
APART = timedelta(minutes=1)

_ADD_UP = """
INSERT INTO accounts_tally AS t (tenant_id, id, program_id, unit, day, kind, amount)
SELECT %(tenant)s, uuidv7(), moved.*
FROM (
    SELECT w.program_id, w.unit, (e.occurred_at AT TIME ZONE %(zone)s)::date, e.kind,
           sum(e.available + e.pending + e.reserved)::bigint AS amount
    FROM rewards_entry e
    JOIN rewards_wallet w ON w.tenant_id = e.tenant_id AND w.id = e.wallet_id
    WHERE e.tenant_id = %(tenant)s AND e.id >= %(since)s AND e.id < %(upto)s
    GROUP BY 1, 2, 3, 4
) moved
WHERE moved.amount <> 0
ON CONFLICT (tenant_id, program_id, unit, day, kind)
DO UPDATE SET amount = t.amount + EXCLUDED.amount
"""


def add_up(*, before: datetime, zone: ZoneInfo) -> datetime:
    """Add the open tenant's entries up that were made before `before` and are not added up yet;
    returns how far that has come, which is less while older transactions are under way.

    Called again, or by two workers at once, it adds nothing twice.
    """
    with transaction.atomic():
        TallyMark.objects.bulk_create([TallyMark(upto=BEFORE_ALL)], ignore_conflicts=True)
        mark = TallyMark.objects.select_for_update().get()
        began = oldest_began_at()
        reach = before if began is None else min(before, began - APART)
        upto = first_id_at(reach)
        if upto > mark.upto:
            _add_up(since=mark.upto, upto=upto, zone=zone)
            mark.upto = upto
            mark.save(update_fields=["upto"])
    return made_at(mark.upto)


def _add_up(*, since: UUID, upto: UUID, zone: ZoneInfo) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD_UP,
            {"tenant": current_tenant_id(), "zone": zone.key, "since": since, "upto": upto},
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """Units, each >= 0 but for `corrected`: what hands changed, more (+) or less (−)."""

    issued: int = 0
    redeemed: int = 0
    expired: int = 0
    taken_back: int = 0
    corrected: int = 0


def counted_upto() -> datetime | None:
    """Until when entries are added up; None before the first time."""
    mark = TallyMark.objects.first()
    return made_at(mark.upto) if mark else None


def moved_in(*, program_id: UUID, unit: Unit, since: date, until: date) -> Moved:
    """What moved on the local days [since, until)."""
    tallies = Tally.objects.filter(
        program_id=program_id, unit=unit, day__gte=since, day__lt=until
    ).order_by()
    return _moved(dict(tallies.values_list("kind").annotate(Sum("amount"))))


def moved_by_month(*, program_id: UUID, unit: Unit, since: date, until: date) -> dict[date, Moved]:
    """The same by the first day of each local month; months in which nothing moved are left out."""
    tallies = Tally.objects.filter(
        program_id=program_id, unit=unit, day__gte=since, day__lt=until
    ).order_by()
    by_kind: dict[date, dict[str, int]] = {}
    months = tallies.annotate(month=TruncMonth("day")).values_list("month", "kind")
    for month, kind, amount in months.annotate(Sum("amount")):
        by_kind.setdefault(month, {})[kind] = amount
    return {month: _moved(amounts) for month, amounts in by_kind.items()}


def _moved(amounts: dict[str, int]) -> Moved:
    def of(*kinds: EntryKind) -> int:
        return sum(amounts.get(kind, 0) for kind in kinds)

    return Moved(
        issued=of(EntryKind.EARN, EntryKind.AWARD),
        redeemed=-of(EntryKind.SPEND, EntryKind.REFUND),
        expired=-of(EntryKind.EXPIRE),
        taken_back=-of(EntryKind.REVERSE, EntryKind.RECALL),
        corrected=of(EntryKind.ADJUST, EntryKind.TRANSFER),
    )
