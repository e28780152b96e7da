"""Which programs accounts are in, and where they stood there when: what earning asks for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.postgres.arrays import texts
from accounts.postgres.statements import Ask, Row
from accounts.tenancy import current_tenant_id
from tiers.standing import MULTIPLIER_SCALE, Held


@dataclass(frozen=True, slots=True)
class Stretch:
    """A standing's time, [starts_at, ends_at), and the tier held in it."""

    starts_at: datetime
    ends_at: datetime | None
    held: Held


@dataclass(frozen=True, slots=True)
class Membership:
    """An active enrollment with its standings, oldest first; none in a program without tiers.

    `due_at` is when a grace or a pin on one of its ladders ends, the first of them; `decided_at`
    when what was read of it last decided a standing that lasts.
    """

    enrollment_id: UUID
    program_id: UUID
    enrolled_at: datetime
    due_at: datetime | None = None
    decided_at: datetime | None = None
    timeline: list[Stretch] = field(default_factory=list)

    def held_at(self, instant: datetime) -> Held | None:
        """The tier held at `instant`; None before the first standing."""
        for stretch in reversed(self.timeline):
            if stretch.starts_at <= instant:
                lasts = stretch.ends_at is None or instant < stretch.ends_at
                return stretch.held if lasts else None
        return None


def memberships(numbers: Iterable[str], *, since: datetime) -> Ask[dict[UUID, list[Membership]]]:
    """By account, its active enrollments with the standings on their program's leading ladder, each
    while that one led, as far as they last beyond `since`."""
    return Ask(
        """
        SELECT e.account_id, e.id, e.program_id, e.enrolled_at, present.due_at, present.decided_at,
               s.starts_at, s.ends_at, t.id, t.name, t.rank, t.multiplier
        FROM accounts_account a
        JOIN accounts_enrollment e ON e.tenant_id = a.tenant_id AND e.account_id = a.id
            AND e.state = 'active'
        CROSS JOIN LATERAL (
            SELECT min(least(x.falls_at, x.pinned_until)) AS due_at,
                   max(x.decided_at) FILTER (WHERE x.cause NOT IN ('enrolled', 'pinned'))
                       AS decided_at
            FROM tiers_standing x
            WHERE x.tenant_id = e.tenant_id AND x.enrollment_id = e.id AND x.ends_at IS NULL
        ) present
        LEFT JOIN tiers_lead leader ON leader.tenant_id = e.tenant_id
            AND leader.program_id = e.program_id AND (leader.ends_at IS NULL OR leader.ends_at > %s)
        LEFT JOIN LATERAL (
            SELECT tenant_id, tier_id, greatest(starts_at, leader.starts_at) AS starts_at,
                   least(ends_at, leader.ends_at) AS ends_at
            FROM tiers_standing
            WHERE tenant_id = e.tenant_id AND enrollment_id = e.id
              AND scheme_id = leader.scheme_id AND (ends_at IS NULL OR ends_at > %s)
              AND (ends_at IS NULL OR ends_at > leader.starts_at)
              AND (leader.ends_at IS NULL OR starts_at < leader.ends_at) OFFSET 0) s ON true
        LEFT JOIN tiers_tier t ON t.tenant_id = s.tenant_id AND t.id = s.tier_id
        WHERE a.tenant_id = %s AND a.number = ANY (%s::text[])
        ORDER BY e.account_id, e.program_id, s.starts_at
        """,
        [since, since, current_tenant_id(), texts(numbers)],
        _by_account,
    )


def _by_account(rows: list[Row]) -> dict[UUID, list[Membership]]:
    found: dict[UUID, dict[UUID, Membership]] = defaultdict(dict)
    for account_id, *enrollment, starts_at, ends_at, tier_id, name, rank, multiplier in rows:
        membership = found[account_id].setdefault(enrollment[0], Membership(*enrollment))
        if starts_at is not None:
            held = Held(tier_id, name, rank, int(multiplier * MULTIPLIER_SCALE))
            membership.timeline.append(Stretch(starts_at, ends_at, held))
    return {account_id: list(some.values()) for account_id, some in found.items()}
