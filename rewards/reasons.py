"""The reasons that people gave for what they changed by hand."""

from collections.abc import Sequence
from uuid import UUID

from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.closing import TAKEN_BY
from rewards.models import (
    Adjustment,
    AdjustmentState,
    Award,
    Entry,
    EntryKind,
    Recall,
    Transfer,
)


def reasons_by_hand(entries: Sequence[Entry]) -> dict[UUID, str]:
    """By entry; nothing is asked where none of the entries was made by hand, or awarded."""
    adjusted = {entry.cause for entry in entries if entry.kind == EntryKind.ADJUST}
    moved = {entry.cause for entry in entries if entry.kind == EntryKind.TRANSFER}
    awarded = {entry.cause for entry in entries if entry.kind == EntryKind.AWARD}
    recalled = {entry.cause for entry in entries if entry.kind == EntryKind.RECALL}
    said: dict[UUID, str] = {}
    if adjusted:
        found = Adjustment.objects.filter(id__in=adjusted).values_list("id", "reason")
        said |= dict(found)
        missing = [entry for entry in entries if entry.cause in adjusted - set(said)]
        said |= _of_reinstated(missing)
    if moved:
        said |= dict(Transfer.objects.filter(id__in=moved).values_list("id", "reason"))
    if awarded:
        said |= dict(Award.objects.filter(id__in=awarded).values_list("id", "reason"))
    if recalled:
        said |= dict(Recall.objects.filter(id__in=recalled).values_list("id", "reason"))
    return {entry.id: said[entry.cause] for entry in entries if entry.cause in said}


def _of_reinstated(entries: Sequence[Entry]) -> dict[UUID, str]:
    """By cause: what was reinstated is caused by what expired of a lot, and the adjustment names
    that expiry."""
    if not entries:
        return {}
    values = {
        "tenant": current_tenant_id(),
        "causes": uuids(entry.cause for entry in entries),
        "wallets": uuids({entry.wallet_id for entry in entries}),
        "applied": AdjustmentState.APPLIED,
    }
    return dict(run(_REINSTATED, values))


_REINSTATED = f"""
SELECT taken.back, done.reason
FROM rewards_adjustment done
JOIN rewards_entry e ON e.tenant_id = done.tenant_id AND e.id = done.expired_by_id
CROSS JOIN LATERAL ({TAKEN_BY}) taken
WHERE done.tenant_id = %(tenant)s AND done.state = %(applied)s
  AND done.account_id IN (SELECT account_id FROM rewards_wallet
                          WHERE tenant_id = %(tenant)s AND id = ANY (%(wallets)s::uuid[]))
  AND taken.back = ANY (%(causes)s::uuid[])
"""  # noqa: S608
