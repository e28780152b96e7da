"""Entries added up by day, a little behind the ledger and never more than once.

Whoever writes the ledger does not touch the tallies: a row that every movement of a day adds to
would make all of them wait for each other. Entries are numbered in the order of time instead, and a
job adds up those below a number under which none can appear any more. Who asks what moved is told
of those above it as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from accounts.ids import first_id_at, made_at
from accounts.models import TallyMark
from accounts.postgres.underway import oldest_began_at
from accounts.tenancy import current_tenant_id
from rewards.models import EntryKind, Unit

BEFORE_ALL = UUID(int=0)
# How far the clocks of the servers may be apart: an entry's number is made by one of them.
APART = timedelta(minutes=1)
# Entries that a page adds up by itself, while no job has: those of a busy minute.
MOST_FRESH = 20_000

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


Span = tuple[date, date]  # local days, [first, end)

# Tallies and what no job has added to them yet are read in one statement: between two, an entry
# could move from the one to the other and be counted twice, or not at all. Where the tallies end is
# asked by a query of its own: under row-level security Postgres looks no COALESCE up in an index.
_MOVED = """
WITH fresh AS MATERIALIZED (
    SELECT e.id, e.wallet_id, e.kind, (e.occurred_at AT TIME ZONE %(zone)s)::date AS day,
           e.available + e.pending + e.reserved AS amount
    FROM rewards_entry e
    WHERE e.tenant_id = %(tenant)s AND e.id >= (SELECT coalesce(
        (SELECT m.upto FROM accounts_tallymark m WHERE m.tenant_id = %(tenant)s), %(before_all)s))
    ORDER BY e.id
    LIMIT %(most)s + 1
), left_out AS (
    SELECT f.id FROM fresh f ORDER BY f.id OFFSET %(most)s
), moved AS (
    SELECT t.day, t.kind, t.amount
    FROM accounts_tally t
    WHERE t.tenant_id = %(tenant)s AND t.program_id = %(program)s AND t.unit = %(unit)s
      AND t.day >= %(since)s AND t.day < %(until)s
    UNION ALL
    SELECT f.day, f.kind, sum(f.amount)
    FROM fresh f
    JOIN rewards_wallet w ON w.tenant_id = %(tenant)s AND w.id = f.wallet_id
    WHERE w.program_id = %(program)s AND w.unit = %(unit)s
      AND f.id NOT IN (SELECT id FROM left_out)
    GROUP BY 1, 2
)
SELECT s.number, m.kind, sum(m.amount)::bigint, (SELECT id FROM left_out)
FROM unnest(%(firsts)s::date[], %(ends)s::date[]) WITH ORDINALITY AS s (first, until, number)
LEFT JOIN moved m ON m.day >= s.first AND m.day < s.until
GROUP BY 1, 2
"""


def moved_in(
    spans: Sequence[Span], *, program_id: UUID, unit: Unit, zone: ZoneInfo
) -> tuple[list[Moved], datetime | None]:
    """What moved in each of these spans, and until when entries are in it: None where all are, as
    they are but for a heap that came at once and that no job has added up yet."""
    by_span: list[dict[str, int]] = [{} for _span in spans]
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVED,
            {
                "tenant": current_tenant_id(),
                "program": program_id,
                "unit": unit,
                "zone": zone.key,
                "since": min(first for first, _end in spans),
                "until": max(end for _first, end in spans),
                "firsts": [first for first, _end in spans],
                "ends": [end for _first, end in spans],
                "before_all": BEFORE_ALL,
                "most": MOST_FRESH,
            },
        )
        rows = cursor.fetchall()
    for number, kind, amount, _left_out in rows:
        if kind:
            by_span[number - 1][kind] = amount
    left_out = rows[0][3]  # the same in every row; a span without movements has one, too
    return [_moved(amounts) for amounts in by_span], left_out and made_at(left_out)


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
