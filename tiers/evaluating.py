"""Evaluation: which tier each enrollment holds on a ladder and which one it meets, as a query.

It writes nothing, and is the same for live facts, the jobs at a period's end, previews and replays.
For given accounts everything is looked up account by account (OFFSET 0 keeps it so): joined as
sets, a planner without fresh statistics chose nested loops over whole sets.
"""
# ruff: noqa: S608 (texts of our own, and the numbers and codes of checked criteria)

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.asking import ACCOUNT_COLUMNS, as_query
from accounts.models import Account
from accounts.readings import AsOf, reading_sql
from accounts.tenancy import current_tenant_id
from tiers.criteria import OnLadder
from tiers.judging import as_sql, percent_sql
from tiers.ladders import AUDIENCE, Ladder, Rung
from tiers.setting import Setting

KEYS_AT_ONCE = 40  # a function takes at most a hundred arguments


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A query of one row per enrollment on the ladder, with the values of its places.

    Columns: `enrollment_id`, `account_id`, `standing_id`, `since` (when the present standing
    began), `follows`, `cause`, `on_version`, `falls_at`, `pinned_until`, `held` and `met` (ranks),
    and under the names in `columns` the value of each key that decides. `evidence` is an expression
    over a row of it: the values and their carriers, as `tiers.evidence` reads them.
    """

    sql: str
    values: dict[str, Any]
    columns: Mapping[str, str]
    evidence: str


def evaluated(
    ladder: Ladder,
    *,
    as_of: AsOf,
    at: datetime,
    setting: Setting,
    accounts: Sequence[UUID] | None = None,
    carriers: bool = True,
    entering: bool = False,
) -> Evaluated:
    """Who holds what and meets what, of `accounts` or (None) of all of the tenant.

    Measures are read as of `as_of`; invitations and other ladders' tiers are those of `at`. With
    `entering` standings may still be on another version, and paused enrollments are among them:
    the tier held is then the one of the same code, or else of the nearest rank. An enrollment
    without any standing holds the first.
    """
    read = reading_sql(
        ladder.readings,
        catalogue=setting.catalogue,
        as_of=as_of,
        zone=setting.zone,
        fiscal_year_starts=setting.fiscal_year_starts,
        accounts=accounts,
        program_id=ladder.program_id,
        carriers=carriers,
        enrolled=accounts is None,
    )
    audience, values = _audience(ladder)
    values |= read.values | {"tenant": current_tenant_id(), "program": ladder.program_id}
    values |= {"scheme": ladder.scheme_id}
    text = _text(ladder, read.sql, accounts is not None, entering, audience)
    for name, value in (("version", ladder.version_id), ("at", at)):
        if f"%({name})s" in text:
            values[name] = value
    return Evaluated(text, values, columns_of(ladder), _evidence(ladder))


def make_room() -> None:
    """Let the running transaction evaluate a whole tenant in memory: with the server's usual 4 MB
    the sums of 100,000 accounts go through files. A million need about 100 MB of Postgres's."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")


def columns_of(ladder: Ladder) -> dict[str, str]:
    """Under which name each key that decides stands in a row."""
    found = {reading.key: f"value_{n}" for n, reading in enumerate(ladder.readings)}
    found |= {asked.key: f"on_ladder_{n}" for n, asked in enumerate(ladder.on_ladders)}
    found |= {rung.invitation: f"invited_{rung.rank}" for rung in _invitational(ladder)}
    return found | ({AUDIENCE: "within"} if ladder.audience else {})


def percent_of(ladder: Ladder, rank: int, columns: Mapping[str, str]) -> str:
    """How far it is to a tier, as an expression over a row, as `Progress.percent` says it."""
    rung = ladder.rungs[rank]
    percent = percent_sql(rung.criteria, columns)
    if not rung.by_invitation:
        return percent
    return f"least({percent}, CASE {columns[rung.invitation]} WHEN 1 THEN 100 ELSE 99 END)"


@lru_cache(maxsize=256)
def _text(ladder: Ladder, read: str, is_of_given: bool, entering: bool, audience: str) -> str:
    own = list(_own_columns(ladder, audience))
    inner = f"""
        SELECT e.id AS enrollment_id, e.account_id, s.id AS standing_id, s.starts_at AS since,
               s.follows, s.cause, s.falls_at, s.pinned_until, t.version_id AS on_version,
               {_held(ladder, entering)} AS held
               {"".join(f", r.value_{n}, r.carrier_{n}" for n in range(len(ladder.readings)))}
               {"".join(f", {one}" for one in own)}
        FROM ({read}) r
        {_standings(is_of_given, entering)}
    """
    return f"SELECT x.*, {_met(ladder)} AS met FROM ({inner}) x"


def _held(ladder: Ladder, entering: bool) -> str:
    if not entering:
        return "t.rank::int"
    ranks = " ".join(f"WHEN '{rung.code}' THEN {rung.rank}" for rung in ladder.rungs)
    top = len(ladder.rungs) - 1
    return f"coalesce(CASE t.code {ranks} ELSE least(t.rank, {top}) END, 0)"


def _standings(is_of_given: bool, entering: bool) -> str:
    """The enrollment on the program and its present standing on the ladder."""
    kind, version = ("LEFT JOIN", "") if entering else ("JOIN", "AND t.version_id = %(version)s")
    state = "" if entering else "AND state = 'active'"
    enrollment, standing = _GIVEN if is_of_given else _ALL
    return f"""
        JOIN {enrollment.format(state=state)}
        {kind} {standing}
        {kind} tiers_tier t ON t.tenant_id = %(tenant)s AND t.id = s.tier_id {version}
    """


