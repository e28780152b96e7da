"""Sales that a partner reports: read, held against what is known, decided by somebody else, and
taken in once."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.files import content_of
from accounts.models import Activity, ApiKey, Event
from rebates.books_of_sales import SALES
from rebates.models import ReportedSale, SalesReport, SaleState
from rebates.reporting import report_list, report_rows
from rebates.sale_rulings import CannotDecide, Ruling, decide
from rebates.sales_lists import CannotReport
from tests.accounts.test_files import A_PDF, workbook
from tests.factories import (
    MemberFactory,
    ProductFactory,
    StaffFactory,
    enrolled_account,
    publish_rule,
)
from tests.loyalty.faces import running_program
from tests.rebates.deals import violations
from tests.rebates.failing import seen_to_fail
from tests.rewards.stories import NEW_YORK, accepted, at, purchase, taken_back, wallet_of

NOW = at("2026-05-20")
HEADER = "Invoice;Line;Date;Product;Quantity;Amount;Customer\n"


@pytest.fixture
def dealer(in_tenant):
    program = running_program()
    publish_rule(program, code="sold", kind="sell_through", basis="per_unit", rate=10)
    for sku in ("BIKE", "PART"):
        ProductFactory(sku=sku)
    return enrolled_account(program, name="Northwind Bikes", number="D-1", on=at("2026-01-01"))


@pytest.fixture
def partner(dealer):
    return MemberFactory(account=dealer, name="Kim")


def hand_in(partner, *rows: str, header: str = HEADER, proof=None, **said) -> SalesReport:
    text = header + "\n".join(rows)
    return report_list(
        SimpleUploadedFile("May.csv", text.encode()),
        member=partner,
        **({"dates": "iso", "numbers": "point", "proof": proof, "now": NOW} | said),
        tenant=partner.tenant,
    )


def rule(report, *rulings: Ruling, actor: str):
    return decide(rulings, report_id=report.pk, actor=actor, zone=NEW_YORK, now=NOW)


def sale(report, document: str) -> ReportedSale:
    return report.sales.get(document=document)


def flagged(report) -> dict[str, list[str]]:
    return {one.document: [flag["code"] for flag in one.flags] for one in report.sales.all()}


def test_a_list_is_read_as_it_was_written_and_bad_rows_come_back_with_reasons(partner):
    proof = SimpleUploadedFile("invoices.pdf", A_PDF)
    report = hand_in(
        partner,
        'R1;;31.03.2026;BIKE;1.000,5;"1.234,50";Käufer GmbH',
        "R1;;31.03.2026;BIKE;2;;",
        "R2;;2026-03-31;BIKE;2;;",
        "R3;;21.05.2027;BIKE;2;;",
        "R4;;31.03.2026;BOAT;2;;",
        "R5;;31.03.2026;;2;;",
        "R6;;31.03.2026;PART;0;;",
        "R|7;;31.03.2026;PART;1;;",
        "R8;=1+1;31.03.2026;PART;1",
        header="Rechnung;Pos;Datum;Artikel;Menge;Betrag;Kunde\n",
        dates="day_first",
        numbers="comma",
        proof=proof,
    )

    [kept] = report.sales.all()
    assert (kept.document, kept.quantity, kept.amount) == ("R1", Decimal("1000.5"), 123_450)
    assert (kept.sold_on, kept.customer, kept.row) == (date(2026, 3, 31), "Käufer GmbH", 2)
    assert (report.rejected_rows, report.decided_at) == (8, None)
    assert content_of(report.proof) == A_PDF
    assert report.rejects.name == "May-rejects.csv"
    lines = content_of(report.rejects).decode("utf-8-sig").splitlines()
    assert lines[0] == "rejected line,reason,Rechnung,Pos,Datum,Artikel,Menge,Betrag,Kunde"
    reasons = [line.split(",R")[0] for line in lines[1:]]
    for reason, (line, says) in zip(
        reasons,
        [
            (3, "It is twice in this list: row 2 has the same number."),
            (4, "“2026-03-31” is not a date as the mapping says; write it like 31.03.2026."),
            (5, "in the future"),
            (6, "There is no product “BOAT”"),
            (7, "The product is missing."),
            (8, "The quantity is missing, or zero."),
            (9, "cannot contain “|”"),
            (10, "The row has 5 columns and the header 7"),
        ],
        strict=True,
    ):
        assert reason.startswith(f"{line},")
        assert says in reason
    [event] = Event.objects.filter(kind="sales.reported")
    assert event.payload == {
        "name": "May.csv",
        "sales": 1,
        "flagged": 1,
        "rejected_rows": 8,
        "proof": str(report.proof_id),
    }


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Invoice,Date,Product\nR1,2026-01-01,BIKE", "there is none called Quantity"),
        (b"Invoice,Document,Date,Product,Quantity\n", "Columns that mean the same"),
        (b"Invoice,Date,Product,Quantity\n", "no row below it"),
        (workbook(), "save the workbook as CSV"),
    ],
)
def test_what_is_no_list_of_sales_is_refused_whole(partner, content, says):
    with pytest.raises(CannotReport, match=says):
        report_list(
            SimpleUploadedFile("x.csv", content),
            member=partner,
            dates="iso",
            numbers="point",
            proof=None,
            tenant=partner.tenant,
            now=NOW,
        )
    assert not SalesReport.objects.exists()
    assert not Event.objects.filter(kind="file.kept").exists()


def test_what_speaks_against_a_sale_is_said_and_nothing_else(dealer, partner):
    day = at("2026-05-04")
    bought = [
        purchase(dealer, "10.00", at(f"2026-04-0{n}"), f"SO-{n}", product="BIKE", quantity=4)
        for n in range(1, 7)
    ]
    accepted(*bought, purchase(dealer, "9.00", day, "SO-9", product="PART", quantity=2), as_of=day)
    accepted(
        taken_back(dealer, "5.00", day, of="SO-6", document="RT-1", quantity=2, product="BIKE"),
        as_of=day,
    )  # 22 bikes are left of what was bought
    neighbor = enrolled_account(dealer.enrollments.get().program, name="Lakeshore", number="D-2")
    accepted(purchase(neighbor, "9.00", day, "SO-10", product="BIKE", quantity=99), as_of=day)
    other = MemberFactory(account=neighbor)
    hand_in(other, "L-1;;2026-05-10;BIKE;5;;Town Hall")
    hand_in(partner, "P-0;;2026-05-01;BIKE;3;;Cafe")

    report = hand_in(
        partner,
        "P-1;;2026-05-09;BIKE;1;;",  # nothing
        "SO-1;;2026-05-08;BIKE;1;;",
        "P-2;;2026-05-06;PART;2;;",
        "P-3;;2026-05-01;BIKE;3;; cafe ",
        "P-4;;2026-05-10;BIKE;5;;town hall",
        "P-5;;2026-05-11;BIKE;13;;",
        "P-6;;2025-11-20;BIKE;1;;",
    )

    assert flagged(report) == {
        "P-1": [],
        "SO-1": ["same_document"],
        "P-2": ["alike_in_facts"],
        "P-3": ["alike_reported"],
        "P-4": ["reported_by_another"],
        "P-5": ["unusual_quantity", "more_than_bought"],
        "P-6": ["more_than_bought", "long_ago"],
    }
    assert sale(report, "P-5").flags == [
        {"code": "unusual_quantity", "usual": "4.0000", "of": 6},
        {"code": "more_than_bought", "sold": "26.0000", "bought": "22.0000"},
    ]


def test_what_is_approved_is_a_fact_of_its_day_and_in_part_what_was_granted(dealer, partner):
    report = hand_in(
        partner,
        "P-1;;2026-05-09;BIKE;4;100.00;Cafe",
        "P-2;;2026-05-10;PART;3;10.00;",
        "P-3;;2026-05-11;PART;1;;",
    )
    staff = StaffFactory().actor
    whole, part, none = (sale(report, f"P-{n}") for n in (1, 2, 3))
    unexplained = Ruling(part.pk, approve=True, quantity=Decimal(2))

    ruled = rule(
        report,
        Ruling(whole.pk, approve=True),
        unexplained,
        Ruling(none.pk, approve=False, reason=" "),
        actor=staff,
    )
    assert [one.document for one in ruled.done] == ["P-1"]
    assert ruled.refused == dict.fromkeys([part.pk, none.pk], "Say why: the partner reads it.")
    ruled = rule(
        report,
        Ruling(part.pk, approve=True, quantity=Decimal(2), reason="One came back."),
        Ruling(none.pk, approve=False, reason="No such invoice."),
        Ruling(whole.pk, approve=False, reason="Twice?"),
        actor=staff,
    )
    assert ruled.refused == {whole.pk: "It was decided meanwhile."}

    facts = Activity.objects.filter(source="sales").order_by("external_id")
    assert [(one.external_id, one.quantity, one.amount, one.occurred_at) for one in facts] == [
        ("D-1|P-1", 4, 100_00, at("2026-05-09 00:00")),
        ("D-1|P-2", 2, 6_66, at("2026-05-10 00:00")),
    ]
    assert facts[0].attributes == {"customer": "Cafe"}
    assert wallet_of(dealer, dealer.enrollments.get().program).available == 60
    report.refresh_from_db()
    assert report.decided_at == NOW
    last = Event.objects.filter(kind="sales.decided").latest("id")
    assert last.payload == {
        "name": "May.csv",
        "approved": 1,
        "in_part": 1,
        "amount": 666,
        "rejected": 1,
        "in_all": {"open": 0, "approved": 2, "rejected": 1},
    }
    again = hand_in(partner, "P-1;;2026-05-09;BIKE;4;100.00;Cafe", "P-3;;2026-05-11;PART;1;;")
    assert [one.document for one in again.sales.all()] == ["P-3"]  # rejected, so once more
    assert "It was reported before: row 2 of “May.csv”." in content_of(again.rejects).decode()
    assert violations(dealer.tenant) == []
    damage = {
        "UPDATE rebates_reportedsale SET granted_amount = 665 WHERE granted_amount = 666": [0],
        "UPDATE rebates_reportedsale SET document = 'P-9' WHERE document = 'P-1'": [0],
        "UPDATE rebates_reportedsale SET sold_on = sold_on - 1 WHERE state = 'approved'": [0],
        "UPDATE rebates_salesreport SET decided_at = NULL WHERE decided_at IS NOT NULL": [1],
        "UPDATE rebates_salesreport SET decided_at = reported_at WHERE decided_at IS NULL": [1],
    }
    assert seen_to_fail(SALES, damage) == damage


def test_nobody_decides_what_is_their_own_in_whichever_role(dealer, partner):
    both, maker = StaffFactory(), StaffFactory()
    MemberFactory(account=dealer, user=both.user)
    keys = [
        ApiKey.objects.create(
            name="K", hint="loy_", secret_hash=str(n), scopes=[], created_by=maker.actor,
            created_at=NOW,
        )
        for n in range(2)
    ]  # fmt: skip
    handed_in = hand_in(partner, "P-1;;2026-05-09;BIKE;4;;")
    [by_key, refused] = report_rows(
        [
            {"document": "K-1", "sold_on": "2026-05-09", "product": "BIKE", "quantity": "1"},
            {"document": "K-1", "sold_on": "2026-05-09", "product": "BIKE", "quantity": "1"},
        ],
        account=dealer,
        name="POS",
        tenant=dealer.tenant,
        actor=keys[0].actor,
        now=NOW,
    )
    assert [(one.line, one.reason) for one in refused] == [
        (2, "It is twice in this list: row 1 has the same number.")
    ]
    for report, actor in (
        (handed_in, both.actor),
        (by_key, keys[0].actor),
        (by_key, keys[1].actor),
        (by_key, maker.actor),
    ):
        with pytest.raises(CannotDecide, match="somebody else has to decide"):
            rule(report, Ruling(report.sales.get().pk, approve=True), actor=actor)
    assert not Activity.objects.filter(source="sales").exists()
    assert rule(by_key, Ruling(by_key.sales.get().pk, approve=True), actor=StaffFactory().actor)
    assert set(ReportedSale.objects.values_list("state", flat=True)) == {
        SaleState.OPEN,
        SaleState.APPROVED,
    }
