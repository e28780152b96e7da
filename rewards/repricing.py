"""What tiers cost: the points of the last year as other tiers would have multiplied them.

Works on the preview that is open (`tiers.preview.previewing`).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from tiers.ladders import Ladder
from tiers.standing import MULTIPLIER_SCALE


@dataclass(frozen=True, slots=True)
class YearlyPoints:
    """Points that facts since a day gave: `given` as they were, `now` if everybody had held the
    present tier all the time, `would` with the tier of the preview."""

    given: int
    now: int
    would: int

    @property
    def more(self) -> int:
        return self.would - self.now


# Each entry by itself, exactly: its points over the multiplier of then times that of the tier,
# rounded down. What no tier multiplied stays what it was.
_REPRICED = """
SELECT coalesce(sum(x.granted), 0)::bigint,
       coalesce(sum(CASE WHEN x.multiplier IS NULL THEN x.granted
                         ELSE floor(x.granted * x.present / x.multiplier) END), 0)::bigint,
       coalesce(sum(CASE WHEN x.multiplier IS NULL THEN x.granted
                         ELSE floor(x.granted * x.next / x.multiplier) END), 0)::bigint
FROM (
    SELECT (entry.available + entry.pending)::numeric AS granted, entry.multiplier,
           coalesce(held.multiplier, 1) AS present,
           (%(multipliers)s::bigint[])[p.goes_to + 1]::numeric / %(scale)s::bigint AS next
    FROM pg_temp.tier_preview p
    LEFT JOIN tiers_standing s ON s.tenant_id = %(tenant)s AND s.id = p.multiplied_by
    LEFT JOIN tiers_tier held ON held.tenant_id = %(tenant)s AND held.id = s.tier_id
    JOIN rewards_wallet w ON w.tenant_id = %(tenant)s AND w.account_id = p.account_id
     AND w.program_id = %(program)s AND w.unit = 'points'
    JOIN rewards_entry entry ON entry.tenant_id = w.tenant_id AND entry.wallet_id = w.id
     AND entry.kind = 'earn' AND entry.occurred_at >= %(since)s AND entry.occurred_at < %(until)s
) x
"""


def yearly_points(
    draft: Ladder, *, since: datetime, until: datetime, program_id: UUID
) -> YearlyPoints:
    """Of facts that occurred in [since, until); caps and budgets stay what they were."""
    factors = ",".join(str(int(rung.multiplier * MULTIPLIER_SCALE)) for rung in draft.rungs)
    ((given, now, would),) = run(
        _REPRICED,
        {
            "tenant": current_tenant_id(),
            "program": program_id,
            "since": since,
            "until": until,
            "multipliers": f"{{{factors}}}",
            "scale": MULTIPLIER_SCALE,
        },
    )
    return YearlyPoints(given, now, would)
