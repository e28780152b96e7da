"""What must be true of referrals, as SQL that finds where it is not; see `accounts.books`."""

from accounts.books import Invariant

REFERRALS = (
    Invariant(
        5,
        "a won referral has rewarded both sides as its terms say, and one taken back nobody",
        """
        SELECT referral.id FROM partners_referral referral
        JOIN partners_referralterms terms
          ON terms.tenant_id = referral.tenant_id AND terms.id = referral.terms_id
        CROSS JOIN LATERAL (VALUES
            (referral.referrer_award_id, referral.account_id, terms.referrer_amount),
            (referral.referred_award_id, referral.referred_account_id, terms.referred_amount)
        ) side (award_id, account_id, amount)
        LEFT JOIN rewards_award award
               ON award.tenant_id = referral.tenant_id AND award.id = side.award_id
        LEFT JOIN LATERAL (
            SELECT sum(amount) AS amount FROM rewards_recall back
            WHERE back.tenant_id = award.tenant_id AND back.award_id = award.id
        ) back ON true
        WHERE CASE WHEN referral.state NOT IN ('won', 'returned') THEN award.id IS NOT NULL
              ELSE coalesce(award.amount, 0) <> side.amount
                OR award.id IS NOT NULL AND (award.account_id, award.program_id, award.unit)
                   <> (side.account_id, referral.program_id, terms.unit)
                OR coalesce(back.amount, 0)
                   <> CASE referral.state WHEN 'returned' THEN side.amount ELSE 0 END
              END
        """,
    ),
    Invariant(
        5,
        "a won referral is an activity of who referred, returned if it was taken back",
        """
        SELECT coalesce(referral.id::text, fact.external_id)
        FROM (SELECT * FROM partners_referral WHERE won_at IS NOT NULL) referral
        FULL JOIN (
            SELECT won.external_id, won.account_id, count(back.id) AS backs
            FROM accounts_activity won
            LEFT JOIN accounts_activity back
                   ON back.tenant_id = won.tenant_id AND back.reverses_id = won.id
            WHERE won.source = 'system:referrals' AND won.reverses_id IS NULL
            GROUP BY won.tenant_id, won.id
        ) fact ON fact.external_id = referral.id::text
        WHERE referral.id IS NULL OR fact.account_id IS DISTINCT FROM referral.account_id
           OR fact.backs <> CASE referral.state WHEN 'returned' THEN 1 ELSE 0 END
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "nobody is rewarded for sending who has sent them",
        """
        SELECT referral.id FROM partners_referral referral
        JOIN partners_referral back
          ON back.tenant_id = referral.tenant_id AND back.state = 'won'
         AND back.account_id = referral.referred_account_id
         AND back.referred_account_id = referral.account_id
        WHERE referral.state = 'won'
        """,
    ),
    Invariant(
        5,
        # Families change: a company that was sent may belong to who sent it one day.
        "nobody is rewarded for sending one of their family",
        """
        SELECT referral.id FROM partners_referral referral
        JOIN accounts_account mine
          ON mine.tenant_id = referral.tenant_id AND mine.id = referral.account_id
        JOIN accounts_account its
          ON its.tenant_id = referral.tenant_id AND its.id = referral.referred_account_id
        WHERE referral.state = 'won' AND (
              its.parent_id = mine.id OR mine.parent_id = its.id
              OR its.parent_id = mine.parent_id)
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "a referral's last event tells its state",
        """
        SELECT referral.id FROM partners_referral referral
        LEFT JOIN LATERAL (
            SELECT event.payload ->> 'state' AS state FROM accounts_event event
            WHERE event.tenant_id = referral.tenant_id
              AND event.subject = 'referral:' || referral.id
            ORDER BY event.occurred_at DESC, event.id DESC LIMIT 1
        ) last ON true
        WHERE last.state IS DISTINCT FROM referral.state
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "nobody decided on a referral of their own account",
        """
        SELECT referral.id FROM partners_referral referral
        JOIN accounts_staff staff
          ON staff.tenant_id = referral.tenant_id AND 'staff:' || staff.id = referral.decided_by
        JOIN accounts_member member
          ON member.tenant_id = referral.tenant_id AND member.user_id = staff.user_id
         AND member.created_at <= referral.decided_at
        WHERE member.account_id = referral.account_id
        """,
    ),
)
