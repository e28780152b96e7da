"""What must be true of earnings and of what returns took back; part of `rewards.books`.

An earning is worked out a second time, from the fact, the rule version it names and the tier held
when the fact occurred, the campaigns in its note and the budgets, in the exact decimals of the
database.
"""
# ruff: noqa: S608 (only our own queries go into these texts)

from accounts.books import Invariant
from rewards.closing import BACK_OF_USE, CLOSED, WALLET

# Every earning beside its fact and its rule; `period` is the first day of the cap's period.
EARNED = """
    SELECT entry.*, entry.available + entry.pending AS granted,
           wallet.program_id, wallet.account_id, wallet.unit, wallet.member_id,
           fact.member_id AS fact_member_id,
           coalesce(note.factor, 1) AS factor, coalesce(note.bonus, 0) AS bonus,
           coalesce(note.less_because, '') AS less_because,
           fact.account_id AS fact_account_id, fact.kind AS fact_kind,
           fact.occurred_at AS fact_occurred_at, fact.amount AS fact_amount,
           fact.quantity AS fact_quantity,
           rule.id AS rule_id, rule.program_id AS rule_program_id, rule.exclusive_group,
           version.kind AS version_kind, version.unit AS version_unit, version.published_at,
           version.valid_from, version.valid_to, version.basis, version.rate,
           version.tier_multiplies, version.cap, version.cap_window, version.beneficiary,
           CASE WHEN version.cap_window IN ('month', 'quarter', 'year')
                THEN date_trunc(version.cap_window,
                                fact.occurred_at AT TIME ZONE tenant.time_zone)::date
                WHEN starts_with(version.cap_window, 'fiscal')
                THEN (date_trunc(split_part(version.cap_window, '_', 2),
                                 fact.occurred_at AT TIME ZONE tenant.time_zone
                                 - make_interval(months => tenant.fiscal_year_starts - 1))
                      + make_interval(months => tenant.fiscal_year_starts - 1))::date
           END AS period
    FROM rewards_entry entry
    JOIN accounts_tenant tenant ON tenant.id = entry.tenant_id
    JOIN rewards_wallet wallet
      ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
    JOIN accounts_activity fact
      ON fact.tenant_id = entry.tenant_id AND fact.id = entry.activity_id
    JOIN rewards_ruleversion version
      ON version.tenant_id = entry.tenant_id AND version.id = entry.rule_version_id
    JOIN rewards_earningrule rule
      ON rule.tenant_id = version.tenant_id AND rule.id = version.rule_id
    LEFT JOIN rewards_grantnote note
      ON note.tenant_id = entry.tenant_id AND note.id = entry.note_id
    WHERE entry.kind = 'earn'
"""

