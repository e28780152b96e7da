"""What must be true of leads, as SQL that finds where it is not; see `accounts.books`."""

from accounts.books import Invariant

LEADS = (
    Invariant(
        5,
        "a lead is with whom its one open offer names, and with nobody without one",
        """
        SELECT lead.id FROM partners_lead lead
        LEFT JOIN partners_leadoffer turn
          ON turn.tenant_id = lead.tenant_id AND turn.lead_id = lead.id
         AND turn.state IN ('open', 'held')
        WHERE turn.account_id IS DISTINCT FROM lead.account_id
           OR turn.state = 'open' AND lead.state <> 'offered'
           OR turn.state = 'held' AND lead.state IN ('open', 'offered', 'closed')
           OR lead.state = 'offered' AND turn.answer_by IS DISTINCT FROM lead.answer_by
           OR lead.accepted_at IS DISTINCT FROM turn.accepted_at
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "the offers of a lead follow each other, and each tells why",
        """
        SELECT offer.lead_id FROM (
            SELECT lead_id, number, why, offered_at,
                   row_number() OVER turns AS place,
                   lag(ended_at) OVER turns AS before, lag(number) OVER turns AS last
            FROM partners_leadoffer
            WINDOW turns AS (PARTITION BY tenant_id, lead_id ORDER BY number)
        ) offer
        WHERE offer.place <> offer.number OR offer.why ->> 'method' IS NULL
           OR offer.last IS NOT NULL AND (offer.before IS NULL OR offer.before > offer.offered_at)
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "no offer of a lead waits beyond its time",
        """
        SELECT lead.id FROM partners_lead lead
        JOIN (
            -- what was due when the clock was looked at last, and its work was done
            SELECT max(run.started_at) AS reached FROM accounts_jobrun run
            WHERE run.job = 'advance_leads' AND run.state = 'done'
        ) clock ON lead.answer_by <= clock.reached
        WHERE lead.state = 'offered'
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "a lead's last event tells its state",
        """
        SELECT lead.id FROM partners_lead lead
        LEFT JOIN LATERAL (
            SELECT event.payload ->> 'state' AS state FROM accounts_event event
            WHERE event.tenant_id = lead.tenant_id AND event.subject = 'lead:' || lead.id
            ORDER BY event.occurred_at DESC, event.id DESC LIMIT 1
        ) last ON true
        WHERE last.state IS DISTINCT FROM lead.state
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "no event of a lead names its person, who may have to be forgotten",
        """
        SELECT lead.id FROM partners_lead lead
        WHERE (lead.email <> '' OR lead.contact <> '') AND EXISTS (
            SELECT FROM accounts_event event
            WHERE event.tenant_id = lead.tenant_id AND event.subject = 'lead:' || lead.id
              AND (lead.email <> '' AND position(lead.email IN event.payload::text) > 0
                   OR event.payload ->> 'contact' = lead.contact))
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "nobody handed a lead to an account of their own",
        """
        SELECT offer.id FROM partners_leadoffer offer
        JOIN accounts_staff staff
          ON staff.tenant_id = offer.tenant_id AND 'staff:' || staff.id = offer.offered_by
        JOIN accounts_member member
          ON member.tenant_id = offer.tenant_id AND member.account_id = offer.account_id
         AND member.user_id = staff.user_id AND member.created_at <= offer.offered_at
        WHERE offer.by_hand
        """,
        stops_payouts=False,
    ),
)
