"""Allocations: a part of a budget becomes an account's fund, and what is unused goes back.

The budget's row carries the sum and is locked first: at any concurrency no more is allocated than
it has.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import record_many
from accounts.hands import accounts_of, hands_of
from accounts.ids import uuid7
from accounts.models import Account, Enrollment
from accounts.models.directory import EnrollmentState
from accounts.periods import start_of
from partners.funds.balances import settle_expired, sources_of
from partners.funds.steps import NotNow, a_note, a_reason, lock_budget
from partners.funds.telling import told_of_fund
from partners.models import BudgetKind, Fund, FundBudget, FundGrant, GrantCause
from rewards import ledger

MOST = 2_000  # accounts of one allocation
FURTHEST = 5 * 366  # days
_OTHER = gettext_lazy("This was allocated before with other content. Nothing changed.")


class NotLeft(NotNow):
    """The budget has less left than was to be allocated; nothing moved."""

    def __init__(self, *, left: int, wanted: int) -> None:
        self.left, self.wanted = left, wanted
        super().__init__(_("The budget has less left than that. Nothing was allocated."))


class OtherGrant(ValueError):
    """The same key has allocated, or taken back, something else before; nothing moved."""


@dataclass(frozen=True, slots=True)
class Given:
    """`amount` above 0 for a fund, until `last_day`."""

    fund: Fund
    amount: int
    last_day: date
    note: str = ""
    key: str = ""


def grant(
    *,
    budget_id: UUID,
    amounts: Mapping[UUID, int],
    last_day: date,
    note: str,
    key: str,
    by: str,
    today: date,
    zone: ZoneInfo,
    now: datetime,
) -> list[Fund]:
    """Allocate to accounts (by id) what each is to have of a discretionary budget, all or nothing.

    The same asker's same key allocates once, and is answered the same again. Raises NotNow, NotLeft
    and OtherGrant.
    """
    note = a_note(note)
    with transaction.atomic():
        budget = lock_budget(budget_id)
        if earlier := _earlier(budget, amounts, last_day=last_day, key=key, by=by):
            return earlier
        _check(budget, amounts, last_day=last_day, by=by, today=today)
        funds = funds_of(budget, amounts)
        given = [
            Given(fund, amounts[fund.account_id], last_day, note=note, key=key) for fund in funds
        ]
        give(budget, given, cause=GrantCause.GRANTED, by=by, zone=zone, now=now)
    return funds


def take_back(*, fund_id: UUID, amount: int, reason: str, key: str, by: str, now: datetime) -> Fund:
    """Put unused money of a fund back into its budget, once for its key. Raises NotNow without a
    reason, and where less than `amount` is unused; and OtherGrant."""
    reason = a_reason(reason, why=_("Say why: the partner reads it."))
    budget_id = Fund.objects.values_list("budget_id", flat=True).get(pk=fund_id)
    with transaction.atomic():
        budget = lock_budget(budget_id)
        [fund] = _locked_funds(budget, pk=fund_id)
        earlier = FundGrant.objects.filter(fund=fund, key=key, made_by=by).first()
        if earlier is not None:
            if (earlier.amount, earlier.note) != (-amount, reason):
                raise OtherGrant(_OTHER)
            return fund
        if amount <= 0:
            raise NotNow(_("Say how much: an amount above zero."))
        if budget.kind != BudgetKind.DISCRETIONARY:
            raise NotNow(_("What is accrued on purchases is lowered by returns alone."))
        if amount > fund.available:
            raise NotNow(_("Less than that is unused; nothing was taken back."))
        taken = withdraw(budget, {fund: amount}, cause=GrantCause.TAKEN_BACK, note=reason, key=key,
                         by=by, now=now)  # fmt: skip
        if taken.get(fund.pk, 0) != amount:
            raise NotNow(_("Less than that is unused; nothing was taken back."))
    return fund


def give(
    budget: FundBudget,
    given: Sequence[Given],
    *,
    cause: GrantCause,
    by: str,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Move money of the locked budget into locked funds. Raises NotLeft, with nothing moved."""
    total = sum(one.amount for one in given)
    if total > budget.free:
        raise NotLeft(left=budget.free, wanted=total)
    grants = [
        FundGrant(
            id=uuid7(),
            fund=one.fund,
            cause=cause,
            amount=one.amount,
            last_day=one.last_day,
            note=one.note,
            key=one.key,
            made_at=now,
            made_by=by,
        )
        for one in given
    ]
    FundGrant.objects.bulk_create(grants)
    ledger.allocate(
        [
            ledger.Allocation(
                one.fund.account_id,
                budget.program_id,
                one.amount,
                made.pk,
                start_of(one.last_day + timedelta(days=1), zone),
            )
            for one, made in zip(given, grants, strict=True)
        ],
        actor=by,
        at=now,
    )
    _book(budget, [(one.fund, one.amount) for one in given])
    record_many(
        [
            told_of_fund(
                one.fund, cause.value, amount=one.amount, actor=by, now=now,
                until=one.last_day.isoformat(), note=one.note,
            )
            for one in given
        ]
    )  # fmt: skip


