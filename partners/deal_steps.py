"""What all steps of a deal have in common: who may take them, locks, and what stands in the way."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import ApiKey, Member, Staff
from partners.conflicts import compare_with
from partners.models import Deal, DealState
from partners.telling import tell

LONGEST_NOTE = 300


class NotNow(ValueError):
    """The deal's state, or a rule, does not allow it; its text says why. Nothing changed."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, and the person behind it: a key acts for whoever made it."""

    actor: str
    user_id: UUID | None


def decider(who: Staff | ApiKey) -> Decider:
    if isinstance(who, Staff):
        return Decider(who.actor, who.user_id)
    return Decider(who.actor, _maker_of(who))


def is_own(deal: Deal, by: Decider) -> bool:
    """Whether who would decide registered it, or belongs to one of its accounts."""
    if deal.registered_by == by.actor:
        return True
    if by.user_id is None:
        return False
    accounts = {deal.reseller_id, deal.distributor_id} - {None}
    if Member.objects.filter(account_id__in=accounts, user_id=by.user_id).exists():
        return True
    return _person_behind(deal.registered_by) == by.user_id


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


def _person_behind(actor: str) -> UUID | None:
    what, _sep, key = actor.partition(":")
    if what == "key":
        return _maker_of(ApiKey.objects.get(pk=key))
    if what == "staff":
        return Staff.objects.values_list("user_id", flat=True).get(pk=key)
    if what == "member":
        return Member.objects.values_list("user_id", flat=True).get(pk=key)
    return None


def _maker_of(key: ApiKey) -> UUID | None:
    what, _sep, staff_id = key.created_by.partition(":")
    if what != "staff":
        return None
    return Staff.objects.filter(pk=staff_id).values_list("user_id", flat=True).first()
