"""What must be true of money that was transferred or credited; part of `rebates.books`."""

from accounts.invariants import Invariant

TRANSFERS = (
    Invariant(
        14,
        "payment runs are numbered without a gap, and their sums are those of their payments",
        """
        SELECT run.id FROM (
            SELECT run.*, row_number() OVER (ORDER BY run.number) AS place
            FROM rebates_paymentrun run) run
        LEFT JOIN (
            SELECT run_id, count(*) AS payments, sum(amount) AS total,
                   count(*) FILTER (WHERE CASE state
                       WHEN 'prepared' THEN 'prepared' WHEN 'canceled' THEN 'canceled'
                       WHEN 'sent' THEN 'approved' ELSE 'executed' END = run_state) AS in_step
            FROM (SELECT payment.*, run.state AS run_state FROM rebates_payment payment
                  JOIN rebates_paymentrun run
                    ON run.tenant_id = payment.tenant_id AND run.id = payment.run_id) payment
            GROUP BY run_id
        ) paid ON paid.run_id = run.id
        WHERE run.place <> run.number OR run.payments_count IS DISTINCT FROM paid.payments
           OR run.total IS DISTINCT FROM paid.total
           OR paid.in_step IS DISTINCT FROM paid.payments
        """,
    ),
    Invariant(
        5,
        "a settlement is paid once at most, to its account, and not more than it is",
        """
        SELECT settlement.id FROM rebates_settlement settlement
        JOIN rebates_payment payment
          ON payment.tenant_id = settlement.tenant_id AND payment.settlement_id = settlement.id
        JOIN rebates_bankdetails bank
          ON bank.tenant_id = payment.tenant_id AND bank.id = payment.bank_id
        GROUP BY settlement.id, settlement.amount, settlement.state, settlement.account_id,
                 settlement.method
        HAVING count(*) FILTER (WHERE payment.state IN ('prepared', 'sent', 'paid')) > 1
            OR bool_or(payment.account_id <> settlement.account_id
                       OR bank.account_id IS DISTINCT FROM settlement.account_id
                       OR payment.amount > settlement.amount)
            OR settlement.method <> 'bank_transfer'
            OR bool_or(payment.state = 'paid') <> (settlement.state = 'paid')
        """,
    ),
    Invariant(
        13,
        "the money of a transfer left its account's wallet, and came back if it was returned",
        """
        SELECT payment.id FROM rebates_payment payment
        LEFT JOIN (
            SELECT entry.cause, string_agg(entry.kind, ' ' ORDER BY entry.kind) AS kinds,
                   max(entry.reserved) FILTER (WHERE entry.kind = 'reserve') AS amount,
                   (array_agg(DISTINCT wallet.account_id)) AS accounts,
                   bool_and(wallet.unit = 'money') AS is_money
            FROM rewards_entry entry
            JOIN rewards_wallet wallet
              ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
            WHERE entry.kind IN ('reserve', 'spend', 'release', 'refund')
            GROUP BY entry.cause
        ) moved ON moved.cause = payment.id
        WHERE moved.kinds IS DISTINCT FROM CASE payment.state
                WHEN 'sent' THEN 'reserve spend'
                WHEN 'paid' THEN 'reserve spend'
                WHEN 'returned' THEN 'refund reserve spend' END
           OR moved.kinds IS NOT NULL
              AND (moved.amount <> payment.amount OR NOT moved.is_money
                   OR moved.accounts <> ARRAY[payment.account_id])
        """,
    ),
)

CREDITS = (
    Invariant(
        14,
        "credit notes are numbered without a gap",
        """
        SELECT id FROM (
            SELECT id, number, row_number() OVER (ORDER BY number) AS place
            FROM rebates_credit WHERE number IS NOT NULL) note
        WHERE place <> number
        """,
    ),
    Invariant(
        13,
        "what was credited left its account's wallet once, and came as points where it is those",
        """
        SELECT credit.id FROM rebates_credit credit
        JOIN rebates_settlement settlement
          ON settlement.tenant_id = credit.tenant_id AND settlement.id = credit.settlement_id
        LEFT JOIN (
            SELECT entry.cause, string_agg(entry.kind, ' ' ORDER BY entry.kind) AS kinds,
                   max(entry.reserved) AS amount, array_agg(DISTINCT wallet.account_id) AS accounts
            FROM rewards_entry entry
            JOIN rewards_wallet wallet
              ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
            WHERE wallet.unit = 'money'
            GROUP BY entry.cause
        ) moved ON moved.cause = credit.id
        LEFT JOIN rewards_adjustment adjustment
               ON adjustment.tenant_id = credit.tenant_id AND adjustment.id = credit.id
              AND adjustment.state = 'applied'
        WHERE moved.kinds IS DISTINCT FROM 'reserve spend' OR moved.amount <> credit.amount
           OR moved.accounts <> ARRAY[credit.account_id]
           OR settlement.account_id <> credit.account_id OR settlement.state <> 'paid'
           OR settlement.amount < credit.amount OR settlement.method <> credit.method
           OR adjustment.amount IS DISTINCT FROM credit.points
        """,
    ),
)