_GIVEN = (
    """LATERAL (
        SELECT id, account_id FROM accounts_enrollment
        WHERE tenant_id = %(tenant)s AND account_id = r.account_id
          AND program_id = %(program)s {state} OFFSET 0) e ON true""",
    """LATERAL (
        SELECT * FROM tiers_standing
        WHERE tenant_id = %(tenant)s AND enrollment_id = e.id
          AND scheme_id = %(scheme)s AND ends_at IS NULL OFFSET 0) s ON true""",
)
# Of a whole tenant the readings come with the enrollments already.
_ALL = (
    "LATERAL (SELECT r.enrollment_id AS id, r.account_id) e ON true {state}",
    """tiers_standing s ON s.tenant_id = %(tenant)s AND s.enrollment_id = e.id
        AND s.scheme_id = %(scheme)s AND s.ends_at IS NULL""",
)


def _own_columns(ladder: Ladder, audience: str) -> Iterator[str]:
    """What is read besides measures, each 1 or 0, and the tier held on each other ladder."""
    for n, asked in enumerate(ladder.on_ladders):
        yield f"coalesce({_on_ladder(asked)}, 0) AS on_ladder_{n}"
        yield f"coalesce({_name_on_ladder(asked)}, '') AS on_ladder_name_{n}"
    for rung in _invitational(ladder):
        yield f"{_INVITED.format(code=rung.code)}::int AS invited_{rung.rank}"
    if audience:
        yield f"(EXISTS ({audience}))::int AS within"


_INVITED = """(EXISTS (
    SELECT FROM tiers_tierinvitation i
    WHERE i.tenant_id = %(tenant)s AND i.enrollment_id = e.id AND i.scheme_id = %(scheme)s
      AND i.tier_code = '{code}' AND i.invited_at <= %(at)s
      AND (i.withdrawn_at IS NULL OR i.withdrawn_at > %(at)s)))"""

_OTHER = """
    FROM tiers_scheme other
    JOIN tiers_standing there
      ON there.tenant_id = %(tenant)s AND there.enrollment_id = e.id
     AND there.scheme_id = other.id AND there.starts_at <= %(at)s
     AND (there.ends_at IS NULL OR there.ends_at > %(at)s)
    JOIN tiers_tier tier ON tier.tenant_id = %(tenant)s AND tier.id = there.tier_id
    {wanted}
    WHERE other.tenant_id = %(tenant)s AND other.program_id = %(program)s
      AND other.code = '{ladder}'"""


def _on_ladder(asked: OnLadder) -> str:
    """1 where the tier held there is the one asked for, or above it."""
    there = _OTHER.format(
        wanted="JOIN tiers_tier wanted ON wanted.tenant_id = %(tenant)s "
        f"AND wanted.version_id = tier.version_id AND wanted.code = '{asked.tier}'",
        ladder=asked.ladder,
    )
    return f"(SELECT (tier.rank >= wanted.rank)::int {there})"


def _name_on_ladder(asked: OnLadder) -> str:
    return f"(SELECT tier.name {_OTHER.format(wanted='', ladder=asked.ladder)})"


def _met(ladder: Ladder) -> str:
    """The highest rank whose criteria are met."""
    columns = {key: f"x.{column}" for key, column in columns_of(ladder).items()}
    cases = [f"WHEN {columns[AUDIENCE]} = 0 THEN 0"] if ladder.audience else []
    for rung in reversed(ladder.rungs[1:]):
        holds = as_sql(rung.criteria, columns)
        if rung.by_invitation:
            holds += f" AND {columns[rung.invitation]} = 1"
        cases.append(f"WHEN {holds} THEN {rung.rank}")
    return f"CASE {' '.join(cases)} ELSE 0 END" if cases else "0"


def _invitational(ladder: Ladder) -> Iterator[Rung]:
    return (rung for rung in ladder.rungs if rung.by_invitation)


@lru_cache(maxsize=256)
def _evidence(ladder: Ladder) -> str:
    """Each key with its value, and with what carried it where something did."""
    pairs = []
    for n, reading in enumerate(ladder.readings):
        carried = f", 'carrier', x.carrier_{n}" if reading.by else ""
        pairs.append(f"'{reading.key}', jsonb_build_object('value', x.value_{n}{carried})")
    for n, asked in enumerate(ladder.on_ladders):
        carried = f"'value', x.on_ladder_{n}, 'carrier', x.on_ladder_name_{n}"
        pairs.append(f"'{asked.key}', jsonb_build_object({carried})")
    known = columns_of(ladder)
    keys = [rung.invitation for rung in _invitational(ladder)]
    keys += [AUDIENCE] if ladder.audience else []
    pairs += [f"'{key}', jsonb_build_object('value', x.{known[key]})" for key in keys]
    objects = [
        f"jsonb_build_object({', '.join(pairs[start : start + KEYS_AT_ONCE])})"
        for start in range(0, len(pairs), KEYS_AT_ONCE)
    ]
    return " || ".join(objects) or "jsonb_build_object()"


def _audience(ladder: Ladder) -> tuple[str, dict[str, Any]]:
    """The query that finds the account `e.account_id` where it is meant, with its values."""
    if not ladder.audience:
        return "", {}
    meant = Account.objects.filter(as_query(ladder.audience, columns=ACCOUNT_COLUMNS))
    sql, given = meant.order_by().values("id").query.sql_with_params()
    places = [f"audience_{n}" for n in range(len(given))]
    named = sql % tuple(f"%({place})s" for place in places)
    return f'{named} AND "accounts_account"."id" = e.account_id', dict(
        zip(places, given, strict=True)
    )
