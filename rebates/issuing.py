"""Statements written: a set of accruals at once, each statement with its lines, number and event.

One statement does it all, for rows that are handed from one to the next cost more than to write
them. Whoever issues has locked the agreements, so that no number is given twice.
"""
# ruff: noqa: S608 (only texts of our own modules go into these statements)

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts import events
from accounts.ids import uuid7_numbers
from accounts.periods import day_of
from accounts.postgres.arrays import uuids, uuids_of
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rebates.calculating import WORKED
from rebates.stating import LINES

# Agreements as an array for Postgres, and the `first` and `last` id of them, or those beside it:
# rows of neighbors are read together, where a look-up for each takes longer than the rest.
Batch = dict[str, Any]


def issue_whole(
    batch: Batch,
    *,
    but: Collection[UUID],
    most: int,
    day: date,
    zone: ZoneInfo,
    actor: str,
    at: datetime,
) -> int:
    """State and close the periods of agreements, `but` some, that end before `day`, are stated once
    and due at `at`: about `most`. Returns how many statements that makes; what came to nothing is
    closed without one."""
    values = _values(day=day, zone=zone, actor=actor, at=at)
    values |= batch | {"but": uuids(but), "today": day_of(at, zone)}
    return _count(_WHOLE, values | _ids(most))


def issue_rest(
    accrual_ids: Sequence[UUID], *, day: date, zone: ZoneInfo, actor: str, at: datetime
) -> int:
    """State and close periods that end before `day`, less what was stated of them; and with them
    what has changed in closed periods of the same agreement and account."""
    values = _values(day=day, zone=zone, actor=actor, at=at)
    return _count(_REST, values | _ids(len(accrual_ids)) | {"accruals": uuids(accrual_ids)})


def issue_so_far(
    asked: dict[str, Any], *, day: date, zone: ZoneInfo, actor: str, at: datetime
) -> int:
    """The same of periods that go on, by the shares that `asked` says: what was sold before
    `day`."""
    values = _values(day=day, zone=zone, actor=actor, at=at) | _ids(0)
    return _count(_SO_FAR, values | asked)


def issue_true_ups(
    accrual_ids: Sequence[UUID], *, day: date, zone: ZoneInfo, actor: str, at: datetime
) -> int:
    """State what has changed in closed periods by itself."""
    values = _values(day=day, zone=zone, actor=actor, at=at)
    return _count(_TRUE_UPS, values | _ids(len(accrual_ids)) | {"accruals": uuids(accrual_ids)})


def _values(*, day: date, zone: ZoneInfo, actor: str, at: datetime) -> dict[str, Any]:
    return {
        "tenant": current_tenant_id(),
        "day": day,
        "zone": zone.key,
        "actor": actor,
        "at": at,
    }


def _ids(most: int) -> dict[str, str]:
    """Of so many statements, and of the events that tell of them."""
    return {"ids": uuids_of(uuid7_numbers(most)), "of_events": uuids_of(uuid7_numbers(most))}


def _count(statement: str, values: dict[str, Any]) -> int:
    [(issued,)] = run(statement, values, planned=True)
    return issued


# By a tenant that the planner does not know, as in `rebates.news`: where statistics know nothing of
# the tenant's first statements, it would read all of them for each number.
_NEXT_NUMBER = """coalesce((
    SELECT x.number FROM rebates_statement x
    WHERE x.tenant_id = (SELECT %(tenant)s::uuid) AND x.agreement_id = {0}.agreement_id
      AND x.account_id = {0}.account_id
    ORDER BY x.number DESC LIMIT 1), 0) + 1"""

# The ids that were brought along: Postgres takes several times as long to make one.
_NEXT_ID = "coalesce((%(ids)s::uuid[])[row_number() OVER ()], uuidv7())"
_NEXT_OF_EVENTS = "coalesce((%(of_events)s::uuid[])[row_number() OVER ()], uuidv7())"

_ANSWER_BY = """(date_trunc('day', %(at)s::timestamptz AT TIME ZONE %(zone)s::text)
    + make_interval(days => {0}.answer_days + 1)) AT TIME ZONE %(zone)s::text"""

