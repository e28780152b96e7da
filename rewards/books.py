"""What must be true of the ledger, as SQL that finds where it is not; see `accounts.books`.

What was earned, and by which rule, is in `rewards.books_of_earning`; redemptions are in
`rewards.books_of_redeeming`. Which lots are open is the ledger's own definition, `rewards.closing`.
"""
# ruff: noqa: S608 (only our own queries go into these texts)

from accounts.books import Invariant
from rewards import (
    books_of_awards,
    books_of_campaigns,
    books_of_corrections,
    books_of_earning,
    books_of_redeeming,
    books_of_tallies,
)
from rewards.closing import BACK_OF_USE, CLOSED, CLOSED_BY, CLOSES, OPEN, WALLET

WALLETS = (
    Invariant(
        1,
        "wallets equal the sum of their entries",
        """
        SELECT wallet.id FROM rewards_wallet wallet
        LEFT JOIN (
            SELECT wallet_id, sum(available) AS available, sum(pending) AS pending,
                   sum(reserved) AS reserved
            FROM rewards_entry GROUP BY wallet_id
        ) moved ON moved.wallet_id = wallet.id
        WHERE wallet.available <> coalesce(moved.available, 0)
           OR wallet.pending <> coalesce(moved.pending, 0)
           OR wallet.reserved <> coalesce(moved.reserved, 0)
        """,
    ),
    Invariant(
        2,
        "open lots hold what is available and pending; a debt has no active one",
        f"""
        SELECT wallet.id FROM rewards_wallet wallet
        LEFT JOIN (
            SELECT l.wallet_id, sum(l.remaining) FILTER (WHERE l.state = 'active') AS active,
                   sum(l.remaining) FILTER (WHERE l.state = 'pending') AS pending
            FROM rewards_lot l {WALLET} WHERE {OPEN} GROUP BY l.wallet_id
        ) held ON held.wallet_id = wallet.id
        LEFT JOIN (
            SELECT wallet_id, sum(pending) AS amount FROM rewards_entry
            WHERE kind IN ('accrue', 'settle') GROUP BY wallet_id
        ) accrued ON accrued.wallet_id = wallet.id
        WHERE coalesce(held.active, 0) <> greatest(wallet.available, 0)
           -- accrued money has no lots; what it adds up to is in the books of rebates
           OR coalesce(held.pending, 0) <> wallet.pending - coalesce(accrued.amount, 0)
        """,
    ),
    Invariant(
        8,
        "a cause sets aside at most what it still holds, and gives back no more",
        """
        SELECT wallet_id || ' ' || cause FROM rewards_entry
        WHERE reserved <> 0
        GROUP BY wallet_id, cause HAVING sum(reserved) < 0
        """,
    ),
)

_TAKEN = f"""
    SELECT tenant_id, entry_id, lot_id, amount FROM rewards_lotuse
    UNION ALL
    SELECT e.tenant_id, e.id, l.entry_id, l.remaining
    FROM rewards_entry e JOIN rewards_lot l ON {CLOSED_BY}
    WHERE {CLOSES}
"""

