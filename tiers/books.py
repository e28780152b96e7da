"""What must be true of standings, as SQL that finds where it is not; see `accounts.books`."""
# ruff: noqa: S608 (only our own queries go into these texts)

from accounts.invariants import Invariant
from tiers.books_of_evidence import misled, misread

# Enrollments with the ladders of their programs: on each they stand somewhere, always.
_ON_LADDERS = """
    SELECT enrollment.id, scheme.id AS scheme_id FROM accounts_enrollment enrollment
    JOIN tiers_scheme scheme
      ON scheme.tenant_id = enrollment.tenant_id AND scheme.program_id = enrollment.program_id
    WHERE EXISTS (
        SELECT FROM tiers_schemeversion version
        WHERE version.tenant_id = scheme.tenant_id AND version.scheme_id = scheme.id
          AND version.state = 'published')
"""

SUCCESSION = (
    Invariant(
        15,
        "everybody on a ladder stands on exactly one tier now",
        f"""
        SELECT enrolled.id FROM ({_ON_LADDERS}) enrolled
        LEFT JOIN tiers_standing standing
               ON standing.enrollment_id = enrolled.id AND standing.scheme_id = enrolled.scheme_id
              AND standing.ends_at IS NULL
        GROUP BY enrolled.id, enrolled.scheme_id HAVING count(standing.id) <> 1
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
            WINDOW succession AS (PARTITION BY enrollment_id, scheme_id ORDER BY starts_at, id)
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
    Invariant(
        15,
        "a standing is on a tier of its own ladder",
        """
        SELECT standing.id FROM tiers_standing standing
        JOIN tiers_tier tier ON tier.id = standing.tier_id
        JOIN tiers_schemeversion version ON version.id = tier.version_id
        WHERE version.scheme_id <> standing.scheme_id
        """,
    ),
    Invariant(
        15,
        "a tier says what its published version says",
        """
        SELECT tier.id FROM tiers_tier tier
        JOIN tiers_schemeversion version ON version.id = tier.version_id
        WHERE version.state <> 'published'
           OR tier.code IS DISTINCT FROM version.rungs -> tier.rank ->> 'code'
           OR tier.criteria IS DISTINCT FROM
              coalesce(version.rungs -> tier.rank -> 'criteria', '{}')
           OR tier.multiplier IS DISTINCT FROM
              coalesce(version.rungs -> tier.rank ->> 'multiplier', '1')::numeric
        """,
    ),
)

EVIDENCE = (
    Invariant(
        15, "the evidence of a standing leads to its tier under the version it names", misled
    ),
    Invariant(15, "the evidence of a standing is what the facts known then add up to", misread),
)


def per_tenant() -> tuple[Invariant, ...]:
    """Run once for each tenant, in its scope."""
    return (*SUCCESSION, *EVIDENCE)
