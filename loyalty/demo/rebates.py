"""The demo's agreements on money back: growth, whole volume and an amount per unit.

Of two quarters that are over, the first is closed, approved and paid, the second is with the
partners: a line of it is disputed. The running one is forecast.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import Account, Member, Program, Staff
from accounts.models.people import PortalRole
from accounts.periods import add_months, quarter_around, start_of
from loyalty.demo import payments
from loyalty.demo.businesses import Business
from loyalty.demo.company import ZONE
from loyalty.demo.people import MANAGER, STAFF
from rebates import answering, clock, drafting, offering, settling
from rebates.models import Agreement, Statement
from rebates.stating import line_of

APPROVER = "alex"  # of finance
OPENING = timedelta(hours=10)

# The business's place, code, name, how often it counts, how it is paid, and its terms.
AGREEMENTS: tuple[tuple[int, str, str, str, str, dict[str, Any]], ...] = (
    (
        0,
        "growth-bonus",
        "Growth bonus",
        "quarter",
        "credit_note",
        {
            "position": "baseline",
            "base": {"periods": 2, "plus": "0"},
            "method": "growth",
            "bands": [
                {"from": "0", "rate": "2"},
                {"from": "10", "rate": "4"},
                {"from": "25", "rate": "6"},
            ],
        },
    ),
    (
        0,
        "volume-rebate",
        "Volume rebate",
        "quarter",
        "bank_transfer",
        {
            "bands": [
                {"from": 10_000_00, "rate": "1"},
                {"from": 50_000_00, "rate": "1.5"},
                {"from": 150_000_00, "rate": "2.25"},
            ]
        },
    ),
    (
        1,
        "volume-rebate-lake",
        "Volume rebate",
        "quarter",
        "account_credit",
        {
            "method": "incremental",
            "bands": [{"from": 20_000_00, "rate": "1"}, {"from": 80_000_00, "rate": "2.5"}],
        },
    ),
    (
        2,
        "unit-bonus",
        "Bonus per unit",
        "month",
        "bank_transfer",
        {
            "measure": "quantity",
            "bands": [{"from": 10_000, "rate": 25}, {"from": 500 * 10_000, "rate": 40}],
        },
    ),
)


def agree(program: Program, people: Sequence[Business], *, today: date) -> None:
    """Drafted, offered and accepted two quarters ago, and lived through since."""
    there = {one.place: one for one in people}
    first = add_months(quarter_around(today), -6)
    manager = Staff.objects.get(name=STAFF[MANAGER][0])
    paid = [place for place, _, _, _, method, _ in AGREEMENTS if method == "bank_transfer"]
    accounts = [Account.objects.get(number=there[one].number) for one in paid if one in there]
    payments.open_accounts(accounts, on=first)
    for place, code, name, period, method, terms in AGREEMENTS:
        if place in there:
            account = Account.objects.get(number=there[place].number)
            _agree(
                program,
                account,
                manager,
                code=code,
                name=name,
                period=period,
                method=method,
                terms=terms,
                on=first,
            )
    closed = add_months(first, 3)
    for upto in (closed, add_months(first, 6)):
        # A statement is there once its days of grace are over.
        _live(min(upto + timedelta(days=9), today))
        if upto == closed:
            for statement in Statement.objects.filter(upto__lte=closed).order_by("pk"):
                _settle(statement, on=min(upto + timedelta(days=12), today))
            payments.pay(on=min(upto + timedelta(days=16), today), today=today)
    payments.expect(on=add_months(first, 6) + timedelta(days=2))
    _live(today)
    _dispute(on=today)


def _at(day: date) -> datetime:
    """In the morning, where the history ended the evening before."""
    return start_of(day, ZONE) + OPENING - timedelta(days=1)


def _live(day: date) -> None:
    clock.advance(at=_at(day))


def _agree(
    program: Program,
    account: Account,
    manager: Staff,
    *,
    code: str,
    name: str,
    period: str,
    method: str,
    terms: dict[str, Any],
    on: date,
) -> Agreement:
    version = drafting.draft_agreement(
        program=program,
        code=code,
        name=name,
        account=account,
        period=period,
        starts_on=on,
        owner=manager,
        said={"terms": terms, "method": method},
        actor=manager.actor,
        now=_at(on - timedelta(days=20)),
    )
    offering.offer_version(
        version=version, valid_from=None, actor=manager.actor, now=_at(on - timedelta(days=14))
    )
    offering.accept_version(
        version=version,
        account=account,
        actor=_admin(account).actor,
        now=_at(on - timedelta(days=5)),
    )
    return version.agreement


def _admin(account: Account) -> Member:
    return Member.objects.get(account=account, portal_role=PortalRole.ADMIN)


def _settle(statement: Statement, *, on: date) -> None:
    answering.accept_statement(
        statement=statement, actor=_admin(statement.account).actor, now=_at(on)
    )
    settling.approve_statement(
        statement=statement,
        actor=Staff.objects.get(name=STAFF[APPROVER][0]).actor,
        now=_at(on) + timedelta(hours=2),
    )


def _dispute(*, on: date) -> None:
    """One line of a statement that may still be answered."""
    open_ones = Statement.objects.filter(state="open", answer_by__gt=_at(on))
    statement = open_ones.select_related("account").order_by("agreement__code").first()
    line = statement and line_of(statement, 1)
    if statement and line:
        answering.dispute_line(
            line=line,
            reason="Two orders of the last week are missing here.",
            actor=_admin(statement.account).actor,
            now=_at(on),
        )
