"""CPU time, ours and that of Postgres's process for us: what else the machine does would make a
clock's time worthless. Postgres's parallel workers are other processes, whose time would not be
seen: a sum that they make would look several times as cheap as it is, so nobody has any.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection, transaction


def seconds_of(act: Callable[[], object]) -> float:
    before = _spent()
    act()
    return _spent() - before


def _spent() -> float:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        backend = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
        if not backend.exists():  # not Linux, or Postgres is elsewhere
            return time.perf_counter()
    # The name in parentheses may have spaces; utime and stime are the 14th and 15th fields.
    fields = backend.read_text().rpartition(")")[2].split()
    return time.process_time() + sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
