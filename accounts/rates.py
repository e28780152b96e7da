"""How often a key may call: counted in Valkey, in one round trip.

A fixed window begins with the first call. While Valkey is away nobody is held back: the limit
protects the service from haste, it is no wall.
"""

import logging
import time
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# A local Valkey answers within a millisecond; whoever waits longer waits for nothing.
PATIENCE = 0.1
# While it is away, one request in so many seconds finds out whether it is back.
AWAY_SECONDS = 2.0
_COUNT = """
local calls = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    left = tonumber(ARGV[1])
end
return {calls, left}
"""
_away_until = 0.0


@dataclass(frozen=True, slots=True)
class Rate:
    """`calls` of `limit` are used in the window of `seconds`, which ends in `ends_in` seconds."""

    calls: int
    limit: int
    seconds: int
    ends_in: int

    @property
    def is_exceeded(self) -> bool:
        return self.calls > self.limit

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.calls)


def count(*, who: str, limit: int, seconds: int) -> Rate | None:
    """Count one call by `who`; None while nobody can count."""
    global _away_until
    if time.monotonic() < _away_until:
        return None
    try:
        calls, left = _script()(keys=[f"rate:{who}"], args=[seconds * 1000])
    except RedisError as error:
        _away_until = time.monotonic() + AWAY_SECONDS
        logger.warning("Rate limits are not counted: %s", error)
        return None
    return Rate(calls=calls, limit=limit, seconds=seconds, ends_in=max(1, -(-left // 1000)))


@cache
def _script() -> Script:
    client = Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
    return client.register_script(_COUNT)
