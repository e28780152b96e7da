"""What facts gave in one program: to the account, and to one person of it."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from accounts.models import Activity
from rewards.models import Entry, EntryKind

MOVED_BY_FACTS = (EntryKind.EARN, EntryKind.REVERSE)


def moved_by_facts(*, program_id: UUID, member_id: UUID) -> QuerySet[Entry]:
    """Earnings and what returns took back, in the account's wallets and the person's own: what
    colleagues have is their own business."""
    return Entry.objects.filter(
        Q(wallet__member=None) | Q(wallet__member_id=member_id),
        wallet__program_id=program_id,
        kind__in=MOVED_BY_FACTS,
    )


def given_for(
    activities: Sequence[Activity], *, program_id: UUID, member_id: UUID
) -> dict[UUID, dict[str, int]]:
    """By fact and unit, in one query; below zero is what a return took back."""
    entries = moved_by_facts(program_id=program_id, member_id=member_id).filter(
        cause__in=[activity.pk for activity in activities]
    )
    found: dict[UUID, dict[str, int]] = {}
    for cause, unit, amount in (
        entries.order_by()
        .values_list("cause", "wallet__unit")
        .annotate(sum=Sum(F("available") + F("pending")))
    ):
        found.setdefault(cause, {})[unit] = amount
    return found


def without_yield(
    activities: QuerySet[Activity], *, program_id: UUID, member_id: UUID
) -> QuerySet[Activity]:
    """Those that earned nothing; not returns, which earn nothing by their nature."""
    some = Q(available__gt=0) | Q(pending__gt=0)
    earned = moved_by_facts(program_id=program_id, member_id=member_id).filter(
        some, cause=OuterRef("pk")
    )
    return activities.filter(~Exists(earned), reverses=None)
