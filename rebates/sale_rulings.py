"""Reported sales decided: approved as a whole or in part, or rejected with the reason.

What is approved comes in through the one door like any other fact, dated when it was sold, under an
identity that is the account's own for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from accounts import events
from accounts.attributes import Attribute
from accounts.facts import Fact
from accounts.hands import accounts_of, hands_of
from accounts.kinds import add_kind
from accounts.models import Account, ActivityKind
from accounts.periods import start_of
from rebates.models import ReportedSale, SalesReport, SaleState
from rebates.sales_lists import KIND
from rebates.suspicions import SOURCE
from rewards.intake import take_in

LONGEST_REASON = 300


class CannotDecide(ValueError):
    """Its text says what stands in the way; nothing changed."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is said of a sale: approved, of `quantity` where that is less than was reported; or
    rejected. Whoever is granted less reads the `reason`."""

    sale_id: UUID
    approve: bool
    quantity: Decimal | None = None
    reason: str = ""


@dataclass(slots=True)
class Ruled:
    """`done` are as they are now; `refused` says of the others why they stay as they were."""

    done: list[ReportedSale] = field(default_factory=list)
    refused: dict[UUID, str] = field(default_factory=dict)


def decide(
    rulings: Sequence[Ruling], *, report_id: UUID, actor: str, zone: ZoneInfo, now: datetime
) -> Ruled:
    """Decide what can be decided of the report's sales. Raises CannotDecide for one's own report.

    A sale that is decided, unknown, or cannot be taken in is left as it was, with the reason.
    """
    with transaction.atomic():
        report = SalesReport.objects.select_related("account").get(pk=report_id)
        # As whoever reports for the account: what comes of a sale and a new list wait in line.
        Account.objects.select_for_update(no_key=True).get(pk=report.account_id)
        if is_own(report, actor=actor):
            raise CannotDecide(_("You belong to this account; somebody else has to decide."))
        ruled = Ruled()
        chosen = _choose(report, rulings, ruled)
        approved = [(sale, one) for sale, one in chosen if one.approve]
        taken = _take_in(report, approved, ruled, actor=actor, zone=zone, now=now)
        rejected = [_rejected(sale, one) for sale, one in chosen if not one.approve]
        ruled.done = sorted([*taken, *rejected], key=lambda sale: sale.row)
        _keep(report, ruled, actor=actor, now=now)
    return ruled


def is_own(report: SalesReport, *, actor: str) -> bool:
    """Whether who decides reported it, made the key that did, or is a person of the account: one
    may be staff and member at once, and act with a key in either hand."""
    hands = hands_of(actor)
    return report.reported_by in hands or report.account_id in accounts_of(hands)


def _choose(
    report: SalesReport, rulings: Sequence[Ruling], ruled: Ruled
) -> list[tuple[ReportedSale, Ruling]]:
    """The open sales that are ruled on, locked, each with what is said of it."""
    said = {one.sale_id: one for one in rulings}
    ruled.refused = dict.fromkeys(said, _("There is no such sale in this report."))
    sales = report.sales.select_for_update(of=("self",)).select_related("product")
    chosen = []
    for sale in sales.filter(pk__in=said).order_by("id"):
        why = _hindrance(sale, said[sale.pk])
        if why:
            ruled.refused[sale.pk] = why
        else:
            del ruled.refused[sale.pk]
            chosen.append((sale, said[sale.pk]))
    return chosen


def _hindrance(sale: ReportedSale, said: Ruling) -> str:
    if sale.state != SaleState.OPEN:
        return _("It was decided meanwhile.")
    is_less = said.quantity is not None and said.quantity != sale.quantity
    if said.approve and is_less and not 0 < (said.quantity or 0) < sale.quantity:
        return _("Approve more than nothing, and at most what was reported.")
    if (not said.approve or is_less) and not said.reason.strip():
        return _("Say why: the partner reads it.")
    if len(said.reason) > LONGEST_REASON:
        return _("The reason has more than %d characters.") % LONGEST_REASON
    return ""


def _take_in(
    report: SalesReport,
    approved: Sequence[tuple[ReportedSale, Ruling]],
    ruled: Ruled,
    *,
    actor: str,
    zone: ZoneInfo,
    now: datetime,
) -> list[ReportedSale]:
    """The sales that are facts now; of the others `ruled` says what the door said."""
    for sale, said in approved:
        sale.granted_quantity = said.quantity or sale.quantity
        # In proportion and rounded down: parts never add up to more than the whole.
        share = sale.granted_quantity / sale.quantity
        is_whole = sale.granted_quantity == sale.quantity
        sale.granted_amount = sale.amount if is_whole else int(sale.amount * share)
        sale.reason = said.reason.strip()
    _have_the_kind(actor=actor, now=now)
    facts = [fact_of(sale, number=report.account.number, zone=zone) for sale, _said in approved]
    outcomes = take_in(facts, source=SOURCE, actor=actor, as_of=now)
    taken = []
    for (sale, _said), outcome in zip(approved, outcomes, strict=True):
        if outcome.status == "accepted":
            sale.state, sale.activity_id = SaleState.APPROVED, outcome.activity_id
            taken.append(sale)
        else:
            ruled.refused[sale.pk] = outcome.reason
    return taken


def fact_of(sale: ReportedSale, *, number: str, zone: ZoneInfo) -> Fact:
    """What an approved sale is. Documents of two accounts may have one number; so the identity
    begins with that of the account."""
    return Fact(
        account=number,
        kind=KIND,
        external_id=f"{number}|{sale.document}",
        line=sale.line,
        occurred_at=start_of(sale.sold_on, zone),
        amount=sale.granted_amount or 0,
        quantity=(sale.granted_quantity or sale.quantity).normalize(),
        product=sale.product.sku,
        attributes={"customer": sale.customer} if sale.customer else None,
        reverses=None,
    )


def _have_the_kind(*, actor: str, now: datetime) -> None:
    """Tenants have it from the first sale on that they approve."""
    if not ActivityKind.objects.filter(code=KIND).exists():
        name, says = _("Sale to an end customer"), [Attribute("customer")]
        add_kind(code=KIND, name=name, attributes=says, actor=actor, now=now)


def _rejected(sale: ReportedSale, said: Ruling) -> ReportedSale:
    sale.state, sale.reason = SaleState.REJECTED, said.reason.strip()
    return sale


def _keep(report: SalesReport, ruled: Ruled, *, actor: str, now: datetime) -> None:
    if not ruled.done:
        return
    for sale in ruled.done:
        sale.decided_at, sale.decided_by = now, actor
    ReportedSale.objects.bulk_update(
        ruled.done,
        [
            "state", "granted_quantity", "granted_amount", "reason", "decided_at", "decided_by",
            "activity",
        ],
    )  # fmt: skip
    counts = report.sales.order_by().values_list("state").annotate(Count("id"))
    in_all = dict.fromkeys(SaleState.values, 0) | dict(counts)
    if not in_all[SaleState.OPEN]:
        report.decided_at = now
        report.save(update_fields=["decided_at"])
    approved = [sale for sale in ruled.done if sale.state == SaleState.APPROVED]
    events.record(
        kind="sales.decided",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"sales_report:{report.pk}",
        account_id=report.account_id,
        payload={
            "name": report.name,
            "approved": len(approved),
            "in_part": sum(1 for sale in approved if sale.granted_quantity != sale.quantity),
            "amount": sum(sale.granted_amount or 0 for sale in approved),
            "rejected": len(ruled.done) - len(approved),
            "in_all": in_all,
        },
    )
