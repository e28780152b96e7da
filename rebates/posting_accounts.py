"""The general-ledger accounts that money is posted to, as finance sets them."""

import re
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import Tenant
from accounts.tenancy import current_tenant_id
from rebates.models import Posting, PostingAccounts

# No spaces and no sign in front: a spreadsheet and an ERP both read it as it is.
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,39}")


class CannotMap(ValueError):
    """Its text says what is wrong with which account; nothing changed."""

    def __init__(self, kind: Posting, text: str) -> None:
        self.kind = kind
        super().__init__(f"{kind.label}: {text}")


def mapping() -> dict[str, PostingAccounts]:
    return {one.kind: one for one in PostingAccounts.objects.all()}


def change_mapping(
    *, pairs: Mapping[Posting, tuple[str, str]], actor: str, now: datetime
) -> list[Posting]:
    """Post these kinds to (debit, credit) from the next batch on; which of them changed. Raises
    CannotMap."""
    pairs = {kind: (debit.strip(), credit.strip()) for kind, (debit, credit) in pairs.items()}
    for kind, (debit, credit) in pairs.items():
        _check(kind, debit, credit)
    with transaction.atomic():
        # No batch is made meanwhile: one mapping holds for all of it.
        Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
        before = mapping()
        changed = []
        for kind in sorted(pairs):
            debit, credit = pairs[kind]
            known = before.get(kind)
            if known is None or (known.debit, known.credit) != (debit, credit):
                _write(kind, known, debit, credit, actor=actor, now=now)
                changed.append(kind)
    return changed


def _check(kind: Posting, debit: str, credit: str) -> None:
    for number in (debit, credit):
        if not _NUMBER.fullmatch(number):
            raise CannotMap(
                kind,
                _("An account is 1 to 40 letters and digits; inside also . _ / : - but no spaces."),
            )
    if debit == credit:
        raise CannotMap(kind, _("Debit and credit are the same account; they have to differ."))


def _write(
    kind: Posting,
    known: PostingAccounts | None,
    debit: str,
    credit: str,
    *,
    actor: str,
    now: datetime,
) -> None:
    changed = known or PostingAccounts(kind=kind)
    before = [changed.debit, changed.credit] if known else None
    changed.debit, changed.credit = debit, credit
    changed.changed_by, changed.changed_at = actor, now
    changed.save()
    events.record(
        kind="posting_accounts.changed",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"posting_accounts:{changed.pk}",
        payload={"posting": kind, "before": before, "debit": debit, "credit": credit},
    )
