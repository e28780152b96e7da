"""Events become notices: each person is told what concerns them, and never the same thing twice.

What a notice is about has a permanent name, and the database keeps one notice per person, kind and
name: events may come again, and a job may run again, and nothing is said twice.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection

from accounts.models import Event, Tenant
from accounts.models.notice import Frequency
from accounts.notices.kinds import KINDS, Kind
from accounts.notices.news import News
from accounts.notices.reading import read
from accounts.tenancy import current_tenant_id

READER = "notices"  # as `accounts.delivery` knows it
# What is older is no news: an import of history, or a program's first days, tell nobody anything.
NEWS_FOR = timedelta(days=7)
MORNING = "08:00"  # on the reader's clock: when letters that gather come
AT_ONCE = 2_000


def note(events: Sequence[Event], *, now: datetime) -> int:
    """Write the notices that these events make, in the running transaction; how many are new."""
    fresh = [event for event in events if event.recorded_at > now - NEWS_FOR]
    if not fresh:
        return 0
    news = read(fresh, tenant=Tenant.objects.get(pk=current_tenant_id()))
    new = 0
    while some := list(islice(news, AT_ONCE)):  # an offer may be for a hundred thousand accounts
        new += tell(some, now=now)
    return new


def tell(news: Sequence[News], *, now: datetime) -> int:
    """One statement for all of it: whom of each account it is for, how each wants to hear of it."""
    latest = {(one.kind, one.about, one.account_id): one for one in news}
    if not latest:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _TELL,
            {
                "tenant": current_tenant_id(),
                "now": now,
                "news": json.dumps([_row(one) for one in latest.values()]),
                "kinds": json.dumps([_terms(kind) for kind in KINDS.values()]),
                "never": Frequency.NEVER,
                "morning": MORNING,
            },
        )
        return cursor.fetchone()[0]


def _row(one: News) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "about": one.about,
        "account_id": str(one.account_id),
        "member_id": str(one.member_id) if one.member_id else None,
        "details": one.details,
        "not_before": one.not_before.isoformat() if one.not_before else None,
    }


def _terms(kind: Kind) -> dict[str, Any]:
    return {
        "kind": kind.code,
        "portal_roles": kind.audience.portal_roles,
        "business_roles": kind.audience.business_roles,
        "rep": kind.audience.rep,
        "often": kind.often,
        "often_to_rep": kind.often_to_rep,
        "gathers": kind.gathers,
    }


# A daily letter comes on the next morning, a weekly one on the next Monday's; `base` is the first
# instant at which it may. Mornings are found on the reader's own clock, whatever it did at night.
_TELL = """
WITH news AS (
    SELECT * FROM jsonb_to_recordset(%(news)s::jsonb) AS n (
        kind text, about text, account_id uuid, member_id uuid, details jsonb,
        not_before timestamptz)
), terms AS (
    SELECT * FROM jsonb_to_recordset(%(kinds)s::jsonb) AS k (
        kind text, portal_roles jsonb, business_roles jsonb, rep boolean, often text,
        often_to_rep text, gathers boolean)
), told AS (
    SELECT DISTINCT ON (p.user_id, n.kind, n.about)
           n.kind, n.about, n.account_id, n.details, p.user_id, p.member_id, p.staff_id,
           coalesce(c.by_letter, p.often) AS often, coalesce(c.in_inbox, true) AS in_inbox,
           coalesce(nullif(m.time_zone, ''), t.time_zone) AS zone, n.not_before
    FROM news n
    JOIN terms k ON k.kind = n.kind
    JOIN accounts_tenant t ON t.id = %(tenant)s
    JOIN LATERAL (
        SELECT x.user_id, x.id AS member_id, NULL::uuid AS staff_id, k.often
        FROM accounts_member x
        WHERE x.tenant_id = t.id AND x.account_id = n.account_id AND x.is_active
          AND CASE WHEN n.member_id IS NOT NULL THEN x.id = n.member_id
              ELSE (k.portal_roles = '[]' OR k.portal_roles ? x.portal_role)
               AND (k.business_roles = '[]' OR k.business_roles ? x.business_role) END
        UNION ALL
        SELECT s.user_id, NULL, s.id, k.often_to_rep
        FROM accounts_account a
        JOIN accounts_staff s ON s.tenant_id = a.tenant_id AND s.id = a.rep_id AND s.is_active
        WHERE k.rep AND a.tenant_id = t.id AND a.id = n.account_id
    ) p ON true
    LEFT JOIN accounts_noticechoice c
        ON c.tenant_id = t.id AND c.user_id = p.user_id AND c.kind = n.kind
    LEFT JOIN accounts_noticemanners m ON m.tenant_id = t.id AND m.user_id = p.user_id
    ORDER BY p.user_id, n.kind, n.about, p.member_id
), timed AS (
    SELECT told.*, CASE often
        WHEN 'daily' THEN date_trunc('day', %(now)s AT TIME ZONE zone) + interval '1 day'
        WHEN 'weekly' THEN date_trunc('week', %(now)s AT TIME ZONE zone) + interval '7 days'
        END AS soonest
    FROM told
    WHERE in_inbox OR often <> %(never)s
), due AS (
    SELECT timed.*, CASE often
        WHEN %(never)s THEN NULL
        WHEN 'at_once' THEN greatest(%(now)s, not_before)
        ELSE (SELECT min(at) FROM (
                SELECT (soonest + days * interval '1 day' + time %(morning)s)
                       AT TIME ZONE zone AS at, days
                FROM generate_series(0, 14) AS days) mornings
              WHERE at >= coalesce(not_before, at)
                AND (often = 'daily' OR days %% 7 = 0))
        END AS letter_due_at
    FROM timed
), written AS (
    INSERT INTO accounts_notice
        (tenant_id, id, kind, about, user_id, member_id, staff_id, account_id, details, noted_at,
         in_inbox, letter_due_at)
    SELECT %(tenant)s, uuidv7(), kind, about, user_id, member_id, staff_id, account_id, details,
           %(now)s, in_inbox, letter_due_at
    FROM due ORDER BY user_id, kind, about
    ON CONFLICT (tenant_id, user_id, kind, about) DO UPDATE SET details = EXCLUDED.details
    WHERE EXCLUDED.kind IN (SELECT kind FROM terms WHERE gathers)
      AND accounts_notice.details <> EXCLUDED.details
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) FROM written
"""
