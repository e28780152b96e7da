"""Secrets kept sealed: what the database holds cannot be read without a key of the settings.

A sealed text names its key, so that keys can change: the first of `settings.SEALING_KEYS` seals,
all of them open. It is bound to a place (`bound_to`): moved to another row or tenant, it does not
open.
"""

import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12  # bytes, drawn anew each time, as GCM asks
_NAME = 4


class CannotOpen(ValueError):
    """The key that sealed this is not among the settings', or it was sealed for another place."""


def seal(text: str, *, bound_to: str) -> bytes:
    key = _key(settings.SEALING_KEYS[0])
    nonce = os.urandom(_NONCE)
    return _name(key) + nonce + AESGCM(key).encrypt(nonce, text.encode(), bound_to.encode())


def open_sealed(sealed: bytes, *, bound_to: str) -> str:
    """The text; raises CannotOpen."""
    sealed = bytes(sealed)
    name, nonce, body = sealed[:_NAME], sealed[_NAME : _NAME + _NONCE], sealed[_NAME + _NONCE :]
    for key in map(_key, settings.SEALING_KEYS):
        if _name(key) == name:
            try:
                return AESGCM(key).decrypt(nonce, body, bound_to.encode()).decode()
            except InvalidTag:
                raise CannotOpen("It was sealed for another place, or damaged.") from None
    raise CannotOpen("The key that sealed it is not among SEALING_KEYS.")


def is_current(sealed: bytes) -> bool:
    """Whether the first key has sealed it; what an older one sealed is to be sealed anew."""
    return bytes(sealed)[:_NAME] == _name(_key(settings.SEALING_KEYS[0]))


def digests(text: str, *, scope: str) -> list[str]:
    """How equal secrets are found without being opened: one digest under each key, today's first.

    Keyed, because a code is short enough for somebody with the table to try them all.
    """
    return [
        hmac.new(_key(secret), f"{scope}\0{text}".encode(), sha256).hexdigest()
        for secret in settings.SEALING_KEYS
    ]


def _key(secret: str) -> bytes:
    return sha256(b"loyalty.sealing\0" + secret.encode()).digest()


def _name(key: bytes) -> bytes:
    """Tells keys apart and gives nothing of them away."""
    return sha256(b"loyalty.sealing.name\0" + key).digest()[:_NAME]
