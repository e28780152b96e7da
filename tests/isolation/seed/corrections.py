"""Points put right by hand, and what partners report."""

from datetime import datetime, timedelta

from accounts.files import keep_file
from accounts.ids import uuid7
from rebates.reporting import report_rows
from rewards import (
    adjusting,
    adjustment_drafts,
    claiming,
)
from rewards.correction_terms import save_terms
from rewards.models import AdjustmentLimit, CorrectionTerms
from rewards.transferring import transfer_points
from tests.isolation.side import CANARY, Side


def furnish(side: Side, program, now: datetime) -> None:
    """An adjustment that waits for approval, terms with a role's limit, points passed on."""
    terms = CorrectionTerms(program=program, transfers=True, approval_above=100)
    save_terms(terms, actor=side.staff["owner"].actor, now=now)
    AdjustmentLimit.objects.create(program=program, role="manager", amount=1)
    account, manager = side.accounts["1001"], side.staff["manager"]
    wanted = adjustment_drafts.Wanted(
        program_id=program.id, account_id=account.id, action="credit", reason="Why", amount=500
    )
    drafted = adjustment_drafts.draft(wanted, identity=uuid7(), actor=manager.actor, now=now)
    adjusting.submit(adjustment_id=drafted.id, author=manager, now=now)
    side.things["adjustment"] = drafted.id
    missing = claiming.report(
        member=side.members["member"],
        document="LOST-1",
        bought_on=now.date() - timedelta(days=9),
        amount=950,
        note="Note",
        today=now.date(),
        now=now,
    )
    side.things["claim"] = missing.id
    for number, one in side.accounts.items():
        kept = keep_file(
            f"{CANARY}-file".encode() if side.tenant.slug == "beta" else b"Proof",
            name="proof.txt",
            account_id=one.id,
            actor=manager.actor,
            now=now,
        )
        side.things[f"file {number}"] = kept.id
        sale = {"document": "POS-1", "sold_on": f"{now:%Y-%m-%d}", "product": "SKU-1"}
        report, _ = report_rows(
            [sale | {"quantity": "1", "amount": "5.00", "customer": "Shop"}],
            account=one,
            name="List",
            tenant=side.tenant,
            actor=side.members["member" if number == "1001" else "neighbor"].actor,
            now=now,
        )
        side.things[f"sales report {number}"] = report.id
        side.things[f"reported sale {number}"] = report.sales.get().id
    passed_on = side.things["transfer"] = uuid7()
    transfer_points(
        program_id=program.id,
        account_id=account.id,
        giver_id=None,
        taker_id=side.members["member"].id,
        amount=5,
        command=passed_on,
        reason="Yours",
        actor=manager.actor,
        now=now,
    )
