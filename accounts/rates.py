"""How often a key may call: counted in Valkey, in one round trip.

A fixed window begins with the first call. While Valkey is away nobody is held back: the limit
protects the service from haste, it is no wall.
"""

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from redis.backoff import NoBackoff
from redis.connection import ConnectionInterface, ConnectionPool
from redis.exceptions import ConnectionError as Severed
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# A local Valkey answers within a millisecond; whoever waits longer waits for nothing.
PATIENCE = 0.1
# While it is away, one request in so many seconds finds out whether it is back.
AWAY_SECONDS = 2.0
_COUNT = b"""
local calls = redis.call('INCRBY', KEYS[1], ARGV[2])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    left = tonumber(ARGV[1])
end
return {calls, left}
"""
# Every call with a key waits for this, and redis-py's way to it costs five times what Valkey does:
# so the command is written out here, and each thread keeps a connection instead of borrowing one.
_COMMAND = b"*6\r\n$4\r\nEVAL\r\n$%d\r\n%s\r\n$1\r\n1\r\n" % (len(_COUNT), _COUNT)
_ARGUMENT = b"$%d\r\n%s\r\n"
_kept = threading.local()
_away_until = 0.0


@dataclass(frozen=True, slots=True)
class Rate:
    """`calls` of `limit` are used in the window of `seconds`, which ends in `ends_in` seconds; of
    them `counted` just now."""

    calls: int
    counted: int
    limit: int
    seconds: int
    ends_in: int

    @property
    def excess(self) -> int:
        """How many of the calls just counted were too many."""
        return min(self.counted, max(0, self.calls - self.limit))

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.calls)


def count(made: int, *, who: str, limit: int, seconds: int) -> Rate | None:
    """Count as many calls by `who` as were made; None while nobody can count."""
    global _away_until
    if time.monotonic() < _away_until:
        return None
    try:
        calls, left = _counted(made, f"rate:{who}".encode(), milliseconds=seconds * 1000)
    except RedisError as error:
        _away_until = time.monotonic() + AWAY_SECONDS
        logger.warning("Rate limits are not counted: %s", error)
        return None
    ends_in = max(1, -(-left // 1000))
    return Rate(calls=calls, counted=made, limit=limit, seconds=seconds, ends_in=ends_in)


def _counted(made: int, key: bytes, *, milliseconds: int) -> tuple[int, int]:
    """The calls in the window, and the milliseconds that are left of it."""
    arguments = (key, b"%d" % milliseconds, b"%d" % made)
    command = _COMMAND + b"".join(_ARGUMENT % (len(one), one) for one in arguments)
    connection = _connection()
    was_open = connection.is_connected
    try:
        return _told(connection, command)
    except Severed:
        if not was_open:
            raise
        return _told(connection, command)  # Valkey was started anew since the last call


def _told(connection: ConnectionInterface, command: bytes) -> tuple[int, int]:
    connection.send_packed_command([command], check_health=False)
    answer: Any = connection.read_response()
    return answer[0], answer[1]


def _connection() -> ConnectionInterface:
    """This thread's own; it opens by itself when something is sent."""
    connection = getattr(_kept, "connection", None)
    if connection is None:
        pool = ConnectionPool.from_url(
            settings.REDIS_URL,
            protocol=2,  # answers are two numbers, and read faster so
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
        connection = _kept.connection = pool.make_connection()
    return connection
