"""What accounts sold under agreements, and what that comes to, for thousands in one statement.

The same as `rebates.working`, and to the cent: everything is multiplied out and divided once, by
whole numbers. What was sold is read from roll-ups alone.
"""
# ruff: noqa: S608 (only texts of this module go into these statements)

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from accounts.postgres.arrays import plain, texts, uuids
from accounts.tenancy import current_tenant_id
from rebates.measuring import sold
from rebates.participants import Share
from rebates.splitting import SPLIT


def values_of(
    shares: Sequence[Share],
    *,
    multipliers: Mapping[int, tuple[str, Decimal]],
    places: int,
) -> dict[str, Any]:
    """What fills the places of WORKED. `multipliers` are (tier, multiplier) by a share's number."""
    members = [(n, one, to) for n, share in enumerate(shares) for one, to in share.members]
    payees = [(n, to) for n, share in enumerate(shares) for to in share.payees]
    tiers = [multipliers.get(n, ("", Decimal(1))) for n in range(len(shares))]
    return {
        "tenant": current_tenant_id(),
        "minor": 10**places,
        "agreements": uuids(share.agreement_id for share in shares),
        "versions": uuids(share.version_id for share in shares),
        "holders": uuids(share.holder_id for share in shares),
        "since": plain(share.since for share in shares),
        "until": plain(share.until for share in shares),
        "upto": plain(share.upto or share.until for share in shares),
        "tiers": texts(tier for tier, _ in tiers),
        "multipliers": plain(multiplier for _, multiplier in tiers),
        "of": plain(n for n, _, _ in members),
        "members": uuids(one for _, one, _ in members),
        "to": uuids(to for _, _, to in members),
        "paid": plain(n for n, _ in payees),
        "payees": uuids(to for _, to in payees),
    }


# Where shares come from: rows of number, agreement, version, holder, since, until, upto, tier and
# multiplier; of number, account and payee; of number, payee and place.
Source = tuple[str, str, str]

GIVEN: Source = (  # by `values_of`
    """SELECT s.nth - 1, s.agreement, s.version, s.holder, s.since, s.until, s.upto, s.tier, s.times
       FROM unnest(%(agreements)s::uuid[], %(versions)s::uuid[], %(holders)s::uuid[],
                   %(since)s::date[], %(until)s::date[], %(upto)s::date[], %(tiers)s::text[],
                   %(multipliers)s::numeric[]) WITH ORDINALITY
           AS s (agreement, version, holder, since, until, upto, tier, times, nth)""",
    "SELECT * FROM unnest(%(of)s::int[], %(members)s::uuid[], %(to)s::uuid[])",
    "SELECT * FROM unnest(%(paid)s::int[], %(payees)s::uuid[]) WITH ORDINALITY",
)

_HELD = """
    SELECT dense_rank() OVER (ORDER BY a.agreement_id, a.since, a.holder_id) AS n, a.*
    FROM rebates_accrual a WHERE a.tenant_id = %(tenant)s
"""
KEPT: Source = (  # as all accruals keep them
    f"""SELECT DISTINCT n, agreement_id, version_id, holder_id, since, until, until, tier_code,
               multiplier
        FROM ({_HELD}) held""",
    f"""SELECT DISTINCT held.n, member::uuid,
               CASE g.paid_to WHEN 'each' THEN member::uuid ELSE held.holder_id END
        FROM ({_HELD}) held
        JOIN rebates_agreement g ON g.tenant_id = %(tenant)s AND g.id = held.agreement_id
        CROSS JOIN LATERAL jsonb_array_elements_text(held.members) AS member""",
    f"""SELECT n, account_id, row_number() OVER (ORDER BY n, id) FROM ({_HELD}) held""",
)


# Whether only facts of its account can change what is accrued under the version `v` of the
# agreement `g`, once it is. Points and credits are granted and taken back without new facts, too.
IS_STEADY = """(g.party = 'account' AND v.condition = '{}' AND t.measure <> 'points'
            AND NOT 'status_credits' = ANY (t.kinds)
            AND coalesce(v.terms -> 'tier_multipliers', '{}') = '{}')"""


# Shares `s` by their number n; each with its terms `t` (stored in full, see rebates.drafting). Each
# has one version and one agreement: LIMIT tells the planner, who reckons with a single share in all
# where these tables are new, and joins whatever follows by loops.
def _asked(source: Source) -> str:
    shares, members, payees = source
    return f"""
asked AS MATERIALIZED (
    SELECT s.*, t.*, coalesce(t.base ->> 'periods' IS NOT NULL, false) AS by_history,
           {IS_STEADY} AS is_steady,
           CASE WHEN v.settles = 'period' THEN s.until + v.grace_days END AS closes_on,
           v.answer_days
    FROM ({shares}) AS s (n, agreement_id, version_id, holder_id, since, until, upto, tier_code,
                          multiplier)
    CROSS JOIN LATERAL (SELECT * FROM rebates_agreementversion
                        WHERE tenant_id = %(tenant)s AND id = s.version_id LIMIT 1) v
    CROSS JOIN LATERAL (SELECT * FROM rebates_agreement
                        WHERE tenant_id = %(tenant)s AND id = s.agreement_id LIMIT 1) g
    CROSS JOIN LATERAL jsonb_to_record(v.terms)
        AS t (measure text, method text, position text, kinds text[], lines text[],
              earning_lines text[], returns text, net_of text[], bands jsonb, base jsonb,
              guaranteed numeric, falling boolean, cap bigint, minimum bigint)
), members AS MATERIALIZED (
    SELECT * FROM ({members}) AS m (n, account_id, payee_id)
), payees AS MATERIALIZED (
    SELECT * FROM ({payees}) AS p (n, account_id, place)
)
"""


