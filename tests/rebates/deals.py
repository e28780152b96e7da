"""The words in which stories of rebates are told: agreements, and what they owe by a day."""

from datetime import date, datetime
from typing import Any

from accounts.models import Account, Program, Tenant
from rebates import clock, drafting, offering
from rebates.models import Accrual, AccrualMove, Agreement, AgreementVersion, Statement
from tests.factories import LONG_AGO

MAKER, CHECKER, PARTNER = "staff:maker", "staff:checker", "member:partner"


def bands(*pairs: tuple[str | int, str | int]) -> list[dict[str, Any]]:
    return [{"from": start, "rate": rate} for start, rate in pairs]


def agreed(
    program: Program,
    account: Account | None,
    *,
    terms: dict[str, Any],
    code: str = "growth",
    period: str = "quarter",
    starts_on: date = date(2026, 1, 1),
    now: datetime = LONG_AGO,
    said: dict[str, Any] | None = None,
    **agreement: Any,
) -> Agreement:
    """An agreement that nobody has to accept, in force from its first day."""
    version = drafted(
        program,
        account,
        terms=terms,
        code=code,
        period=period,
        starts_on=starts_on,
        now=now,
        said={"needs_acceptance": False} | (said or {}),
        **agreement,
    )
    offering.offer_version(version=version, valid_from=None, actor=MAKER, now=now)
    return Agreement.objects.get(pk=version.agreement_id)


def drafted(
    program: Program,
    account: Account | None,
    *,
    terms: dict[str, Any],
    code: str = "growth",
    period: str = "quarter",
    starts_on: date = date(2026, 1, 1),
    now: datetime = LONG_AGO,
    said: dict[str, Any] | None = None,
    **agreement: Any,
) -> AgreementVersion:
    return drafting.draft_agreement(
        program=program,
        account=account,
        code=code,
        name=code.title(),
        period=period,
        starts_on=starts_on,
        said={"terms": terms} | (said or {}),
        actor=MAKER,
        now=now,
        **agreement,
    )


def owed(agreement: Agreement, *, at: datetime, account: Account | None = None) -> list[int]:
    """What its accruals come to after everything due was done, the oldest first."""
    clock.advance(at=at)
    found = Accrual.objects.filter(agreement=agreement)
    if account is not None:
        found = found.filter(account=account)
    return list(found.order_by("since", "account__number").values_list("amount", flat=True))


def moves_of(agreement: Agreement) -> list[tuple[int, str, date | None]]:
    found = AccrualMove.objects.filter(accrual__agreement=agreement).order_by("pk")
    return list(found.values_list("amount", "reason", "corrects"))


def statements_of(agreement: Agreement) -> list[Statement]:
    return list(Statement.objects.filter(agreement=agreement).order_by("account", "number"))


def violations(tenant: Tenant) -> list[str]:
    """The claims of the books that do not hold."""
    from loyalty.books import verify_tenant

    return [found.invariant.claim for found in verify_tenant() if found.violations]
