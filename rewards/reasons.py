"""The reasons that people gave for what they changed by hand."""

from collections.abc import Sequence
from uuid import UUID

from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.closing import CLOSED_BY, CLOSES
from rewards.models import Adjustment, AdjustmentState, Entry, EntryKind, Transfer


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
    expired = run(_EXPIRIES, {"tenant": current_tenant_id(), "lots": uuids(lots)})
    lots_of: dict[UUID, list[UUID]] = {}
    for entry_id, lot_id in expired:
        lots_of.setdefault(entry_id, []).append(lot_id)
    applied = Adjustment.objects.filter(
        expired_by_id__in=lots_of, state=AdjustmentState.APPLIED
    ).values_list("expired_by_id", "reason")
    return {lot_id: reason for entry_id, reason in applied for lot_id in lots_of[entry_id]}


_EXPIRIES = f"""
SELECT u.entry_id, u.lot_id FROM rewards_lotuse u
JOIN rewards_entry e ON e.tenant_id = u.tenant_id AND e.id = u.entry_id AND e.kind = 'expire'
WHERE u.tenant_id = %(tenant)s AND u.lot_id = ANY (%(lots)s::uuid[])
UNION ALL
SELECT e.id, l.entry_id FROM rewards_lot l JOIN rewards_entry e ON {CLOSED_BY}
WHERE l.tenant_id = %(tenant)s AND l.entry_id = ANY (%(lots)s::uuid[]) AND {CLOSES}
"""  # noqa: S608
