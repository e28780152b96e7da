"""How a deal ends: won, lost, withdrawn. A won one is an activity, once for ever.

It comes in through the one door like any other fact, under an identity of the deal's own; lost
after all, it is taken back as a return.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.facts import MAX_AMOUNT, Fact
from accounts.models import Account
from accounts.periods import start_of
from partners.deals.conflicts import OPEN, compare_with
from partners.deals.steps import NotNow, a_note, a_reason, locked, moved
from partners.models import Credits, Deal, DealState
from rewards.intake import take_in

SOURCE = "deals"
KIND, RETURN = "deal", "return"
# Lines of a won deal: whose activity each is. What takes one back has the same line.
RESELLER, DISTRIBUTOR = "reseller", "distributor"


def win(
    deal_id: UUID,
    *,
    amount: int,
    won_on: date,
    actor: str,
    today: date,
    zone: ZoneInfo,
    now: datetime,
) -> Deal:
    """The customer has ordered for `amount`, in the smallest unit. Raises NotNow."""
    if not 0 < amount <= MAX_AMOUNT:
        raise NotNow(_("Say for how much it was won: an amount above zero."))
    with transaction.atomic():
        deal = locked(deal_id, states=(DealState.APPROVED,))
        first = deal.registered_at.astimezone(zone).date()
        if not first <= won_on <= today:
            raise NotNow(_("Choose a day from its registration to today."))
        deal.state, deal.won_on, deal.won_amount = DealState.WON, won_on, amount
        deal.ended_at, deal.ended_by, deal.extension_asked_at = now, actor, None
        facts = [
            _fact(deal, account, line, occurred_at=start_of(won_on, zone))
            for account, line in credited(deal)
        ]
        _take_in(facts, actor=actor, now=now)
        return moved(deal, "won", actor=actor, now=now, won_amount=amount, day=won_on.isoformat())


def lose(deal_id: UUID, *, note: str, actor: str, now: datetime, may_undo: bool = False) -> Deal:
    """The customer did not order; or, with `may_undo`, has canceled what was won: then what it
    earned is taken back. Raises NotNow without a note on why."""
    note = a_reason(note, why=_("Say why it was lost."))
    with transaction.atomic():
        undone = (DealState.WON,) if may_undo else ()
        deal = locked(deal_id, states=(DealState.APPROVED, *undone))
        if deal.state == DealState.WON:
            _take_in(
                [_return(deal, account, line, at=now) for account, line in credited(deal)],
                actor=actor,
                now=now,
            )
        return _ended(deal, DealState.LOST, note=note, actor=actor, now=now)


def withdraw(deal_id: UUID, *, note: str, actor: str, now: datetime) -> Deal:
    """The partner does not go on with it; the customer is free for others. Raises NotNow."""
    note = a_note(note)
    with transaction.atomic():
        deal = locked(deal_id, states=OPEN)
        return _ended(deal, DealState.WITHDRAWN, note=note, actor=actor, now=now)


def credited(deal: Deal) -> list[tuple[Account, str]]:
    """Whose activity the won deal is, with the line it is known by."""
    found = []
    if deal.reseller and deal.credits in (Credits.RESELLER, Credits.BOTH):
        found.append((deal.reseller, RESELLER))
    if deal.distributor and deal.credits in (Credits.DISTRIBUTOR, Credits.BOTH):
        found.append((deal.distributor, DISTRIBUTOR))
    return found


def _ended(deal: Deal, state: DealState, *, note: str, actor: str, now: datetime) -> Deal:
    deal.state, deal.ended_at, deal.ended_by, deal.end_note = state, now, actor, note
    deal.extension_asked_at, deal.is_compared = None, False
    compare_with([deal.pk], wanted=False)
    return moved(deal, state.value, actor=actor, now=now, note=note)


def _fact(deal: Deal, account: Account, line: str, *, occurred_at: datetime) -> Fact:
    products = [one.product.sku for one in deal.products.select_related("product")]
    return Fact(
        account=account.number,
        kind=KIND,
        external_id=str(deal.pk),
        line=line,
        occurred_at=occurred_at,
        amount=deal.won_amount or 0,
        quantity=Decimal(1),
        product=products[0] if len(products) == 1 else "",
        attributes={"stage": "won", "closes_on": deal.closes_on.isoformat()},
        reverses=None,
        member="",
    )


def _return(deal: Deal, account: Account, line: str, *, at: datetime) -> Fact:
    return Fact(
        account=account.number,
        kind=RETURN,
        external_id=f"{deal.pk}-lost",
        line=line,
        occurred_at=at,
        amount=deal.won_amount or 0,
        quantity=Decimal(1),
        product="",
        attributes=None,
        reverses=(str(deal.pk), line),
        member="",
    )


def _take_in(facts: list[Fact], *, actor: str, now: datetime) -> None:
    for outcome in take_in(facts, source=SOURCE, actor=actor, as_of=now):
        if outcome.status != "accepted":
            raise NotNow(_("It cannot be taken in: %s") % outcome.reason)
