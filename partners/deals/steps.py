"""What all steps of a deal have in common: who may take them, locks, and what stands in the way."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.hands import accounts_of, hands_of
from partners.deals.conflicts import compare_with
from partners.deals.telling import tell
from partners.models import Deal, DealState

LONGEST_NOTE = 300


class NotNow(ValueError):
    """The deal's state, or a rule, does not allow it; its text says why. Nothing changed."""


def is_own(deal: Deal, by: str) -> bool:
    """Whether the person behind `by` registered it, or belongs to one of its accounts."""
    hands = hands_of(by)
    accounts = {deal.reseller_id, deal.distributor_id}
    return deal.registered_by in hands or bool(accounts & accounts_of(hands))


def locked(deal_id: UUID, *, states: Collection[str], also: Collection[UUID] = ()) -> Deal:
    """The deal, locked together with the deals in `also` in one order. Raises Deal.DoesNotExist,
    and NotNow unless it is in one of `states`."""
    rows = Deal.objects.select_for_update(of=("self",)).select_related(
        "account", "reseller", "distributor", "form"
    )
    found = {row.pk: row for row in rows.filter(pk__in={deal_id, *also}).order_by("id")}
    if deal_id not in found:
        raise Deal.DoesNotExist(deal_id)
    deal = found[deal_id]
    if deal.state not in states:
        raise NotNow(
            _("It is “%s” meanwhile: this cannot be done with it any more, or not yet.")
            % deal.get_state_display()
        )
    return deal


def a_reason(text: str, *, why: str) -> str:
    """`text`, tidied. Raises NotNow with `why` where there is none, or too much of it."""
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise NotNow(_("%(why)s At most %(most)d characters.") % {"why": why, "most": LONGEST_NOTE})
    return text


def moved(deal: Deal, what: str, *, actor: str, now: datetime, **more: Any) -> Deal:
    """Keep the deal as it is now, and say what became of it."""
    deal.save()
    tell([deal], what, actor=actor, now=now, **more)
    return deal


def expire(deals: Sequence[Deal], *, actor: str, now: datetime) -> None:
    """The exclusivity of these, which are locked, is over; their customers are free for others."""
    for deal in deals:
        deal.state, deal.is_compared = DealState.EXPIRED, False
        deal.ended_at, deal.ended_by = now, actor
    Deal.objects.bulk_update(deals, ["state", "ended_at", "ended_by", "is_compared"])
    compare_with([deal.pk for deal in deals], wanted=False)
    tell(deals, "expired", actor=actor, now=now)
