"""What other sessions have not finished yet."""

from datetime import datetime

from django.db import connection

from accounts.postgres.rehearsal import KEY_SPACE

# The array runs once. A rehearsal never commits anything: nobody waits for it.
_BEGAN = """
SELECT min(xact_start) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND pid <> ALL (ARRAY(
      SELECT pid FROM pg_locks
      WHERE locktype = 'advisory' AND objsubid = 2 AND classid = %s AND granted))
"""


def oldest_began_at() -> datetime | None:
    """When the oldest transaction under way began, by the server's clock; None without one.

    What transactions had written that ended before is visible to every statement after this one.
    Those of the app's own role are seen, which are all that write a tenant's facts.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BEGAN, [KEY_SPACE])
        return cursor.fetchone()[0]