LOTS = (
    Invariant(
        3,
        "a lot's uses and its remainder add up to its amount",
        """
        SELECT lot.entry_id FROM rewards_lot lot
        LEFT JOIN (SELECT lot_id, sum(amount) AS used FROM rewards_lotuse GROUP BY lot_id) uses
               ON uses.lot_id = lot.entry_id
        WHERE lot.remaining NOT BETWEEN 0 AND lot.amount
           OR coalesce(uses.used, 0) + lot.remaining <> lot.amount
        """,
    ),
    Invariant(
        3,
        "a lot holds what its earning left after repaying a debt",
        """
        SELECT entry.id FROM rewards_entry entry
        LEFT JOIN rewards_lot lot
               ON lot.tenant_id = entry.tenant_id AND lot.entry_id = entry.id
        WHERE entry.kind IN ('earn', 'award') AND (
                coalesce(lot.amount, 0) > entry.available + entry.pending
                OR entry.pending > 0 AND coalesce(lot.amount, 0) <> entry.pending
                OR lot.wallet_id <> entry.wallet_id
                OR entry.pending = 0 AND lot.state = 'pending')
           OR entry.kind IN ('adjust', 'transfer', 'refund', 'settle', 'allocate')
              AND lot.entry_id IS NOT NULL
              AND (lot.amount > entry.available OR lot.wallet_id <> entry.wallet_id
                   OR lot.state = 'pending')
           OR entry.kind IN (
                  'activate', 'reserve', 'spend', 'release', 'expire', 'reverse', 'recall',
                  'accrue')
              AND lot.entry_id IS NOT NULL
        """,
    ),
    Invariant(
        3,
        "what an entry took out of lots is what it moved, a reversal's debt aside",
        f"""
        SELECT entry.id FROM rewards_entry entry
        LEFT JOIN (
            SELECT taken.entry_id, sum(taken.amount) AS used,
                   array_agg(DISTINCT lot.wallet_id) AS wallets
            FROM ({_TAKEN}) taken
            JOIN rewards_lot lot ON lot.tenant_id = taken.tenant_id AND lot.entry_id = taken.lot_id
            GROUP BY taken.entry_id
        ) uses ON uses.entry_id = entry.id
        WHERE uses.wallets <> ARRAY[entry.wallet_id]
           OR CASE
                WHEN entry.kind IN ('earn', 'award') THEN uses.used IS NOT NULL
                WHEN entry.kind = 'activate'  -- repays a debt
                    THEN coalesce(uses.used, 0) NOT BETWEEN 0 AND entry.available
                WHEN entry.kind IN ('reverse', 'recall')
                    THEN coalesce(uses.used, 0)
                         NOT BETWEEN -entry.pending AND -(entry.available + entry.pending)
                WHEN entry.kind IN ('reserve', 'spend', 'expire')
                    THEN coalesce(uses.used, 0) <> -entry.available - entry.pending
                WHEN entry.kind IN ('adjust', 'transfer', 'settle', 'allocate')
                    AND entry.available > 0
                    THEN uses.used IS NOT NULL
                WHEN entry.kind = 'accrue' THEN uses.used IS NOT NULL
                WHEN entry.kind IN ('adjust', 'settle')  -- may make a debt
                    THEN coalesce(uses.used, 0) NOT BETWEEN 0 AND -entry.available
                WHEN entry.kind IN ('transfer', 'allocate')
                    THEN coalesce(uses.used, 0) <> -entry.available
                WHEN entry.kind IN ('release', 'refund')  -- gives back, after repaying a debt
                    THEN coalesce(uses.used, 0) NOT BETWEEN -entry.available AND 0
              END
        """,
    ),
    Invariant(
        9,
        "nothing is open or pending beyond its day",
        f"""
        SELECT l.entry_id FROM rewards_lot l {WALLET}
        JOIN rewards_entry entry
          ON entry.tenant_id = l.tenant_id AND entry.id = l.entry_id
        JOIN accounts_jobrun clock ON clock.job = 'clock' AND clock.period = ''
        WHERE {OPEN}
          AND CASE l.state WHEN 'pending' THEN l.activates_at ELSE l.expires_at END
              <= (clock.outcome ->> 'reached')::timestamptz
          -- a credit that came in late waits for the clock's next step, and so does one that was
          -- under way during this one: no transaction takes an hour
          AND entry.recorded_at
              < (clock.outcome ->> 'reached')::timestamptz - interval '1 hour'
        """,
    ),
    Invariant(
        9,
        "what its day has closed is in one expiry, which says so",
        f"""
        SELECT l.entry_id FROM rewards_lot l {WALLET}
        LEFT JOIN (
            SELECT e.wallet_id, e.occurred_at, count(*) AS expiries FROM rewards_entry e
            WHERE {CLOSES} GROUP BY e.wallet_id, e.occurred_at
        ) told ON told.wallet_id = l.wallet_id AND told.occurred_at = l.expires_at
        WHERE {CLOSED} AND told.expiries IS DISTINCT FROM 1
        UNION ALL
        SELECT e.id FROM rewards_entry e
        JOIN rewards_wallet w ON w.tenant_id = e.tenant_id AND w.id = e.wallet_id
        WHERE {CLOSES} AND e.occurred_at > w.expired_upto
        """,
    ),
    Invariant(
        9,
        "a wallet knows when the next of its lots expires",
        f"""
        SELECT l.entry_id FROM rewards_lot l {WALLET}
        WHERE {OPEN} AND l.expires_at IS NOT NULL
          AND (w.expires_next <= l.expires_at) IS NOT TRUE
          AND NOT (l.state = 'pending' AND l.expires_at <= w.expired_upto)
        """,
    ),
)

# What was refunded after its day, each part by an entry of its own: of which redemption.
_GRACED = f"""
    SELECT back.id, back.available AS amount, back.wallet_id, held.cause AS refund
    FROM rewards_entry held
    JOIN rewards_lotuse u ON u.tenant_id = held.tenant_id AND u.entry_id = held.id
    JOIN rewards_entry back
      ON back.tenant_id = held.tenant_id AND back.wallet_id = held.wallet_id
     AND back.kind = 'refund' AND back.cause = {BACK_OF_USE} AND back.available = u.amount
    WHERE held.kind = 'reserve'
"""