# What each payee sold of each line; whether the line earns.
_LINES = f"""
lines AS MATERIALIZED (
    SELECT x.n, x.payee_id, l.product_line, sum(l.sold)::bigint AS sold,
           sum(l.before_returns)::bigint AS before_returns,
           t.earning_lines = '{{}}' OR l.product_line = ANY (t.earning_lines) AS earns
    FROM members x JOIN asked t ON t.n = x.n
    CROSS JOIN LATERAL ({sold(since="t.since", until="t.upto")}) l
    GROUP BY x.n, x.payee_id, l.product_line, t.earning_lines
)
"""

# What 100 % is: fixed before, given, or worked out from earlier periods.
_BASES = f"""
fixed AS MATERIALIZED (
    SELECT t.n, max(a.base) AS base, max(a.history::text) AS history
    FROM asked t
    JOIN rebates_accrual a
      ON a.tenant_id = %(tenant)s AND a.agreement_id = t.agreement_id AND a.since = t.since
     AND a.holder_id = t.holder_id
    WHERE t.by_history AND a.base IS NOT NULL
    GROUP BY t.n
), earlier AS MATERIALIZED (
    SELECT t.n, k, sum(l.sold)::bigint AS sold
    FROM asked t
    JOIN members x ON x.n = t.n
    CROSS JOIN LATERAL generate_series(1, (t.base ->> 'periods')::int) AS k
    CROSS JOIN LATERAL (
        SELECT CASE t.base ->> 'of' WHEN 'year_before' THEN 12
               ELSE (extract(year FROM age(t.until, t.since)) * 12
                     + extract(month FROM age(t.until, t.since)))::int END AS months) step
    CROSS JOIN LATERAL ({
    sold(
        since="(t.since - make_interval(months => step.months * k))::date",
        until="(t.until - make_interval(months => step.months * k))::date",
    )
}) l
    WHERE t.by_history AND NOT EXISTS (SELECT FROM fixed WHERE fixed.n = t.n)
    GROUP BY t.n, k
), histories AS MATERIALIZED (
    SELECT t.n, jsonb_agg(coalesce(b.sold, 0) ORDER BY k DESC) AS history,
           sum(greatest(b.sold, 0)) AS total
    FROM asked t
    CROSS JOIN LATERAL generate_series(1, (t.base ->> 'periods')::int) AS k
    LEFT JOIN earlier b USING (n, k)
    WHERE t.by_history AND NOT EXISTS (SELECT FROM fixed WHERE fixed.n = t.n)
    GROUP BY t.n
), bases AS MATERIALIZED (
    SELECT t.n,
           CASE WHEN t.position = 'absolute' THEN NULL
                WHEN NOT t.by_history THEN (t.base ->> 'given')::bigint
                WHEN fixed.n IS NOT NULL THEN fixed.base
                ELSE greatest(
                    least(div(2 * w.over + w.under, 2 * w.under)::bigint,
                          (t.base ->> 'ceiling')::bigint),
                    coalesce((t.base ->> 'floor')::bigint, 0)) END AS base,
           coalesce(fixed.history::jsonb, h.history, '[]'::jsonb) AS history
    FROM asked t
    LEFT JOIN fixed ON fixed.n = t.n
    LEFT JOIN histories h ON h.n = t.n
    LEFT JOIN LATERAL (
        SELECT h.total * (100 + (t.base ->> 'plus')::numeric) AS over,
               100::numeric * (t.base ->> 'periods')::int AS under) w ON t.by_history
)
"""

