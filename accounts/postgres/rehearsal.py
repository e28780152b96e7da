"""Transactions that are long, write much, and are always taken back: rehearsals.

Readers of events wait for every transaction under way, because it may still commit events behind
which they would be by then (`accounts.delivery`). A rehearsal never commits any, and says so: it
holds the advisory lock (KEY_SPACE, the low 32 bits of its own number), which anybody can see in
pg_locks. The two-key form is used for nothing else, so that no other lock is taken for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

KEY_SPACE = 0x72656865  # “rehe”

# Numbers that are under way at the same time differ in their low 32 bits, by Postgres's own rule.
_LOW_BITS = "4294967296"

# From here on COMMIT fails: the deferred constraint is violated. It comes before the lock, so that
# there is no instant at which the announcement could be seen and not be true.
_NEVER_COMMIT = """
CREATE TEMPORARY TABLE rehearsal (
    one integer CONSTRAINT a_rehearsal_never_commits UNIQUE DEFERRABLE INITIALLY DEFERRED
) ON COMMIT DROP;
INSERT INTO pg_temp.rehearsal VALUES (1), (1);
"""

# A bigint is cut to its low 32 bits by bit(32), and an integer may have any of them.
_ANNOUNCE = "SELECT pg_advisory_xact_lock(%s, pg_current_xact_id()::text::bigint::bit(32)::integer)"

# The first number under which events may still be committed, as of the statement's snapshot: a
# scalar subquery, which runs once, as does the array in it. Reading pg_locks stops all who take
# locks for a moment.
#
# What is under way is the snapshot's top-level transactions, by whose numbers events stand, and the
# transaction itself, which its own snapshot leaves out. pg_locks is read after the snapshot was
# taken. A rehearsal that announced itself in between is left out, rightly: it will not commit
# either way. One that ended in between is waited for, once more and for nothing: Postgres takes a
# transaction's number back before its locks, and whose lock is gone is not known to have been one.
OPEN_FROM = f"""(
    SELECT coalesce(min(number), pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
    FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint
          UNION ALL SELECT pg_current_xact_id_if_assigned()::text::bigint
          UNION ALL SELECT running::text::bigint
                    FROM pg_snapshot_xip(pg_current_snapshot()) running) under_way (number)
    WHERE mod(number, {_LOW_BITS}) <> ALL (ARRAY(
        SELECT objid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 2 AND classid = {KEY_SPACE} AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))
)"""  # noqa: S608 - numbers of our own


@contextmanager
def rehearsal() -> Iterator[None]:
    """A transaction in which everything happens and nothing stays, for which no reader waits.

    Always an outermost one: rolled back to a savepoint, the rest of a transaction could commit
    events under a number that readers have passed. Keep what came out in another, afterwards.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(_NEVER_COMMIT)
            cursor.execute(_ANNOUNCE, [KEY_SPACE])
        yield
        transaction.set_rollback(True)
