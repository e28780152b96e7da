"""What must be true of campaigns, boosts and budgets; part of `rewards.books`."""
# ruff: noqa: S608 (only our own queries go into these texts)

from accounts.books import Invariant
from rewards.books_of_earning import EARNED

# Every campaign in the note on a grant, beside the campaign that it names.
_RAISED = """
    SELECT entry.id, fact.account_id, fact.occurred_at,
           fact.recorded_at, told.multiplier AS told_multiplier, told.bonus AS told_bonus,
           fact.kind AS fact_kind, version.unit AS version_unit, rule.id AS earned_by,
           campaign.id AS campaign_id, campaign.published_at, campaign.kind, campaign.unit,
           campaign.rule_id, campaign.multiplier, campaign.bonus, campaign.starts_at,
           campaign.ends_at, campaign.trigger_kind, note.tenant_id
    FROM rewards_entry entry
    JOIN rewards_grantnote note
      ON note.tenant_id = entry.tenant_id AND note.id = entry.note_id
    JOIN accounts_activity fact
      ON fact.tenant_id = entry.tenant_id AND fact.id = entry.activity_id
    JOIN rewards_ruleversion version
      ON version.tenant_id = entry.tenant_id AND version.id = entry.rule_version_id
    JOIN rewards_earningrule rule
      ON rule.tenant_id = version.tenant_id AND rule.id = version.rule_id
    CROSS JOIN LATERAL jsonb_to_recordset(note.campaigns)
        AS told (code text, multiplier numeric, bonus bigint)
    LEFT JOIN rewards_campaign campaign
      ON campaign.tenant_id = note.tenant_id AND campaign.code = told.code
     AND campaign.program_id = rule.program_id
"""


def _period(instant: str) -> str:
    """First day of the budget's period in which the instant falls; one that does not renew has one
    period only."""
    local = f"{instant} AT TIME ZONE tenant.time_zone"
    return f"""
        CASE budget.renews WHEN '' THEN date '1970-01-01'
            WHEN 'month' THEN date_trunc('month', {local})::date
            ELSE (date_trunc(split_part(budget.renews, '_', 2),
                             {local} - make_interval(months => tenant.fiscal_year_starts - 1))
                  + make_interval(months => tenant.fiscal_year_starts - 1))::date
        END"""


# Every use of a budget beside what it may be: with all periods before it, where it carries over.
_USES = f"""
    SELECT use.tenant_id, use.budget_id, use.period, use.used,
           CASE WHEN budget.carries_over
                THEN sum(use.used) OVER (PARTITION BY use.budget_id ORDER BY use.period)
                ELSE use.used END AS counted,
           CASE WHEN budget.carries_over THEN budget.amount * (1 + (
                    extract(year FROM use.period) * 12 + extract(month FROM use.period)
                    - extract(year FROM first.period) * 12 - extract(month FROM first.period)
                ) / CASE budget.renews WHEN 'month' THEN 1 WHEN 'fiscal_quarter' THEN 3 ELSE 12 END)
                ELSE budget.amount END AS most
    FROM rewards_budgetuse use
    JOIN rewards_budget budget
      ON budget.tenant_id = use.tenant_id AND budget.id = use.budget_id
    JOIN accounts_tenant tenant ON tenant.id = budget.tenant_id
    CROSS JOIN LATERAL (SELECT {_period("budget.starts_at")} AS period) first
    WHERE use.used <> 0
"""

# What was granted from each budget in each of its periods.
_GRANTED = f"""
    SELECT budget.tenant_id, budget.id AS budget_id,
           {_period("earned.fact_occurred_at")} AS period, sum(earned.granted) AS granted
    FROM rewards_budget budget
    JOIN accounts_tenant tenant ON tenant.id = budget.tenant_id
    JOIN ({EARNED}) earned
      ON earned.tenant_id = budget.tenant_id AND earned.program_id = budget.program_id
     AND earned.unit = budget.unit AND earned.recorded_at >= budget.created_at
     AND earned.fact_occurred_at >= budget.starts_at
     AND (budget.ends_at IS NULL OR earned.fact_occurred_at < budget.ends_at)
    GROUP BY 1, 2, 3
"""

