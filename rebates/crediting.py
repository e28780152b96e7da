"""Settlements that are no transfer: credit notes, credits of the ERP account, points.

Two people have decided on each already, when its statement was prepared and approved; so they are
handed over at once. The money leaves the account's wallet, and for points comes back as points.

What comes to less than one point is lost to nobody: it is carried to the account's next settlement
in points of the program, and handed over with it; or with others as small, once they are a point.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.db import transaction
from django.db.models import Case, DecimalField, ExpressionWrapper, F, Q, Value, When
from django.db.models.lookups import LessThan
from django.utils.translation import gettext as _

from accounts import events
from accounts.hands import accounts_of, hands_of
from accounts.ids import uuid7
from accounts.models import Enrollment, Tenant
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
    `why_not` says why not. `along` are those below one point whose worth is in these points."""

    settlement: Settlement
    amount: int
    points: int | None
    why_not: str
    along: tuple["Creditable", ...] = ()


def creditable(*, tenant: Tenant, actor: str) -> list[Creditable]:
    """What is to be credited, the oldest first, as far as the actor may; what is below one point,
    and of what nothing is left, comes last: they crowd nobody else out of the list."""
    settlements = list(
        Settlement.objects.filter(method__in=METHODS, state__in=TO_PAY)
        .select_related("account", "statement__agreement", "statement__version")
        .order_by(filled().desc(), _is_small(tenant), "approved_at", "id")[:MOST]
    )
    own, left = accounts_of(hands_of(actor)), payable(settlements)
    taking_part = _taking_part(settlements)
    found = []
    for one in settlements:
        amount = left[one.pk]
        points = _points([(one, amount)], tenant) if one.method == Method.POINTS else None
        why_not = ""
        if one.account_id in own:
            why_not = _("You belong to this account; somebody else has to hand it over.")
        elif not amount:
            why_not = why_nothing()
        elif points is not None and _whose(one) not in taking_part:
            why_not = _("The account takes no part in the program: enroll it, to give it points.")
        found.append(Creditable(one, amount, points, why_not))
    return _together(found, tenant)


def _together(found: Sequence[Creditable], tenant: Tenant) -> list[Creditable]:
    """The same, those below one point with who takes them along: the first of the account's others
    in points of the program, else the newest of themselves as soon as they are a point."""
    told = {one.settlement.pk: one for one in found}
    for group in _in_points(found):
        small = [one for one in group if not one.points]
        others = [one for one in group if one.points]
        if not small:
            continue
        taker, *along = [others[0], *small] if others else [small[-1], *small[:-1]]
        points = _points([(one.settlement, one.amount) for one in (taker, *along)], tenant)
        waits = _("It comes to less than one point: it is handed over with the account’s next.")
        told |= {one.settlement.pk: replace(one, why_not=waits) for one in small}
        if points:
            nothing = tuple(replace(one, points=0) for one in along)
            told[taker.settlement.pk] = replace(taker, points=points, along=nothing)
    return [told[one.settlement.pk] for one in found]


def _whose(one: Settlement) -> tuple[UUID, UUID]:
    return one.account_id, one.statement.agreement.program_id


def _taking_part(settlements: Collection[Settlement]) -> set[tuple[UUID, UUID]]:
    """(account, program) of those that can have points: an agreement may be with others as well."""
    ids = {one.account_id for one in settlements if one.method == Method.POINTS}
    rows = Enrollment.objects.filter(account_id__in=ids) if ids else Enrollment.objects.none()
    return set(rows.values_list("account_id", "program_id"))


def _in_points(found: Iterable[Creditable]) -> list[list[Creditable]]:
    """Of those that can be credited the ones in points, for each wallet, the oldest first."""
    groups = defaultdict(list)
    for one in found:
        if one.points is not None and not one.why_not:
            groups[_whose(one.settlement)].append(one)
    for group in groups.values():
        group.sort(key=lambda one: (one.settlement.approved_at, one.settlement.pk))
    return list(groups.values())


def _is_small(tenant: Tenant) -> Case:
    """Of settlements: whether what is left of it comes to less than one point."""
    worth = ExpressionWrapper(
        (F("amount") - F("set_off")) * F("statement__version__points_rate"),
        output_field=DecimalField(max_digits=40, decimal_places=4),
    )
    is_less = LessThan(worth, Value(10 ** exponent(tenant.currency)))
    return Case(When(Q(is_less, method=Method.POINTS), then=True), default=False)


def is_below_one_point(settlement: Settlement, *, rate: Decimal | None, currency: str) -> bool:
    """Whether it waits for the account's next settlement in points; `rate` is that of its terms."""
    if settlement.method != Method.POINTS or settlement.state not in TO_PAY or not rate:
        return False
    return 0 < settlement.left * rate < 10 ** exponent(currency)


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
        found = [
            one for one in creditable(tenant=tenant, actor=actor) if one.settlement.pk in wallets
        ]
        chosen = [one for one in found if not one.why_not]
        if not chosen:
            reasons = {one.why_not for one in found}
            several = _("None of these can be handed over; see beside each why not.")
            raise CannotCredit(reasons.pop() if len(reasons) == 1 else several)
        numbered = Credit.objects.filter(number__isnull=False).order_by("-number")
        number = numbered.values_list("number", flat=True).first() or 0
        issued = []
        for one in chosen:
            is_note = one.settlement.method == Method.CREDIT_NOTE
            number += is_note
            wallet_id = wallets[one.settlement.pk]
            issued.append(_issue(one, number if is_note else None, wallet_id, actor=actor, now=now))
            issued += [_issue(each, None, wallet_id, actor=actor, now=now) for each in one.along]
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
    if one.points:
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


def _points(settled: Iterable[tuple[Settlement, int]], tenant: Tenant) -> int:
    """For these amounts together, at the rates of their terms for each 1.00 of the currency; only
    the sum is rounded down, as points are."""
    whole = sum(
        amount * Fraction(settlement.statement.version.points_rate or 0)
        for settlement, amount in settled
    )
    return int(whole / 10 ** exponent(tenant.currency))
