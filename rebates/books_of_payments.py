"""What must be true of money that was transferred or credited; part of `rebates.books`."""
# ruff: noqa: S608 (only our own queries go into these texts)

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

# Settlements with the wallet that they are of, and what has left it for them.
_SETTLED = """
    SELECT z.*, (z.account_id, g.program_id) AS wallet,
           coalesce((SELECT sum(p.amount) FROM rebates_payment p
                     WHERE p.tenant_id = z.tenant_id AND p.settlement_id = z.id
                       AND p.state IN ('sent', 'paid')), 0)
           + coalesce((SELECT sum(c.amount) FROM rebates_credit c
                       WHERE c.tenant_id = z.tenant_id AND c.settlement_id = z.id), 0) AS gone
    FROM rebates_settlement z
    JOIN rebates_statement s ON s.tenant_id = z.tenant_id AND s.id = z.statement_id
    JOIN rebates_agreement g ON g.tenant_id = s.tenant_id AND g.id = s.agreement_id
"""

SET_OFFS = (
    Invariant(
        13,
        "what is set off of settlements was taken off others of the same wallet, once on each side",
        f"""
        WITH settled AS ({_SETTLED})
        SELECT z.id FROM rebates_settlement z
        WHERE z.set_off <> coalesce((
            SELECT sum(made.amount) FROM rebates_setoff made
            WHERE made.tenant_id = z.tenant_id
              AND z.id = CASE WHEN z.amount > 0 THEN made.settlement_id
                              ELSE made.correction_id END), 0)
        UNION ALL
        SELECT made.id FROM rebates_setoff made
        JOIN settled one ON one.id = made.settlement_id
        JOIN settled correction ON correction.id = made.correction_id
        WHERE one.amount < 0 OR correction.amount > 0 OR one.wallet <> correction.wallet
        """,
    ),
    Invariant(
        6,
        "nothing that was set off is paid too, and nothing is carried beside what is to be paid",
        f"""
        WITH settled AS ({_SETTLED})
        SELECT id FROM settled WHERE amount > 0 AND gone + set_off > amount
        UNION ALL
        SELECT correction.id FROM settled correction
        JOIN settled one ON one.wallet = correction.wallet
        WHERE correction.state = 'carried' AND one.state IN ('approved', 'returned')
          AND one.gone = 0
        """,
    ),
    Invariant(
        13,
        "available money is what is left to be paid of settlements, less what they carry",
        # Where awards are in it as well, or a debt for them, the wallet does not tell which is
        # which.
        f"""
        WITH settled AS ({_SETTLED})
        SELECT wallet.id FROM rewards_wallet wallet
        LEFT JOIN (
            SELECT wallet, sum(CASE WHEN state = 'carried' THEN amount + set_off
                                    WHEN state IN ('approved', 'returned') AND gone = 0
                                    THEN amount - set_off ELSE 0 END) AS amount
            FROM settled GROUP BY wallet
        ) due ON due.wallet = (wallet.account_id, wallet.program_id)
        WHERE wallet.unit = 'money' AND wallet.member_id IS NULL
          AND wallet.available <> coalesce(due.amount, 0)
          AND NOT EXISTS (
              SELECT FROM rewards_award award
              WHERE award.tenant_id = wallet.tenant_id AND award.account_id = wallet.account_id
                AND award.program_id = wallet.program_id AND award.unit = 'money')
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
           OR adjustment.amount IS DISTINCT FROM nullif(credit.points, 0)
           OR credit.points = 0 AND NOT EXISTS (
               SELECT FROM rebates_credit along
               WHERE along.tenant_id = credit.tenant_id AND along.account_id = credit.account_id
                 AND along.issued_at = credit.issued_at AND along.points > 0)
        """,
    ),
)
