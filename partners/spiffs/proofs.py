"""Whose files are the proofs of claims: those of the person who claimed, and of nobody beside."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef

from partners.models import SpiffClaim


def proves_for_others(member_ids: Collection[UUID]) -> Exists:
    """Of files of accounts: whether it proves a claim of somebody who is none of these. What a
    person claims for themselves is their own business, whatever their colleagues are there."""
    claims = SpiffClaim.objects.filter(account=OuterRef("account"), proof=OuterRef("pk"))
    return Exists(claims.exclude(member__in=member_ids))
