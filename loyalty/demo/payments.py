"""The demo's money on its way: bank details, a run of which one transfer came back, credit notes,
what is expected of the running quarter, and the accounts of the general ledger."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import Account, Member, Staff, Tenant
from accounts.models.people import PortalRole
from accounts.periods import start_of
from accounts.tenancy import current_tenant_id
from loyalty.demo.company import ZONE
from loyalty.demo.people import STAFF
from rebates import banking, crediting, forecasting, paying
from rebates.models import Accrual, BankDetails, Method, Posting, Settlement
from rebates.outgoing import TO_PAY
from rebates.posting_accounts import change_mapping

CLERK, PREPARER, APPROVER = "erin", "alex", "morgan"  # three people, as the rules ask for
MORNING = timedelta(hours=9)
LEDGER = {
    Posting.ACCRUED: ("4730", "0970"),
    Posting.TRUE_UP: ("4731", "0970"),
    Posting.SETTLED: ("0970", "1700"),
    Posting.PAID: ("1700", "1200"),
    Posting.RETURNED: ("1200", "1700"),
    Posting.CREDIT_NOTE: ("1700", "1400"),
    Posting.ACCOUNT_CREDIT: ("1700", "1401"),
    Posting.POINTS: ("1700", "0971"),
    Posting.AWARDED: ("4740", "1700"),
    Posting.RECALLED: ("1700", "4740"),
}


def open_accounts(accounts: Sequence[Account], *, on: date) -> None:
    """The company's bank account and those of some businesses, and where money is posted."""
    now = _at(on)
    enter = {"bic": "", "now": now}
    banking.enter(
        account_id=None,
        holder="Acme Industrial Supply",
        iban=_iban(1),
        actor=_actor(CLERK),
        **enter,
    )
    for place, account in enumerate(accounts, 2):
        admin = Member.objects.get(account=account, portal_role=PortalRole.ADMIN)
        banking.enter(
            account_id=account.pk,
            holder=account.name,
            iban=_iban(place),
            actor=admin.actor,
            **enter,
        )
    change_mapping(pairs=LEDGER, actor=_actor(PREPARER), now=now)


def pay(*, on: date, today: date) -> None:
    """Transfer what may be transferred, of which the last one comes back and waits again; hand the
    older half of the other settlements over."""
    tenant, now = Tenant.objects.get(pk=current_tenant_id()), _at(on)
    due = [one for one in paying.due(actor=_actor(PREPARER), now=now) if not one.why_not]
    if due and BankDetails.objects.filter(account=None).exists():
        run = paying.prepare(
            settlement_ids={one.settlement.pk for one in due},
            execute_on=on + timedelta(days=1),
            today=on,
            actor=_actor(PREPARER),
            now=now,
        )
        later = {"run_id": run.pk, "actor": _actor(APPROVER)}
        paying.approve(tenant=tenant, now=now + timedelta(hours=1), **later)
        if on + timedelta(days=2) <= today:
            _carry_out(run.pk, tenant, on=on)
    others = Settlement.objects.exclude(method=Method.BANK_TRANSFER).filter(state__in=TO_PAY)
    ids = list(others.order_by("approved_at", "id").values_list("pk", flat=True))
    if ids:
        crediting.issue(
            settlement_ids=ids[: (len(ids) + 1) // 2],
            tenant=tenant,
            actor=_actor(PREPARER),
            now=now + timedelta(hours=2),
        )


def expect(*, on: date) -> None:
    """A forecast of each of the larger open periods, and for one of them another a week later."""
    open_ones = Accrual.objects.filter(closed_at=None, measured__gt=0).order_by("-amount", "id")
    for place, one in enumerate(open_ones.select_related("agreement", "holder")[:3]):
        about: dict[str, Any] = {"agreement": one.agreement, "holder": one.holder}
        about |= {"since": one.since, "actor": _actor(PREPARER)}
        first = one.measured * 3 // 2
        forecasting.forecast(
            expected=first, note="Orders of the quarter before", now=_at(on), **about
        )
        if place == 0:
            forecasting.forecast(
                expected=first * 9 // 10,
                note="Two large orders slip into the next quarter",
                now=_at(on + timedelta(days=7)),
                **about,
            )


def _carry_out(run_id: UUID, tenant: Tenant, *, on: date) -> None:
    now = _at(on + timedelta(days=1))
    about: dict[str, Any] = {"run_id": run_id, "actor": _actor(PREPARER)}
    paying.take_file(tenant=tenant, now=_at(on) + timedelta(hours=2), **about)
    run = paying.mark_executed(now=now, **about)
    if run.payments_count > 1:
        paying.give_back(
            payment_id=run.payments.order_by("amount", "id").first().pk,
            reason="AC04: the account is closed",
            actor=_actor(PREPARER),
            now=now + timedelta(hours=4),
        )


def _at(day: date) -> datetime:
    return start_of(day, ZONE) + MORNING - timedelta(days=1)


def _actor(key: str) -> str:
    return Staff.objects.get(name=STAFF[key][0]).actor


def _iban(place: int) -> str:
    """A number of a bank's, with the check digits that it asks for."""
    number = f"37040044{place:010}"
    check = 98 - int(f"{number}131400") % 97  # D is 13, E is 14
    return f"DE{check:02}{number}"