_TOLD = """
    SELECT 'rebate.statement_issued', %(at)s::timestamptz, %(at)s::timestamptz, %(actor)s::text,
           'rebate_statement:' || r.id, r.account_id,
           jsonb_build_object('agreement', g.code, 'name', g.name, 'number', r.number,
                              'since', r.since, 'upto', %(day)s::date, 'total', r.total,
                              'currency', g.currency, 'answer_by', r.answer_by)
    FROM ready r
    JOIN rebates_agreement g ON g.tenant_id = %(tenant)s AND g.id = r.agreement_id
    WHERE r.earned <> '[]' OR r.true_ups <> '[]'
"""

# From `ready` (id, agreement_id, version_id, account_id, number, since, total, earned, true_ups,
# answer_by). Nothing to say is no statement.
_ISSUE = f"""
issued AS (
    INSERT INTO rebates_statement
        (tenant_id, id, agreement_id, version_id, account_id, number, since, upto, total, earned,
         true_ups, state, prepared_by, issued_at, answer_by, accepted_by, approved_by)
    SELECT %(tenant)s, r.id, r.agreement_id, r.version_id, r.account_id, r.number, r.since,
           %(day)s::date, r.total, r.earned, r.true_ups, 'open', %(actor)s, %(at)s, r.answer_by,
           '', ''
    FROM ready r WHERE r.earned <> '[]' OR r.true_ups <> '[]'
), told AS ({events.insertion(_TOLD, id_=_NEXT_OF_EVENTS)})
SELECT count(*) FROM ready r WHERE r.earned <> '[]' OR r.true_ups <> '[]'
"""

# Most periods are stated once, as they are accrued: no line is taken apart.
_WHOLE = f"""
WITH closed AS (
    UPDATE rebates_accrual a
    SET stated = a.amount, stated_upto = a.until, closed_at = %(at)s::timestamptz
    WHERE a.tenant_id = %(tenant)s AND a.agreement_id BETWEEN %(first)s AND %(last)s
      AND a.agreement_id = ANY (%(agreements)s::uuid[]) AND a.agreement_id <> ALL (%(but)s::uuid[])
      AND a.closed_at IS NULL AND a.stated_upto IS NULL AND a.until = %(day)s::date
      AND a.closes_on <= %(today)s::date
    RETURNING a.agreement_id, a.version_id, a.account_id,
              {_NEXT_NUMBER.format("a")} AS number, a.since, a.amount AS total,
              jsonb_path_query_array(a.lines, 'strict $[*] ? (@[2] <> 0)') AS earned,
              '[]'::jsonb AS true_ups, {_ANSWER_BY.format("a")} AS answer_by
), ready AS MATERIALIZED (SELECT {_NEXT_ID} AS id, closed.* FROM closed), {_ISSUE}"""

