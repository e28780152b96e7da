"""What must be true of what was handed to the general ledger; part of `rebates.books`."""
# ruff: noqa: S608 (only our own queries go into these texts)

from accounts.invariants import Invariant
from rebates.postings import POSTED

JOURNAL = (
    Invariant(
        14,
        "journal batches are numbered without a gap, and each begins where the last one ended",
        """
        SELECT id FROM (
            SELECT id, number, since, through, row_number() OVER in_order AS place,
                   lag(upto, 1, '00000000-0000-0000-0000-000000000000'::uuid) OVER in_order
                       AS ended,
                   lag(through) OVER in_order AS before
            FROM rebates_journalbatch WINDOW in_order AS (ORDER BY number)
        ) batch
        WHERE number <> place OR since <> ended OR through <= before
        """,
    ),
    Invariant(
        13,
        "a journal batch is balanced, line by line and as a whole",
        """
        SELECT batch.id FROM rebates_journalbatch batch
        LEFT JOIN (
            SELECT batch_id, count(*) AS lines, sum(debit) AS debit, sum(credit) AS credit,
                   max(number) AS last
            FROM rebates_journalline GROUP BY batch_id
        ) line ON line.batch_id = batch.id
        WHERE batch.lines_count <> coalesce(line.lines, 0)
           OR batch.lines_count <> coalesce(line.last, 0)
           OR batch.total <> coalesce(line.debit, 0) OR batch.total <> coalesce(line.credit, 0)
        UNION ALL
        SELECT debit.id FROM rebates_journalline debit
        LEFT JOIN rebates_journalline credit
               ON credit.tenant_id = debit.tenant_id AND credit.batch_id = debit.batch_id
              AND credit.number = debit.number + 1
        WHERE mod(debit.number, 2) = 1
          AND (debit.debit, debit.day, debit.kind, debit.account_id)
              IS DISTINCT FROM (credit.credit, credit.day, credit.kind, credit.account_id)
        """,
    ),
    Invariant(
        5,
        "the lines of a journal batch are the entries that it covers, each of them once",
        f"""
        WITH covered AS (
            SELECT batch.id AS batch_id, (p.occurred_at AT TIME ZONE batch.zone)::date AS day,
                   p.kind, p.account_id, sum(p.amount) AS amount, count(*) AS entries
            FROM rebates_journalbatch batch
            JOIN ({POSTED}) p
              ON p.tenant_id = batch.tenant_id AND p.id >= batch.since AND p.id < batch.upto
            GROUP BY 1, 2, 3, 4
        )
        SELECT coalesce(covered.batch_id, line.batch_id)
        FROM (SELECT * FROM covered WHERE amount <> 0) covered
        FULL JOIN (
            SELECT batch_id, day, kind, account_id, sum(debit) AS amount, count(*) AS lines
            FROM rebates_journalline GROUP BY 1, 2, 3, 4
        ) line USING (batch_id, day, kind, account_id)
        WHERE abs(covered.amount) IS DISTINCT FROM line.amount OR line.lines <> 2
        UNION ALL
        SELECT batch.id FROM rebates_journalbatch batch
        LEFT JOIN (SELECT batch_id, sum(entries) AS entries FROM covered GROUP BY batch_id) made
               ON made.batch_id = batch.id
        WHERE made.entries IS DISTINCT FROM batch.entries_count
        """,
    ),
)
