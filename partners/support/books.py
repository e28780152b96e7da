"""What must be true of support, as SQL that finds where it is not; see `accounts.books`."""

from accounts.books import Invariant

SUPPORT = (
    Invariant(
        5,
        "nobody was given more support in a quarter than they might ask for",
        """
        SELECT counted.id FROM (
            SELECT id, allowed, row_number() OVER (
                       PARTITION BY tenant_id, account_id, type_id, quarter ORDER BY asked_at, id
                   ) AS place
            FROM partners_supportrequest
            WHERE state NOT IN ('declined', 'withdrawn')
        ) counted
        WHERE counted.allowed IS NOT NULL AND counted.place > counted.allowed
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "whoever looks after a request for support did not ask for it",
        """
        SELECT request.id FROM partners_supportrequest request
        LEFT JOIN accounts_staff staff
               ON staff.tenant_id = request.tenant_id AND staff.id = request.assigned_id
        LEFT JOIN accounts_member member
               ON member.tenant_id = request.tenant_id AND member.id = request.member_id
        WHERE request.asked_by = 'staff:' || staff.id OR member.user_id = staff.user_id
           OR request.state IN ('done', 'declined') AND request.decided_by = request.asked_by
        """,
        stops_payouts=False,
    ),
)
