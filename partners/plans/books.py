"""What must be true of plans, as SQL that finds where it is not; see `accounts.books`."""

from accounts.books import Invariant

PLANS = (
    Invariant(
        5,
        "what a plan holds both sides have said",
        """
        SELECT version.id FROM partners_planversion version
        JOIN partners_plan plan
          ON plan.tenant_id = version.tenant_id AND plan.id = version.plan_id
        WHERE version.state IN ('agreed', 'replaced')
          AND CASE version.side
                WHEN 'company' THEN NOT EXISTS (
                    SELECT FROM accounts_member member
                    WHERE member.tenant_id = version.tenant_id
                      AND 'member:' || member.id = version.decided_by
                      AND member.account_id = plan.account_id)
                ELSE version.decided_by NOT LIKE 'staff:%%'
                     AND version.decided_by NOT LIKE 'key:%%'
              END
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "a task that is done is one of its plan",
        """
        SELECT done.id FROM partners_plandone done
        WHERE NOT EXISTS (
            SELECT FROM partners_plangoal goal
            JOIN partners_planversion version
              ON version.tenant_id = goal.tenant_id AND version.id = goal.version_id
            WHERE goal.tenant_id = done.tenant_id AND version.plan_id = done.plan_id
              AND goal.key = done.key AND goal.measure = '')
        """,
        stops_payouts=False,
    ),
)
