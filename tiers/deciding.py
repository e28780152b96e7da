"""One pass over a ladder's enrollments: what they hold and meet, the ladder's policies, the moves.

Only those about to fall are looked at again, as of the earlier periods that may keep their tier.
The working table is the transaction's own.
"""
# ruff: noqa: S608 (only our own queries go into these texts)

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.events import insertion
from accounts.postgres.statements import Row
from accounts.tenancy import current_tenant_id
from tiers import moving
from tiers.evaluating import Evaluated, evaluated, make_room
from tiers.keeping import Look
from tiers.ladders import Ladder
from tiers.models import Cause, Falls
from tiers.setting import Setting


@dataclass(frozen=True, slots=True)
class Settled:
    """How many enrollments moved, and how many will fall once their grace is over."""

    moved: int = 0
    at_risk: int = 0

    def __add__(self, other: "Settled") -> "Settled":
        return Settled(self.moved + other.moved, self.at_risk + other.at_risk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why and when enrollments are decided. `chosen` says which rows of `evaluated` are."""

    at: datetime
    decided_at: datetime
    cause: Cause
    chosen: str
    setting: Setting
    accounts: Sequence[UUID] | None = None
    grace_until: datetime | None = None
    entering: bool = False


def settle(ladder: Ladder, looks: Sequence[Look], occasion: Occasion) -> Settled:
    """Decide the chosen enrollments by what the first of `looks` finds, and of those about to fall
    by the others, which may keep their tier; write what changes."""
    places = {
        "tenant": current_tenant_id(),
        "instant": occasion.at,
        "decided": occasion.decided_at,
        "grace_until": occasion.grace_until,
        "entered": ladder.version_id,
        "ladder": ladder.scheme,
    }
    first, *earlier = looks
    if occasion.accounts is None:
        make_room()
    _look(ladder, first, occasion, places)
    _run(moving.locking("tiers_deciding"), places)
    for look in earlier:
        if not _look_again(ladder, look, occasion):
            break
    _apply_policies(ladder, occasion, places)
    at_risk = _put_at_risk(ladder, occasion, places)
    moved = _write(ladder, occasion, places)
    _run("DROP TABLE tiers_deciding", {})
    return Settled(moved, at_risk)


def _look(ladder: Ladder, look: Look, occasion: Occasion, places: Mapping[str, Any]) -> None:
    judged = _judged(ladder, look, occasion, accounts=occasion.accounts)
    _run(
        f"""
        CREATE TEMPORARY TABLE tiers_deciding ON COMMIT DROP AS
        SELECT x.standing_id, x.since AS began, x.enrollment_id, x.account_id, x.falls_at,
               x.pinned_until, x.held, x.met, x.held AS goes_to, {judged.evidence} AS read,
               '{look.since}'::date AS since, '{look.until}'::date AS until
        FROM ({judged.sql}) x WHERE {occasion.chosen}
        """,
        {**places, **judged.values},
    )
    if occasion.accounts is None:
        # The evidence would be the dear part to look at, and nobody asks for any of it.
        _run("ANALYZE tiers_deciding (standing_id, met, held)", {})


def _look_again(ladder: Ladder, look: Look, occasion: Occasion) -> bool:
    """See whether those about to fall met more in an earlier period; whether there were any."""
    falling = _run("SELECT account_id FROM tiers_deciding WHERE met < held", {})
    if not falling:
        return False
    judged = _judged(ladder, look, occasion, accounts=[row[0] for row in falling])
    _run(
        f"""
        UPDATE tiers_deciding d
        SET met = x.met, read = {judged.evidence}, since = '{look.since}', until = '{look.until}'
        FROM ({judged.sql}) x
        WHERE d.enrollment_id = x.enrollment_id AND d.met < d.held AND x.met > d.met
        """,
        judged.values,
    )
    return True


def _judged(
    ladder: Ladder, look: Look, occasion: Occasion, *, accounts: Sequence[UUID] | None
) -> Evaluated:
    return evaluated(
        ladder,
        as_of=look.as_of,
        at=occasion.at,
        setting=occasion.setting,
        accounts=accounts,
        entering=occasion.entering,
    )


def _apply_policies(ladder: Ladder, occasion: Occasion, places: Mapping[str, Any]) -> None:
    """Where each goes: up as far as the ladder lets, down as it says, or nowhere."""
    up = "met" if ladder.skips_tiers else "held + 1"
    down = {
        Falls.NEVER: "held",
        Falls.ONE_STEP: "held - 1",
        Falls.TO_WHAT_IS_MET: "met",
    }[Falls(ladder.falls)]
    if occasion.grace_until:  # and not before it is over
        down = f"CASE WHEN falls_at <= %(instant)s THEN {down} ELSE held END"
    # Who comes along onto another version keeps a pin, but for its end.
    is_pinned = "pinned_until > %(instant)s"
    _run(
        f"""
        UPDATE tiers_deciding SET
            goes_to = CASE WHEN {is_pinned} THEN held WHEN met > held THEN {up}
                           WHEN met < held THEN {down} ELSE held END,
            pinned_until = CASE WHEN {is_pinned} THEN pinned_until END
        """,
        places,
    )


def _put_at_risk(ladder: Ladder, occasion: Occasion, places: Mapping[str, Any]) -> int:
    """Note when those who stay by grace alone will fall; tell it once. Whoever meets the tier
    again is at risk no more."""
    falls = "false"
    if occasion.grace_until and ladder.falls != Falls.NEVER:
        falls = "d.met < d.held AND d.goes_to = d.held AND d.pinned_until IS NULL"
        _run(insertion(_AT_RISK.format(falls=falls)), places)
    found = _run(
        f"SELECT count(*) FROM tiers_deciding d WHERE d.falls_at IS NULL AND ({falls})", {}
    )
    _run(
        f"""
        UPDATE tiers_deciding d
        SET falls_at = CASE WHEN {falls} THEN coalesce(d.falls_at, %(grace_until)s) END
        """,
        places,
    )
    if not occasion.entering:
        _run(_NOTE, places)
    return found[0][0]


_AT_RISK = """
SELECT 'tier.at_risk', %(instant)s::timestamptz, %(decided)s::timestamptz, 'system',
       'enrollment:' || d.enrollment_id, d.account_id,
       jsonb_build_object('ladder', %(ladder)s::text, 'tier', tier.name,
                          'falls_at', %(grace_until)s::timestamptz,
                          'period', jsonb_build_array(d.since, d.until), 'values', d.read)
FROM tiers_deciding d
JOIN tiers_standing s ON s.tenant_id = %(tenant)s AND s.id = d.standing_id
JOIN tiers_tier tier ON tier.tenant_id = %(tenant)s AND tier.id = s.tier_id
WHERE d.falls_at IS NULL AND ({falls})
"""

_NOTE = """
UPDATE tiers_standing s SET falls_at = d.falls_at, pinned_until = d.pinned_until
FROM tiers_deciding d
WHERE s.tenant_id = %(tenant)s AND s.id = d.standing_id AND d.goes_to = d.held
  AND (s.falls_at IS DISTINCT FROM d.falls_at OR s.pinned_until IS DISTINCT FROM d.pinned_until)
"""


def _write(ladder: Ladder, occasion: Occasion, places: Mapping[str, Any]) -> int:
    changes = "true" if occasion.entering else "d.goes_to <> d.held"
    found = _run(f"SELECT count(*) FROM tiers_deciding d WHERE {changes}", {})
    if not found[0][0]:
        return 0
    codes = ", ".join(f"'{rung.code}'" for rung in ladder.rungs)
    relation = f"""(
        SELECT d.standing_id, d.began AS since, d.enrollment_id, d.account_id,
               %(ladder)s::text AS ladder, '{ladder.version_id}'::uuid AS version_id, d.goes_to,
               '{occasion.cause.value}' AS cause, d.falls_at, d.pinned_until,
               jsonb_build_object(
                   'version', {ladder.number}, 'met', (ARRAY[{codes}])[d.met + 1],
                   'period', jsonb_build_array(d.since, d.until), 'values', d.read) AS evidence
        FROM tiers_deciding d WHERE {changes})"""
    _run(moving.moving(relation), {**places, "starts": occasion.at, "actor": moving.SYSTEM})
    return found[0][0]


def _run(statement: str, values: Mapping[str, Any]) -> list[Row]:
    """Past the prepared statements of the facts' path: the working table is made anew each time."""
    used = {name: value for name, value in values.items() if f"%({name})s" in statement}
    with connection.cursor() as cursor:
        cursor.execute(statement, used or None)
        return cursor.fetchall() if cursor.description else []
