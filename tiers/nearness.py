"""Who is near the next tier, told once per tier and period: what a nudge is made of.

Near is who has come a version's `near_percent` of the way to the next tier, and has not met it.
Facts tell it at once, of the accounts that they are of; once a local day the whole tenant is looked
at, set-based, for those whom no fact brought near. A note of who was told keeps it from being told
twice.
"""
# ruff: noqa: S608 (only our own queries go into these texts)

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.events import insertion
from accounts.models import JobRun
from accounts.models.job import JobState
from accounts.periods import day_of
from accounts.postgres.arrays import texts, uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from tiers.evaluating import Evaluated, evaluated, percent_of
from tiers.keeping import Look, running
from tiers.ladders import Ladder
from tiers.setting import Setting

LOOKED = "near_tiers"  # one row of JobRun per local day


def look_for_near_ones(ladders: Sequence[Ladder], *, at: datetime, setting: Setting) -> int:
    """Tell who is near the next tier of the ladders in force at `at`; how many were told now.

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


@dataclass(frozen=True, slots=True)
class Near:
    """An enrollment that a fact has brought near the tier above the rank `held`, in `look`."""

    ladder: Ladder
    look: Look
    enrollment_id: UUID
    held: int


def newly_near(ladder: Ladder, judged: Evaluated, look: Look) -> tuple[str, dict[str, Any]]:
    """Whether a row `x` of `judged` is near and was not told so, as an expression with its values;
    for a handful of accounts."""
    told = f"""EXISTS (
        SELECT FROM tiers_nearness told
        WHERE told.tenant_id = %(tenant)s AND told.enrollment_id = x.enrollment_id
          AND told.scheme_id = %(scheme)s AND told.period = %(near_in)s
          AND told.tier_code = {_next_code(ladder)})"""
    return f"({_is_near(ladder, judged)} AND NOT {told})", {"near_in": look.since}


def tell(found: Sequence[Near], *, at: datetime) -> None:
    """Tell these, unless somebody else has told them meanwhile."""
    for (ladder, look), some in groupby(found, key=lambda one: (one.ladder, one.look)):
        near = list(some)
        rows = (
            "SELECT %(tenant)s::uuid, x.*, %(scheme)s::uuid, %(period)s::date, "
            "%(told)s::timestamptz FROM unnest(%(enrollments)s::uuid[], %(codes)s::text[]) x"
        )
        run(
            _told(rows),
            _about(ladder, look, at=at)
            | {
                "enrollments": uuids(one.enrollment_id for one in near),
                "codes": texts(ladder.rungs[one.held + 1].code for one in near),
            },
        )


def _tell(ladder: Ladder, *, at: datetime, setting: Setting) -> int:
    if len(ladder.rungs) == 1:
        return 0
    look = running(ladder, at=at, setting=setting)
    judged = evaluated(ladder, as_of=look.as_of, at=at, setting=setting)
    rows = (
        f"SELECT %(tenant)s, x.enrollment_id, {_next_code(ladder)}, %(scheme)s, %(period)s, "
        f"%(told)s FROM ({judged.sql}) x WHERE {_is_near(ladder, judged)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(_told(rows), judged.values | _about(ladder, look, at=at))
        return cursor.rowcount


def _about(ladder: Ladder, look: Look, *, at: datetime) -> dict[str, Any]:
    return {
        "tenant": current_tenant_id(),
        "scheme": ladder.scheme_id,
        "ladder": ladder.scheme,
        "version": ladder.version_id,
        "period": look.since,
        "until": look.until,
        "near": ladder.near_percent,
        "told": at,
    }


def _told(rows: str) -> str:
    """What notes these as told and tells those of them that were not yet."""
    return f"""
        WITH near AS (
            INSERT INTO tiers_nearness
                (tenant_id, enrollment_id, tier_code, scheme_id, period, told_at)
            {rows}
            ON CONFLICT DO NOTHING
            RETURNING enrollment_id, tier_code
        )
        {insertion(_NEAR)}
    """


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


def _is_near(ladder: Ladder, judged: Evaluated) -> str:
    return (
        f"x.met <= x.held AND x.held < {len(ladder.rungs) - 1} "
        f"AND {_percent(ladder, judged)} BETWEEN {ladder.near_percent} AND 99"
    )


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
