"""The shared cache, which may be away: each process then remembers for itself.

It makes pages quicker and counts tries. For want of it nobody is shown an error, and nobody gets to
guess passwords without end either.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Severed
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# A request waits no longer than this for what it can do without; redis-py by itself waits for ever
# for a server that hangs, and tries one that is gone for seconds.
PATIENCE = 0.5
# While it is away, one request in so many seconds finds out whether it is back.
AWAY_SECONDS = 2.0
_away_until = 0.0


def _or_own(name: str) -> Callable[..., Any]:
    """The operation `name` of the shared cache, or of the process's own while that is away."""
    shared = getattr(RedisCache, name)

    def operate(self: "SharedCache", *args: Any, **kwargs: Any) -> Any:
        global _away_until
        if time.monotonic() >= _away_until:
            try:
                return shared(self, *args, **kwargs)
            except RedisError as error:
                _away_until = time.monotonic() + AWAY_SECONDS
                logger.warning("The shared cache is away: %s", error)
        return getattr(self.own, name)(*args, **kwargs)

    return operate


class SharedCache(RedisCache):
    """Django's cache in Valkey; `own` stands in for it, with keys and timeouts of the same kind."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._options = self._options | {
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            # Once: Valkey was started anew since this connection was last used.
            "retry": Retry(NoBackoff(), 1, supported_errors=(Severed,)),
        }
        self.own = LocMemCache("while the shared cache is away", params)

    add = _or_own("add")
    get = _or_own("get")
    set = _or_own("set")
    touch = _or_own("touch")
    delete = _or_own("delete")
    get_many = _or_own("get_many")
    set_many = _or_own("set_many")
    delete_many = _or_own("delete_many")
    has_key = _or_own("has_key")
    incr = _or_own("incr")
    clear = _or_own("clear")