def withdraw(
    budget: FundBudget,
    wanted: Mapping[Fund, int],
    *,
    cause: GrantCause,
    note: str,
    key: str = "",
    by: str,
    now: datetime,
) -> dict[UUID, int]:
    """Move up to as much as is wanted, and unused, of locked funds back into their locked budget;
    how much it was, by fund."""
    causes = {fund: uuid7() for fund in wanted}
    taken = ledger.take_back(
        [
            ledger.Taking(
                fund.account_id, budget.program_id, amount, causes[fund], sources_of(fund)
            )
            for fund, amount in wanted.items()
        ],
        actor=by,
        at=now,
    )
    moved = {fund: taken[causes[fund]] for fund in wanted if causes[fund] in taken}
    FundGrant.objects.bulk_create(
        FundGrant(
            id=causes[fund], fund=fund, cause=cause, amount=-amount, note=note, key=key,
            made_at=now, made_by=by,
        )
        for fund, amount in moved.items()
    )  # fmt: skip
    _book(budget, [(fund, -amount) for fund, amount in moved.items()])
    settle_expired(budget, [fund.pk for fund in wanted], now=now)
    said = "taken_back"
    record_many(
        [
            told_of_fund(fund, said, amount=amount, actor=by, now=now, note=note)
            for fund, amount in moved.items()
        ]
    )
    return {fund.pk: amount for fund, amount in moved.items()}


def funds_of(budget: FundBudget, account_ids: Collection[UUID]) -> list[Fund]:
    """The funds that accounts have of the locked budget, locked; opened where there is none yet."""
    Fund.objects.bulk_create(
        [Fund(budget=budget, account_id=account_id) for account_id in sorted(account_ids)],
        ignore_conflicts=True,
    )
    return _locked_funds(budget, account_id__in=account_ids)


def _locked_funds(budget: FundBudget, **which: object) -> list[Fund]:
    found = Fund.objects.select_for_update(of=("self",), no_key=True).select_related("account")
    funds = list(found.filter(budget=budget, **which).order_by("id"))
    for fund in funds:
        fund.budget = budget
    return funds


def _book(budget: FundBudget, moves: Sequence[tuple[Fund, int]]) -> None:
    for fund, amount in moves:
        fund.granted += amount
    Fund.objects.bulk_update({fund.pk: fund for fund, _amount in moves}.values(), ["granted"])
    budget.allocated += sum(amount for _fund, amount in moves)
    budget.save(update_fields=["allocated"])


def _earlier(
    budget: FundBudget, amounts: Mapping[UUID, int], *, last_day: date, key: str, by: str
) -> list[Fund]:
    """What this key has allocated before. Raises OtherGrant where it was something else."""
    made = list(
        FundGrant.objects.filter(key=key, made_by=by)
        .exclude(key="")
        .select_related("fund__account", "fund__budget")
        .order_by("fund_id")
    )
    if made:
        same = {one.fund.account_id: one.amount for one in made} == dict(amounts)
        ends = {(one.fund.budget_id, one.last_day) for one in made}
        if not same or ends != {(budget.pk, last_day)}:
            raise OtherGrant(_OTHER)
    return [one.fund for one in made]


def _check(
    budget: FundBudget, amounts: Mapping[UUID, int], *, last_day: date, by: str, today: date
) -> None:
    if budget.kind != BudgetKind.DISCRETIONARY:
        raise NotNow(_("This budget is accrued on purchases; nothing is allocated by hand."))
    if not amounts or min(amounts.values()) <= 0:
        raise NotNow(_("Choose accounts, and an amount above zero for each."))
    if len(amounts) > MOST:
        raise NotNow(_("Allocate to at most %d accounts at once.") % MOST)
    if budget.ends_on < today:
        raise NotNow(_("The budget has ended."))
    if not today <= last_day or (last_day - today).days > FURTHEST:
        raise NotNow(_("Choose a last day from today on, within five years."))
    if accounts_of(hands_of(by)).intersection(amounts):
        raise NotNow(_("You belong to one of these accounts: somebody else allocates to it."))
    enrolled = Enrollment.objects.filter(
        program_id=budget.program_id, account_id__in=amounts, state=EnrollmentState.ACTIVE
    )
    outside = set(amounts) - set(enrolled.values_list("account_id", flat=True))
    if outside:
        first = Account.objects.filter(pk__in=outside).order_by("number").first()
        raise NotNow(
            _("%s does not take part in the budget’s program.")
            % (first.name if first else _("One of the accounts"))
        )
