"""What must be true of funds, as SQL that finds where it is not; see `accounts.books`."""
# ruff: noqa: S608 (only our own queries go into these texts)

from accounts.books import Invariant
from rewards.closing import CLOSED, OPEN, WALLET

_STEPS = """
    SELECT e.cause,
           sum(e.reserved) FILTER (WHERE e.kind = 'reserve') AS committed,
           coalesce(sum(e.available) FILTER (WHERE e.kind = 'release'), 0) AS released,
           coalesce(-sum(e.reserved) FILTER (WHERE e.kind = 'spend'), 0) AS paid,
           min(w.account_id::text) AS account_id, min(w.program_id::text) AS program_id
    FROM rewards_entry e
    JOIN rewards_wallet w ON w.tenant_id = e.tenant_id AND w.id = e.wallet_id
    WHERE w.unit = 'funds' AND e.kind IN ('reserve', 'release', 'spend', 'refund')
    GROUP BY e.cause
"""

_LOTS = f"""
    partners_fundgrant g
    JOIN rewards_entry e
      ON e.tenant_id = g.tenant_id AND e.cause = g.id AND e.kind = 'allocate'
    JOIN rewards_lot l ON l.tenant_id = e.tenant_id AND l.entry_id = e.id {WALLET}
"""

FUNDS = (
    Invariant(
        1,
        "what funds hold for requests, paid and released is what the ledger has of each",
        f"""
        SELECT coalesce(request.id::text, moved.cause::text)
        FROM (
            SELECT r.*, b.program_id FROM partners_fundrequest r
            JOIN partners_fundbudget b ON b.tenant_id = r.tenant_id AND b.id = r.budget_id
        ) request
        FULL JOIN ({_STEPS}) moved ON moved.cause = request.id
        WHERE request.id IS NULL
           OR coalesce(moved.committed, 0) <> coalesce(request.approved, 0)
           OR coalesce(moved.paid, 0)
              <> CASE request.state WHEN 'paid' THEN request.accepted ELSE 0 END
           OR coalesce(moved.released, 0)
              <> CASE WHEN request.state IN ('refused', 'lapsed', 'withdrawn')
                      THEN coalesce(request.approved, 0)
                      WHEN request.state IN ('accepted', 'paid')
                      THEN request.approved - request.accepted ELSE 0 END
           OR moved.cause IS NOT NULL AND (moved.account_id <> request.account_id::text
                                           OR moved.program_id <> request.program_id::text)
        """,
    ),
    Invariant(
        1,
        "a fund is the sum of its allocations, and its commitments and payments of its requests",
        """
        SELECT fund.id FROM partners_fund fund
        LEFT JOIN (SELECT fund_id, sum(amount) AS granted FROM partners_fundgrant GROUP BY fund_id)
            given ON given.fund_id = fund.id
        LEFT JOIN (
            SELECT budget_id, account_id,
                   sum(CASE state WHEN 'accepted' THEN accepted ELSE approved END)
                       FILTER (WHERE state IN ('approved', 'claimed', 'incomplete', 'accepted'))
                       AS committed,
                   sum(accepted) FILTER (WHERE state = 'paid') AS paid
            FROM partners_fundrequest GROUP BY budget_id, account_id
        ) asked ON asked.budget_id = fund.budget_id AND asked.account_id = fund.account_id
        WHERE fund.granted <> coalesce(given.granted, 0)
           OR fund.committed <> coalesce(asked.committed, 0)
           OR fund.paid <> coalesce(asked.paid, 0)
        """,
    ),
    Invariant(
        1,
        "a wallet of funds is the sum of the account’s funds",
        """
        SELECT wallet.id FROM rewards_wallet wallet
        LEFT JOIN (
            SELECT fund.account_id, budget.program_id, sum(fund.granted) AS granted,
                   sum(fund.committed) AS committed, sum(fund.paid) AS paid
            FROM partners_fund fund
            JOIN partners_fundbudget budget
              ON budget.tenant_id = fund.tenant_id AND budget.id = fund.budget_id
            GROUP BY fund.account_id, budget.program_id
        ) held ON held.account_id = wallet.account_id AND held.program_id = wallet.program_id
        LEFT JOIN (
            SELECT wallet_id, -sum(available) AS expired FROM rewards_entry
            WHERE kind = 'expire' GROUP BY wallet_id
        ) gone ON gone.wallet_id = wallet.id
        WHERE wallet.unit = 'funds' AND (
            wallet.member_id IS NOT NULL OR wallet.pending <> 0
            OR wallet.reserved <> coalesce(held.committed, 0)
            OR wallet.available <> coalesce(held.granted, 0) - coalesce(held.committed, 0)
                                   - coalesce(held.paid, 0) - coalesce(gone.expired, 0))
        """,
    ),
    Invariant(
        1,
        "every allocation is one entry of funds, and every such entry an allocation",
        """
        SELECT coalesce(made.id::text, entry.id::text)
        FROM (
            SELECT g.id, g.amount, f.account_id, b.program_id FROM partners_fundgrant g
            JOIN partners_fund f ON f.tenant_id = g.tenant_id AND f.id = g.fund_id
            JOIN partners_fundbudget b ON b.tenant_id = f.tenant_id AND b.id = f.budget_id
        ) made
        FULL JOIN (
            SELECT e.id, e.cause, e.available, w.account_id, w.program_id, w.unit
            FROM rewards_entry e
            JOIN rewards_wallet w ON w.tenant_id = e.tenant_id AND w.id = e.wallet_id
            WHERE e.kind = 'allocate'
        ) entry ON entry.cause = made.id
        WHERE (made.amount, made.account_id, made.program_id, 'funds')
              IS DISTINCT FROM (entry.available, entry.account_id, entry.program_id, entry.unit)
        """,
    ),
    Invariant(
        1,
        "a fund’s open lots hold what it has left, but for what expired since the clock’s last run",
        f"""
        SELECT fund.id FROM partners_fund fund
        LEFT JOIN (
            SELECT g.fund_id, sum(l.remaining) FILTER (WHERE {OPEN}) AS open,
                   sum(l.remaining) FILTER (WHERE {CLOSED}) AS over
            FROM {_LOTS} WHERE g.amount > 0 GROUP BY g.fund_id
        ) held ON held.fund_id = fund.id
        WHERE fund.granted - fund.expired - fund.committed - fund.paid
              NOT BETWEEN coalesce(held.open, 0)
                      AND coalesce(held.open, 0) + coalesce(held.over, 0)
        """,
    ),
    Invariant(
        13,
        "a budget has allocated what its funds hold or have used, and no more than there is",
        """
        SELECT budget.id FROM partners_fundbudget budget
        LEFT JOIN (
            SELECT budget_id, sum(granted - expired) AS held FROM partners_fund GROUP BY budget_id
        ) funds ON funds.budget_id = budget.id
        WHERE budget.allocated <> coalesce(funds.held, 0) OR budget.allocated > budget.amount
        """,
    ),
    Invariant(
        11,
        "what a fund was credited for its periods is what it was given for them",
        """
        SELECT fund.id FROM partners_fund fund
        JOIN partners_fundbudget budget
          ON budget.tenant_id = fund.tenant_id AND budget.id = fund.budget_id
        LEFT JOIN (SELECT fund_id, sum(credited) AS credited FROM partners_fundaccrual
                   GROUP BY fund_id) accrued ON accrued.fund_id = fund.id
        WHERE budget.kind = 'accrued' AND fund.granted <> coalesce(accrued.credited, 0)
        UNION ALL
        SELECT row.id FROM partners_fundaccrual row
        JOIN partners_fund fund ON fund.tenant_id = row.tenant_id AND fund.id = row.fund_id
        JOIN partners_fundbudget budget
          ON budget.tenant_id = fund.tenant_id AND budget.id = fund.budget_id
        WHERE budget.kind <> 'accrued' OR row.amount <> trunc(row.measured * budget.share / 100)
        """,
    ),
    Invariant(
        5,
        "no more is paid than was proven, and no more committed than its share of the cost",
        """
        SELECT request.id FROM partners_fundrequest request
        WHERE request.approved > floor(request.total_cost * request.share / 100)
           OR request.accepted > floor(request.cost * request.share / 100)
           OR request.state IN ('claimed', 'accepted', 'paid')
              AND NOT EXISTS (SELECT FROM accounts_event event
                              WHERE event.tenant_id = request.tenant_id
                                AND event.subject = 'fund_request:' || request.id
                                AND event.kind = 'fund_request.claimed')
        """,
    ),
    Invariant(
        5,
        "a request’s last event tells its state",
        """
        SELECT request.id FROM partners_fundrequest request
        LEFT JOIN LATERAL (
            SELECT event.payload ->> 'state' AS state FROM accounts_event event
            WHERE event.tenant_id = request.tenant_id
              AND event.subject = 'fund_request:' || request.id
            ORDER BY event.occurred_at DESC, event.id DESC LIMIT 1
        ) last ON true
        WHERE last.state IS DISTINCT FROM request.state
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "nobody decided on a request of their own account, or paid what they accepted",
        """
        SELECT request.id FROM partners_fundrequest request
        JOIN accounts_staff staff
          ON staff.tenant_id = request.tenant_id
         AND 'staff:' || staff.id IN (request.decided_by, request.checked_by)
        WHERE EXISTS (
            SELECT FROM accounts_member member
            WHERE member.tenant_id = request.tenant_id AND member.user_id = staff.user_id
              AND member.created_at <= CASE 'staff:' || staff.id
                  WHEN request.checked_by THEN request.checked_at ELSE request.decided_at END
              AND (member.account_id = request.account_id
                   OR 'member:' || member.id IN (request.requested_by, request.claimed_by)))
           OR request.state = 'paid' AND request.ended_by = request.checked_by
        """,
    ),
    Invariant(
        9,
        "no approved request waits for a claim beyond its last day",
        """
        SELECT request.id FROM partners_fundrequest request
        JOIN (
            -- up to the day on which the clock was looked at last, and its work was done
            SELECT max((run.started_at AT TIME ZONE tenant.time_zone)::date) AS reached
            FROM accounts_jobrun run JOIN accounts_tenant tenant ON tenant.id = run.tenant_id
            WHERE run.job = 'advance_funds' AND run.state = 'done'
        ) clock ON request.claim_until < clock.reached
        WHERE request.state IN ('approved', 'incomplete')
        """,
        stops_payouts=False,
    ),
)