# The band reached, and the exact amount as a fraction `over` / `under`; rounded once.
_HOLDERS = """
holders AS MATERIALIZED (
    SELECT t.n, t.cap, t.minimum, t.multiplier, t.method, t.per, t.measured, t.before_returns,
           t.earning, t.base, t.history, greatest(t.measured, 0)::numeric AS sold, b.over AS banded,
           t.guaranteed
    FROM (
        SELECT asked.*, bases.base AS fixed_base, bases.history,
               CASE measure WHEN 'value' THEN 100 WHEN 'quantity' THEN 10000 ELSE 1 END AS per,
               coalesce(l.measured, 0) AS measured, coalesce(l.before_returns, 0) AS before_returns,
               coalesce(l.earning, 0) AS earning
        FROM asked
        JOIN bases ON bases.n = asked.n
        LEFT JOIN (
            SELECT n, sum(sold)::bigint AS measured, sum(before_returns)::bigint AS before_returns,
                   coalesce(sum(sold) FILTER (WHERE earns), 0)::bigint AS earning
            FROM lines GROUP BY n) l ON l.n = asked.n
    ) t (n, agreement_id, version_id, holder_id, since, until, upto, tier_code, multiplier, measure,
         method, position, kinds, lines, earning_lines, returns, net_of, bands, base_terms,
         guaranteed, falling, cap, minimum, by_history, is_steady, closes_on, answer_days, base,
         history, per, measured, before_returns, earning)
    CROSS JOIN LATERAL (
        SELECT CASE t.method
                 WHEN 'incremental' THEN coalesce(sum(
                     (least(t.measured * 100::numeric, coalesce(b.next, t.measured * 100::numeric))
                      - b.begins) * b.rate), 0)
                 WHEN 'fixed' THEN coalesce((array_agg(b.rate ORDER BY b.place DESC))[1], 0)
                     * t.per * 100
                 WHEN 'excess' THEN coalesce(
                     greatest(t.measured - CASE t.position WHEN 'absolute' THEN min(b.start)
                                                ELSE t.base END, 0)
                     * 100 * (array_agg(b.rate ORDER BY b.place DESC))[1], 0)
                 WHEN 'growth' THEN coalesce(
                     greatest(t.measured - t.base, 0)
                     * 100 * (array_agg(b.rate ORDER BY b.place DESC))[1], 0)
                 ELSE coalesce(
                     greatest(t.measured, 0)
                     * 100 * (array_agg(b.rate ORDER BY b.place DESC))[1], 0)
               END AS over
        FROM (
            SELECT one.*, lead(one.begins) OVER (ORDER BY one.place) AS next
            FROM (
                SELECT band.place, (band.said ->> 'from')::numeric AS start,
                       (band.said ->> 'rate')::numeric AS rate,
                       CASE WHEN t.position = 'absolute' THEN 100 ELSE t.base END
                       * (CASE WHEN t.method = 'growth' THEN 100 ELSE 0 END
                          + (band.said ->> 'from')::numeric) AS begins
                FROM jsonb_array_elements(t.bands) WITH ORDINALITY AS band (said, place)
            ) one
        ) b
        WHERE CASE WHEN t.falling THEN t.before_returns ELSE t.measured END > 0
          AND CASE WHEN t.falling THEN t.before_returns ELSE t.measured END * 100::numeric
              >= b.begins
          AND (t.position = 'absolute' OR t.base > 0)
    ) b
), amounts AS MATERIALIZED (
    SELECT h.*,
           CASE WHEN f.rounded < h.minimum THEN 0 ELSE f.rounded END AS amount
    FROM holders h
    CROSS JOIN LATERAL (
        SELECT CASE WHEN h.method = 'fixed' OR h.sold = 0 OR greatest(h.earning, 0) = h.sold
                    THEN 1 ELSE greatest(h.earning, 0) END AS part,
               CASE WHEN h.method = 'fixed' OR h.sold = 0 OR greatest(h.earning, 0) = h.sold
                    THEN 1 ELSE h.sold END AS of_whole) e
    CROSS JOIN LATERAL (
        SELECT (h.banded + h.sold * h.guaranteed * 100) * e.part * h.multiplier AS over,
               h.per * 100::numeric * e.of_whole AS under) w
    CROSS JOIN LATERAL (
        SELECT least(div(2 * w.over + w.under, 2 * w.under)::bigint, h.cap) AS rounded) f
)
"""

# As in SPLIT, with all that an accrual keeps.
_WORKED = """
worked AS MATERIALIZED (
    SELECT t.n, t.agreement_id, t.version_id, t.holder_id, s.account_id, t.since, t.until, t.upto,
           a.base, a.history, a.measured, a.before_returns, a.earning, s.basis, t.tier_code,
           t.multiplier, t.is_steady, t.closes_on, t.answer_days, s.amount,
           coalesce(l.lines, CASE WHEN s.amount > 0
                                  THEN jsonb_build_array(jsonb_build_array('', 0, s.amount))
                                  ELSE '[]'::jsonb END) AS lines
    FROM shared s
    JOIN asked t ON t.n = s.n
    JOIN amounts a ON a.n = s.n
    LEFT JOIN split_lines l ON l.n = s.n AND l.payee_id = s.account_id
)
"""


def worked_from(source: Source) -> str:
    """The beginning of a statement, with a table `worked`: a row for each payee of each share."""
    parts = (_asked(source), _LINES, _BASES, _HOLDERS, SPLIT, _WORKED)
    return "WITH " + ", ".join(part.strip() for part in parts)


WORKED = worked_from(GIVEN)
