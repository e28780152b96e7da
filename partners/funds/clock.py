"""What a day brings to funds: accruals, reminders, claims that did not come, money that is over.

Days are the tenant's local ones; running twice is once, and killed anywhere the next run goes on.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.events import record_many
from accounts.progress import turns
from partners.funds.accruing import accrue
from partners.funds.balances import SYSTEM, day_before_end, parts_of, settle_expired
from partners.funds.deciding import end
from partners.funds.steps import NotNow, lock_budget, locked
from partners.funds.telling import tell_of_requests, told_of_fund
from partners.models import Fund, FundBudget, FundGrant, FundRequest, RequestState
from rewards import ledger

AT_ONCE = 500  # requests reminded of in one transaction
REMIND = timedelta(days=14)  # before the last day for a claim
UNCLAIMED = (RequestState.APPROVED, RequestState.INCOMPLETE)


@dataclass(slots=True)
class Advanced:
    accrued: int = 0
    expired: int = 0
    lapsed: int = 0
    reminded: int = 0


def advance(*, today: date, zone: ZoneInfo, now: datetime) -> Advanced:
    """Do all that is due on `today`, in transactions of its own. What breaks is raised once the
    rest is done."""
    done, about = Advanced(), {"today": today, "now": now}
    with turns() as each:
        done.lapsed = each(_lapse, **about)
        done.expired = each(_expire, **about)
        done.accrued = each(accrue, zone=zone, **about)
        while count := each(_remind_of_claims, **about):
            done.reminded += count
            if count < AT_ONCE:
                break
        done.reminded += each(_remind_of_ends, **about)
    return done


def _lapse(*, today: date, now: datetime) -> int:
    """One after the other: each locks its budget. A claim that comes in at this moment is first."""
    with transaction.atomic():
        due = FundRequest.objects.filter(state__in=UNCLAIMED, claim_until__lt=today)
        ids = list(due.order_by("claim_until", "id").values_list("pk", flat=True))
    with turns() as each:
        return sum([each(_lapse_one, pk, today=today, now=now) for pk in ids])


def _lapse_one(request_id: UUID, *, today: date, now: datetime) -> bool:
    with transaction.atomic():
        try:
            held = locked(request_id, states=UNCLAIMED)
        except NotNow:
            return False
        if held.request.claim_until is None or held.request.claim_until >= today:
            return False
        note = _("No claim came in time.")
        end(held, RequestState.LAPSED, note=note, actor=SYSTEM, now=now)
    return True


def _expire(*, today: date, now: datetime) -> int:
    """Unused money of allocations whose day is over goes back to its budget; returns of how many
    funds. The ledger expires it, this books what it did."""
    more = True
    while more:
        with transaction.atomic():
            more = ledger.expire_some(upto=now, actor=SYSTEM)
    over = FundGrant.objects.filter(fund=OuterRef("pk"), last_day__lt=today)
    unused = Q(granted__gt=F("expired") + F("committed") + F("paid"))
    with transaction.atomic():
        found = Fund.objects.filter(unused, Exists(over)).values_list("budget_id", "pk")
        by_budget: dict[UUID, list[UUID]] = {}
        for budget_id, fund_id in found:
            by_budget.setdefault(budget_id, []).append(fund_id)
    with turns() as each:
        return sum([each(_expire_of, *one, now=now) for one in sorted(by_budget.items())])


def _expire_of(budget_id: UUID, fund_ids: list[UUID], *, now: datetime) -> int:
    with transaction.atomic():
        budget = lock_budget(budget_id)
        locks = Fund.objects.select_for_update(of=("self",), no_key=True)
        funds = list(locks.filter(pk__in=fund_ids).order_by("pk"))
        return len(settle_expired(budget, [fund.pk for fund in funds], now=now))


def _remind_of_claims(*, today: date, now: datetime) -> int:
    """Once for each last day: who was asked for more proof has another."""
    fresh = Q(reminded_of=None) | ~Q(reminded_of=F("claim_until"))
    begun = Q(starts_on__lte=today)
    near = Q(claim_until__range=(today, today + REMIND))
    with transaction.atomic():
        rows = FundRequest.objects.select_for_update(of=("self",), skip_locked=True)
        rows = rows.select_related("account", "budget", "activity")
        due = list(rows.filter(near & fresh & begun, state__in=UNCLAIMED).order_by("pk")[:AT_ONCE])
        for request in due:
            request.reminded_of = request.claim_until
        FundRequest.objects.bulk_update(due, ["reminded_of"])
        tell_of_requests(due, "reminded", actor=SYSTEM, now=now)
    return len(due)


def _remind_of_ends(*, today: date, now: datetime) -> int:
    """What is unused and ends soon, by the days that its budget says; once for each end."""
    with transaction.atomic():
        budgets = list(FundBudget.objects.filter(remind_days__gt=0).order_by("id"))
    return sum(_remind_of_budget(one, today=today, now=now) for one in budgets)


def _remind_of_budget(budget: FundBudget, *, today: date, now: datetime) -> int:
    within = timedelta(days=budget.remind_days)
    ending = FundGrant.objects.filter(fund=OuterRef("pk"), last_day__range=(today, today + within))
    unused = Q(granted__gt=F("expired") + F("committed") + F("paid"))
    with transaction.atomic():
        rows = Fund.objects.select_for_update(of=("self",), no_key=True)
        rows = rows.filter(Exists(ending), unused, budget=budget).select_related("account")
        funds = {fund.pk: fund for fund in rows.order_by("pk")}
        parts = day_before_end(parts_of(funds), within=within, today=today)
        told = []
        for pk, part in parts.items():
            fund = funds[pk]
            if fund.reminded_of is None or fund.reminded_of < part.last_day:
                fund.budget, fund.reminded_of = budget, part.last_day
                told.append(
                    told_of_fund(fund, "expiring", amount=part.amount, actor=SYSTEM, now=now,
                                 until=part.last_day.isoformat())
                )  # fmt: skip
        Fund.objects.bulk_update(funds.values(), ["reminded_of"])
        record_many(told)
    return len(told)
