"""What a day brings to deals: reminders before an exclusivity ends, its end, and old wins that new
deals are not compared with any more. Days are the tenant's local ones; running twice is once."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q

from partners.deals.conflicts import compare_with
from partners.deals.days import day_after, day_before
from partners.deals.steps import expire
from partners.deals.telling import tell
from partners.models import Deal, DealState

ACTOR = "system"
AT_ONCE = 500  # deals in one transaction


@dataclass(slots=True)
class Advanced:
    reminded: int = 0
    expired: int = 0
    retired: int = 0


def advance(*, today: date, now: datetime) -> Advanced:
    """Do all that is due on `today`, in transactions of its own."""
    done = Advanced()
    for name, work in (("reminded", _remind), ("expired", _expire), ("retired", _retire)):
        while count := work(today=today, now=now):
            setattr(done, name, getattr(done, name) + count)
            if count < AT_ONCE:
                break
    return done


def _remind(*, today: date, now: datetime) -> int:
    """Once for each end: an extension brings another end, and so another reminder."""
    near = Q(exclusive_until__lte=day_after(today, "form__remind_days"))
    fresh = Q(reminded_of=None) | ~Q(reminded_of=F("exclusive_until"))
    with transaction.atomic():
        due = _due(near & fresh, state=DealState.APPROVED, exclusive_until__gte=today)
        for deal in due:
            deal.reminded_of = deal.exclusive_until
        Deal.objects.bulk_update(due, ["reminded_of"])
        tell(due, "reminded", actor=ACTOR, now=now)
    return len(due)


def _expire(*, today: date, now: datetime) -> int:
    """One that asks for more days waits for the answer."""
    with transaction.atomic():
        due = _due(Q(exclusive_until__lt=today), state=DealState.APPROVED, extension_asked_at=None)
        expire(due, actor=ACTOR, now=now)
    return len(due)


def _retire(*, today: date, now: datetime) -> int:
    """Nobody's business: no event."""
    long_ago = Q(won_on__lt=day_before(today, "form__won_days"))
    with transaction.atomic():
        due = _due(long_ago, state=DealState.WON, is_compared=True)
        compare_with([deal.pk for deal in due], wanted=False)
    return len(due)


def _due(which: Q, **more: object) -> list[Deal]:
    """Locked in one order; who decides about one at this moment goes first."""
    rows = Deal.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.select_related("account", "reseller", "distributor").filter(which, **more)
    return list(rows.order_by("id")[:AT_ONCE])
