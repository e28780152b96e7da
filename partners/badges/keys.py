"""The tenant's own key, which signs its badges: Ed25519, published as a JWK (RFC 8037)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.ids import uuid7
from accounts.models import Tenant
from accounts.sealing import is_current, open_sealed, seal
from accounts.tenancy import current_tenant_id
from partners.models import IssuerKey


def issuer_key(*, now: datetime) -> IssuerKey:
    """The key that signs; made when it is needed first."""
    return _latest() or _made(now)


def sign(key: IssuerKey, message: bytes) -> bytes:
    secret = urlsafe_b64decode(_opened(key))
    return Ed25519PrivateKey.from_private_bytes(secret).sign(message)


def jwk(key: IssuerKey, *, name: str) -> dict[str, Any]:
    """Its public half; `name` is its address."""
    about = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig"}
    return about | {"kid": name, "x": key.public}


def base64url(content: bytes) -> str:
    """Without padding, as RFC 7515 has it."""
    return urlsafe_b64encode(content).decode().rstrip("=")


def reseal() -> int:
    """Seal the keys anew, with the first of SEALING_KEYS; how many there were to seal."""
    keys = IssuerKey.objects.select_for_update().order_by("id")
    old = [key for key in keys if not is_current(bytes(key.sealed))]
    for key in old:
        key.sealed = seal(_opened(key), bound_to=_place(key))
    IssuerKey.objects.bulk_update(old, ["sealed"])
    return len(old)


def _latest() -> IssuerKey | None:
    return IssuerKey.objects.order_by("-created_at", "-id").first()


def _made(now: datetime) -> IssuerKey:
    # Whoever needs it at the same moment waits, and finds it.
    Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
    if there := _latest():
        return there
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    key = IssuerKey(id=uuid7(), public=base64url(public), created_at=now)
    secret = urlsafe_b64encode(private.private_bytes_raw()).decode()
    key.sealed = seal(secret, bound_to=_place(key))
    key.save(force_insert=True)
    return key


def _opened(key: IssuerKey) -> str:
    return open_sealed(bytes(key.sealed), bound_to=_place(key))


def _place(key: IssuerKey) -> str:
    return f"issuer key {key.tenant_id} {key.pk}"
