"""What must be true of standings, as SQL that finds where it is not; see `accounts.books`."""
# ruff: noqa: S608 (only our own queries go into these texts)

from accounts.books import Invariant

# Enrollments of programs that have a ladder: they stand somewhere, always.
_ON_A_LADDER = """
    SELECT enrollment.id, enrollment.enrolled_at FROM accounts_enrollment enrollment
    WHERE EXISTS (
        SELECT FROM tiers_scheme scheme
        JOIN tiers_schemeversion version
          ON version.tenant_id = scheme.tenant_id AND version.scheme_id = scheme.id
        WHERE scheme.tenant_id = enrollment.tenant_id
          AND scheme.program_id = enrollment.program_id AND version.published_at IS NOT NULL)
"""

SUCCESSION = (
    Invariant(
        15,
        "everybody on a ladder stands on exactly one tier now",
        f"""
        SELECT enrolled.id FROM ({_ON_A_LADDER}) enrolled
        LEFT JOIN tiers_standing standing
               ON standing.enrollment_id = enrolled.id AND standing.ends_at IS NULL
        GROUP BY enrolled.id HAVING count(standing.id) <> 1
        """,
    ),
    Invariant(
        15,
        "standings follow one another without gap or overlap",
        """
        SELECT id FROM (
            SELECT standing.*, lag(ends_at) OVER succession AS before_ended,
                   row_number() OVER succession AS number
            FROM tiers_standing standing
            WINDOW succession AS (PARTITION BY enrollment_id ORDER BY starts_at, id)
        ) standing
        WHERE number = 1 AND follows IS NOT NULL
           OR number > 1 AND (before_ended IS DISTINCT FROM starts_at
                              OR follows IS DISTINCT FROM starts_at)
           OR ends_at <= starts_at
        """,
    ),
    Invariant(
        15,
        "the first standing begins with the enrollment, on the lowest tier",
        """
        SELECT standing.id FROM tiers_standing standing
        JOIN accounts_enrollment enrollment ON enrollment.id = standing.enrollment_id
        JOIN tiers_tier tier ON tier.id = standing.tier_id
        WHERE (standing.follows IS NULL) <> (standing.cause = 'enrolled')
           OR standing.follows IS NULL
              AND (standing.starts_at <> enrollment.enrolled_at OR tier.rank <> 0)
        """,
    ),
)

# Standings decided by a value, with what decided them. A value was read while facts recorded at
# the very same instant were coming in: it lies between all of their takings and all their gains.
_DECIDED = """
    SELECT standing.id, enrollment.account_id, standing.decided_at, tier.version_id, tier.rank,
           tier.threshold, version.basis, version.span,
           (standing.evidence ->> 'value')::bigint AS value,
           (standing.evidence ->> 'threshold')::bigint AS shown_threshold,
           (standing.evidence ->> 'quarter')::date AS quarter,
           standing.evidence ->> 'line' AS line,
           tenant.time_zone
    FROM tiers_standing standing
    JOIN accounts_tenant tenant ON tenant.id = standing.tenant_id
    JOIN accounts_enrollment enrollment
      ON enrollment.tenant_id = standing.tenant_id AND enrollment.id = standing.enrollment_id
    JOIN tiers_tier tier ON tier.tenant_id = standing.tenant_id AND tier.id = standing.tier_id
    JOIN tiers_schemeversion version
      ON version.tenant_id = tier.tenant_id AND version.id = tier.version_id
    WHERE standing.cause <> 'enrolled'
"""

_PURCHASES = """
    SELECT fact.account_id, fact.occurred_at, fact.recorded_at, fact.product_line, fact.amount
    FROM accounts_activity fact
    LEFT JOIN accounts_activity original
           ON original.tenant_id = fact.tenant_id AND original.id = fact.reverses_id
    WHERE coalesce(original.kind, fact.kind) = 'purchase'
"""

EVIDENCE = (
    Invariant(
        15,
        "the evidence of a standing leads to its tier under the version it names",
        f"""
        SELECT decided.id FROM ({_DECIDED}) decided
        WHERE decided.value IS NULL OR decided.shown_threshold <> decided.threshold
           OR decided.rank <> (
                SELECT max(met.rank) FROM tiers_tier met
                WHERE met.version_id = decided.version_id
                  AND met.threshold <= greatest(decided.value, 0))
        """,
    ),
    Invariant(
        15,
        "the evidence of a standing is what the facts known then add up to",
        f"""
        SELECT decided.id FROM ({_DECIDED}) decided
        LEFT JOIN ({_PURCHASES}) fact
               ON fact.account_id = decided.account_id
              AND fact.recorded_at <= decided.decided_at
              AND fact.occurred_at >= decided.quarter::timestamp AT TIME ZONE decided.time_zone
              AND fact.occurred_at < (decided.quarter + interval '3 months')
                                     AT TIME ZONE decided.time_zone
              AND (decided.span = 'total' OR fact.product_line = decided.line)
        WHERE decided.basis = 'amount'
        GROUP BY decided.id, decided.value
        HAVING decided.value NOT BETWEEN
            coalesce(sum(fact.amount) FILTER (
                WHERE fact.recorded_at < decided.decided_at OR fact.amount < 0), 0)
            AND coalesce(sum(fact.amount) FILTER (
                WHERE fact.recorded_at < decided.decided_at OR fact.amount > 0), 0)
        """,
    ),
)


def per_tenant() -> tuple[Invariant, ...]:
    """Run once for each tenant, in its scope."""
    return (*SUCCESSION, *EVIDENCE)
