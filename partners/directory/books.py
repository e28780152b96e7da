"""What must be true of the directory, as SQL that finds where it is not; see `accounts.books`."""

from accounts.books import Invariant

DIRECTORY = (
    Invariant(
        5,
        "nobody approved what their own account says of itself",
        """
        SELECT version.id FROM partners_profileversion version
        JOIN partners_directoryprofile profile
          ON profile.tenant_id = version.tenant_id AND profile.id = version.profile_id
        JOIN accounts_staff staff
          ON staff.tenant_id = version.tenant_id AND 'staff:' || staff.id = version.decided_by
        JOIN accounts_member member
          ON member.tenant_id = version.tenant_id AND member.account_id = profile.account_id
         AND member.user_id = staff.user_id AND member.created_at <= version.decided_at
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "a logo in the directory is a picture of the account that it stands for",
        """
        SELECT version.id FROM partners_profileversion version
        JOIN partners_directoryprofile profile
          ON profile.tenant_id = version.tenant_id AND profile.id = version.profile_id
        JOIN accounts_file file
          ON file.tenant_id = version.tenant_id AND file.id = version.logo_id
        WHERE file.account_id IS DISTINCT FROM profile.account_id
           OR file.media_type NOT IN ('image/png', 'image/jpeg')
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "what the directory shows was approved, and that is on record",
        """
        SELECT version.id FROM partners_profileversion version
        WHERE version.state = 'approved' AND NOT EXISTS (
            SELECT FROM accounts_event event
            WHERE event.tenant_id = version.tenant_id AND event.kind = 'profile.approved'
              AND event.subject = 'profile:' || version.profile_id
              AND event.payload ->> 'version' = version.id::text)
        """,
        stops_payouts=False,
    ),
)
