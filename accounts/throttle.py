"""How often somebody may try something, counted in the shared cache."""

from hashlib import sha256

from django.core.cache import cache


def allow(*, what: str, who: str, times: int, seconds: int) -> bool:
    """Count one try of `what` by `who`; False once there were more than `times` in `seconds`.

    Counted per open tenant, or for the service as a whole where none is open.
    """
    # Hashed: an e-mail address is not left lying in the cache.
    key = f"throttle:{what}:{sha256(who.encode()).hexdigest()[:32]}"
    cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key) <= times
    except ValueError:
        return True  # it ran out between the two lines: a new window has begun