RAISES = (
    Invariant(
        5,
        "budgets are used by what was granted from them, and only a used-up one lowers a grant",
        f"""
        SELECT budget_id || ' ' || period
        FROM ({_USES}) used FULL JOIN ({_GRANTED}) recounted USING (tenant_id, budget_id, period)
        WHERE coalesce(used.used, 0) <> coalesce(recounted.granted, 0) OR used.counted > used.most
        UNION ALL
        SELECT earned.id::text FROM ({EARNED}) earned
        WHERE earned.less_because = 'budget' AND NOT EXISTS (
            SELECT FROM rewards_budget budget
            JOIN accounts_tenant tenant ON tenant.id = budget.tenant_id
            JOIN ({_USES}) used
              ON used.tenant_id = budget.tenant_id AND used.budget_id = budget.id
             AND used.counted = used.most
            WHERE budget.tenant_id = earned.tenant_id AND budget.program_id = earned.program_id
              AND budget.unit = earned.unit AND earned.fact_occurred_at >= budget.starts_at
              AND (budget.ends_at IS NULL OR earned.fact_occurred_at < budget.ends_at)
              AND (used.period = {_period("earned.fact_occurred_at")}
                   -- what its own period left over was given to a later one
                   OR budget.carries_over
                      AND used.period > {_period("earned.fact_occurred_at")}))
        """,
    ),
    Invariant(
        5,
        "a campaign raised only what it was published for, by as much as it says",
        f"""
        SELECT id FROM ({_RAISED}) raised
        WHERE published_at IS NULL OR kind <> fact_kind OR unit <> version_unit
           OR rule_id <> earned_by OR multiplier <> told_multiplier OR bonus <> told_bonus
           OR occurred_at < starts_at
           OR occurred_at >= ends_at AND occurred_at <= recorded_at  -- else it ended in between
           OR trigger_kind <> '' AND NOT EXISTS (
                SELECT FROM rewards_boost boost
                WHERE boost.tenant_id = raised.tenant_id
                  AND boost.campaign_id = raised.campaign_id
                  AND boost.account_id = raised.account_id
                  AND boost.starts_at <= raised.occurred_at
                  AND raised.occurred_at < boost.ends_at)
        """,
    ),
    Invariant(
        5,
        "campaigns together raised a grant by their product and their sum",
        """
        SELECT note.id FROM rewards_grantnote note
        LEFT JOIN (
            SELECT note.id, exp(sum(ln(told.multiplier))) AS factor, sum(told.bonus) AS bonus
            FROM rewards_grantnote note
            CROSS JOIN LATERAL jsonb_to_recordset(note.campaigns)
                AS told (multiplier numeric, bonus bigint)
            GROUP BY note.id
        ) recounted USING (id)
        WHERE round(note.factor, 9) <> round(coalesce(recounted.factor, 1), 9)
           OR note.bonus <> coalesce(recounted.bonus, 0)
        """,
    ),
    Invariant(
        5,
        "a boost was earned by its account, by a fact of the kind that its campaign asks for",
        """
        SELECT boost.id FROM rewards_boost boost
        JOIN rewards_campaign campaign
          ON campaign.tenant_id = boost.tenant_id AND campaign.id = boost.campaign_id
        JOIN accounts_activity fact
          ON fact.tenant_id = boost.tenant_id AND fact.id = boost.activity_id
        WHERE boost.account_id <> fact.account_id OR fact.kind <> campaign.trigger_kind
           OR boost.starts_at <> fact.occurred_at OR boost.reached < campaign.trigger_threshold
           OR fact.occurred_at < campaign.starts_at
        """,
    ),
)
