"""What must be true of awards and of what was taken back of them; part of `rewards.books`."""

from accounts.books import Invariant

AWARDS = (
    Invariant(
        13,
        "every award is one entry of its holder's wallet, and every such entry an award",
        """
        SELECT coalesce(award.id, moved.cause) FROM rewards_award award
        FULL JOIN (
            SELECT entry.cause, entry.available + entry.pending AS amount, wallet.account_id,
                   wallet.member_id, wallet.program_id, wallet.unit
            FROM rewards_entry entry
            JOIN rewards_wallet wallet
              ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
            WHERE entry.kind = 'award'
        ) moved ON moved.cause = award.id
        WHERE award.id IS NULL OR moved.cause IS NULL OR moved.amount <> award.amount
           OR (moved.account_id, moved.program_id, moved.unit)
              <> (award.account_id, award.program_id, award.unit)
           OR moved.member_id IS DISTINCT FROM award.member_id
        """,
    ),
    Invariant(
        6,
        "what was taken back of an award is one entry of its wallet, and never more than it gave",
        """
        SELECT coalesce(back.id, moved.cause)
        FROM (SELECT * FROM rewards_recall WHERE taken > 0) back
        FULL JOIN (
            SELECT entry.cause, -(entry.available + entry.pending) AS amount, entry.wallet_id
            FROM rewards_entry entry WHERE entry.kind = 'recall'
        ) moved ON moved.cause = back.id
        LEFT JOIN rewards_entry given
               ON given.tenant_id = back.tenant_id AND given.cause = back.award_id
              AND given.kind = 'award'
        WHERE back.id IS NULL OR moved.cause IS NULL OR moved.amount <> back.taken
           OR moved.wallet_id IS DISTINCT FROM given.wallet_id
        UNION ALL
        SELECT award.id FROM rewards_award award
        JOIN rewards_recall back
          ON back.tenant_id = award.tenant_id AND back.award_id = award.id
        GROUP BY award.tenant_id, award.id HAVING sum(back.amount) > award.amount
        """,
    ),
)
