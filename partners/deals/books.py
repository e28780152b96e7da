"""What must be true of deals, as SQL that finds where it is not; see `accounts.books`."""

from accounts.books import Invariant

_CREDITED = """
        SELECT deal.id, deal.state, deal.won_on, deal.won_amount, line.line, line.account_id
        FROM partners_deal deal
        CROSS JOIN LATERAL (VALUES
            ('reseller', deal.reseller_id), ('distributor', deal.distributor_id)
        ) line (line, account_id)
        WHERE line.account_id IS NOT NULL AND deal.credits IN (line.line, 'both')
"""

DEALS = (
    Invariant(
        5,
        "a won deal is an activity of each account it counts for, returned if lost",
        f"""
        SELECT coalesce(credited.id::text, fact.external_id)
        FROM ({_CREDITED}) credited
        FULL JOIN (
            SELECT won.external_id, won.line, won.account_id, won.amount,
                   coalesce(sum(back.amount), 0) AS back
            FROM accounts_activity won
            LEFT JOIN accounts_activity back
                   ON back.tenant_id = won.tenant_id AND back.reverses_id = won.id
            WHERE won.source = 'deals' AND won.reverses_id IS NULL
            GROUP BY won.tenant_id, won.id
        ) fact ON fact.external_id = credited.id::text AND fact.line = credited.line
        WHERE CASE WHEN credited.won_on IS NULL THEN fact.external_id IS NOT NULL
                   ELSE fact.account_id IS DISTINCT FROM credited.account_id
                     OR fact.amount IS DISTINCT FROM credited.won_amount
                     OR fact.back <> CASE credited.state WHEN 'lost' THEN -fact.amount ELSE 0 END
              END
        """,  # noqa: S608 - only our own queries go into this text
        stops_payouts=False,
    ),
    Invariant(
        5,
        "at most one open deal is exclusive for a customer and a product",
        """
        SELECT one.id FROM partners_deal one
        JOIN partners_deal other
          ON other.tenant_id = one.tenant_id AND other.id > one.id
         AND (one.tax <> '' AND other.tax = one.tax
              OR one.site <> '' AND other.site = one.site
              OR other.core = one.core AND other.country = one.country)
        WHERE one.state = 'approved' AND other.state = 'approved'
          AND one.is_exclusive AND other.is_exclusive
          AND (NOT EXISTS (SELECT FROM partners_dealproduct p WHERE p.deal_id = one.id)
               OR NOT EXISTS (SELECT FROM partners_dealproduct p WHERE p.deal_id = other.id)
               OR EXISTS (SELECT FROM partners_dealproduct mine
                          JOIN partners_dealproduct its ON its.product_id = mine.product_id
                          WHERE mine.deal_id = one.id AND its.deal_id = other.id))
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "no exclusivity goes on beyond its last day, but while more days are asked for",
        """
        SELECT deal.id FROM partners_deal deal
        JOIN (
            -- up to the day on which the clock was looked at last, and its work was done
            SELECT max((run.started_at AT TIME ZONE tenant.time_zone)::date) AS reached
            FROM accounts_jobrun run JOIN accounts_tenant tenant ON tenant.id = run.tenant_id
            WHERE run.job = 'advance_deals' AND run.state = 'done'
        ) clock ON deal.exclusive_until < clock.reached
        WHERE deal.state = 'approved' AND deal.extension_asked_at IS NULL
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "a deal's last event tells its state, and new deals are compared with the open ones",
        """
        SELECT deal.id FROM partners_deal deal
        LEFT JOIN LATERAL (
            SELECT event.payload ->> 'state' AS state FROM accounts_event event
            WHERE event.tenant_id = deal.tenant_id AND event.subject = 'deal:' || deal.id
            ORDER BY event.occurred_at DESC, event.id DESC LIMIT 1
        ) last ON true
        WHERE last.state IS DISTINCT FROM deal.state
           OR deal.state IN ('registered', 'approved') AND NOT deal.is_compared
           OR deal.state IN ('rejected', 'lost', 'withdrawn', 'expired') AND deal.is_compared
           OR NOT EXISTS (SELECT FROM partners_dealkey k WHERE k.deal_id = deal.id)
           OR EXISTS (SELECT FROM partners_dealkey k
                      WHERE k.deal_id = deal.id AND k.is_live <> deal.is_compared)
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "nobody decided on a deal of their own account",
        """
        SELECT deal.id FROM partners_deal deal
        JOIN accounts_staff staff
          ON staff.tenant_id = deal.tenant_id AND 'staff:' || staff.id = deal.decided_by
        WHERE EXISTS (
            SELECT FROM accounts_member member
            WHERE member.tenant_id = deal.tenant_id AND member.user_id = staff.user_id
              AND (member.id = deal.member_id OR 'member:' || member.id = deal.registered_by))
        """,
    ),
)
