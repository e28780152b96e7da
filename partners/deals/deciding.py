"""What the tenant decides of a deal: approve, reject, extend; and a partner's appeal.

First come, first served: an earlier deal for what seems to be the same customer goes first unless
somebody says why not, and two never are exclusive for the same customer and product.
"""

from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.dates import said_day
from partners.deals.conflicts import compare_with, conflicts_of, same_customer, share_products
from partners.deals.steps import NotNow, a_reason, expire, is_own, locked, moved
from partners.models import Deal, DealState
from partners.resemblance.comparing import CONFLICT


def approve(deal_id: UUID, *, by: str, note: str, today: date, now: datetime) -> Deal:
    """The customer is theirs from today on, for the days of the form.

    Raises NotNow for one's own, for one that is decided, where another is exclusive for the
    customer, and without a `note` where an earlier deal may be for the same one.
    """
    with transaction.atomic():
        deal = _undecided(deal_id, by)
        _refuse_second_exclusive(deal)
        rivals = [one for one in conflicts_of(deal, today=today, least=CONFLICT) if one.is_earlier]
        note = note.strip()
        if rivals or note:
            note = a_reason(
                note,
                why=_("An earlier deal may be for the same customer: say why this goes ahead."),
            )
        deal.state, deal.decided_at, deal.decided_by = DealState.APPROVED, now, by
        deal.reason = note
        deal.exclusive_until = today + timedelta(days=deal.form.exclusive_days - 1)
        return moved(deal, "approved", actor=by, now=now, note=note)


def reject(deal_id: UUID, *, by: str, reason: str, now: datetime) -> Deal:
    """Raises NotNow without a reason, for one's own, and for one that is decided."""
    reason = a_reason(reason, why=_("Say why: the partner reads it."))
    with transaction.atomic():
        deal = _undecided(deal_id, by)
        deal.state, deal.decided_at, deal.decided_by = DealState.REJECTED, now, by
        deal.reason, deal.is_compared = reason, False
        compare_with([deal.pk], wanted=False)
        return moved(deal, "rejected", actor=by, now=now, note=reason)


def appeal(deal_id: UUID, *, text: str, actor: str, now: datetime) -> Deal:
    """Ask for a second look at a rejected deal, once; it keeps its place in the order. Raises
    NotNow."""
    text = a_reason(text, why=_("Say what was overlooked."))
    with transaction.atomic():
        deal = locked(deal_id, states=(DealState.REJECTED,))
        if deal.appealed_at:
            raise NotNow(_("It was looked at a second time already; that decision stays."))
        deal.state, deal.is_compared = DealState.REGISTERED, True
        deal.appealed_at, deal.appeal = now, text
        deal.decided_at, deal.decided_by, deal.reason = None, "", ""
        compare_with([deal.pk], wanted=True)
        return moved(deal, "appealed", actor=actor, now=now, note=text)


def ask_extension(deal_id: UUID, *, reason: str, actor: str, today: date, now: datetime) -> Deal:
    """Ask for more days; while nobody has decided the exclusivity does not end. Raises NotNow."""
    reason = a_reason(reason, why=_("Say why it takes longer."))
    with transaction.atomic():
        deal = locked(deal_id, states=(DealState.APPROVED,))
        if deal.extension_asked_at:
            raise NotNow(_("More days were asked for already; somebody is looking at that."))
        if deal.extensions >= deal.form.most_extensions:
            raise NotNow(_("This deal cannot be extended any more."))
        if deal.exclusive_until is None or deal.exclusive_until < today:
            raise NotNow(_("Its exclusivity has ended."))
        deal.extension_asked_at, deal.extension_reason = now, reason
        return moved(deal, "extension_asked", actor=actor, now=now, note=reason)


def extend(deal_id: UUID, *, by: str, today: date, now: datetime) -> Deal:
    """Grant the days that were asked for, counted from the end so far; from today where that is
    over meanwhile. Raises NotNow."""
    with transaction.atomic():
        deal = _asking(deal_id, by)
        end = max(deal.exclusive_until or today, today - timedelta(days=1))
        deal.exclusive_until = end + timedelta(days=deal.form.extension_days)
        deal.extensions += 1
        return moved(deal, "extended", actor=by, now=now, note=deal.extension_reason)


def refuse_extension(deal_id: UUID, *, by: str, reason: str, today: date, now: datetime) -> Deal:
    """The end stays as it was; where it waited for the answer, it is now. Raises NotNow without a
    reason."""
    reason = a_reason(reason, why=_("Say why: the partner reads it."))
    with transaction.atomic():
        deal = _asking(deal_id, by)
        moved(deal, "extension_refused", actor=by, now=now, note=reason)
        if deal.exclusive_until and deal.exclusive_until < today:
            expire([deal], actor=by, now=now)
        return deal


def _undecided(deal_id: UUID, by: str) -> Deal:
    """The deal, locked together with all open ones for the very same customer: of two that are
    approved at once, the second sees the first."""
    seen = Deal.objects.get(pk=deal_id)
    rivals = same_customer(seen).values_list("pk", flat=True)
    deal = locked(deal_id, states=(DealState.REGISTERED,), also=list(rivals))
    _refuse_own(deal, by)
    return deal


def _asking(deal_id: UUID, by: str) -> Deal:
    deal = locked(deal_id, states=(DealState.APPROVED,))
    if deal.extension_asked_at is None:
        raise NotNow(_("Nobody asks for more days."))
    _refuse_own(deal, by)
    deal.extension_asked_at = None
    return deal


def _refuse_own(deal: Deal, by: str) -> None:
    if is_own(deal, by):
        raise NotNow(_("You registered it, or belong to one of its partners: another decides."))


def _refuse_second_exclusive(deal: Deal) -> None:
    if not deal.is_exclusive:
        return
    held = same_customer(deal).filter(state=DealState.APPROVED, is_exclusive=True)
    for other in held.select_related("account").prefetch_related("products").order_by("id"):
        if share_products(deal, other):
            raise NotNow(
                _("%(reference)s of %(account)s is exclusive for this customer until %(day)s.")
                % {
                    "reference": other.reference,
                    "account": other.account.name,
                    "day": said_day(cast("date", other.exclusive_until)),
                }
            )
