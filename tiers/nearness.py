"""Who is near the next tier, told once per tier and period: what a nudge is made of.

Near is who has come a version's `near_percent` of the way to the next tier, and has not met it. The
whole tenant is looked at once a local day, set-based; a note of who was told keeps it from being
told twice.
"""
# ruff: noqa: S608 (only our own queries go into these texts)

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from accounts.events import insertion
from accounts.models import JobRun
from accounts.models.job import JobState
from accounts.periods import day_of
from accounts.tenancy import current_tenant_id
from tiers.evaluating import Evaluated, evaluated, percent_of
from tiers.keeping import running
from tiers.ladders import Ladder
from tiers.setting import Setting

LOOKED = "near_tiers"  # one row of JobRun per local day


def look_for_near_ones(ladders: Sequence[Ladder], *, at: datetime, setting: Setting) -> int:
    """Tell who is near the next tier of the ladders in force at `at`; how many were told.

    Looks once a local day: a second call on the same day changes nothing.
    """
    day = day_of(at, setting.zone).isoformat()
    look, is_first = JobRun.objects.get_or_create(
        job=LOOKED,
        period=day,
        defaults={"state": JobState.DONE, "started_at": at, "finished_at": at},
    )
    if not is_first:
        return 0
    told = sum(
        _tell(ladder, at=at, setting=setting) for ladder in ladders if ladder.is_in_force(at)
    )
    look.outcome = {"told": told}
    look.save(update_fields=["outcome"])
    return told


def _tell(ladder: Ladder, *, at: datetime, setting: Setting) -> int:
    if len(ladder.rungs) == 1:
        return 0
    look = running(ladder, at=at, setting=setting)
    judged = evaluated(ladder, as_of=look.as_of, at=at, setting=setting)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH near AS (
                INSERT INTO tiers_nearness
                    (tenant_id, enrollment_id, scheme_id, tier_code, period, told_at)
                SELECT %(tenant)s, x.enrollment_id, %(scheme)s, {_next_code(ladder)}, %(period)s,
                       %(told)s
                FROM ({judged.sql}) x
                WHERE x.met <= x.held AND x.held < {len(ladder.rungs) - 1}
                  AND {_percent(ladder, judged)} BETWEEN %(near)s AND 99
                ON CONFLICT DO NOTHING
                RETURNING enrollment_id, tier_code
            )
            {insertion(_NEAR)}
            """,
            judged.values
            | {
                "tenant": current_tenant_id(),
                "scheme": ladder.scheme_id,
                "ladder": ladder.scheme,
                "version": ladder.version_id,
                "period": look.since,
                "until": look.until,
                "near": ladder.near_percent,
                "told": at,
            },
        )
        return cursor.rowcount


_NEAR = """
SELECT 'tier.near', %(told)s::timestamptz, %(told)s::timestamptz, 'system',
       'enrollment:' || near.enrollment_id, enrollment.account_id,
       jsonb_build_object('ladder', %(ladder)s::text, 'tier', tier.name, 'code', tier.code,
                          'near_percent', %(near)s::int,
                          'period', jsonb_build_array(%(period)s::date, %(until)s::date))
FROM near
JOIN accounts_enrollment enrollment
  ON enrollment.tenant_id = %(tenant)s AND enrollment.id = near.enrollment_id
JOIN tiers_tier tier
  ON tier.tenant_id = %(tenant)s AND tier.version_id = %(version)s AND tier.code = near.tier_code
"""


def _next_code(ladder: Ladder) -> str:
    codes = ", ".join(f"'{rung.code}'" for rung in ladder.rungs[1:])
    return f"(ARRAY[{codes}])[x.held + 1]"


def _percent(ladder: Ladder, judged: Evaluated) -> str:
    """How far it is to the tier above the one held."""
    columns = {key: f"x.{column}" for key, column in judged.columns.items()}
    cases = " ".join(
        f"WHEN {rung.rank - 1} THEN {percent_of(ladder, rung.rank, columns)}"
        for rung in ladder.rungs[1:]
    )
    return f"CASE x.held {cases} ELSE 0 END"
