"""The words in which the stories of funds are told."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.attributes import Attribute
from accounts.ids import uuid7
from accounts.models import Account, JobRun, Program, Staff
from loyalty.books import verify_tenant
from partners.funds import budgets, claiming, clock, deciding, granting, paying
from partners.funds.activities import Terms, add_activity
from partners.funds.requesting import Wish, ask
from partners.models import Fund, FundActivity, FundBudget, FundRequest
from tests.rewards.stories import at

ZONE = ZoneInfo("America/New_York")
TODAY = date(2026, 5, 20)
NOON = at("2026-05-20")
END = date(2026, 12, 31)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def paper(name: str = "invoice.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF)


def budget_of(program: Program, owner: Staff, amount: int = 100_000, **said: Any) -> FundBudget:
    """A budget of $1,000.00 for 2026."""
    terms = {"name": "MDF 2026", "owner": owner, "amount": amount, "ends_on": END}
    starts_on = said.pop("starts_on", date(2026, 1, 1))
    accrual = said.pop("accrual", None)
    return budgets.add_budget(
        program=program,
        starts_on=starts_on,
        terms=budgets.Terms(**(terms | said)),
        accrual=accrual,
        actor="system",
        now=at("2026-01-01"),
    )


def activity_of(**said: Any) -> FundActivity:
    """Of an event the tenant pays half, once an invoice and a photo have come."""
    terms = {
        "name": "Event",
        "fields": (Attribute("guests", "whole", required=True),),
        "proofs": ("Invoice", "Photo"),
    }
    return add_activity(terms=Terms(**(terms | said)), actor="system", now=at("2026-01-01"))


def granted(
    budget: FundBudget,
    amounts: dict[Account, int],
    by: Staff,
    *,
    last_day: date = END,
    key: str = "",
    now: datetime = NOON,
) -> list[Fund]:
    return granting.grant(
        budget_id=budget.pk,
        amounts={account.pk: amount for account, amount in amounts.items()},
        last_day=last_day,
        note="",
        key=key or str(uuid7()),
        by=by.actor,
        today=TODAY,
        zone=ZONE,
        now=now,
    )


def wish(whose: Account, budget: FundBudget, activity: FundActivity, **said: Any) -> Wish:
    return Wish(
        **(
            {
                "account": whose,
                "budget": budget,
                "activity": activity,
                "title": "Summer roadshow",
                "starts_on": date(2026, 6, 10),
                "ends_on": date(2026, 6, 12),
                "total_cost": 80_000,
                "asked": 40_000,
                "answers": {"guests": "60"},
                "key": str(uuid7()),
                "actor": "system",
            }
            | said
        )
    )


def asked(
    whose: Account,
    budget: FundBudget,
    activity: FundActivity,
    *,
    today: date = TODAY,
    now: datetime = NOON,
    **said: Any,
) -> FundRequest:
    return ask(wish(whose, budget, activity, **said), today=today, now=now)


def approved(
    request: FundRequest,
    by: Staff | str,
    *,
    amount: int = 40_000,
    share: str = "50",
    today: date = TODAY,
    now: datetime = NOON,
) -> FundRequest:
    return deciding.approve(
        request.pk,
        amount=amount,
        share=Decimal(share),
        note="",
        by=by if isinstance(by, str) else by.actor,
        today=today,
        zone=ZONE,
        now=now,
    )


def claimed(
    request: FundRequest,
    *,
    cost: int = 80_000,
    kinds: tuple[str, ...] = ("Invoice", "Photo"),
    today: date = date(2026, 6, 20),
    actor: str = "system",
    now: datetime | None = None,
) -> FundRequest:
    return claiming.claim(
        request.pk,
        cost=cost,
        proofs=[claiming.Proof(kind, paper(f"{kind}.pdf")) for kind in kinds],
        note="",
        actor=actor,
        today=today,
        now=now or at(f"{today}"),
    )


def accepted(
    request: FundRequest, by: Staff, *, amount: int, today: date = date(2026, 6, 22)
) -> FundRequest:
    return claiming.accept(request.pk, amount=amount, note="", by=by.actor, now=at(f"{today}"))


def paid(
    request: FundRequest,
    by: Staff,
    *,
    today: date = date(2026, 6, 25),
    now: datetime | None = None,
) -> FundRequest:
    return paying.pay(
        request.pk,
        paid_as="transfer",
        reference="SEPA 4711",
        paid_on=today,
        by=by.actor,
        today=today,
        now=now or at(f"{today}"),
    )


def advanced(today: date, hour: str = "00:30") -> clock.Advanced:
    """The clock's work on a day, and the trace of it that the job leaves."""
    now = at(f"{today} {hour}")
    done = clock.advance(today=today, zone=ZONE, now=now)
    JobRun.objects.create(
        job="advance_funds", period=f"{today} {hour}", state="done", started_at=now
    )
    return done


def sums_of(fund: Fund) -> dict[str, int]:
    fund.refresh_from_db()
    names = ("granted", "expired", "committed", "paid")
    return {name: getattr(fund, name) for name in names if getattr(fund, name)}


def wrong() -> dict[str, int]:
    """The claims about the open tenant that do not hold, and at how many places."""
    return {one.invariant.claim: one.violations for one in verify_tenant() if one.violations}
