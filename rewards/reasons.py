"""The reasons that people gave for what they changed by hand."""

from collections.abc import Sequence
from uuid import UUID

from accounts.tenancy import current_tenant_id
from rewards.models import Adjustment, AdjustmentState, Entry, EntryKind, LotUse, Transfer


def reasons_by_hand(entries: Sequence[Entry]) -> dict[UUID, str]:
    """By entry; nothing is asked where none of the entries was made by hand."""
    adjusted = {entry.cause for entry in entries if entry.kind == EntryKind.ADJUST}
    moved = {entry.cause for entry in entries if entry.kind == EntryKind.TRANSFER}
    said: dict[UUID, str] = {}
    if adjusted:
        found = Adjustment.objects.filter(id__in=adjusted).values_list("id", "reason")
        said |= dict(found)
        said |= _of_reinstated(adjusted - set(said))
    if moved:
        said |= dict(Transfer.objects.filter(id__in=moved).values_list("id", "reason"))
    return {entry.id: said[entry.cause] for entry in entries if entry.cause in said}


def _of_reinstated(lots: set[UUID]) -> dict[UUID, str]:
    """What was reinstated is caused by its lot; the adjustment names the expiry of that lot."""
    if not lots:
        return {}
    expired = LotUse.objects.filter(
        tenant_id=current_tenant_id(), lot_id__in=lots, entry__kind=EntryKind.EXPIRE
    ).values_list("entry_id", "lot_id")
    lots_of: dict[UUID, list[UUID]] = {}
    for entry_id, lot_id in expired:
        lots_of.setdefault(entry_id, []).append(lot_id)
    applied = Adjustment.objects.filter(
        expired_by_id__in=lots_of, state=AdjustmentState.APPLIED
    ).values_list("expired_by_id", "reason")
    return {lot_id: reason for entry_id, reason in applied for lot_id in lots_of[entry_id]}