EARNINGS = (
    Invariant(
        5,
        "every earning follows a published rule that was valid for its fact",
        f"""
        SELECT earned.id FROM ({EARNED}) earned
        LEFT JOIN accounts_enrollment enrollment
               ON enrollment.tenant_id = earned.tenant_id
              AND enrollment.account_id = earned.account_id
              AND enrollment.program_id = earned.program_id
        WHERE earned.published_at IS NULL
           OR earned.version_kind <> earned.fact_kind
           OR earned.version_unit <> earned.unit
           OR earned.rule_program_id <> earned.program_id
           OR earned.fact_account_id <> earned.account_id
           OR earned.corrects IS NULL AND earned.occurred_at <> earned.fact_occurred_at
           OR earned.fact_occurred_at < earned.valid_from
           OR earned.fact_occurred_at >= earned.valid_to
              AND earned.fact_occurred_at <= earned.recorded_at  -- else it ended in between
           OR earned.beneficiary = 'account' AND earned.member_id IS NOT NULL
           OR earned.beneficiary = 'member' AND earned.member_id IS NULL
           OR earned.member_id <> earned.fact_member_id
           OR earned.member_id IS NOT NULL AND earned.fact_member_id IS NULL
           OR enrollment.id IS NULL OR earned.fact_occurred_at < enrollment.enrolled_at
        """,
    ),
    Invariant(
        5,
        "of rules that exclude each other only one earned",
        f"""
        SELECT min(earned.id::text) FROM ({EARNED}) earned
        WHERE earned.exclusive_group <> ''
        GROUP BY earned.activity_id, earned.program_id, earned.unit, earned.exclusive_group
        HAVING count(DISTINCT earned.rule_version_id) > 1
        """,
    ),
    Invariant(
        5,
        "the multiplier is that of the tier held when the fact occurred",
        # A fact dated ahead of its recording earns by the tier known then, so it is left out.
        f"""
        SELECT earned.id FROM ({EARNED}) earned
        LEFT JOIN accounts_enrollment enrollment
               ON enrollment.tenant_id = earned.tenant_id
              AND enrollment.account_id = earned.account_id
              AND enrollment.program_id = earned.program_id
        LEFT JOIN tiers_lead leader
               ON leader.tenant_id = earned.tenant_id
              AND leader.program_id = earned.program_id
              AND leader.starts_at <= earned.fact_occurred_at
              AND (leader.ends_at IS NULL OR leader.ends_at > earned.fact_occurred_at)
        LEFT JOIN tiers_standing standing
               ON standing.tenant_id = earned.tenant_id
              AND standing.enrollment_id = enrollment.id
              AND standing.scheme_id = leader.scheme_id
              AND standing.starts_at <= earned.fact_occurred_at
              AND (standing.ends_at IS NULL OR standing.ends_at > earned.fact_occurred_at)
              AND earned.tier_multiplies
        LEFT JOIN tiers_tier tier
               ON tier.tenant_id = standing.tenant_id AND tier.id = standing.tier_id
        WHERE earned.fact_occurred_at <= earned.recorded_at
          AND (earned.tier_id IS DISTINCT FROM tier.id
               OR earned.multiplier IS DISTINCT FROM tier.multiplier)
        """,
    ),
    Invariant(
        5,
        "what a rule wanted to give is exact, rounded down once",
        f"""
        SELECT earned.id FROM ({EARNED}) earned
        WHERE earned.desired <> div(
            earned.rate * coalesce(earned.multiplier, 1) * earned.factor * CASE earned.basis
                WHEN 'per_amount' THEN earned.fact_amount
                WHEN 'per_unit' THEN earned.fact_quantity * power(10::numeric, %(places)s)
                ELSE power(10::numeric, %(places)s)
            END,
            power(10::numeric, %(places)s)) + earned.bonus
        """,
    ),
    Invariant(
        5,
        "what was granted is what was wanted, unless a cap was reached",
        f"""
        SELECT id FROM (
            SELECT earned.*,
                   sum(granted) OVER (PARTITION BY account_id, rule_id, cap_window, period)
                       AS in_period
            FROM ({EARNED}) earned
        ) earned
        WHERE granted > desired
           OR less_because = 'budget' AND granted >= least(desired, coalesce(cap, desired))
           OR less_because <> 'budget' AND (
                cap IS NULL AND granted <> desired
             OR cap_window = 'activity' AND granted <> least(desired, cap)
             OR period IS NOT NULL
                AND granted < desired AND in_period < cap)
        """,
    ),
)

# What each earning was reduced by: reversals name the return, the return names the original fact.
_REVERSED = """
    SELECT reversal.tenant_id, reversal.wallet_id, reversal.rule_version_id, taken.reverses_id,
           sum(-(reversal.available + reversal.pending)) AS amount
    FROM rewards_entry reversal
    JOIN accounts_activity taken
      ON taken.tenant_id = reversal.tenant_id AND taken.id = reversal.activity_id
    WHERE reversal.kind = 'reverse'
    GROUP BY 1, 2, 3, 4
"""

