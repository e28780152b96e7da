"""The words in which stories of rebates are told: agreements, and what they owe by a day."""

from datetime import date, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Account, Product, Program, Tenant
from rebates import answering, clock, drafting, forecasting, offering, papers, settling
from rebates.models import (
    Accrual,
    AccrualMove,
    Agreement,
    AgreementVersion,
    Statement,
)
from rebates.stating import lines_of
from tests.factories import LONG_AGO, ProductFactory
from tests.rewards.stories import accepted, at, purchase, taken_back

MAKER, CHECKER, PARTNER = "staff:maker", "staff:checker", "member:partner"
SECOND = "staff:second"  # beside CHECKER
GERMAN, FRENCH, DUTCH = (  # numbers of accounts
    "DE89370400440532013000",
    "FR1420041010050500013M02606",
    "NL91ABNA0417164300",
)


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


TWO_LINES = ("Bikes", "Parts")


def whole_story(program: Program, account: Account) -> Agreement:
    """One quarter from the draft to the money, with a forecast, a dispute that ends on another
    amount, and a return after the close: every table of rebates has a row.

    1 % from 1,000.00: 20.00 on Bikes and 10.00 on Parts; Parts is settled at 12.00.
    """
    for line in TWO_LINES:
        if not Product.objects.filter(sku=line).exists():
            ProductFactory(sku=line, line=line)
    version = drafted(
        program,
        account,
        code="story",
        terms={"bands": bands((1_000_00, "1"))},
        now=at("2025-12-01"),
    )
    contract = SimpleUploadedFile("contract.pdf", b"%PDF-1.7 contract\n%%EOF")
    papers.attach(version=version, upload=contract, actor=MAKER, now=at("2025-12-01"))
    version.refresh_from_db()
    offering.offer_version(version=version, valid_from=None, actor=CHECKER, now=at("2025-12-02"))
    offering.accept_version(version=version, account=account, actor=PARTNER, now=at("2025-12-03"))
    agreement = version.agreement
    clock.advance(at=at("2026-01-02"))
    accepted(
        purchase(account, "2000.00", at("2026-01-10"), "S-BIKES", product="Bikes"),
        purchase(account, "1000.00", at("2026-02-10"), "S-PARTS", product="Parts"),
        as_of=at("2026-02-10"),
    )
    clock.advance(at=at("2026-02-11"))
    forecasting.forecast(
        agreement=agreement,
        holder=account,
        since=date(2026, 1, 1),
        expected=5_000_00,
        actor=CHECKER,
        now=at("2026-02-12"),
    )
    clock.advance(at=at("2026-04-10"))
    (statement,) = statements_of(agreement)
    _bikes, parts = lines_of([statement])[statement.pk]
    dispute = answering.dispute_line(
        line=parts, reason="Two dollars are missing", actor=PARTNER, now=at("2026-04-11")
    )
    answering.accept_statement(statement=statement, actor=PARTNER, now=at("2026-04-11"))
    settling.approve_statement(statement=statement, actor=CHECKER, now=at("2026-04-12"))
    answering.resolve_dispute(
        dispute=dispute, agreed=12_00, answer="Right", actor=CHECKER, now=at("2026-04-13")
    )
    settling.approve_resolved(statement=statement, actor=SECOND, now=at("2026-04-14"))
    accepted(
        taken_back(account, "500.00", at("2026-04-20"), of="S-BIKES", document="S-BACK"),
        as_of=at("2026-04-20"),
    )
    clock.advance(at=at("2026-04-21"))
    return agreement