ENTRIES = (
    Invariant(
        5,
        "every entry says who made it and why",
        f"""
        WITH graced AS ({_GRACED})
        SELECT entry.id FROM rewards_entry entry
        LEFT JOIN rewards_wallet wallet
               ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
        LEFT JOIN accounts_activity fact
               ON fact.tenant_id = entry.tenant_id AND fact.id = entry.activity_id
        LEFT JOIN rewards_lot lot
               ON lot.tenant_id = entry.tenant_id AND lot.entry_id = entry.cause
              AND lot.wallet_id = entry.wallet_id
        LEFT JOIN graced ON graced.id = entry.id
        LEFT JOIN (SELECT refund, wallet_id, sum(amount) AS amount FROM graced GROUP BY 1, 2) came
               ON came.refund = entry.cause AND came.wallet_id = entry.wallet_id
        WHERE entry.actor = ''
           OR CASE entry.kind
                WHEN 'earn' THEN entry.cause IS DISTINCT FROM fact.id
                    OR entry.rule_version_id IS NULL OR fact.reverses_id IS NOT NULL
                WHEN 'reverse' THEN entry.cause IS DISTINCT FROM fact.id
                    OR entry.rule_version_id IS NULL OR fact.reverses_id IS NULL
                WHEN 'activate' THEN lot.entry_id IS NULL
                -- of a lot's day, or of a giving back that came after it
                WHEN 'expire' THEN lot.entry_id IS NULL AND NOT EXISTS (
                    SELECT FROM rewards_entry back
                    WHERE back.tenant_id = entry.tenant_id AND back.cause = entry.cause
                      AND back.wallet_id = entry.wallet_id
                      AND back.kind IN ('release', 'refund'))
                WHEN 'release' THEN NOT EXISTS (
                    SELECT FROM rewards_entry held
                    WHERE held.tenant_id = entry.tenant_id AND held.cause = entry.cause
                      AND held.wallet_id = entry.wallet_id AND held.kind = 'reserve'
                      -- of funds a part is released where less is paid than was committed
                      AND (held.reserved = entry.available
                           OR held.reserved > entry.available AND wallet.unit = 'funds'))
                WHEN 'refund' THEN graced.amount IS DISTINCT FROM entry.available
                    AND NOT EXISTS (
                        SELECT FROM rewards_entry spent
                        WHERE spent.tenant_id = entry.tenant_id AND spent.cause = entry.cause
                          AND spent.wallet_id = entry.wallet_id AND spent.kind = 'spend'
                          AND -spent.available - spent.reserved
                              = entry.available + coalesce(came.amount, 0))
              END
        """,
    ),
    Invariant(
        5,
        "no cause made the same entry twice",
        """
        SELECT min(id::text) FROM rewards_entry
        GROUP BY cause, wallet_id, kind, rule_version_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        13,
        "every kind of entry moves in its own direction only",
        """
        SELECT id FROM rewards_entry
        WHERE CASE kind
                WHEN 'earn' THEN available < 0 OR pending < 0 OR reserved <> 0
                WHEN 'activate' THEN available < 0 OR available <> -pending OR reserved <> 0
                WHEN 'reserve' THEN available > 0 OR reserved <> -available OR pending <> 0
                WHEN 'release' THEN available < 0 OR reserved <> -available OR pending <> 0
                WHEN 'refund' THEN available < 0 OR reserved <> 0 OR pending <> 0
                WHEN 'spend' THEN available > 0 OR reserved > 0 OR pending <> 0
                WHEN 'expire' THEN available > 0 OR pending > 0 OR reserved <> 0
                WHEN 'reverse' THEN available > 0 OR pending > 0 OR reserved <> 0
                WHEN 'award' THEN available < 0 OR pending < 0 OR reserved <> 0
                WHEN 'recall' THEN available > 0 OR pending > 0 OR reserved <> 0
                WHEN 'accrue' THEN available <> 0 OR pending = 0 OR reserved <> 0
                WHEN 'settle' THEN available <> -pending OR reserved <> 0
                ELSE pending <> 0 OR reserved <> 0  -- adjust, transfer and allocate, either way
              END
        """,
    ),
    Invariant(
        13,
        "issued, spent, expired, reversed and adjusted leave what is outstanding",
        """
        SELECT program_id || ' ' || unit FROM (
            SELECT wallet.program_id, wallet.unit, sum(moved.amount) AS moved,
                   sum(wallet.available + wallet.pending + wallet.reserved) AS outstanding
            FROM rewards_wallet wallet
            LEFT JOIN (
                SELECT wallet_id, sum(available + pending + reserved) AS amount
                FROM rewards_entry
                WHERE kind IN (
                    'earn', 'award', 'spend', 'refund', 'expire', 'reverse', 'recall', 'adjust',
                    'accrue', 'allocate')
                GROUP BY wallet_id
            ) moved ON moved.wallet_id = wallet.id
            GROUP BY wallet.program_id, wallet.unit
        ) program
        WHERE coalesce(moved, 0) <> outstanding
        """,
    ),
)


def per_tenant() -> tuple[Invariant, ...]:
    """Run once for each tenant, in its scope."""
    return (
        *WALLETS,
        *LOTS,
        *ENTRIES,
        *books_of_earning.EARNINGS,
        *books_of_campaigns.RAISES,
        *books_of_earning.RETURNS,
        *books_of_awards.AWARDS,
        *books_of_corrections.CORRECTIONS,
        *books_of_redeeming.REDEMPTIONS,
        *books_of_tallies.TALLIES,
    )
