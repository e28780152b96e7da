"""What must be true of the evidence of standings, written for the versions that a tenant has."""
# ruff: noqa: S608 (only our own queries, and codes and numbers of checked criteria)

from collections.abc import Iterator

from accounts.counting import AMOUNT, IN_THEIR_MONTH, QUANTITY, SCALE, Counting
from accounts.readings import Reading
from accounts.windows import LIFETIME, PERIODS, ROLLING
from tiers.evaluating import columns_of
from tiers.judging import as_sql
from tiers.ladders import AUDIENCE, Ladder, published_ladders
from tiers.setting import Setting, current_setting

NOBODY = "SELECT NULL::uuid AS id WHERE false"

# Standings decided by what was read, with what they came from: the tier of the same code, or else
# of the nearest rank, under the version that decided.
_DECIDED = """
    SELECT standing.id, standing.cause, standing.evidence, standing.starts_at, standing.decided_at,
           standing.falls_at, pin.is_held,
           enrollment.account_id, tier.rank, tier.version_id,
           (standing.evidence ->> 'version')::int AS said_version, met.rank AS met,
           coalesce(same.rank, least(held.rank, top.rank)) AS held,
           (standing.evidence -> 'period' ->> 0)::date AS since,
           (standing.evidence -> 'period' ->> 1)::date AS until,
           tenant.time_zone, tenant.fiscal_year_starts AS fiscal
    FROM tiers_standing standing
    JOIN accounts_tenant tenant ON tenant.id = standing.tenant_id
    JOIN accounts_enrollment enrollment
      ON enrollment.tenant_id = standing.tenant_id AND enrollment.id = standing.enrollment_id
    JOIN tiers_tier tier ON tier.tenant_id = standing.tenant_id AND tier.id = standing.tier_id
    JOIN LATERAL (SELECT max(rank) AS rank FROM tiers_tier
                  WHERE version_id = tier.version_id) top ON true
    LEFT JOIN tiers_tier met ON met.tenant_id = tier.tenant_id
          AND met.version_id = tier.version_id AND met.code = standing.evidence ->> 'met'
    LEFT JOIN tiers_standing before
           ON before.tenant_id = standing.tenant_id AND before.scheme_id = standing.scheme_id
          AND before.enrollment_id = standing.enrollment_id AND before.ends_at = standing.follows
    LEFT JOIN tiers_tier held ON held.tenant_id = before.tenant_id AND held.id = before.tier_id
    -- The standing itself forgets the pin when that has ended and left everything as it was.
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM tiers_pin by_hand
                       WHERE by_hand.tenant_id = standing.tenant_id
                         AND by_hand.enrollment_id = standing.enrollment_id
                         AND by_hand.scheme_id = standing.scheme_id
                         AND by_hand.state IN ('held', 'lifted')
                         AND by_hand.starts_at <= standing.starts_at
                         AND by_hand.ends_at > standing.starts_at) AS is_held) pin
    LEFT JOIN tiers_tier same ON same.tenant_id = tier.tenant_id
          AND same.version_id = tier.version_id AND same.code = held.code
    WHERE standing.cause NOT IN ('enrolled', 'pinned')
"""


def misled() -> str:
    """Standings whose values do not meet the tier they say, or from which the policies of their
    version do not lead to the tier held."""
    parts = [_misled_by(ladder) for ladder in published_ladders()]
    return " UNION ALL ".join(parts) or NOBODY


def _misled_by(ladder: Ladder) -> str:
    values = {key: _value(key) for key in columns_of(ladder)}
    cases = [f"WHEN {values[AUDIENCE]} = 0 THEN 0"] if ladder.audience else []
    for rung in reversed(ladder.rungs[1:]):
        holds = as_sql(rung.criteria, values)
        if rung.by_invitation:
            holds += f" AND {values[rung.invitation]} = 1"
        cases.append(f"WHEN {holds} THEN {rung.rank}")
    met = f"CASE {' '.join(cases)} ELSE 0 END" if cases else "0"
    missing = [f"{value} IS NULL" for value in values.values()]
    unknown = f"({' OR '.join(missing)})" if missing else "false"
    return f"""
        SELECT d.id FROM ({_DECIDED}) d
        WHERE d.version_id = '{ladder.version_id}'
          AND (d.met IS NULL OR d.said_version <> {ladder.number} OR {unknown}
               OR d.met <> {met} OR NOT ({_led(ladder)}))
    """


def _led(ladder: Ladder) -> str:
    """Whether the policies lead from the tiers `held` and `met` to the one of `rank`."""
    stays = "d.rank = d.held AND (d.falls_at IS NOT NULL OR d.cause = 'published')"
    down = {
        "never": "d.rank = d.held",
        "one_step": "d.rank BETWEEN d.met AND d.held",
        "to_what_is_met": stays,
    }[ladder.falls]
    up = "false" if ladder.skips_tiers else "d.rank > d.held AND d.rank < d.met"
    pinned = "d.rank = d.held AND d.is_held"  # a new version moves no pin
    moved = f"d.met > d.held AND ({up}) OR d.met < d.held AND ({down} OR {stays})"
    return f"d.rank = d.met OR {moved} OR {pinned}"


