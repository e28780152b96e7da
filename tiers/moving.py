"""Moves: standings that end and those that follow them, written for a whole set at once.

What is to move comes as a relation, be it of a handful of rows (a fact's) or a table of a quarter
million (a period's end), with the columns of `RELATION`.
"""
# ruff: noqa: S608 (only our own queries go into these texts)

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.events import insertion
from accounts.postgres.statements import Ask, ask, nothing
from accounts.tenancy import current_tenant_id
from tiers.ladders import Ladder

RELATION = (
    "standing_id uuid, since timestamptz, enrollment_id uuid, account_id uuid, ladder text, "
    "version_id uuid, goes_to int, cause text, evidence jsonb, falls_at timestamptz, "
    "pinned_until timestamptz"
)

SYSTEM = "system"  # who moves whom no person moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An enrollment that is to move to the rank `goes_to` of a ladder, and why. `since` is when its
    present standing began."""

    ladder: Ladder
    standing_id: UUID
    since: datetime
    enrollment_id: UUID
    account_id: UUID
    goes_to: int
    cause: str
    evidence: Mapping[str, Any]
    pinned_until: datetime | None = None

    def as_row(self) -> dict[str, Any]:
        return {
            "standing_id": str(self.standing_id),
            "since": self.since.isoformat(),
            "enrollment_id": str(self.enrollment_id),
            "account_id": str(self.account_id),
            "ladder": self.ladder.scheme,
            "version_id": str(self.ladder.version_id),
            "goes_to": self.goes_to,
            "cause": self.cause,
            "evidence": self.evidence,
            "pinned_until": self.pinned_until and self.pinned_until.isoformat(),
        }


def move(
    found: Sequence[Candidate], *, starts_at: datetime, decided_at: datetime, actor: str = SYSTEM
) -> int:
    """Move these, by the decision of `actor`; how many they are."""
    if found:
        places = {
            "rows": json.dumps([one.as_row() for one in found]),
            "tenant": current_tenant_id(),
            "starts": starts_at,
            "decided": decided_at,
            "actor": actor,
        }
        relation = f"(SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS m ({RELATION}))"
        texts = (locking(relation), moving(relation))
        ask(*(Ask(text, places, nothing) for text in texts))
    return len(found)


def locking(relation: str) -> str:
    """What comes before all that is written, in one order: who came second finds the standings of
    `relation` ended, and moves nobody. With a place `tenant`."""
    return _LOCK.format(m=relation)


def moving(relation: str) -> str:
    """What ends the standings of `relation` at the instant `starts`, lets the new ones follow, and
    tells it; with places `tenant`, `starts`, `decided` and `actor`.

    A standing that starts at that very instant (a second batch of one day's facts, or an evaluation
    at the midnight at which a move began) is decided anew in place: it has not lasted yet. So is
    one that began later, while a version came into force.
    """
    return _MOVE.format(m=relation)


_LOCK = """
SELECT FROM tiers_standing
WHERE tenant_id = %(tenant)s AND id IN (SELECT m.standing_id FROM {m} m)
ORDER BY id FOR NO KEY UPDATE
"""

_TELL = insertion(
    """
    SELECT 'tier.changed', %(starts)s::timestamptz, %(decided)s::timestamptz, %(actor)s,
           'enrollment:' || moved.enrollment_id, moved.account_id,
           jsonb_build_object('from', held.name, 'to', moved.name, 'cause', moved.cause,
                              'ladder', moved.ladder, 'evidence', moved.evidence)
    FROM (SELECT enrollment_id, held_id, code, name, account_id, ladder, cause, evidence FROM anew
          UNION ALL
          SELECT enrollment_id, held_id, code, name, account_id, ladder, cause, evidence FROM ended
         ) moved
    JOIN tiers_tier held ON held.tenant_id = %(tenant)s AND held.id = moved.held_id
    WHERE held.code <> moved.code
    """
)

# One statement, for each pass over a quarter million of rows costs about as much as adding up their
# measures. Whose standing was decided anew has one that begins now, and needs no other. When a
# standing began never changes: told by the relation, it spares looking each one up twice.
_MOVE = (
    """
WITH m AS NOT MATERIALIZED (
    SELECT m.*, tier.id AS tier_id, tier.code, tier.name FROM {m} m
    JOIN tiers_tier tier ON tier.tenant_id = %(tenant)s AND tier.version_id = m.version_id
                        AND tier.rank = m.goes_to
), anew AS (
    UPDATE tiers_standing s
    SET tier_id = m.tier_id, evidence = m.evidence, cause = m.cause, decided_at = %(decided)s,
        falls_at = m.falls_at, pinned_until = m.pinned_until
    FROM m
    WHERE s.tenant_id = %(tenant)s AND s.id = m.standing_id AND s.ends_at IS NULL
      AND m.since >= %(starts)s
    RETURNING s.enrollment_id, old.tier_id AS held_id, m.code, m.name, m.account_id, m.ladder,
              m.cause, m.evidence
), ended AS (
    UPDATE tiers_standing s SET ends_at = %(starts)s
    FROM m
    WHERE s.tenant_id = %(tenant)s AND s.id = m.standing_id AND s.ends_at IS NULL
      AND m.since < %(starts)s
    RETURNING s.enrollment_id, s.scheme_id, s.tier_id AS held_id, m.tier_id, m.code, m.name,
              m.account_id, m.ladder, m.cause, m.evidence, m.falls_at, m.pinned_until
), followed AS (
    INSERT INTO tiers_standing
        (tenant_id, id, enrollment_id, scheme_id, tier_id, starts_at, follows, cause, evidence,
         falls_at, pinned_until, decided_at)
    SELECT %(tenant)s, uuidv7(), e.enrollment_id, e.scheme_id, e.tier_id, %(starts)s, %(starts)s,
           e.cause, e.evidence, e.falls_at, e.pinned_until, %(decided)s
    FROM ended e
)
"""
    + _TELL
)
