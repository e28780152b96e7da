"""Where accounts stand: first standings, and the ways up that are taken at once.

What happens at set times (evaluations, the ends of grace and pins) is in `tiers.settling`; both
write through `tiers.moving`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.postgres.arrays import uuids
from accounts.postgres.statements import Ask, Row, ask
from accounts.tenancy import current_tenant_id
from tiers.evaluating import evaluated
from tiers.keeping import Look, ended, running
from tiers.ladders import Ladder
from tiers.models import Cause
from tiers.moving import Candidate, move
from tiers.nearness import Near, newly_near, tell
from tiers.setting import Setting

Found = Candidate | Near
MULTIPLIER_SCALE = 1_000  # Tier.multiplier has three decimal places


@dataclass(frozen=True, slots=True)
class Held:
    """A tier as an account holds it. `multiplier` is scaled by MULTIPLIER_SCALE."""

    tier_id: UUID
    name: str
    rank: int
    multiplier: int


def begin(*, enrollment_ids: Sequence[UUID], decided_at: datetime) -> None:
    """Give new enrollments the first tier of each of their program's ladders, from enrollment on.

    Enrollments stay as they are on ladders that are not published, or on which they stand.
    """
    chosen = {"enrollments": uuids(enrollment_ids)}
    _begin("e.id = ANY (%(enrollments)s::uuid[])", chosen, decided_at=decided_at)


def begin_all(*, program_id: UUID, decided_at: datetime) -> None:
    """The same for all enrollments of a program, on a ladder that is new."""
    _begin("e.program_id = %(program)s", {"program": program_id}, decided_at=decided_at)


def _begin(chosen: str, values: Mapping[str, Any], *, decided_at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _BEGIN.format(chosen=chosen),
            {**values, "tenant": current_tenant_id(), "decided": decided_at},
        )


# On the version in force, or else the one nearest to it: those before it are evaluated no more.
_BEGIN = """
INSERT INTO tiers_standing
    (tenant_id, id, enrollment_id, scheme_id, tier_id, starts_at, cause, evidence, decided_at)
SELECT e.tenant_id, uuidv7(), e.id, s.id, t.id, e.enrolled_at, 'enrolled', '{{}}', %(decided)s
FROM accounts_enrollment e
JOIN tiers_scheme s ON s.tenant_id = e.tenant_id AND s.program_id = e.program_id
JOIN LATERAL (
    SELECT v.id FROM tiers_schemeversion v
    WHERE v.tenant_id = s.tenant_id AND v.scheme_id = s.id AND v.state = 'published'
    ORDER BY v.valid_from <= %(decided)s DESC,
             abs(extract(epoch FROM v.valid_from - %(decided)s))
    LIMIT 1) v ON true
JOIN tiers_tier t ON t.tenant_id = e.tenant_id AND t.version_id = v.id AND t.rank = 0
WHERE e.tenant_id = %(tenant)s AND {chosen}
  AND NOT EXISTS (SELECT FROM tiers_standing x
                  WHERE x.tenant_id = e.tenant_id AND x.enrollment_id = e.id
                    AND x.scheme_id = s.id)
