"""What must be true of money of awards that was paid, as SQL; see `accounts.books`."""

from accounts.books import Invariant

PAYING = (
    Invariant(
        13,
        "every payment of awards is one entry that spends it, out of its holder’s money",
        """
        SELECT payment.id FROM partners_awardpayment payment
        LEFT JOIN (
            SELECT entry.cause, count(*) AS entries, sum(entry.available) AS amount,
                   min(wallet.account_id::text) AS account_id,
                   min(wallet.member_id::text) AS member_id,
                   min(wallet.program_id::text) AS program_id
            FROM rewards_entry entry
            JOIN rewards_wallet wallet
              ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
            WHERE entry.kind = 'spend' AND wallet.unit = 'money'
            GROUP BY entry.cause
        ) moved ON moved.cause = payment.id
        WHERE (moved.entries, -moved.amount) IS DISTINCT FROM (1, payment.amount)
           OR (moved.account_id, moved.program_id)
              IS DISTINCT FROM (payment.account_id::text, payment.program_id::text)
           OR moved.member_id IS DISTINCT FROM payment.member_id::text
        """,
    ),
    Invariant(
        13,
        "a person’s money is what they were given, less what was taken back and paid",
        """
        SELECT wallet.id FROM rewards_wallet wallet
        LEFT JOIN (
            SELECT tenant_id, program_id, account_id, member_id, sum(amount) AS amount
            FROM (
                SELECT tenant_id, program_id, account_id, member_id, amount
                FROM rewards_award WHERE unit = 'money'
                UNION ALL
                SELECT award.tenant_id, award.program_id, award.account_id, award.member_id,
                       -back.taken
                FROM rewards_recall back JOIN rewards_award award
                  ON award.tenant_id = back.tenant_id AND award.id = back.award_id
                WHERE award.unit = 'money'
                UNION ALL
                SELECT tenant_id, program_id, account_id, member_id, -amount
                FROM partners_awardpayment
            ) moved GROUP BY tenant_id, program_id, account_id, member_id
        ) left_over
          ON left_over.program_id = wallet.program_id AND left_over.account_id = wallet.account_id
         AND left_over.member_id = wallet.member_id
        WHERE wallet.unit = 'money' AND wallet.member_id IS NOT NULL
          AND wallet.available + wallet.pending + wallet.reserved <> coalesce(left_over.amount, 0)
        """,
    ),
    Invariant(
        5,
        "nobody paid money that they gave, or to an account of theirs",
        """
        SELECT payment.id FROM partners_awardpayment payment
        LEFT JOIN accounts_staff staff
               ON staff.tenant_id = payment.tenant_id AND 'staff:' || staff.id = payment.paid_by
        WHERE EXISTS (
                SELECT FROM accounts_member member
                WHERE member.tenant_id = payment.tenant_id AND member.user_id = staff.user_id
                  AND member.account_id = payment.account_id
                  AND member.created_at <= payment.paid_at)
           OR EXISTS (
                SELECT FROM rewards_award award
                WHERE award.tenant_id = payment.tenant_id AND award.unit = 'money'
                  AND award.account_id = payment.account_id
                  AND award.program_id = payment.program_id
                  AND award.member_id IS NOT DISTINCT FROM payment.member_id
                  AND award.given_by = payment.paid_by AND award.given_at < payment.paid_at)
        """,
    ),
)
