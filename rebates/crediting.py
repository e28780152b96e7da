"""Settlements that are no transfer: credit notes, credits of the ERP account, points.

Two people have decided on each already, when its statement was prepared and approved; so they are
handed over at once. The money leaves the account's wallet, and for points comes back as points.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.hands import accounts_of, hands_of
from accounts.ids import uuid7
from accounts.models import Tenant
from accounts.money import exponent
from accounts.tenancy import current_tenant_id
from rebates.models import Credit, Method, Settlement
from rebates.outgoing import TO_PAY, filled, lock_wallets, payable, why_nothing
from rebates.settling import mark_paid
from rewards import ledger, payouts
from rewards.adjusting import apply_decided
from rewards.adjustment_drafts import Wanted
from rewards.models import AdjustmentAction

MOST = 500  # at once
METHODS = (Method.CREDIT_NOTE, Method.ACCOUNT_CREDIT, Method.POINTS)


class CannotCredit(ValueError):
    """Its text says what stands in the way; nothing moved."""


@dataclass(frozen=True, slots=True)
class Creditable:
    """A settlement to be credited: `amount` of it, as `points` where it is settled in them, unless
    `why_not` says why not."""

    settlement: Settlement
    amount: int
    points: int | None
    why_not: str


def creditable(*, tenant: Tenant, actor: str) -> list[Creditable]:
    """What is to be credited, the oldest first, as far as the actor may; of what nothing is left
    comes last."""
    settlements = list(
        Settlement.objects.filter(method__in=METHODS, state__in=TO_PAY)
        .select_related("account", "statement__agreement", "statement__version")
        .order_by(filled().desc(), "approved_at", "id")[:MOST]
    )
    own, left = accounts_of(hands_of(actor)), payable(settlements)
    found = []
    for one in settlements:
        amount = left[one.pk]
        points = _points(one, amount, tenant) if one.method == Method.POINTS else None
        why_not = ""
        if one.account_id in own:
            why_not = _("You belong to this account; somebody else has to hand it over.")
        elif not amount:
            why_not = why_nothing()
        elif points == 0:
            why_not = _("It comes to less than one point.")
        found.append(Creditable(one, amount, points, why_not))
    return found


def issue(
    *, settlement_ids: Collection[UUID], tenant: Tenant, actor: str, now: datetime
) -> list[Credit]:
    """Hand over what can be of these settlements; credit notes take the next numbers. Raises
    CannotCredit where it is none, and `rewards.payouts.PayoutsStopped`."""
    with transaction.atomic():
        # Numbers have no gap, and nobody else hands the same ones over at this moment.
        Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
        payouts.refuse_if_stopped()
        asked = Settlement.objects.filter(pk__in=settlement_ids, state__in=TO_PAY)
        # What is left of them is looked up behind the lock: a transfer may be taking it.
        wallets = lock_wallets(asked.select_related("statement__agreement"))
        chosen = [
            one
            for one in creditable(tenant=tenant, actor=actor)
            if one.settlement.pk in wallets and not one.why_not
        ]
        if not chosen:
            raise CannotCredit(_("None of these can be handed over; see beside each why not."))
        numbered = Credit.objects.filter(number__isnull=False).order_by("-number")
        number = numbered.values_list("number", flat=True).first() or 0
        issued = []
        for one in chosen:
            is_note = one.settlement.method == Method.CREDIT_NOTE
            number += is_note
            wallet_id = wallets[one.settlement.pk]
            issued.append(_issue(one, number if is_note else None, wallet_id, actor=actor, now=now))
    return issued


def _issue(
    one: Creditable, number: int | None, wallet_id: UUID, *, actor: str, now: datetime
) -> Credit:
    settlement = one.settlement
    credit = Credit.objects.create(
        id=uuid7(),
        settlement=settlement,
        account=settlement.account,
        method=settlement.method,
        number=number,
        amount=one.amount,
        points=one.points,
        issued_by=actor,
        issued_at=now,
    )
    stamp = {"actor": actor, "occurred_at": now, "recorded_at": now}
    ledger.reserve(wallet_id=wallet_id, amount=one.amount, cause=credit.pk, **stamp)
    ledger.capture([credit.pk], **stamp)
    if one.points is not None:
        _give_points(credit, one.points, now=now)
    mark_paid(settlement=settlement, paid=one.amount, actor=actor, now=now)
    events.record(
        kind="rebate.credited",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"rebate_credit:{credit.pk}",
        account_id=credit.account_id,
        payload={
            "method": credit.method,
            "number": number,
            "amount": one.amount,
            "points": one.points,
            "agreement": settlement.statement.agreement.code,
            "name": settlement.statement.agreement.name,
            "currency": settlement.statement.agreement.currency,
            "statement": settlement.statement.number,
        },
    )
    return credit


def _give_points(credit: Credit, points: int, *, now: datetime) -> None:
    statement = credit.settlement.statement
    wanted = Wanted(
        program_id=statement.agreement.program_id,
        account_id=credit.account_id,
        action=AdjustmentAction.CREDIT,
        amount=points,
        reason=f"{statement.agreement.name}, {statement.number}",
    )
    apply_decided(
        wanted,
        identity=credit.pk,
        asked_by=credit.settlement.prepared_by,
        approved_by=credit.settlement.approved_by,
        now=now,
    )


def _points(settlement: Settlement, amount: int, tenant: Tenant) -> int:
    """At the rate of the terms, for each 1.00 of the currency; rounded down, as points are."""
    rate = settlement.statement.version.points_rate or 0
    return int(amount * rate / 10 ** exponent(tenant.currency))
