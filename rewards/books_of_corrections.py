"""What must be true of what was changed by hand or afterwards; part of `rewards.books`."""
# ruff: noqa: S608 (only our own queries go into these texts)

from accounts.books import Invariant
from rewards.closing import TAKEN_BY

CORRECTIONS = (
    Invariant(
        13,
        "what was adjusted is what was asked for and applied, no more and no less",
        f"""
        SELECT coalesce(adjustment.id, moved.id) FROM rewards_adjustment adjustment
        FULL JOIN (
            -- what comes back has a cause of its own, and its expiry names the adjustment
            SELECT coalesce(again.id, entry.cause) AS id, sum(entry.available) AS amount,
                   (array_agg(DISTINCT wallet.account_id)) AS accounts
            FROM rewards_entry entry
            JOIN rewards_wallet wallet
              ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
            LEFT JOIN (
                SELECT done.id, done.tenant_id, gone.back
                FROM rewards_adjustment done
                JOIN rewards_entry e
                  ON e.tenant_id = done.tenant_id AND e.id = done.expired_by_id
                CROSS JOIN LATERAL ({TAKEN_BY}) gone
                WHERE done.state = 'applied'
            ) again ON again.tenant_id = entry.tenant_id AND again.back = entry.cause
            WHERE entry.kind = 'adjust'
            GROUP BY 1
        ) moved ON moved.id = adjustment.id
        WHERE coalesce(moved.amount, 0) <> CASE
                WHEN adjustment.state IS DISTINCT FROM 'applied' THEN 0
                WHEN adjustment.action = 'debit' THEN -adjustment.amount
                WHEN adjustment.action = 'extend' THEN 0
                ELSE adjustment.amount
              END
           OR adjustment.id IS NULL OR moved.accounts <> ARRAY[adjustment.account_id]
        """,
    ),
    Invariant(
        13,
        "every transfer left one wallet and came into another of the same account",
        """
        SELECT coalesce(transfer.id, entry.cause) FROM rewards_transfer transfer
        FULL JOIN (
            SELECT entry.cause, count(*) AS entries,
                   (array_agg(entry.wallet_id) FILTER (WHERE entry.available < 0))[1] AS giver,
                   (array_agg(entry.wallet_id) FILTER (WHERE entry.available > 0))[1] AS taker,
                   max(entry.available) AS came, min(entry.available) AS went,
                   count(DISTINCT (wallet.account_id, wallet.program_id, wallet.unit)) AS holders
            FROM rewards_entry entry
            JOIN rewards_wallet wallet
              ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
            WHERE entry.kind = 'transfer'
            GROUP BY entry.cause
        ) entry ON entry.cause = transfer.id
        WHERE (entry.entries = 2 AND entry.holders = 1 AND entry.giver = transfer.source_id
               AND entry.taker = transfer.target_id AND entry.came = transfer.amount
               AND entry.went = -transfer.amount) IS NOT TRUE
        """,
    ),
    Invariant(
        13,
        "what was transferred kept its expiry or was extended",
        """
        SELECT transfer.id FROM rewards_transfer transfer
        JOIN rewards_lot source
          ON source.tenant_id = transfer.tenant_id AND source.entry_id = transfer.lot_id
        JOIN rewards_entry entry
          ON entry.tenant_id = transfer.tenant_id AND entry.cause = transfer.id
         AND entry.wallet_id = transfer.target_id
        JOIN rewards_lot lot
          ON lot.tenant_id = entry.tenant_id AND lot.entry_id = entry.id
        WHERE lot.earned_at <> source.earned_at
           OR (lot.expires_at IS NULL) <> (source.expires_at IS NULL)
        """,
    ),
    Invariant(
        5,
        "what concerns a closed quarter names it and is dated after it",
        """
        SELECT entry.id FROM rewards_entry entry
        JOIN accounts_tenant tenant ON tenant.id = entry.tenant_id
        LEFT JOIN accounts_activity fact
               ON fact.tenant_id = entry.tenant_id AND fact.id = entry.activity_id
        LEFT JOIN accounts_activity original
               ON original.tenant_id = fact.tenant_id AND original.id = fact.reverses_id
        -- what true-ups of money name is in the books of rebates
        WHERE entry.corrects IS NOT NULL AND entry.kind <> 'accrue'
          AND (entry.kind NOT IN ('earn', 'reverse')
               OR entry.kind = 'earn' AND entry.occurred_at <> entry.recorded_at
               OR entry.corrects <> date_trunc('quarter',
                    coalesce(original.occurred_at, fact.occurred_at) AT TIME ZONE tenant.time_zone)
               OR entry.occurred_at AT TIME ZONE tenant.time_zone
                  < entry.corrects + interval '3 months')
        """,
    ),
)
