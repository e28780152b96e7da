"""What a draft of a ladder would do if it came into force now: the code that evaluates in earnest,
and nothing is written but a temporary table of who would hold what.

Whoever would fall is shown as falling: a grace that is chosen when publishing only delays it.
"""
# ruff: noqa: S608 (texts of our own, and numbers of checked ladders)

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from tiers.evaluating import Evaluated, evaluated, make_room
from tiers.keeping import Look, looks_at
from tiers.ladders import Ladder
from tiers.models import Falls, Scheme
from tiers.setting import Setting

NOBODY = "—"  # the tier of whoever stands nowhere yet


@dataclass(frozen=True, slots=True)
class Change:
    """How many accounts would go from one tier to another, and what their points are multiplied
    with then. Who stays stands here, too, with `from_tier` as `to_tier`."""

    from_tier: str
    to_tier: str
    from_rank: int
    to_rank: int
    from_multiplier: Decimal
    to_multiplier: Decimal
    accounts: int

    @property
    def moves(self) -> str:
        """up, down or stays."""
        if self.from_tier == self.to_tier:
            return "stays"
        return "up" if self.to_rank > self.from_rank else "down"


@dataclass(frozen=True, slots=True)
class Mover:
    account_id: UUID
    number: str
    name: str
    from_tier: str
    to_tier: str


@dataclass(frozen=True, slots=True)
class Preview:
    """`changes` from the highest tier down; `accounts` are all that stand on the ladder then."""

    changes: list[Change]

    @property
    def accounts(self) -> int:
        return sum(change.accounts for change in self.changes)

    @property
    def rising(self) -> int:
        return sum(change.accounts for change in self.changes if change.moves == "up")

    @property
    def falling(self) -> int:
        return sum(change.accounts for change in self.changes if change.moves == "down")

    @property
    def more_points(self) -> int:
        """How many accounts would have their points multiplied with more than now."""
        return sum(one.accounts for one in self.changes if one.to_multiplier > one.from_multiplier)

    @property
    def fewer_points(self) -> int:
        return sum(one.accounts for one in self.changes if one.to_multiplier < one.from_multiplier)


class _TakeBack(Exception):
    """Ends the transaction of a preview."""


@contextmanager
def previewing(draft: Ladder, *, at: datetime, setting: Setting) -> Iterator[None]:
    """Inside, the table `pg_temp.tier_preview` says which rank every enrollment would hold; see
    `changes`, `movers` and `rewards.repricing`. It is gone afterwards."""
    try:
        with transaction.atomic():
            _fill(draft, at=at, setting=setting)
            yield
            raise _TakeBack
    except _TakeBack:
        pass


def _fill(draft: Ladder, *, at: datetime, setting: Setting) -> None:
    """As in `tiers.settling`, only those about to fall are looked at again, as of the earlier
    periods that may keep their tier."""
    first, *earlier = looks_at(draft, at=at, setting=setting)
    make_room()
    with connection.cursor() as cursor:
        judged = _judged(draft, first, at=at, setting=setting)
        cursor.execute(
            "CREATE TEMPORARY TABLE tier_preview ON COMMIT DROP AS "
            f"SELECT y.*, {_goes_to(draft)} AS goes_to, {_multiplied_by(draft)} AS multiplied_by "
            "FROM (SELECT x.enrollment_id, x.account_id, x.standing_id, "
            "x.pinned_until IS NOT NULL AS pinned, x.held, x.met "
            f"FROM ({judged.sql}) x) y",
            judged.values,
        )
        for look in earlier:
            cursor.execute("SELECT account_id FROM pg_temp.tier_preview WHERE met < held")
            falling = [row[0] for row in cursor.fetchall()]
            if not falling:
                break
            judged = _judged(draft, look, at=at, setting=setting, accounts=falling)
            cursor.execute(
                f"UPDATE pg_temp.tier_preview p SET met = x.met FROM ({judged.sql}) x "
                "WHERE p.enrollment_id = x.enrollment_id AND x.met > p.met",
                judged.values,
            )
        cursor.execute(
            f"UPDATE pg_temp.tier_preview SET goes_to = {_goes_to(draft)} "
            f"WHERE goes_to <> {_goes_to(draft)}"
        )
        cursor.execute("ANALYZE pg_temp.tier_preview")


