"""Rebates that are agreed on."""

from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import (
    Account,
    Program,
)
from accounts.periods import add_months
from rebates import answering, drafting
from rebates import clock as rebates_clock
from rebates import offering as offering_rebates
from rebates.models import (
    Accrual,
    AgreementVersion,
    Estimate,
    Forecast,
    Settlement,
    Statement,
)
from rebates.stating import line_of
from tests.factories import (
    LONG_AGO,
)
from tests.isolation.side import Side
from tests.rewards.stories import accepted, purchase


def furnish(side: Side, program: Program, now: datetime) -> None:
    """One that pays each account, with a statement and a line of it disputed; and a draft."""
    actor, starts_on = side.staff["owner"].actor, add_months(now.date().replace(day=1), -3)
    terms = {"bands": [{"from": "0", "rate": "1"}]}
    for number, account in side.accounts.items():
        sold = now - timedelta(days=45)
        accepted(purchase(account, "500.00", sold, f"OLD-{number}", product="SKU-1"), as_of=now)
        version = _drafted(program, account, f"ag-{number}", terms, starts_on, actor)
        offering_rebates.offer_version(version=version, valid_from=None, actor=actor, now=LONG_AGO)
        who = side.members["admin" if number == "1001" else "neighbor"].actor
        offering_rebates.accept_version(version=version, account=account, actor=who, now=LONG_AGO)
        side.things[f"agreement {number}"] = version.agreement_id
    rebates_clock.advance(at=now)
    for number, account in side.accounts.items():
        statement = Statement.objects.filter(account=account).earliest("upto")
        answering.dispute_line(line=line_of(statement, 1), reason="Why", actor=actor, now=now)
        side.things[f"rebate statement {number}"] = statement.id
        _expected_and_settled(statement, actor, now)
    draft = _drafted(program, side.accounts["1001"], "ag-draft", terms, starts_on, actor)
    side.things["agreement draft"] = draft.id
    side.things["forecast period"] = Accrual.objects.filter(closed_at=None).earliest("id").id


def _expected_and_settled(statement: Statement, actor: str, now: datetime) -> None:
    """Rows of the tables that a first statement leaves empty."""
    about = {"agreement": statement.agreement, "holder": statement.account}
    month = {"since": statement.since, "measured": 1, "actual": 1, "expected": 1, "moved": 1}
    forecast = Forecast.objects.create(
        **about, since=statement.since, number=1, expected=1, made_by=actor, made_at=now
    )
    Estimate.objects.create(**about, **month, month=statement.since, forecast=forecast, made_at=now)
    Settlement.objects.create(
        statement=statement,
        account=statement.account,
        method="credit_note",
        amount=1,
        prepared_by="system",
        approved_by=actor,
        approved_at=now,
    )


def _drafted(
    program: Program,
    account: Account,
    code: str,
    terms: dict[str, Any],
    starts_on: date,
    actor: str,
) -> AgreementVersion:
    return drafting.draft_agreement(
        program=program,
        account=account,
        code=code,
        name="Paid back",
        period="month",
        starts_on=starts_on,
        said={"terms": terms, "grace_days": 0},
        actor=actor,
        now=LONG_AGO,
    )
