"""Drafts that one person writes and another publishes: what was read is what is published."""

import json
from collections.abc import Iterable
from hashlib import blake2b

from django.db.models import Model
from django.utils.translation import gettext

from accounts.events import as_recorded


def digest_of(draft: Model, terms: Iterable[str]) -> str:
    """What whoever publishes a draft says of what they have read of it: the same for the same
    terms."""
    said = json.dumps(as_recorded(draft, terms), sort_keys=True)
    return blake2b(said.encode(), digest_size=16).hexdigest()


def why_not_seen(draft: Model, terms: Iterable[str], *, seen: str | None) -> str:
    """Why a draft is not what was `seen` of it; "" where it is, or nobody says what they saw."""
    return "" if seen in (None, digest_of(draft, terms)) else changed_since()


def changed_since() -> str:
    return gettext("Somebody wrote at the draft since: read it again, then publish it.")