"""


def reconsider(
    *,
    account_ids: Sequence[UUID] | None,
    as_of: datetime,
    ladders: Sequence[Ladder],
    setting: Setting,
) -> int:
    """Take upward moves at once, for the accounts given or (None) for all of the tenant.

    How many there were. The caller sees to it that whatever was due before has been evaluated.
    """
    asks = rising(account_ids=account_ids, as_of=as_of, ladders=ladders, setting=setting)
    found = [one for rows in ask(*asks) for one in rows]
    return rise(found, account_ids=account_ids, as_of=as_of, ladders=ladders, setting=setting)


def rising(
    *,
    account_ids: Sequence[UUID] | None,
    as_of: datetime,
    ladders: Sequence[Ladder],
    setting: Setting,
    since: datetime | None = None,
    tells_near: bool = False,
) -> list[Ask[list[Found]]]:
    """Who deserves a higher tier at once, on the ladders that ask for no other ladder's tier; with
    `tells_near` also who is near one and was not told.

    `since` is when the earliest new fact occurred: where that is in a period that was evaluated
    already, what was met at that period's end is looked at anew.
    """
    about: dict[str, Any] = {"account_ids": account_ids, "as_of": as_of, "setting": setting}
    return [
        one
        for ladder in ladders
        if ladder.is_in_force(as_of) and not ladder.on_ladders
        for one in _asked(ladder, since=since, tells_near=tells_near, **about)
    ]


def rise(
    found: Iterable[Found],
    *,
    account_ids: Sequence[UUID] | None,
    as_of: datetime,
    ladders: Sequence[Ladder],
    setting: Setting,
    since: datetime | None = None,
    tells_near: bool = False,
) -> int:
    """Give those whom `rising` found their tier, and see to the ladders that ask for it; tell those
    who are near one.

    How many moved. `since` is what `rising` was asked with. The new standing starts one microsecond
    after `as_of`, so that the facts that earned it do not themselves earn at the new tier, however
    they were batched.
    """
    about: dict[str, Any] = {"account_ids": account_ids, "as_of": as_of, "setting": setting}
    moved = _take(found, as_of=as_of)
    for ladder in ladders:
        if ladder.on_ladders and ladder.is_in_force(as_of):
            asks = _asked(ladder, since=since, tells_near=tells_near, **about)
            moved += _take([one for rows in ask(*asks) for one in rows], as_of=as_of)
    return moved


def _asked(
    ladder: Ladder,
    *,
    account_ids: Sequence[UUID] | None,
    as_of: datetime,
    setting: Setting,
    since: datetime | None,
    tells_near: bool,
) -> list[Ask[list[Found]]]:
    """What is met now, where one rises or nears by that, and anew at the ends of periods that the
    facts reach back into."""
    now = running(ladder, at=as_of, setting=setting)
    tells_near = tells_near and len(ladder.rungs) > 1
    looks = [now] if ladder.rises_at_once or tells_near else []
    if since is not None and since.astimezone(setting.zone).date() < now.since:
        looks += ended(ladder, first=now.since, setting=setting)
    about: dict[str, Any] = {"account_ids": account_ids, "as_of": as_of, "setting": setting}
    return [_asking(ladder, look, tells_near=tells_near and look is now, **about) for look in looks]


def _asking(
    ladder: Ladder,
    look: Look,
    *,
    account_ids: Sequence[UUID] | None,
    as_of: datetime,
    setting: Setting,
    tells_near: bool,
) -> Ask[list[Found]]:
    judged = evaluated(
        ladder,
        as_of=look.as_of,
        at=as_of + timedelta(microseconds=1),
        setting=setting,
        accounts=account_ids,
    )
    wanted, values = [], dict(judged.values)
    if ladder.rises_at_once or not look.is_running:
        wanted.append("x.met > x.held AND x.pinned_until IS NULL")
    if tells_near:
        near, more = newly_near(ladder, judged, look)
        wanted.append(near)
        values |= more
    return Ask(
        "SELECT x.standing_id, x.enrollment_id, x.account_id, x.since, x.held, x.met, "  # noqa: S608
        f"({judged.evidence})::text FROM ({judged.sql}) x "
        f"WHERE {' OR '.join(wanted)} ORDER BY x.enrollment_id",
        values,
        partial(_found, ladder, look),
    )


def _found(ladder: Ladder, look: Look, rows: list[Row]) -> list[Found]:
    cause = Cause.REACHED if look.is_running else Cause.RECONSIDERED
    return [
        Near(ladder, look, enrollment_id, held)
        if met <= held
        else Candidate(
            ladder=ladder,
            standing_id=standing_id,
            since=since,
            enrollment_id=enrollment_id,
            account_id=account_id,
            goes_to=met if ladder.skips_tiers else held + 1,
            cause=cause,
            evidence={
                "version": ladder.number,
                "met": ladder.rungs[met].code,
                "period": [look.since.isoformat(), look.until.isoformat()],
                "values": json.loads(values),
            },
        )
        for standing_id, enrollment_id, account_id, since, held, met, values in rows
    ]


def _take(found: Iterable[Found], *, as_of: datetime) -> int:
    """Each enrollment's best way up on each ladder; of equals the one found first. Who rises is
    told that, and not how near it was."""
    starts_at = as_of + timedelta(microseconds=1)
    best: dict[UUID, Candidate] = {}
    near: list[Near] = []
    for one in found:
        if isinstance(one, Near):
            near.append(one)
            continue
        # A standing that began later than the move (a later enrollment) stays as it is.
        if one.since > starts_at:
            continue
        if one.standing_id not in best or best[one.standing_id].goes_to < one.goes_to:
            best[one.standing_id] = one
    rising = {(one.enrollment_id, one.ladder) for one in best.values()}
    tell([one for one in near if (one.enrollment_id, one.ladder) not in rising], at=as_of)
    return move(list(best.values()), starts_at=starts_at, decided_at=as_of)
