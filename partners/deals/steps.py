"""What all steps of a deal have in common: who may take them, locks, and what stands in the way."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.hands import has_hand_in
from partners import words
from partners.deals.conflicts import compare_with
from partners.deals.telling import tell
from partners.models import Deal, DealState


class NotNow(ValueError):
    """The deal's state, or a rule, does not allow it; its text says why. Nothing changed."""


a_reason = partial(words.a_reason, refused=NotNow)
a_note = partial(words.a_note, refused=NotNow)


def is_own(deal: Deal, by: str) -> bool:
    """Whether the person behind `by` registered it, or belongs to one of its accounts."""
    accounts = (deal.reseller_id, deal.distributor_id)
    return has_hand_in(by, actors=[deal.registered_by], account_ids=accounts)


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
