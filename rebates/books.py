"""What must be true of rebates, as SQL that finds where it is not; see `accounts.books`."""
# ruff: noqa: S608 (only our own queries go into these texts)

from accounts.invariants import Invariant
from accounts.tenancy import current_tenant_id
from rebates.books_of_journal import JOURNAL
from rebates.books_of_papers import PAPERS
from rebates.books_of_payments import CREDITS, SET_OFFS, TRANSFERS
from rebates.books_of_sales import SALES
from rebates.calculating import KEPT, worked_from
from rebates.calendar import CORRECTS_FOR
from rebates.stating import LINES

MONEY = (
    Invariant(
        1,
        "pending money is what agreements accrued, less what was settled",
        """
        SELECT wallet.id FROM rewards_wallet wallet
        LEFT JOIN (
            SELECT a.account_id, g.program_id, sum(m.amount) AS amount
            FROM rebates_accrualmove m
            JOIN rebates_accrual a ON a.tenant_id = m.tenant_id AND a.id = m.accrual_id
            JOIN rebates_agreement g ON g.tenant_id = a.tenant_id AND g.id = a.agreement_id
            GROUP BY a.account_id, g.program_id
        ) accrued ON accrued.account_id = wallet.account_id
                 AND accrued.program_id = wallet.program_id
        LEFT JOIN (
            SELECT z.account_id, g.program_id, sum(z.amount) AS amount
            FROM rebates_settlement z
            JOIN rebates_statement s ON s.tenant_id = z.tenant_id AND s.id = z.statement_id
            JOIN rebates_agreement g ON g.tenant_id = s.tenant_id AND g.id = s.agreement_id
            GROUP BY z.account_id, g.program_id
        ) settled ON settled.account_id = wallet.account_id
                 AND settled.program_id = wallet.program_id
        LEFT JOIN (  -- awards that are held back
            SELECT wallet_id, sum(remaining) AS amount FROM rewards_lot
            WHERE state = 'pending' GROUP BY wallet_id
        ) held ON held.wallet_id = wallet.id
        WHERE wallet.unit = 'money' AND wallet.member_id IS NULL
          AND wallet.pending <> coalesce(accrued.amount, 0) - coalesce(settled.amount, 0)
                              + coalesce(held.amount, 0)
        """,
    ),
    Invariant(
        5,
        "every move of an accrual is one entry of money, and every such entry a move",
        """
        SELECT coalesce(m.id, entry.id)
        FROM (
            SELECT m.id, m.amount, m.corrects, a.account_id, g.program_id, a.since
            FROM rebates_accrualmove m
            JOIN rebates_accrual a ON a.tenant_id = m.tenant_id AND a.id = m.accrual_id
            JOIN rebates_agreement g ON g.tenant_id = a.tenant_id AND g.id = a.agreement_id
        ) m
        FULL JOIN (
            SELECT e.id, e.cause, e.pending, e.corrects, w.account_id, w.program_id, w.unit
            FROM rewards_entry e
            JOIN rewards_wallet w ON w.tenant_id = e.tenant_id AND w.id = e.wallet_id
            WHERE e.kind = 'accrue'
        ) entry ON entry.cause = m.id
        WHERE m.id IS NULL OR entry.id IS NULL OR entry.unit <> 'money'
           OR entry.pending <> m.amount OR entry.corrects IS DISTINCT FROM m.corrects
           OR m.corrects <> m.since
           OR (entry.account_id, entry.program_id) <> (m.account_id, m.program_id)
        """,
    ),
    Invariant(
        5,
        "every settlement is one entry of money, and every such entry a settlement",
        """
        SELECT coalesce(z.id, entry.id)
        FROM (
            SELECT z.id, z.amount, z.account_id, g.program_id
            FROM rebates_settlement z
            JOIN rebates_statement s ON s.tenant_id = z.tenant_id AND s.id = z.statement_id
            JOIN rebates_agreement g ON g.tenant_id = s.tenant_id AND g.id = s.agreement_id
        ) z
        FULL JOIN (
            SELECT e.id, e.cause, e.available, w.account_id, w.program_id, w.unit
            FROM rewards_entry e
            JOIN rewards_wallet w ON w.tenant_id = e.tenant_id AND w.id = e.wallet_id
            WHERE e.kind = 'settle'
        ) entry ON entry.cause = z.id
        WHERE z.id IS NULL OR entry.id IS NULL OR entry.unit <> 'money'
           OR entry.available <> z.amount
           OR (entry.account_id, entry.program_id) <> (z.account_id, z.program_id)
        """,
    ),
)


def _recomputed() -> str:
    """Accruals that their terms and the roll-ups do not come to.

    Facts that came in since it was last looked do not count yet; nor does what came in too late for
    a closed period to be corrected.
    """
    worked = worked_from(KEPT).replace("%(minor)s", "(10::numeric ^ %(places)s)")
    query = f"""
        {worked}
        SELECT a.id FROM rebates_accrual a
        JOIN worked w
          ON w.agreement_id = a.agreement_id AND w.since = a.since AND w.holder_id = a.holder_id
         AND w.account_id = a.account_id
        WHERE (a.measured, a.earning, a.basis, a.amount, a.lines)
              IS DISTINCT FROM (w.measured, w.earning, w.basis, w.amount, w.lines)
          AND NOT EXISTS (
              SELECT FROM accounts_activity fact
              WHERE fact.tenant_id = a.tenant_id
                AND fact.account_id IN (
                    SELECT member::uuid FROM jsonb_array_elements_text(a.members) AS member)
                AND fact.recorded_at >= greatest(a.accrued_at, (
                    SELECT max(run.started_at) FROM accounts_jobrun run
                    WHERE run.job = 'rebates' AND run.state = 'done'
                      AND a.until > run.started_at - interval '{CORRECTS_FOR - 1} months')))
    """
    return query.replace("%(tenant)s", f"'{current_tenant_id()}'::uuid")


