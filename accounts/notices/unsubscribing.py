"""The link in a letter that ends letters of its kinds, for whoever holds the letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core import signing

from accounts.models import User

_SALT = "accounts.notices.unsubscribing"


class LinkRefused(ValueError):
    """A link that is damaged, or of another workspace."""


@dataclass(frozen=True, slots=True)
class Link:
    user: User
    kinds: tuple[str, ...]


def unsubscribe_path(*, user_id: UUID, kinds: Sequence[str], tenant_id: UUID) -> str:
    """Where one click turns off letters about `kinds`. It works for as long as letters are kept,
    and for nothing else: who has it can neither read nor sign in."""
    said = {"user": user_id.hex, "kinds": list(kinds), "tenant": tenant_id.hex}
    return f"/notices/unsubscribe/{signing.dumps(said, salt=_SALT)}/"


def read_link(token: str, *, tenant_id: UUID) -> Link:
    """Raises LinkRefused."""
    try:
        said = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        raise LinkRefused from None
    user = User.objects.filter(pk=UUID(said["user"])).first()
    if said["tenant"] != tenant_id.hex or user is None:
        raise LinkRefused
    return Link(user, tuple(said["kinds"]))
