"""What must be true of redemptions; part of `rewards.books`."""

from accounts.books import Invariant

REDEMPTIONS = (
    Invariant(
        8,
        "a wallet's reserved points are those of its open redemptions",
        """
        SELECT wallet.id FROM rewards_wallet wallet
        LEFT JOIN (
            SELECT wallet_id, sum(points) AS points FROM rewards_redemption
            WHERE state = 'requested' GROUP BY wallet_id
        ) open ON open.wallet_id = wallet.id
        WHERE wallet.reserved <> coalesce(open.points, 0)
          AND wallet.unit <> 'funds'  -- what requests hold of those is in the books of partners
        """,
    ),
    Invariant(
        8,
        "a redemption's entries are those of its state, for its points",
        """
        SELECT redemption.id FROM rewards_redemption redemption
        LEFT JOIN (
            SELECT cause, wallet_id,
                   string_agg(kind, ' ' ORDER BY kind) FILTER (WHERE kind <> 'expire') AS kinds,
                   max(reserved) FILTER (WHERE kind = 'reserve') AS reserved
            FROM rewards_entry
            WHERE kind IN ('reserve', 'spend', 'release', 'refund')
            GROUP BY cause, wallet_id
        ) moved ON moved.cause = redemption.id AND moved.wallet_id = redemption.wallet_id
        WHERE moved.reserved IS DISTINCT FROM redemption.points
           OR moved.kinds IS DISTINCT FROM CASE redemption.state
                WHEN 'requested' THEN 'reserve'
                WHEN 'approved' THEN 'reserve spend'
                WHEN 'fulfilled' THEN 'reserve spend'
                WHEN 'refunded' THEN 'refund reserve spend'
                ELSE 'release reserve' END
        """,
    ),
    Invariant(
        8,
        "a reward's taken stock is what redemptions hold of it",
        """
        SELECT reward.id FROM rewards_reward reward
        LEFT JOIN (
            SELECT reward_id, count(*) AS held FROM rewards_redemption
            WHERE holds_stock GROUP BY reward_id
        ) held ON held.reward_id = reward.id
        WHERE reward.taken <> coalesce(held.held, 0) OR reward.taken > reward.stock
        """,
    ),
    Invariant(
        8,
        "a redemption that holds a code or a slot has exactly one, of its reward",
        """
        SELECT redemption.id FROM rewards_redemption redemption
        JOIN rewards_reward reward
          ON reward.tenant_id = redemption.tenant_id AND reward.id = redemption.reward_id
        LEFT JOIN (
            SELECT redemption_id, reward_id FROM rewards_rewardcode WHERE redemption_id IS NOT NULL
            UNION ALL
            SELECT redemption_id, reward_id FROM rewards_rewardslot WHERE redemption_id IS NOT NULL
        ) held ON held.redemption_id = redemption.id
        WHERE reward.type IN ('gift_card', 'expert_session')
          AND CASE WHEN redemption.holds_stock
                   THEN held.reward_id IS DISTINCT FROM redemption.reward_id
                   ELSE held.reward_id IS NOT NULL END
        """,
    ),
    Invariant(
        5,
        "nobody decided on what they asked for",
        """
        SELECT redemption.id FROM rewards_redemption redemption
        LEFT JOIN accounts_member member
               ON member.tenant_id = redemption.tenant_id AND member.id = redemption.member_id
        LEFT JOIN accounts_staff staff
               ON staff.tenant_id = redemption.tenant_id
              AND 'staff:' || staff.id = redemption.decided_by
        WHERE redemption.decided_by <> ''
          AND (redemption.decided_by = redemption.requested_by
               OR staff.user_id = member.user_id
               OR redemption.needs_approval AND redemption.decided_by = 'system')
        """,
    ),
)
