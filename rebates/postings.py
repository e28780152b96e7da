"""Which entries of the ledger the general ledger books, as what, on which day and how much."""

# Reserving, releasing and the end of a hold move nothing out of an account's hands; anything else
# that ever happens to money has a name here, and so is refused rather than left out while nobody
# has mapped it.
# `amount` is above zero in the usual direction of its kind.
POSTED = """
SELECT e.id, e.tenant_id, w.account_id, e.occurred_at,
       CASE e.kind WHEN 'accrue' THEN CASE WHEN e.corrects IS NULL THEN 'accrued'
                                           ELSE 'true_up' END
                   WHEN 'settle' THEN 'settled'
                   WHEN 'spend' THEN coalesce(c.method, 'paid')
                   WHEN 'refund' THEN 'returned'
                   WHEN 'award' THEN 'awarded'
                   WHEN 'recall' THEN 'recalled'
                   ELSE e.kind END AS kind,
       CASE e.kind WHEN 'accrue' THEN e.pending
                   WHEN 'settle' THEN e.available
                   WHEN 'spend' THEN -(e.available + e.pending + e.reserved)
                   WHEN 'recall' THEN -(e.available + e.pending)
                   ELSE e.available + e.pending + e.reserved END AS amount
FROM rewards_entry e
JOIN rewards_wallet w ON w.tenant_id = e.tenant_id AND w.id = e.wallet_id AND w.unit = 'money'
LEFT JOIN rebates_credit c
       ON c.tenant_id = e.tenant_id AND c.id = e.cause AND e.kind = 'spend'
WHERE e.kind NOT IN ('reserve', 'release', 'activate')
"""
