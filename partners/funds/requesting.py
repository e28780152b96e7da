"""A partner asks for money for an activity: checked by the form of its kind, and kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.facts import MAX_AMOUNT
from accounts.ids import uuid7
from accounts.models import Account, Enrollment, Member
from accounts.models.directory import EnrollmentState
from partners.funds.activities import why_not_for
from partners.funds.budgets import last_day_of
from partners.funds.shares import part_of
from partners.funds.telling import tell_of_requests
from partners.models import Fund, FundActivity, FundBudget, FundRequest
from partners.words import BadAnswer, checked_answers

LONGEST = timedelta(days=366)  # of an activity


class CannotAsk(ValueError):
    """Its text says what to change, in `field` where it is one; nothing was kept."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class OtherRequest(ValueError):
    """The same key has asked for something else before; nothing was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a partner says of an activity. Amounts are in the smallest unit; `key` is the permanent
    identity of the request, by `actor`."""

    account: Account
    budget: FundBudget
    activity: FundActivity
    member: Member | None = None
    title: str
    starts_on: date
    ends_on: date
    total_cost: int
    asked: int
    answers: Mapping[str, Any] = field(default_factory=dict)
    key: str
    actor: str


def ask(wish: Wish, *, today: date, now: datetime) -> FundRequest:
    """Keep the request; nothing is committed before somebody approves it.

    The same asker's same key asks once: again, it is answered with the first request. Raises
    CannotAsk, OtherRequest.
    """
    made = _drafted(wish, now=now)
    earlier = FundRequest.objects.filter(requested_by=wish.actor, request_key=wish.key)
    if earlier.exists():
        return _earlier(made)
    _check(wish, today=today, now=now)
    with transaction.atomic():
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError as error:
            if "fund_requested_once" not in str(error):
                raise
            return _earlier(made)
        tell_of_requests([made], "requested", actor=wish.actor, now=now)
    return made


def budgets_for(account: Account, *, today: date) -> QuerySet[FundBudget]:
    """Those of which the account has something, or may ask for it."""
    mine = Fund.objects.filter(
        account=account, granted__gt=F("expired") + F("committed") + F("paid")
    )
    enrolled = Enrollment.objects.filter(account=account, state=EnrollmentState.ACTIVE)
    open_ = Q(on_request=True, starts_on__lte=today, ends_on__gte=today)
    return FundBudget.objects.filter(
        Q(pk__in=mine.values("budget")) | open_, program__in=enrolled.values("program")
    )


def _drafted(wish: Wish, *, now: datetime) -> FundRequest:
    try:
        answers = checked_answers(wish.activity.fields, wish.answers)
    except BadAnswer as bad:
        raise CannotAsk(str(bad), bad.field) from None
    return FundRequest(
        id=uuid7(),
        budget=wish.budget,
        account=wish.account,
        activity=wish.activity,
        member=wish.member,
        requested_by=wish.actor,
        requested_at=now,
        request_key=wish.key,
        title=" ".join(wish.title.split()),
        answers=answers,
        starts_on=wish.starts_on,
        ends_on=wish.ends_on,
        total_cost=wish.total_cost,
        asked=wish.asked,
    )


def _check(wish: Wish, *, today: date, now: datetime) -> None:
    if not wish.title.strip() or not wish.title.isprintable():
        raise CannotAsk(_("Say in a few words what it is."), "title")
    if not budgets_for(wish.account, today=today).filter(pk=wish.budget.pk).exists():
        raise CannotAsk(_("You have nothing left of this fund."), "budget")
    enrollment = Enrollment.objects.get(account=wish.account, program=wish.budget.program_id)
    if why_not := why_not_for(wish.activity, enrollment, now=now):
        raise CannotAsk(why_not, "activity")
    _check_days(wish, today=today)
    _check_amounts(wish)


def _check_days(wish: Wish, *, today: date) -> None:
    if wish.starts_on < today:
        raise CannotAsk(_("Ask before it begins: choose a first day from today on."), "starts_on")
    if wish.starts_on > last_day_of(wish.budget):
        raise CannotAsk(_("It begins when the fund is over; choose an earlier day."), "starts_on")
    if not wish.starts_on <= wish.ends_on <= wish.starts_on + LONGEST:
        raise CannotAsk(_("Choose a last day after the first, within a year."), "ends_on")


def _check_amounts(wish: Wish) -> None:
    if not 0 < wish.total_cost <= MAX_AMOUNT:
        raise CannotAsk(_("Say what it costs: an amount above zero."), "total_cost")
    if wish.asked <= 0:
        raise CannotAsk(_("Say how much you ask for: an amount above zero."), "asked")
    if wish.asked > part_of(wish.total_cost, wish.activity.share):
        share = f"{wish.activity.share.normalize():f}"
        raise CannotAsk(_("At most %s%% of the cost is paid for this activity.") % share, "asked")
    if wish.activity.most is not None and wish.asked > wish.activity.most:
        raise CannotAsk(_("That is more than is paid for this activity."), "asked")
    if not wish.budget.on_request:
        fund = Fund.objects.filter(account=wish.account, budget=wish.budget).first()
        if fund is None or wish.asked > fund.available:
            raise CannotAsk(_("You have less than that left of this fund."), "asked")


def _earlier(made: FundRequest) -> FundRequest:
    """What this key asked for before. Raises OtherRequest when it was something else."""
    related = FundRequest.objects.select_related("account", "budget", "activity")
    earlier = related.get(requested_by=made.requested_by, request_key=made.request_key)
    said = ("account_id", "budget_id", "activity_id", "title", "answers", "starts_on", "ends_on")
    if any(
        getattr(earlier, name) != getattr(made, name) for name in (*said, "total_cost", "asked")
    ):
        raise OtherRequest(_("This was asked for before with other content. Nothing was changed."))
    return earlier
