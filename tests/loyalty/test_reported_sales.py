"""A list of sales from upload to decision, as partner, staff and another system see it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.keys import make_key
from accounts.models import Event, Notice
from accounts.notices.noting import note
from rebates.models import ReportedSale, SalesReport
from tests.accounts.test_files import A_PDF
from tests.factories import MemberFactory, ProductFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.rewards.stories import accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")

LIST = (
    "Invoice,Date,Product,Quantity,Amount,Customer\n"
    "R-1,2026-05-09,BIKE,2,80.00,Cafe\n"
    "R-2,2026-05-10,BIKE,4,160.00,\n"
    "R-3,2026-05-11,BOAT,1,,\n"
)


@pytest.fixture
def dealer(in_tenant):
    ProductFactory(sku="BIKE", name="City bike")
    made = enrolled_account(running_program(), name="Northwind", number="D-1", on=at("2026-01-01"))
    bought = purchase(made, "90.00", at("2026-05-01"), "SO-1", product="BIKE", quantity=3)
    accepted(bought, as_of=at("2026-05-01"))
    return made


@pytest.fixture
def partner(in_tenant, dealer):
    return client_of(in_tenant, MemberFactory(account=dealer, name="Kim").user)


@pytest.fixture
def manager(in_tenant):
    return client_of(in_tenant, StaffFactory(name="Jordan").user)


def page_of(dealer) -> str:
    return f"/portal/{dealer.enrollments.get().id}/entries/sales/"


def upload(text: str = LIST, **more) -> dict:
    file = SimpleUploadedFile("May.csv", text.encode(), content_type="text/csv")
    return {"upload": file, "dates": "iso", "numbers": "point"} | more


def test_a_list_goes_from_the_partner_to_a_decision_and_back(in_tenant, partner, manager, dealer):
    proof = SimpleUploadedFile("invoices.pdf", A_PDF)
    answer = partner.post(page_of(dealer), upload(proof=proof), follow=True)
    seen = text_of(answer)
    assert "“May.csv” is reported." in seen
    assert "1 row with its reason" in seen
    assert "bought from us" not in seen  # what speaks against a sale is for staff
    assert "1 report of sales waits to be looked at" in text_of(manager.get("/console/"))

    report = SalesReport.objects.get()
    here = f"/console/sales/{report.pk}/"
    assert "May.csv Northwind 2 2 1" in text_of(manager.get("/console/sales/"))
    seen = text_of(manager.get(here))
    assert "Kim" in seen
    assert "More than they bought: 6 sold in all, 3 bought from us." in seen
    assert "R-1" not in text_of(manager.get(f"{here}?show=flagged"))

    answer = manager.post(here, {"action": "approve"}, follow=True)
    assert "Pick at least one sale first." in text_of(answer)
    answer = manager.post(here, {"action": "approve_unflagged"}, follow=True)
    assert "1 sale is approved." in text_of(answer)
    second = ReportedSale.objects.get(document="R-2")
    less = {"action": "approve", "pick": str(second.pk), f"quantity-{second.pk}": "1"}
    answer = manager.post(here, less, follow=True)
    assert "1 sale was left as it was: Say why: the partner reads it." in text_of(answer)
    for text in ("one", "1e30"):
        wrong = manager.post(here, less | {f"quantity-{second.pk}": text}, follow=True)
        assert f"“{text}” is no quantity" in text_of(wrong)
    manager.post(here, less | {"reason": "We sold\0 you three."})

    seen = text_of(partner.get(f"{page_of(dealer)}{report.pk}/"))
    assert "Approved 1 of it We sold you three." in seen
    assert "2 sales · 2 approved · 1 unreadable" in text_of(partner.get(page_of(dealer)))
    assert note(list(Event.objects.filter(kind="sales.decided")), now=NOW) == 1
    notice = Notice.objects.get(kind="sales_decided")
    assert notice.details["approved"] == 2
    target = partner.get(f"/notices/{notice.pk}/")
    assert target["Location"] == f"{page_of(dealer)}{report.pk}/"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"upload": SimpleUploadedFile("x.csv", b"a,b\n1,2")}, "none called Invoice, Date"),
        ({"proof": SimpleUploadedFile("x.pdf", b"MZ\x90")}, "none of the files that are taken"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_in_words(partner, dealer, change, says):
    answer = partner.post(page_of(dealer), upload() | change)
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert not SalesReport.objects.exists()


def test_another_system_reports_reads_and_decides_but_not_its_own(client, in_tenant, dealer):
    scopes = ["sales:read", "sales:write", "sales:decide"]
    keys = [make_key(name="K", scopes=scopes, actor=StaffFactory(), now=NOW)[1] for _ in range(2)]

    def call(key: int, path: str, body=None, once: str = "1"):
        headers = {"host": f"{in_tenant.slug}.localhost", "idempotency-key": once}
        headers["authorization"] = f"Bearer {keys[key]}"
        where = f"/api/v1/sales-reports{path}"
        if body is None:
            return client.get(where, headers=headers)
        return client.post(where, body, content_type="application/json", headers=headers)

    row = {"document": "K-1", "sold_on": "2026-05-09", "product": "BIKE", "quantity": "2"}
    rows = [
        row | {"amount": "80.00", "customer": "Cafe"},
        row | {"document": "K-2", "quantity": "x"},
    ]
    body = {"account": "D-1", "name": "POS", "sales": rows}
    made = call(0, "", body)
    assert made.status_code == 201
    assert made.json()["refused"][0]["row"] == 2
    assert call(0, "", body).json() == made.json()
    here = f"/{made.json()['id']}"
    [sale] = call(0, f"{here}/sales").json()["items"]
    assert (sale["quantity"], sale["amount"], sale["state"]) == ("2", "80.00", "open")
    ruling = {"rulings": [{"sale": sale["id"], "approve": True}]}

    assert call(0, f"{here}/decide", ruling, "2").status_code == 409
    decided = call(1, f"{here}/decide", ruling, "3").json()
    assert [one["state"] for one in decided["decided"]] == ["approved"]
    left = call(1, f"{here}/decide", ruling, "4").json()["left"]
    assert left == [{"sale": sale["id"], "reason": "It was decided meanwhile."}]
    assert call(1, here).json()["waiting"] == 0


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_for_one_and_for_many(
    partner, manager, dealer, count, django_assert_num_queries
):
    for number in range(count):
        partner.post(page_of(dealer), upload(LIST.replace("R-", f"R{number}-")))
    first = SalesReport.objects.first()
    with django_assert_num_queries(10):
        assert manager.get("/console/sales/").status_code == 200
    with django_assert_num_queries(16):
        assert manager.get(f"/console/sales/{first.pk}/").status_code == 200
    with django_assert_num_queries(12):
        assert partner.get(page_of(dealer)).status_code == 200
