"""What rebates come to."""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from accounts.models import (
    Program,
)
from rebates import banking
from rebates.journal_files import file_of
from rebates.models import (
    Agreement,
    AgreementVersion,
    Credit,
    JournalBatch,
    JournalLine,
    Payment,
    PaymentRun,
    PostingAccounts,
    SetOff,
    Settlement,
    Statement,
)
from tests.isolation.side import Side


def furnish(side: Side, program: Program, now: datetime) -> None:
    """A settlement of an agreement, in a payment run that waits for approval."""
    account, owner, finance = side.accounts["1001"], side.staff["owner"], side.staff["finance"]
    today = now.date()
    agreement = Agreement.objects.create(
        program=program, code="paid", name="Paid", party="account", account=account,
        currency="USD", period="month", starts_on=today, state="closed", made_by=owner.actor,
        made_at=now, closed_at=now,
    )  # fmt: skip
    version = AgreementVersion.objects.create(
        agreement=agreement, number=1, valid_from=today, method="bank_transfer",
        terms={"bands": [{"from": 0, "rate": "1"}]}, published_at=now, published_by=owner.actor,
    )  # fmt: skip
    statement = Statement.objects.create(
        agreement=agreement, version=version, account=account, number=1, since=today,
        upto=today + timedelta(days=1), total=100, state="approved", prepared_by="system",
        issued_at=now, answer_by=now, accepted_by="system", accepted_at=now,
        approved_by=owner.actor, approved_at=now,
    )  # fmt: skip
    settlement = Settlement.objects.create(
        statement=statement, account=account, method="bank_transfer", amount=100,
        prepared_by="system", approved_by=owner.actor, approved_at=now,
    )  # fmt: skip
    banking.change_cooling(days=5, actor=owner.actor, now=now)
    entered = {"holder": "Holder", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX"}
    entered |= {"actor": side.members["admin"].actor, "now": now - timedelta(days=30)}
    debtor = banking.enter(account_id=None, **entered)
    bank = banking.enter(account_id=account.id, **entered)
    run = PaymentRun.objects.create(
        number=1, debtor=debtor, execute_on=today, payments_count=1, total=100,
        prepared_by=finance.actor, prepared_at=now,
    )  # fmt: skip
    payment = Payment.objects.create(
        run=run, settlement=settlement, account=account, bank=bank, amount=100
    )
    credited = Settlement.objects.create(
        statement=statement, account=account, method="credit_note", amount=50, state="paid",
        prepared_by="system", approved_by=owner.actor, approved_at=now, paid_at=now,
    )  # fmt: skip
    credit = Credit.objects.create(
        settlement=credited, account=account, method="credit_note", number=1, amount=50,
        issued_by=finance.actor, issued_at=now,
    )  # fmt: skip
    lowered, correction = (
        Settlement.objects.create(
            statement=statement, account=account, method="credit_note", amount=amount, set_off=20,
            state="set_off", prepared_by="system", approved_by=owner.actor, approved_at=now,
        )
        for amount in (20, -20)
    )  # fmt: skip
    SetOff.objects.create(settlement=lowered, correction=correction, amount=20, made_at=now)
    PostingAccounts.objects.create(
        kind="accrued", debit="4730", credit="0970", changed_by=owner.actor, changed_at=now
    )
    batch = JournalBatch(
        number=1, since=UUID(int=0), upto=UUID(int=1), through=today - timedelta(days=1),
        zone="UTC", currency="USD", entries_count=1, lines_count=1, total=100,
        made_by=finance.actor, made_at=now,
    )  # fmt: skip
    line = (1, today, "accrued", account.number, "4730", 100, 0)
    batch.digest = sha256(b"".join(file_of([line], batch=batch))).hexdigest()
    batch.save()
    JournalLine.objects.create(
        batch=batch, number=1, day=today, kind="accrued", account=account,
        account_number=account.number, ledger_account="4730", debit=100, credit=0,
    )  # fmt: skip
    side.things |= {"credit": credit.id, "settlement": settlement.id}
    side.things["journal batch"] = batch.id
    side.things |= {"payment run": run.id, "payment": payment.id}
