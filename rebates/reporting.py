"""Sales reported by partners: read, held against what is known, and left to somebody to decide."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.csvfiles import Reject, rejects_file
from accounts.facts import FactRefused
from accounts.files import Upload, content_of, keep_file, keep_upload
from accounts.ids import uuid7
from accounts.models import Account, File, Member, Product, Tenant
from accounts.money import exponent
from accounts.periods import day_of
from accounts.sniffing import CSV, TEXT
from rebates.models import ReportedSale, SalesReport, SaleState
from rebates.sales_lists import KIND, CannotReport, Reading, Told, read_list, read_sale
from rebates.suspicions import flag

MAY_BE_AHEAD = timedelta(days=1)  # a sale is dated by the partner's own calendar


def report_list(
    upload: Upload,
    *,
    member: Member,
    dates: str,
    numbers: str,
    proof: Upload | None,
    tenant: Tenant,
    now: datetime,
) -> SalesReport:
    """Report the sales of a CSV file for the member's account.

    Rows that cannot be taken in go into a file of their own, with the reasons. Raises CannotReport
    where the file is no list of sales, and CannotKeep where it or its proof is not to be kept.
    """
    with transaction.atomic():
        keep = partial(keep_upload, account_id=member.account_id, actor=member.actor, now=now)
        listed = keep(upload)
        if listed.media_type not in (CSV, TEXT):
            raise CannotReport(_("A list of sales is a CSV file; save the workbook as CSV."))
        account = _locked(member.account)
        reading = _reading(account, tenant, now)
        found = read_list(content_of(listed), dates=dates, numbers=numbers, reading=reading)
        report = SalesReport.objects.create(
            account=account,
            member=member,
            name=listed.name,
            listed=listed,
            proof=keep(proof) if proof else None,
            reported_by=member.actor,
            reported_at=now,
        )
        rejects = sorted(found.rejects + _take_down(report, found.told, tenant=tenant))
        if rejects:
            report.rejects = _rejects(found.header, rejects, listed)
        return _reported(report, rejects, now=now)


def report_rows(
    rows: Sequence[Mapping[str, object]],
    *,
    account: Account,
    name: str,
    tenant: Tenant,
    actor: str,
    now: datetime,
) -> tuple[SalesReport, list[Reject]]:
    """Report sales that another system sends: the report, and the rows that were not taken in.

    A row has `document`, `line`, `sold_on`, `product`, `quantity`, `amount` and `customer`.
    """
    with transaction.atomic():
        account = _locked(account)
        reading = _reading(account, tenant, now)
        report = SalesReport.objects.create(
            account=account, name=name, reported_by=actor, reported_at=now
        )
        told: list[Told] = []
        rejects: list[Reject] = []
        for number, row in enumerate(rows, 1):
            try:
                told.append(Told(number, read_sale(_fact_of(row, account), reading=reading)))
            except FactRefused as refused:
                rejects.append(Reject(number, str(refused), ()))
        rejects = sorted(rejects + _take_down(report, told, tenant=tenant))
        return _reported(report, rejects, now=now), rejects


def _locked(account: Account) -> Account:
    """Two lists of one account come one after the other: what is in the first, the second knows."""
    return Account.objects.select_for_update(no_key=True).get(pk=account.pk)


def _reading(account: Account, tenant: Tenant, now: datetime) -> Reading:
    places, latest = exponent(tenant.currency), now + MAY_BE_AHEAD
    return Reading(number=account.number, places=places, zone=tenant.zone, latest=latest)


def _fact_of(row: Mapping[str, object], account: Account) -> dict[str, object]:
    customer = row.get("customer")
    return {
        "account": account.number,
        "kind": KIND,
        "external_id": row.get("document"),
        "line": row.get("line"),
        "occurred_at": row.get("sold_on"),
        "product": row.get("product"),
        "quantity": row.get("quantity"),
        "amount": row.get("amount"),
        "attributes": {"customer": customer} if customer else None,
    }


def _take_down(report: SalesReport, told: Sequence[Told], *, tenant: Tenant) -> list[Reject]:
    """Write the rows that are new and of known products; returns the others."""
    skus = {one.fact.product for one in told}
    products = dict(Product.objects.filter(sku__in=skus).values_list("sku", "id"))
    seen = _reported_before(report.account, told)
    new: list[ReportedSale] = []
    rejects: list[Reject] = []
    for one in told:
        identity = (one.fact.external_id, one.fact.line)
        product_id = products.get(one.fact.product)
        if product_id is None:
            why = _("There is no product “%s”; check its number.") % one.fact.product
            rejects.append(Reject(one.row, why, one.cells))
        elif identity in seen:
            rejects.append(Reject(one.row, _known(*seen[identity]), one.cells))
        else:
            seen[identity] = ("", one.row)
            new.append(_sale(report, one, product_id, tenant))
    ReportedSale.objects.bulk_create(new)
    flag(report.pk, zone=tenant.zone)
    return rejects


def _reported_before(
    account: Account, told: Sequence[Told]
) -> dict[tuple[str, str], tuple[str, int]]:
    """(document, line) of sales that wait or were approved -> the report and row they are in."""
    there = ReportedSale.objects.filter(
        account=account, document__in={one.fact.external_id for one in told}
    ).exclude(state=SaleState.REJECTED)
    return {
        (document, line): (name, row)
        for document, line, name, row in there.values_list(
            "document", "line", "report__name", "row"
        )
    }


def _known(name: str, row: int) -> str:
    if name:
        return _("It was reported before: row %(row)s of “%(name)s”.") % {"row": row, "name": name}
    return _("It is twice in this list: row %s has the same number.") % row


def _sale(report: SalesReport, one: Told, product_id: object, tenant: Tenant) -> ReportedSale:
    return ReportedSale(
        id=uuid7(),
        report=report,
        account=report.account,
        row=one.row,
        document=one.fact.external_id,
        line=one.fact.line,
        product_id=product_id,
        quantity=one.fact.quantity,
        amount=one.fact.amount,
        sold_on=day_of(one.fact.occurred_at, tenant.zone),
        customer=one.customer,
    )


def _rejects(header: Sequence[str], rejects: Sequence[Reject], listed: File) -> File:
    """Kept like the list itself: the account's, by whom and when it was handed in."""
    return keep_file(
        rejects_file(header=header, rejects=rejects),
        name=f"{listed.name.rpartition('.')[0]}-rejects.csv",
        account_id=listed.account_id,
        actor=listed.uploaded_by,
        now=listed.uploaded_at,
    )


def _reported(report: SalesReport, rejects: Sequence[Reject], *, now: datetime) -> SalesReport:
    sales = list(report.sales.values_list("flags", flat=True))
    report.rejected_rows = len(rejects)
    report.decided_at = None if sales else now  # nothing of it waits for anybody
    report.save(update_fields=["rejects", "rejected_rows", "decided_at"])
    events.record(
        kind="sales.reported",
        occurred_at=now,
        recorded_at=now,
        actor=report.reported_by,
        subject=f"sales_report:{report.pk}",
        account_id=report.account_id,
        payload={
            "name": report.name,
            "sales": len(sales),
            "flagged": sum(1 for flags in sales if flags),
            "rejected_rows": len(rejects),
            "proof": str(report.proof_id or ""),
        },
    )
    return report
