"""Marketing funds of the demo: budgets, an activity, requests, and a claim that was paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO

from accounts.attributes import Attribute
from accounts.models import Account, Member, Program, Staff
from accounts.models.people import PortalRole
from accounts.periods import quarter_around, start_of
from loyalty.demo.businesses import Business
from loyalty.demo.company import ZONE
from loyalty.demo.people import MANAGER, STAFF
from partners.funds import accruing, budgets, claiming, deciding, granting, paying
from partners.funds.activities import Terms, add_activity
from partners.funds.requesting import Wish, ask
from partners.models import FundActivity, FundBudget, FundRequest

INVOICE = b"Invoice 2217: stand, brochures and catering, as ordered.\n"
# the business's place, how many days ago, what is planned, its cost in dollars, and how far it is
STORIES = (
    (0, 60, "Open shop day in spring", 3_200, "paid"),
    (0, 30, "Regional trade show", 4_800, "claimed"),
    (0, 4, "Radio campaign", 2_400, "approved"),
    (2, 2, "Customer breakfast", 900, ""),
    (4, 12, "Catalog mailing", 1_500, "rejected"),
)
PART = 6_000_00  # for each of the first businesses


@dataclass(slots=True)
class Sheet:
    """The one proof of the demo, as an upload."""

    name: str | None
    size: int | None
    file: BinaryIO


def add_funds(people: Sequence[Business], *, today: date) -> None:
    """Of a budget for the running year the first businesses have parts; three of them ask."""
    staff = {who: Staff.objects.get(name=STAFF[who][0]) for who in (MANAGER, "alex")}
    manager, opened = staff[MANAGER], start_of(today - timedelta(days=90), ZONE)
    accounts = _accounts(people)
    budget, activity = _offer(manager, today=today, at=opened)
    granting.grant(
        budget_id=budget.pk,
        amounts={account.pk: PART for account in accounts.values()},
        last_day=budget.ends_on,
        note="",
        key="demo",
        by=manager.actor,
        today=today - timedelta(days=90),
        zone=ZONE,
        now=opened,
    )
    for place, ago, title, cost, state in STORIES:
        if place in accounts:
            day = today - timedelta(days=ago)
            request = _ask(accounts[place], budget, activity, title, cost * 100, day=day)
            _decide(request, state, staff, day=day)
    now = start_of(today, ZONE)
    accruing.accrue(today=today, zone=ZONE, now=now)


def _accounts(people: Sequence[Business]) -> dict[int, Account]:
    numbers = {one.number: one.place for one in people if one.place in (0, 2, 4)}
    return {numbers[one.number]: one for one in Account.objects.filter(number__in=numbers)}


def _offer(manager: Staff, *, today: date, at: datetime) -> tuple[FundBudget, FundActivity]:
    by = {"actor": manager.actor, "now": at}
    program = Program.objects.get()
    ends_on = today + timedelta(days=120)
    terms = budgets.Terms(
        name="Market development", owner=manager, amount=60_000_00, ends_on=ends_on
    )
    starts_on = today - timedelta(days=90)
    budget = budgets.add_budget(
        program=program, starts_on=starts_on, terms=terms, accrual=None, **by
    )
    co_op = budgets.Terms(name="Co-op", owner=manager, amount=250_000_00, ends_on=ends_on)
    budgets.add_budget(
        program=program,
        starts_on=quarter_around(starts_on),
        terms=co_op,
        accrual=budgets.Accrual(share=Decimal("0.5"), good_months=6),
        **by,
    )
    activity = add_activity(
        terms=Terms(
            name="Local marketing",
            description="Open days, shows, mailings and ads in your region.",
            fields=(Attribute("audience", "text", required=True),),
            proofs=("Invoice",),
        ),
        **by,
    )
    return budget, activity


def _ask(
    account: Account, budget: FundBudget, activity: FundActivity, title: str, cost: int, *,
    day: date,
) -> FundRequest:  # fmt: skip
    member = Member.objects.get(account=account, portal_role=PortalRole.ADMIN)
    wish = Wish(
        account=account,
        budget=budget,
        activity=activity,
        member=member,
        title=title,
        starts_on=day + timedelta(days=3),
        ends_on=day + timedelta(days=4),
        total_cost=cost,
        asked=cost // 2,
        answers={"audience": "Workshops nearby"},
        key=f"demo {title}",
        actor=member.actor,
    )
    return ask(wish, today=day, now=start_of(day, ZONE) + timedelta(hours=9))


def _decide(request: FundRequest, state: str, staff: dict[str, Staff], *, day: date) -> None:
    """As far as the story goes, a few hours or days after each other."""
    manager = staff[MANAGER].actor
    noon = start_of(day, ZONE) + timedelta(hours=12)
    if state == "rejected":
        deciding.reject(request.pk, reason="Mailings are over for this year.", by=manager, now=noon)
    if state not in ("approved", "claimed", "paid"):
        return
    deciding.approve(
        request.pk, amount=request.asked, share=Decimal(50), note="", by=manager, today=day,
        zone=ZONE, now=noon,
    )  # fmt: skip
    if state == "approved":
        return
    done = day + timedelta(days=8)
    at = start_of(done, ZONE) + timedelta(hours=10)
    proof = claiming.Proof("Invoice", Sheet("invoice.txt", len(INVOICE), BytesIO(INVOICE)))
    cost = request.total_cost * 9 // 10
    claiming.claim(
        request.pk, cost=cost, proofs=[proof], note="", actor=request.requested_by, today=done,
        now=at,
    )  # fmt: skip
    if state == "paid":
        claiming.accept(
            request.pk, amount=cost // 2, note="", by=manager, now=at + timedelta(days=1)
        )
        paid_on = done + timedelta(days=4)
        paying.pay(
            request.pk, paid_as="transfer", reference="Transfer 2217", paid_on=paid_on,
            by=staff["alex"].actor, today=paid_on, now=start_of(paid_on, ZONE),
        )  # fmt: skip
