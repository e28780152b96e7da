"""What must be true of the sums by day; part of `rewards.books`."""

from accounts.books import Invariant

TALLIES = (
    Invariant(
        13,
        "sums by day are those of the entries that were added up",
        """
        SELECT coalesce(t.program_id, moved.program_id) || ' ' || coalesce(t.day, moved.day)
        FROM accounts_tally t
        FULL JOIN (
            SELECT w.program_id, w.unit, e.kind,
                   (e.occurred_at AT TIME ZONE tenant.time_zone)::date AS day,
                   sum(e.available + e.pending + e.reserved) AS amount
            FROM rewards_entry e
            JOIN rewards_wallet w ON w.id = e.wallet_id
            JOIN accounts_tallymark mark ON e.id < mark.upto
            JOIN accounts_tenant tenant ON tenant.id = e.tenant_id
            GROUP BY 1, 2, 3, 4
        ) moved ON (moved.program_id, moved.unit, moved.kind, moved.day)
                 = (t.program_id, t.unit, t.kind, t.day)
        WHERE coalesce(t.amount, 0) <> coalesce(moved.amount, 0)
        """,
    ),
)
