"""Bank details: entered, sealed, rested, and never used by who entered them."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.ids import uuid7
from accounts.models import Tenant
from accounts.sealing import is_current, open_sealed, seal
from accounts.tenancy import current_tenant_id
from rebates.ibans import read_bic, read_iban
from rebates.models import BankDetails, PaymentTerms

LONGEST_COOLING = 90


class CannotEnter(ValueError):
    """Its text says what to change; nothing was kept."""


def enter(
    *, account_id: UUID | None, holder: str, iban: str, bic: str, actor: str, now: datetime
) -> BankDetails:
    """Take new bank details for an account, or for the tenant itself, in place of those before.

    The same ones again change nothing, and do not rest anew. Raises WrongNumber, CannotEnter.
    """
    number = read_iban(iban)
    code = read_bic(bic, iban=number)
    if not holder.strip() or not holder.isprintable() or len(holder) > 70:
        raise CannotEnter(_("Say whose account it is, in at most 70 characters."))
    with transaction.atomic():
        _lock()
        before = current(account_id)
        said = (holder.strip(), number, code)
        if before and (before.holder, iban_of(before), before.bic) == said:
            return before
        if before:
            before.ended_at = now
            before.save(update_fields=["ended_at"])
        details = BankDetails(
            id=uuid7(),
            account_id=account_id,
            holder=said[0],
            country=number[:2],
            hint=number[-4:],
            bic=code,
            entered_by=actor,
            entered_at=now,
            usable_from=now + timedelta(days=terms().cooling_days),
        )
        details.sealed = seal(number, bound_to=_place(details))
        details.save(force_insert=True)
        events.record(
            kind="bank_details.entered",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"bank_details:{details.pk}",
            account_id=account_id,
            payload={
                "masked": details.masked,
                "before": before.masked if before else "",
                "holder": details.holder,
                "usable_from": details.usable_from.isoformat(),
            },
        )
    return details


def current(account_id: UUID | None) -> BankDetails | None:
    return BankDetails.objects.filter(account_id=account_id, ended_at=None).first()


def iban_of(details: BankDetails) -> str:
    """In the clear, for the bank alone. Raises `accounts.sealing.CannotOpen`."""
    return open_sealed(bytes(details.sealed), bound_to=_place(details))


def reseal(*, limit: int) -> int:
    """Seal up to `limit` bank details of the open tenant, those that ended too, with today's key;
    returns how many there were. Raises `accounts.sealing.CannotOpen`."""
    done = 0
    for details in (
        BankDetails.objects.select_for_update(skip_locked=True).order_by("id").iterator()
    ):
        if done == limit:
            break
        if is_current(details.sealed):
            continue
        details.sealed = seal(iban_of(details), bound_to=_place(details))
        details.save(update_fields=["sealed"])
        done += 1
    return done


def terms() -> PaymentTerms:
    return PaymentTerms.objects.first() or PaymentTerms()


def change_cooling(*, days: int, actor: str, now: datetime) -> None:
    """From the next bank details on. Raises CannotEnter."""
    if not 0 <= days <= LONGEST_COOLING:
        raise CannotEnter(_("Between 0 and %d days.") % LONGEST_COOLING)
    with transaction.atomic():
        _lock()
        changed = terms()
        before, changed.cooling_days = changed.cooling_days, days
        changed.save()
        if before != days:
            events.record(
                kind="payment_terms.changed",
                occurred_at=now,
                recorded_at=now,
                actor=actor,
                subject=f"payment_terms:{changed.pk}",
                payload={"before": before, "cooling_days": days},
            )


def _lock() -> None:
    """One after the other: two people with the same form would both end what was there before."""
    Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())


def _place(details: BankDetails) -> str:
    return f"{details.tenant_id.hex}/{details.pk.hex}"