RETURNS = (
    Invariant(
        5,
        "cap use is what the period's facts were granted and kept, and within the cap",
        f"""
        SELECT account_id || ' ' || rule_id || ' ' || cap_window || ' ' || period FROM (
            SELECT earned.account_id, earned.rule_id, earned.cap_window, earned.period,
                   sum(earned.granted - coalesce(reversed.amount, 0)) AS kept, max(cap) AS cap
            FROM ({EARNED}) earned
            LEFT JOIN ({_REVERSED}) reversed
                   ON reversed.wallet_id = earned.wallet_id
                  AND reversed.rule_version_id = earned.rule_version_id
                  AND reversed.reverses_id = earned.activity_id
            WHERE earned.period IS NOT NULL
            GROUP BY 1, 2, 3, 4
        ) recounted
        FULL JOIN rewards_capuse USING (account_id, rule_id, cap_window, period)
        WHERE coalesce(kept, 0) <> coalesce(used, 0) OR kept > cap
        """,
    ),
    Invariant(
        6,
        "no return took back more than was earned, nor what was never earned",
        f"""
        SELECT reversed.reverses_id FROM ({_REVERSED}) reversed
        LEFT JOIN rewards_entry earned
               ON earned.tenant_id = reversed.tenant_id AND earned.kind = 'earn'
              AND earned.cause = reversed.reverses_id
              AND earned.wallet_id = reversed.wallet_id
              AND earned.rule_version_id = reversed.rule_version_id
        WHERE reversed.amount > coalesce(earned.available + earned.pending, 0)
        """,
    ),
    Invariant(
        6,
        "what was returned in full kept nothing of what it earned but what had expired",
        f"""
        SELECT earned.id FROM rewards_entry earned
        JOIN accounts_activity fact
          ON fact.tenant_id = earned.tenant_id AND fact.id = earned.activity_id
        JOIN (
            SELECT reverses_id, -sum(amount) AS amount, -sum(quantity) AS quantity
            FROM accounts_activity WHERE reverses_id IS NOT NULL GROUP BY reverses_id
        ) taken ON taken.reverses_id = fact.id
        LEFT JOIN ({_REVERSED}) reversed
               ON reversed.wallet_id = earned.wallet_id
              AND reversed.rule_version_id = earned.rule_version_id
              AND reversed.reverses_id = fact.id
        WHERE earned.kind = 'earn'
          AND CASE WHEN fact.quantity > 0 THEN taken.quantity = fact.quantity
                   ELSE taken.amount = fact.amount END
          AND coalesce(reversed.amount, 0) <> greatest(
                coalesce(reversed.amount, 0),
                earned.available + earned.pending - coalesce((
                    -- of its lot, or of what that became: reinstated, transferred or refunded
                    WITH RECURSIVE heir AS (
                        SELECT earned.id
                        UNION
                        SELECT next.id FROM heir
                        JOIN rewards_entry next ON next.tenant_id = earned.tenant_id
                             AND next.kind IN ('adjust', 'transfer', 'refund')
                             AND next.available > 0
                        LEFT JOIN rewards_transfer part
                               ON part.tenant_id = next.tenant_id AND part.id = next.cause
                        WHERE coalesce(part.lot_id, next.cause) = heir.id OR next.cause IN (
                            SELECT {BACK_OF_USE} FROM rewards_lotuse u
                            WHERE u.tenant_id = earned.tenant_id AND u.lot_id = heir.id)
                    )
                    SELECT sum(lost.amount) FROM heir CROSS JOIN LATERAL (
                        SELECT use.amount FROM rewards_lotuse use
                        JOIN rewards_entry gone ON gone.tenant_id = use.tenant_id
                            AND gone.id = use.entry_id AND gone.kind = 'expire'
                        WHERE use.tenant_id = earned.tenant_id AND use.lot_id = heir.id
                        UNION ALL
                        SELECT l.remaining FROM rewards_lot l {WALLET}
                        WHERE l.tenant_id = earned.tenant_id AND l.entry_id = heir.id AND {CLOSED}
                    ) lost), 0))
        """,
    ),
    Invariant(
        11,
        "measured status credits equal what the ledger granted and kept",
        """
        SELECT account_id || ' ' || month || ' ' || product_line FROM (
            SELECT wallet.account_id, fact.product_line,
                   date_trunc('month', fact.occurred_at AT TIME ZONE tenant.time_zone)::date
                       AS month,
                   sum(entry.available + entry.pending) AS credits
            FROM rewards_entry entry
            JOIN accounts_tenant tenant ON tenant.id = entry.tenant_id
            JOIN rewards_wallet wallet
              ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
            JOIN accounts_activity fact
              ON fact.tenant_id = entry.tenant_id AND fact.id = entry.activity_id
            WHERE wallet.unit = 'credits' AND entry.kind IN ('earn', 'reverse')
            GROUP BY 1, 2, 3
        ) granted
        FULL JOIN (SELECT * FROM accounts_measure WHERE kind = 'status_credits') measure
             USING (account_id, month, product_line)
        WHERE coalesce(granted.credits, 0) <> coalesce(measure.amount, 0)
        """,
    ),
    Invariant(
        11,
        "measured points equal what the ledger granted and took back",
        """
        SELECT account_id || ' ' || month || ' ' || kind || ' ' || product_line FROM (
            SELECT wallet.account_id, fact.product_line, coalesce(original.kind, fact.kind) AS kind,
                   date_trunc('month', fact.occurred_at AT TIME ZONE tenant.time_zone)::date
                       AS month,
                   sum(entry.available + entry.pending) AS points
            FROM rewards_entry entry
            JOIN accounts_tenant tenant ON tenant.id = entry.tenant_id
            JOIN rewards_wallet wallet
              ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
            JOIN accounts_activity fact
              ON fact.tenant_id = entry.tenant_id AND fact.id = entry.activity_id
            LEFT JOIN accounts_activity original
                   ON original.tenant_id = fact.tenant_id AND original.id = fact.reverses_id
            WHERE wallet.unit <> 'credits' AND entry.kind IN ('earn', 'reverse')
            GROUP BY 1, 2, 3, 4
        ) granted
        FULL JOIN accounts_measure measure USING (account_id, month, kind, product_line)
        WHERE coalesce(granted.points, 0) <> coalesce(measure.points, 0)
        """,
    ),
)
