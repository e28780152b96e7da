"""What must be true of the roll-ups beside the measures; part of `accounts.books`."""
# ruff: noqa: S608 (only our own queries go into these texts)

from accounts.invariants import COMPLETED, Invariant

# Facts that count, of which something is left; `month` is their local month.
_LEFT = f"""
    SELECT fact.*, tenant.time_zone,
           date_trunc('month', fact.occurred_at AT TIME ZONE tenant.time_zone)::date AS month
    FROM accounts_activity fact
    JOIN accounts_tenant tenant ON tenant.id = fact.tenant_id
    LEFT JOIN ({COMPLETED}) completed ON completed.id = fact.id
    WHERE fact.reverses_id IS NULL AND completed.id IS NULL
"""

_CAME_BACK = f"""
    SELECT original.account_id,
           date_trunc('month', original.occurred_at AT TIME ZONE tenant.time_zone)::date AS month,
           date_trunc('month', taken.occurred_at AT TIME ZONE tenant.time_zone)::date AS returned,
           original.kind, original.product_line,
           -sum(taken.amount) AS amount, -sum(taken.quantity) AS quantity,
           count(*) FILTER (WHERE completed.last = taken.id) AS count
    FROM accounts_activity taken
    JOIN accounts_tenant tenant ON tenant.id = taken.tenant_id
    JOIN accounts_activity original
      ON original.tenant_id = taken.tenant_id AND original.id = taken.reverses_id
    LEFT JOIN ({COMPLETED}) completed ON completed.id = original.id
    GROUP BY 1, 2, 3, 4, 5
"""

# A day too far away is no end, and one before all facts is as good as the first of them.
_VALID = f"""
    SELECT fact.id AS activity_id, fact.account_id, fact.member_id, fact.kind, fact.product_line,
           fact.occurred_at AS begins_at, back.occurred_at AS revoked_at, tenant.time_zone,
           CASE WHEN stated.day < '9999-01-01' THEN greatest(stated.day, '1970-01-01') END AS last
    FROM accounts_activity fact
    JOIN accounts_tenant tenant ON tenant.id = fact.tenant_id
    LEFT JOIN ({COMPLETED}) completed ON completed.id = fact.id
    LEFT JOIN accounts_activity back ON back.tenant_id = fact.tenant_id AND back.id = completed.last
    CROSS JOIN LATERAL (SELECT CASE
        WHEN jsonb_typeof(fact.attributes -> 'valid_until') = 'string'
         AND fact.attributes ->> 'valid_until' ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$'
         AND pg_input_is_valid(fact.attributes ->> 'valid_until', 'date')
        THEN (fact.attributes ->> 'valid_until')::date END AS day) stated
    WHERE fact.reverses_id IS NULL AND (fact.kind = 'certificate' OR stated.day IS NOT NULL)
"""

ROLL_UPS = (
    Invariant(
        11,
        "the people measured are those who did what is left",
        f"""
        SELECT account_id || ' ' || month || ' ' || kind || ' ' || product_line || ' ' || member_id
        FROM (
            SELECT account_id, month, kind, product_line, member_id, count(*) AS count
            FROM ({_LEFT}) fact WHERE member_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5
        ) recounted
        FULL JOIN accounts_personmeasure measure
             USING (account_id, month, kind, product_line, member_id)
        WHERE coalesce(recounted.count, 0) <> coalesce(measure.count, 0)
        """,
    ),
    Invariant(
        11,
        "the numbers in attributes add up to what is left of them",
        f"""
        SELECT account_id || ' ' || month || ' ' || kind || ' ' || product_line || ' ' || attribute
        FROM (
            SELECT account_id, month, kind, product_line, stated.key::text AS attribute,
                   sum(trunc((stated.value #>> '{{}}')::numeric, 9)) AS total, count(*) AS count
            FROM ({_LEFT}) fact CROSS JOIN LATERAL jsonb_each(fact.attributes) stated
            WHERE jsonb_typeof(stated.value) = 'number'
            GROUP BY 1, 2, 3, 4, 5
        ) recounted
        FULL JOIN (SELECT account_id, month, kind, product_line, attribute::text, total, count
                   FROM accounts_attributemeasure) measure
             USING (account_id, month, kind, product_line, attribute)
        WHERE coalesce(recounted.total, 0) <> coalesce(measure.total, 0)
           OR coalesce(recounted.count, 0) <> coalesce(measure.count, 0)
        """,
    ),
    Invariant(
        11,
        "what came back is counted with its original and with its return",
        f"""
        SELECT account_id || ' ' || month || ' ' || returned || ' ' || kind || ' ' || product_line
        FROM ({_CAME_BACK}) recounted
        FULL JOIN accounts_returned back
             USING (account_id, month, returned, kind, product_line)
        WHERE coalesce(recounted.amount, 0) <> coalesce(back.amount, 0)
           OR coalesce(recounted.quantity, 0) <> coalesce(back.quantity, 0)
           OR coalesce(recounted.count, 0) <> coalesce(back.count, 0)
        """,
    ),
    Invariant(
        11,
        "certificates are valid from their fact to the end of their last day, or their return",
        f"""
        SELECT stated.activity_id FROM ({_VALID}) stated
        LEFT JOIN accounts_validity kept
               ON kept.activity_id = stated.activity_id AND kept.account_id = stated.account_id
              AND kept.begins_at = stated.begins_at
        WHERE stated.member_id IS DISTINCT FROM kept.member_id OR kept.activity_id IS NULL
        UNION ALL
        SELECT kept.activity_id FROM accounts_validity kept
        LEFT JOIN ({_VALID}) stated USING (activity_id)
        WHERE stated.kind IS DISTINCT FROM kept.kind
           OR stated.product_line IS DISTINCT FROM kept.product_line
           OR stated.revoked_at IS DISTINCT FROM kept.revoked_at
           OR stated.last + 1
              IS DISTINCT FROM (kept.ends_at AT TIME ZONE stated.time_zone)::date
           -- the instant before is still that last day
           OR stated.last IS DISTINCT FROM
              ((kept.ends_at - interval '1 microsecond') AT TIME ZONE stated.time_zone)::date
        """,
    ),
    Invariant(
        11,
        "a certificate counts for one account at a time, for which its person works",
        """
        SELECT activity_id FROM (
            SELECT kept.*, person.user_id, person.is_active,
                   lag(kept.ended_at) OVER stretches AS ended_before,
                   lag(kept.ended_as) OVER stretches AS ended_before_as,
                   lag(person.user_id) OVER stretches AS user_before,
                   row_number() OVER stretches AS number
            FROM accounts_validity kept
            LEFT JOIN accounts_member person ON person.id = kept.member_id
            WINDOW stretches AS (PARTITION BY kept.activity_id ORDER BY kept.begins_at)
        ) stretch
        WHERE number > 1 AND (
                ended_before_as <> 'left' OR begins_at < ended_before OR ended_before IS NULL
                OR user_before IS DISTINCT FROM user_id OR kind <> 'certificate')
           OR kind = 'certificate' AND ended_at IS NULL AND revoked_at IS NULL
              AND (ends_at IS NULL OR ends_at > now()) AND NOT is_active
        """,
    ),
)
