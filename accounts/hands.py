"""Whose hands are whose: one person acts as staff, as a member of accounts, and by keys they made.

Who asks for something with one hand does not approve it with another.
"""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext

from accounts.models import ApiKey, Member, Staff, Tenant
from accounts.tenancy import current_tenant_id

_KINDS = {"staff": Staff, "member": Member, "key": ApiKey}


def hands_of(actor: str) -> frozenset[str]:
    """All that the person behind `actor` acts as in the open tenant, `actor` among them. Whoever is
    nobody's hand (the system, a script) is alone."""
    row = _row_of(actor)
    if isinstance(row, ApiKey):
        return hands_of(row.created_by) | {actor}
    hands = {actor}
    if row is not None:
        for people in (Staff, Member):
            hands.update(one.actor for one in people.objects.filter(user_id=row.user_id))
    hands.update(key.actor for key in ApiKey.objects.filter(created_by__in=hands))
    return frozenset(hands)


def accounts_of(hands: Collection[str]) -> set[UUID]:
    """The accounts that the person with these hands belongs to, in whichever role they act."""
    members = [hand.partition(":")[2] for hand in hands if hand.startswith("member:")]
    return set(Member.objects.filter(pk__in=members).values_list("account_id", flat=True))


def has_hand_in(by: str, *, actors: Collection[str], account_ids: Collection[UUID | None]) -> bool:
    """Whether the person behind `by` is one of `actors`, or belongs to one of the accounts."""
    hands = hands_of(by)
    return bool(hands.intersection(actors) or accounts_of(hands).intersection(account_ids))


def second_pair_needed() -> bool:
    """Whether the open tenant wants a second pair of eyes on what is to hold from then on."""
    return Tenant.objects.get(pk=current_tenant_id()).two_pairs_of_eyes


def why_not_alone(actor: str, *, authors: Collection[str]) -> str:
    """Why the person behind `actor` does not publish what `authors` wrote at; "" where they may."""
    if not second_pair_needed() or hands_of(actor).isdisjoint(authors):
        return ""
    return gettext(
        "You wrote this draft, and your company wants a second pair of eyes: ask another owner or "
        "program manager to publish it."
    )


def _row_of(actor: str) -> Staff | Member | ApiKey | None:
    kind, _, identifier = actor.partition(":")
    try:
        return _KINDS[kind].objects.filter(pk=UUID(identifier)).first()
    except (KeyError, ValueError):
        return None
