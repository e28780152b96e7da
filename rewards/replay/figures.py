"""What a program gave by account, read the same way from what happened and from a replay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id

NAMES = ("opening", "earned", "taken_back", "expired", "spent", "corrected", "closing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Points of an account and its members over a stretch; `closing` is what is outstanding at its
    end: opening + earned − taken_back − expired − spent + corrected. `tier` is the one held then.
    """

    opening: int = 0
    earned: int = 0
    taken_back: int = 0
    expired: int = 0
    spent: int = 0
    corrected: int = 0
    closing: int = 0
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An account, with what happened and what would have."""

    number: str
    name: str
    was: Figures
    would: Figures

    @property
    def more_earned(self) -> int:
        return self.would.earned - self.was.earned


# Reservations and clearings move points within a wallet: they sum to nothing here.
_FIGURES = """
SELECT a.number, a.name,
       coalesce(m.opening, 0), coalesce(m.earned, 0), coalesce(m.taken_back, 0),
       coalesce(m.expired, 0), coalesce(m.spent, 0), coalesce(m.corrected, 0),
       coalesce(m.closing, 0), coalesce(held.name, '')
FROM accounts_enrollment e
JOIN accounts_account a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
LEFT JOIN (
    SELECT w.account_id,
           sum(x.moved) FILTER (WHERE x.occurred_at < %(since)s)::bigint AS opening,
           sum(x.moved) FILTER (WHERE x.kind = 'earn' AND x.inside)::bigint AS earned,
           -sum(x.moved) FILTER (WHERE x.kind = 'reverse' AND x.inside)::bigint AS taken_back,
           -sum(x.moved) FILTER (WHERE x.kind = 'expire' AND x.inside)::bigint AS expired,
           -sum(x.moved) FILTER (WHERE x.kind = 'spend' AND x.inside)::bigint AS spent,
           sum(x.moved) FILTER (WHERE x.kind NOT IN ('earn', 'reverse', 'expire', 'spend')
                                      AND x.inside)::bigint AS corrected,
           sum(x.moved)::bigint AS closing
    FROM rewards_wallet w
    JOIN LATERAL (
        SELECT kind, occurred_at, available + pending + reserved AS moved,
               occurred_at >= %(since)s AS inside
        FROM rewards_entry
        WHERE tenant_id = w.tenant_id AND wallet_id = w.id AND occurred_at < %(until)s) x ON true
    WHERE w.tenant_id = %(tenant)s AND w.program_id = %(program)s AND w.unit = 'points'
    GROUP BY w.account_id) m ON m.account_id = e.account_id
LEFT JOIN LATERAL (
    SELECT t.name FROM tiers_standing s
    JOIN tiers_tier t ON t.tenant_id = s.tenant_id AND t.id = s.tier_id
    JOIN tiers_lead l ON l.tenant_id = s.tenant_id AND l.scheme_id = s.scheme_id
     AND l.starts_at < %(until)s AND (l.ends_at IS NULL OR l.ends_at >= %(until)s)
    WHERE s.tenant_id = e.tenant_id AND s.enrollment_id = e.id
      AND s.starts_at < %(until)s AND (s.ends_at IS NULL OR s.ends_at >= %(until)s)
    LIMIT 1) held ON true
WHERE e.tenant_id = %(tenant)s AND e.program_id = %(program)s AND e.state = 'active'
ORDER BY a.number
"""


def figures_of(
    *, program_id: UUID, since: datetime, until: datetime
) -> dict[str, tuple[str, Figures]]:
    """(name, figures) by account number, in the open tenant, of what occurred in [since, until)."""
    values = {"tenant": current_tenant_id(), "program": program_id, "since": since, "until": until}
    return {
        number: (name, Figures(**dict(zip((*NAMES, "tier"), figures, strict=True))))
        for number, name, *figures in run(_FIGURES, values)
    }


def compared(
    was: Mapping[str, tuple[str, Figures]], would: Mapping[str, tuple[str, Figures]]
) -> list[Line]:
    """Both sides by account; one that is on one side only has nothing on the other."""
    nothing = ("", Figures())
    return [
        Line(
            number,
            was.get(number, would.get(number, nothing))[0],
            was.get(number, nothing)[1],
            would.get(number, nothing)[1],
        )
        for number in sorted(was.keys() | would.keys())
    ]


def total(sides: list[Figures]) -> Figures:
    """Their sums; of tiers there is none."""
    sums: dict[str, Any] = {name: sum(getattr(side, name) for side in sides) for name in NAMES}
    return Figures(**sums)