# From `stated` (accrual_id, agreement_id, version_id, account_id, since, until, lines, corrects):
# what each line is now, less what earlier statements said of it.
_LESS_STATED = f"""
targets AS (
    SELECT t.accrual_id, line ->> 0 AS product_line, (line ->> 1)::bigint AS basis,
           (line ->> 2)::bigint AS amount
    FROM stated t CROSS JOIN LATERAL jsonb_array_elements(t.lines) AS line
), before AS (
    SELECT t.accrual_id, said.product_line, sum(said.amount)::bigint AS amount
    FROM stated t
    JOIN rebates_statement s
      ON s.tenant_id = %(tenant)s AND s.agreement_id = t.agreement_id
     AND s.account_id = t.account_id
    CROSS JOIN LATERAL ({LINES}) said
    WHERE coalesce(said.corrects, s.since) = t.since
    GROUP BY t.accrual_id, said.product_line
), differing AS MATERIALIZED (
    SELECT accrual_id, product_line, coalesce(t.basis, 0) AS basis,
           coalesce(t.amount, 0) - coalesce(b.amount, 0) AS amount
    FROM targets t FULL JOIN before b USING (accrual_id, product_line)
    WHERE coalesce(t.amount, 0) <> coalesce(b.amount, 0)
), said AS MATERIALIZED (
    SELECT t.accrual_id, t.agreement_id, t.account_id, t.version_id, t.since, t.corrects,
           sum(d.amount)::bigint AS amount,
           jsonb_agg(jsonb_build_array(d.product_line, d.basis, d.amount)
                     ORDER BY d.product_line COLLATE "C") AS lines
    FROM stated t JOIN differing d ON d.accrual_id = t.accrual_id
    GROUP BY t.accrual_id, t.agreement_id, t.account_id, t.version_id, t.since, t.corrects
), kept AS (
    UPDATE rebates_accrual a
    SET stated = a.stated + coalesce(said.amount, 0),
        stated_upto = CASE WHEN t.corrects IS NULL THEN %(day)s::date ELSE a.stated_upto END,
        closed_at = CASE WHEN a.closed_at IS NULL AND a.until = %(day)s::date
                         THEN %(at)s::timestamptz ELSE a.closed_at END
    FROM stated t LEFT JOIN said ON said.accrual_id = t.accrual_id
    WHERE a.tenant_id = %(tenant)s AND a.id = t.accrual_id
), ready AS MATERIALIZED (
    SELECT {_NEXT_ID} AS id, one.*, {_NEXT_NUMBER.format("one")} AS number,
           {_ANSWER_BY.format("v")} AS answer_by
    FROM (
        SELECT agreement_id, account_id,
               (array_agg(version_id ORDER BY since DESC))[1] AS version_id,
               coalesce(min(since) FILTER (WHERE corrects IS NULL), min(since)) AS since,
               sum(amount)::bigint AS total,
               coalesce(jsonb_agg(lines) FILTER (WHERE corrects IS NULL) -> 0, '[]') AS earned,
               coalesce(jsonb_agg(jsonb_build_array(corrects, lines) ORDER BY corrects)
                        FILTER (WHERE corrects IS NOT NULL), '[]') AS true_ups
        FROM said GROUP BY agreement_id, account_id
    ) one
    JOIN rebates_agreementversion v ON v.tenant_id = %(tenant)s AND v.id = one.version_id
), {_ISSUE}"""

# With what is due goes what has changed in closed periods of the same agreement and account.
_WITH_TRUE_UPS = """
stated AS MATERIALIZED (
    SELECT * FROM due
    UNION ALL
    SELECT a.id, a.agreement_id, a.version_id, a.account_id, a.since, a.until, a.lines, a.since
    FROM rebates_accrual a
    WHERE a.tenant_id = %(tenant)s AND a.closed_at IS NOT NULL AND a.amount <> a.stated
      AND (a.agreement_id, a.account_id) IN (SELECT agreement_id, account_id FROM due)
)
"""

_REST = f"""
WITH due AS MATERIALIZED (
    SELECT a.id AS accrual_id, a.agreement_id, a.version_id, a.account_id, a.since, a.until,
           a.lines, NULL::date AS corrects
    FROM rebates_accrual a
    WHERE a.tenant_id = %(tenant)s AND a.id = ANY (%(accruals)s::uuid[])
), {_WITH_TRUE_UPS}, {_LESS_STATED}"""

_SO_FAR = f"""{WORKED}, due AS MATERIALIZED (
    SELECT a.id AS accrual_id, w.agreement_id, w.version_id, w.account_id, a.since, a.until,
           w.lines, NULL::date AS corrects
    FROM worked w
    JOIN rebates_accrual a
      ON a.tenant_id = %(tenant)s AND a.agreement_id = w.agreement_id AND a.since = w.since
     AND a.holder_id = w.holder_id AND a.account_id = w.account_id
    WHERE a.closed_at IS NULL
), {_WITH_TRUE_UPS}, {_LESS_STATED}"""

_TRUE_UPS = f"""
WITH stated AS MATERIALIZED (
    SELECT a.id AS accrual_id, a.agreement_id, a.version_id, a.account_id, a.since, a.until,
           a.lines, a.since AS corrects
    FROM rebates_accrual a
    WHERE a.tenant_id = %(tenant)s AND a.id = ANY (%(accruals)s::uuid[])
), {_LESS_STATED}"""