ACCRUALS = (
    Invariant(
        11,
        "what is accrued is what the roll-ups come to under the version named",
        _recomputed,
    ),
    Invariant(
        13,
        "an accrual is the sum of its moves and of its lines",
        """
        SELECT a.id FROM rebates_accrual a
        LEFT JOIN (
            SELECT accrual_id, sum(amount) AS amount FROM rebates_accrualmove
            WHERE reason <> 'agreed' GROUP BY accrual_id
        ) moved ON moved.accrual_id = a.id
        WHERE a.amount <> coalesce(moved.amount, 0)
           OR a.amount <> (SELECT coalesce(sum((line ->> 2)::bigint), 0)
                           FROM jsonb_array_elements(a.lines) AS line)
        """,
    ),
    Invariant(
        13,
        "an estimate moves what it differs from the month before",
        """
        SELECT id FROM (
            SELECT id, expected - lag(expected, 1, 0::bigint) OVER (
                       PARTITION BY agreement_id, holder_id, since ORDER BY month) AS moves, moved
            FROM rebates_estimate
        ) e
        WHERE moved <> moves
        """,
    ),
)

# Every line of every statement, with what became of it where it has a row.
_LINES = f"""
    SELECT s.id AS statement_id, s.agreement_id, s.account_id, s.state AS statement_state,
           coalesce(said.corrects, s.since) AS since, said.*, l.id AS line_id, l.state, l.agreed,
           CASE WHEN l.state = 'settled' OR l.id IS NULL AND s.state = 'approved'
                THEN coalesce(l.agreed, said.amount) END AS settled,
           l.id IS NOT NULL
               AND (l.corrects, l.product_line, l.basis, l.amount)
                   IS DISTINCT FROM (said.corrects, said.product_line, said.basis, said.amount)
               AS differs
    FROM rebates_statement s
    CROSS JOIN LATERAL ({LINES}) said
    LEFT JOIN rebates_statementline l
           ON l.tenant_id = s.tenant_id AND l.statement_id = s.id AND l.number = said.number
"""

STATEMENTS = (
    Invariant(
        13,
        "a statement is the sum of its lines, and a line with a row is the one that it names",
        f"""
        SELECT s.id FROM rebates_statement s
        LEFT JOIN (SELECT statement_id, sum(amount) AS amount, bool_or(differs) AS differ,
                          count(line_id) AS rows
                   FROM ({_LINES}) line GROUP BY statement_id) line ON line.statement_id = s.id
        WHERE line.amount IS DISTINCT FROM s.total OR line.differ
           OR line.rows <> (SELECT count(*) FROM rebates_statementline l
                            WHERE l.tenant_id = s.tenant_id AND l.statement_id = s.id)
        """,
    ),
    Invariant(
        13,
        "what an accrual has on statements is the sum of its lines there",
        f"""
        SELECT a.id FROM rebates_accrual a
        LEFT JOIN (SELECT agreement_id, account_id, since, sum(amount) AS amount
                   FROM ({_LINES}) line GROUP BY agreement_id, account_id, since) line
               ON line.agreement_id = a.agreement_id AND line.account_id = a.account_id
              AND line.since = a.since
        WHERE a.stated <> coalesce(line.amount, 0)
           OR a.closed_at IS NOT NULL AND a.stated_upto IS DISTINCT FROM a.until
        """,
    ),
    Invariant(
        6,
        "what was settled of a statement is the sum of its lines that settled; none did in dispute",
        f"""
        SELECT line.statement_id FROM (
            SELECT statement_id, statement_state, account_id, coalesce(sum(settled), 0) AS amount
            FROM ({_LINES}) line GROUP BY statement_id, statement_state, account_id
        ) line
        LEFT JOIN (SELECT statement_id, sum(amount) AS amount, count(*) AS settlements,
                          array_agg(DISTINCT account_id) AS accounts
                   FROM rebates_settlement GROUP BY statement_id) z
               ON z.statement_id = line.statement_id
        WHERE line.amount <> coalesce(z.amount, 0)
           OR z.settlements > 0 AND line.statement_state <> 'approved'
           OR z.accounts <> ARRAY[line.account_id]
        UNION ALL
        SELECT l.id FROM rebates_statementline l
        JOIN rebates_statement s ON s.tenant_id = l.tenant_id AND s.id = l.statement_id
        LEFT JOIN rebates_dispute d ON d.tenant_id = l.tenant_id AND d.line_id = l.id
        LEFT JOIN rebates_settlement z ON z.tenant_id = l.tenant_id AND z.id = l.settlement_id
        WHERE l.state = 'settled' AND s.state <> 'approved'
           OR l.state = 'stated' AND s.state = 'approved'
           OR (l.state = 'disputed') <> (d.state IS NOT DISTINCT FROM 'open')
           OR l.agreed IS DISTINCT FROM d.agreed
           OR z.statement_id <> l.statement_id
        """,
    ),
    Invariant(
        6,
        "nobody approves what is his own",
        """
        SELECT s.id FROM rebates_statement s
        JOIN rebates_agreement g ON g.tenant_id = s.tenant_id AND g.id = s.agreement_id
        WHERE s.approved_by <> ''
          AND (s.approved_by = s.prepared_by OR s.approved_by = 'staff:' || g.owner_id)
        """,
    ),
)


def per_tenant() -> tuple[Invariant, ...]:
    """Run once for each tenant, in its scope."""
    return (
        *MONEY, *ACCRUALS, *STATEMENTS, *PAPERS, *SALES, *TRANSFERS, *SET_OFFS, *CREDITS,
        *JOURNAL,
    )  # fmt: skip
