"""Budgets: how much there is for what partners do, from when until when, and whose it is."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.facts import MAX_AMOUNT
from accounts.models import ActivityKind, Program, Segment, Staff
from accounts.periods import add_months
from partners.funds.steps import lock_budget
from partners.models import BudgetKind, Every, FundBudget

LONGEST = 5 * 366  # days
FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)  # of first days; others are slips of the pen
MONTHS = {Every.MONTH: 1, Every.QUARTER: 3}


class BadBudget(ValueError):
    """Its text says what to change, in `field` where it is one; nothing was kept."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What can be changed later, too; see FundBudget. `amount` in the smallest unit."""

    name: str
    owner: Staff
    amount: int
    ends_on: date
    on_request: bool = False
    remind_days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """Of which purchases how much is accrued; fixed for the budget's life, as was promised."""

    share: Decimal
    every: str = "quarter"
    kinds: tuple[str, ...] = ("purchase",)
    lines: tuple[str, ...] = ()
    segment: Segment | None = None
    good_months: int = 3


def add_budget(
    *,
    program: Program,
    starts_on: date,
    terms: Terms,
    accrual: Accrual | None,
    actor: str,
    now: datetime,
) -> FundBudget:
    """A budget of which accounts are allocated parts by hand, or accrue them. Raises BadBudget."""
    _check(terms, starts_on)
    more: dict[str, object] = {"kind": BudgetKind.DISCRETIONARY}
    if accrual is not None:
        _check_accrual(accrual, terms, starts_on)
        more = {"kind": BudgetKind.ACCRUED} | {
            name: getattr(accrual, name) for name in ("share", "every", "segment", "good_months")
        }
        more |= {"kinds": list(accrual.kinds), "lines": list(accrual.lines)}
    budget = FundBudget(
        program=program,
        starts_on=starts_on,
        created_at=now,
        created_by=actor,
        **_values(terms),
        **more,
    )
    return _keep(budget, "fund_budget.added", actor=actor, now=now)


def change_budget(*, budget_id: UUID, terms: Terms, actor: str, now: datetime) -> FundBudget:
    """What was allocated stays, until its own last day. Raises BadBudget."""
    with transaction.atomic():
        budget = lock_budget(budget_id)
        _check(terms, budget.starts_on)
        if terms.amount < budget.allocated:
            raise BadBudget(_("More than that is allocated already."), "amount")
        if budget.kind == BudgetKind.ACCRUED and terms.on_request:
            raise BadBudget(_("What is accrued is not topped up."), "on_request")
        for name, value in _values(terms).items():
            setattr(budget, name, value)
        return _keep(budget, "fund_budget.changed", actor=actor, now=now)


def last_day_of(budget: FundBudget) -> date:
    """The last day on which money of the budget can be committed; a co-op budget's last accruals
    are good for some months more."""
    if budget.kind == BudgetKind.DISCRETIONARY:
        return budget.ends_on
    return good_until(budget, add_months(period_around(budget, budget.ends_on), _months(budget)))


def period_around(budget: FundBudget, day: date) -> date:
    """First day of the budget's calendar period around a day."""
    months = _months(budget)
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def period_after(budget: FundBudget, since: date) -> date:
    return add_months(since, _months(budget))


def good_until(budget: FundBudget, until: date) -> date:
    """The last day of what was accrued in the period that ended before `until`."""
    return date.fromordinal(add_months(until, budget.good_months).toordinal() - 1)


def _months(budget: FundBudget) -> int:
    return MONTHS[Every(budget.every)]


def _values(terms: Terms) -> dict[str, object]:
    names = ("name", "owner", "amount", "ends_on", "on_request", "remind_days")
    return {name: getattr(terms, name) for name in names}


def _check(terms: Terms, starts_on: date) -> None:
    if not terms.name.strip():
        raise BadBudget(_("Give it a name."), "name")
    if not 0 < terms.amount <= MAX_AMOUNT:
        raise BadBudget(_("Say how much there is: an amount above zero."), "amount")
    if not FIRST <= starts_on <= LAST:
        raise BadBudget(_("Choose a day of this century."), "starts_on")
    if not starts_on <= terms.ends_on or (terms.ends_on - starts_on).days > LONGEST:
        raise BadBudget(_("Choose a last day after the first, within five years."), "ends_on")
    if not 0 <= terms.remind_days <= 90:
        raise BadBudget(_("From 0 to 90 days."), "remind_days")


def _check_accrual(accrual: Accrual, terms: Terms, starts_on: date) -> None:
    if accrual.every not in Every.values:
        raise BadBudget(_("It is worked out by month or by quarter."), "every")
    months = MONTHS[Every(accrual.every)]
    if not 0 < accrual.share <= 100 or accrual.share != round(accrual.share, 2):
        raise BadBudget(_("A share is above 0 and at most 100 percent."), "share")
    if starts_on.day != 1 or (starts_on.month - 1) % months:
        raise BadBudget(_("It starts with a month or a quarter, as it accrues."), "starts_on")
    if terms.on_request:
        raise BadBudget(_("What is accrued is not topped up."), "on_request")
    if not 0 <= accrual.good_months <= 24:
        raise BadBudget(_("From 0 to 24 months."), "good_months")
    known = set(ActivityKind.objects.filter(code__in=accrual.kinds).values_list("code", flat=True))
    if not accrual.kinds or set(accrual.kinds) - known:
        raise BadBudget(_("Choose kinds of activities that there are."), "kinds")


def _keep(budget: FundBudget, kind: str, *, actor: str, now: datetime) -> FundBudget:
    try:
        with transaction.atomic():
            budget.save()
    except IntegrityError as error:
        if "fund_budget_name_is_unique" not in str(error):
            raise
        raise BadBudget(_("There is a budget of this name already."), "name") from None
    events.record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"fund_budget:{budget.pk}",
        payload={
            "name": budget.name,
            "kind": budget.kind,
            "amount": budget.amount,
            "starts_on": budget.starts_on.isoformat(),
            "ends_on": budget.ends_on.isoformat(),
            "owner": budget.owner.actor,
            "on_request": budget.on_request,
            "share": str(budget.share) if budget.share is not None else None,
        },
    )
    return budget