def misread() -> str:
    """Standings whose amounts and quantities are not what the facts known then add up to.

    A value was read while facts recorded at the very same instant were coming in (at a period's
    end, within an hour: the job reads some time after the instant it goes by): it lies between all
    of their takings and all their gains. What else is counted (people, averages, certificates,
    ratios, families) is compared as rolled up, by the invariants of measures.
    """
    setting = current_setting()
    parts = [
        _misread_by(ladder, reading, counting)
        for ladder in published_ladders()
        for reading, counting in _plain(ladder, setting)
    ]
    return " UNION ALL ".join(parts) or NOBODY


def _plain(ladder: Ladder, setting: Setting) -> Iterator[tuple[Reading, Counting]]:
    """The readings that are sums over facts, in windows around a day."""
    for reading in ladder.readings:
        counting = setting.catalogue[reading.measure]
        is_sum = counting.counts in (AMOUNT, QUANTITY) and counting.returns == IN_THEIR_MONTH
        of_facts = counting.kinds and not {*counting.kinds} & {"status_credits"}
        around = reading.window.window in (*PERIODS, ROLLING, LIFETIME)
        if is_sum and of_facts and around and not reading.family:
            yield reading, counting


def _misread_by(ladder: Ladder, reading: Reading, counting: Counting) -> str:
    column = "amount" if counting.counts == AMOUNT else "quantity"
    scale = SCALE.get(counting.counts, 1)
    split = {"product_line": "fact.product_line", "kind": "coalesce(original.kind, fact.kind)"}
    best = f"AND {split[reading.by]} = {_carrier(reading.key)}" if reading.by else ""
    since, until = _window(reading)
    return f"""
        SELECT d.id FROM (
            SELECT d.*, {_value(reading.key)} AS value, {_DAY} AS day FROM ({_DECIDED}) d
            WHERE d.version_id = '{ladder.version_id}'
        ) d
        LEFT JOIN (
            accounts_activity fact
            LEFT JOIN accounts_activity original
                   ON original.tenant_id = fact.tenant_id AND original.id = fact.reverses_id
        ) ON fact.account_id = d.account_id AND fact.recorded_at <= d.decided_at + {_DOUBT}
         AND fact.occurred_at >= {since}::timestamp AT TIME ZONE d.time_zone
         AND fact.occurred_at < {until}::timestamp AT TIME ZONE d.time_zone
         AND coalesce(original.kind, fact.kind) IN ({_listed(counting.kinds)})
         {f"AND fact.product_line IN ({_listed(counting.lines)})" if counting.lines else ""}
         {best}
        GROUP BY d.id, d.value
        HAVING d.value NOT BETWEEN
            coalesce(sum(fact.{column}) FILTER (
                WHERE fact.recorded_at < d.decided_at - {_DOUBT} OR fact.{column} < 0), 0) * {scale}
            AND coalesce(sum(fact.{column}) FILTER (
                WHERE fact.recorded_at < d.decided_at - {_DOUBT} OR fact.{column} > 0), 0) * {scale}
    """


# Facts that bring a tier at once are read with the locks held, as of their own instant.
_DOUBT = """(CASE WHEN d.cause IN ('reached', 'reconsidered') THEN interval '0'
                   ELSE interval '1 hour' END)"""

# The last local day that counted: of a period that had ended the last one, else the day itself.
_DAY = """
    CASE WHEN d.until::timestamp AT TIME ZONE d.time_zone <= d.starts_at THEN d.until - 1
         WHEN d.cause = 'reached' THEN (d.decided_at AT TIME ZONE d.time_zone)::date
         ELSE (d.starts_at AT TIME ZONE d.time_zone)::date END
"""


def _window(reading: Reading) -> tuple[str, str]:
    """First days of the window and of what comes after it, around the day `d.day`."""
    name = reading.window.window
    after = "(date_trunc('month', d.day) + interval '1 month')"
    if name == LIFETIME:
        return "date '1970-01-01'", after
    if name == ROLLING:
        return f"({after} - interval '{reading.window.months} months')", after
    unit = name.removeprefix("fiscal_")
    shift = "make_interval(months => d.fiscal - 1)" if name != unit else "interval '0'"
    back = f"interval '{PERIODS[name] * reading.window.back} months'"
    since = f"(date_trunc('{unit}', d.day - {shift}) + {shift} - {back})"
    return since, f"({since} + interval '{PERIODS[name]} months')"


def _value(key: str) -> str:
    return f"(d.evidence -> 'values' -> '{key}' ->> 'value')::bigint"


def _carrier(key: str) -> str:
    return f"(d.evidence -> 'values' -> '{key}' ->> 'carrier')"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join("'" + word.replace("'", "''").replace("%", "%%") + "'" for word in words)
