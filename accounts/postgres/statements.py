"""The statements that every fact runs: prepared once per connection, then planned no more.

Django binds parameters on the client and so has Postgres parse and plan each statement anew, which
for a single fact costs more than running it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from django.db import connection
from psycopg import Cursor

from accounts.postgres.scope import NoTransaction


def run(statement: LiteralString, values: Sequence[Any] | Mapping[str, Any]) -> Cursor[Any]:
    """Run a statement in the running transaction; the cursor returned holds its rows.

    Errors are Django's (`django.db.IntegrityError` …), as everywhere else.
    """
    connection.validate_no_broken_transaction()
    if connection.get_autocommit():  # see DatabaseWrapper._cursor, which this goes past
        raise NoTransaction
    if connection.queries_logged:  # so that tests that count queries count these, too
        connection.queries_log.append({"sql": statement, "time": "prepared"})
    with connection.wrap_database_errors:
        # Not connection.cursor(): that one binds on the client.
        return Cursor(connection.connection).execute(statement, values, prepare=True)