def _judged(
    draft: Ladder,
    look: Look,
    *,
    at: datetime,
    setting: Setting,
    accounts: Sequence[UUID] | None = None,
) -> Evaluated:
    return evaluated(
        draft,
        as_of=look.as_of,
        at=at,
        setting=setting,
        accounts=accounts,
        carriers=False,
        entering=True,
    )


def _goes_to(draft: Ladder) -> str:
    """The rank held once the draft is in force, by how its accounts rise and fall."""
    up = "met" if draft.skips_tiers else "held + 1"
    down = {Falls.NEVER: "held", Falls.ONE_STEP: "held - 1"}.get(Falls(draft.falls), "met")
    first = "WHEN standing_id IS NULL THEN met"
    return (
        f"CASE WHEN pinned THEN held {first} WHEN met > held THEN {up} "
        f"WHEN met < held THEN {down} ELSE held END"
    )


def _multiplied_by(draft: Ladder) -> str:
    """The standing that multiplies points now: of a draft that takes the lead that of another
    ladder."""
    leader = Scheme.objects.filter(program_id=draft.program_id, is_leading=True).first()
    if leader is None or leader.pk == draft.scheme_id or not draft.is_leading:
        return "y.standing_id"
    return (
        "(SELECT leads.id FROM tiers_standing leads WHERE leads.tenant_id = %(tenant)s "
        f"AND leads.enrollment_id = y.enrollment_id AND leads.scheme_id = '{leader.pk}' "
        "AND leads.ends_at IS NULL)"
    )


def changes(draft: Ladder) -> Preview:
    """Counts of the preview that is open."""
    leads = draft.is_leading
    rows = run(
        f"SELECT from_tier, from_rank, from_multiplier, goes_to, count(*) FROM ({_MOVES}) m "
        "GROUP BY 1, 2, 3, 4",
        {"tenant": current_tenant_id()},
    )
    found = [
        Change(
            from_tier=name or NOBODY,
            to_tier=draft.rungs[rank].name,
            from_rank=-1 if name is None else from_rank,
            to_rank=rank,
            from_multiplier=multiplier if leads and multiplier else Decimal(1),
            to_multiplier=draft.rungs[rank].multiplier if leads else Decimal(1),
            accounts=accounts,
        )
        for name, from_rank, multiplier, rank, accounts in rows
    ]
    return Preview(sorted(found, key=lambda one: (-one.to_rank, -one.from_rank, one.from_tier)))


# `from_rank` is the place of the tier held on the draft's ladder, where it has one by that code.
_MOVES = """
SELECT p.account_id, p.enrollment_id, p.goes_to, t.name AS from_tier, p.held AS from_rank,
       l.multiplier AS from_multiplier
FROM pg_temp.tier_preview p
LEFT JOIN tiers_standing s ON s.tenant_id = %(tenant)s AND s.id = p.standing_id
LEFT JOIN tiers_tier t ON t.tenant_id = %(tenant)s AND t.id = s.tier_id
LEFT JOIN tiers_standing m ON m.tenant_id = %(tenant)s AND m.id = p.multiplied_by
LEFT JOIN tiers_tier l ON l.tenant_id = %(tenant)s AND l.id = m.tier_id
"""


def movers(draft: Ladder, *, from_tier: str, to_rank: int, offset: int, limit: int) -> list[Mover]:
    """By name who would go from one tier to another."""
    rows = run(
        f"""
        SELECT a.id, a.number, a.name, coalesce(m.from_tier, %(nobody)s::text)
        FROM ({_MOVES}) m
        JOIN accounts_account a ON a.tenant_id = %(tenant)s AND a.id = m.account_id
        WHERE coalesce(m.from_tier, %(nobody)s::text) = %(from)s::text AND m.goes_to = %(to)s::int
        ORDER BY a.name, a.id OFFSET %(offset)s::int LIMIT %(limit)s::int
        """,
        {
            "tenant": current_tenant_id(),
            "nobody": NOBODY,
            "from": from_tier,
            "to": to_rank,
            "offset": offset,
            "limit": limit,
        },
    )
    name = draft.rungs[to_rank].name
    return [Mover(*row[:3], from_tier=row[3], to_tier=name) for row in rows]
