"""A purchase that earned nothing: reported, looked at by somebody else, and taken in once."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Account, Activity, Claim, Event, File
from tests.accounts.test_files import A_PDF
from tests.factories import AccountFactory, MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, running_program, text_of
from tests.rewards.stories import accepted, at, purchase, wallet_of

pytestmark = pytest.mark.usefixtures("stopped_clock")

SAID = {"document": "INV-77", "bought_on": "2026-05-12", "amount": "1240.55", "note": "By phone"}
QUEUE = "/console/claims/"
GIVEN_OUT = {
    "Content-Type": "application/pdf",
    "Content-Disposition": 'attachment; filename="Invoice.png.pdf"',
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@pytest.fixture
def dealer(in_tenant):
    return enrolled_account(running_program(), name="Northwind Bikes", on=at("2026-01-01 00:00"))


@pytest.fixture
def partner(in_tenant, dealer):
    return client_of(in_tenant, MemberFactory(account=dealer, name="Kim").user)


@pytest.fixture
def manager(in_tenant):
    return client_of(in_tenant, StaffFactory(name="Jordan").user)


def page_of(dealer) -> str:
    return f"/portal/{dealer.enrollments.get().id}/entries/missing/"


def _as(person):
    return client_of(person.tenant, person.user)


def _available(dealer) -> int:
    return wallet_of(dealer, dealer.enrollments.get().program).available


def test_a_missing_purchase_is_reported_approved_and_earns_as_of_its_day(partner, manager, dealer):
    accepted(purchase(dealer, "1240.55", at("2026-05-10"), "SO-1"), as_of=at("2026-05-10 20:00"))
    assert partner.post(page_of(dealer), SAID).status_code == 302
    assert "INV-77 $1,240.55" in text_of(partner.get(page_of(dealer)))
    assert "1 missing purchase waits to be looked at" in text_of(manager.get("/console/"))

    claim = Claim.objects.get()
    seen = text_of(manager.get(f"{QUEUE}{claim.pk}/"))
    assert "May be the same" in seen
    assert "SO-1, line 1" in seen
    assert manager.post(f"{QUEUE}{claim.pk}/", {"decision": "approve"}).status_code == 302

    claim.refresh_from_db()
    assert claim.activity.occurred_at == at("2026-05-12 00:00")
    assert claim.activity.amount == 124_055
    assert _available(dealer) == 2 * 1_240
    assert "Approved" in text_of(partner.get(page_of(dealer)))
    kinds = Event.objects.filter(subject=f"claim:{claim.pk}").order_by("recorded_at", "id")
    assert [event.kind for event in kinds] == ["claim.reported", "claim.approved"]

    again = text_of(manager.post(f"{QUEUE}{claim.pk}/", {"decision": "approve"}, follow=True))
    assert "It was decided meanwhile." in again
    assert _available(dealer) == 2 * 1_240


def test_a_rejection_says_why_and_moves_nothing(partner, manager, dealer):
    partner.post(page_of(dealer), SAID)
    claim = Claim.objects.get()

    assert "Say why" in text_of(
        manager.post(f"{QUEUE}{claim.pk}/", {"decision": "reject", "reason": " "}, follow=True)
    )
    manager.post(f"{QUEUE}{claim.pk}/", {"decision": "reject", "reason": "Bought elsewhere."})

    assert "Bought elsewhere. Rejected" in text_of(partner.get(page_of(dealer)))
    assert not Activity.objects.exists()
    assert partner.post(page_of(dealer), SAID).status_code == 302  # with better words, once more


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bought_on": "2026-05-21"}, "That day is still to come"),
        ({"amount": "0"}, "an amount above zero"),
        ({"amount": "1.234"}, "at most 2 decimal places"),
        ({"document": "SO-1"}, "SO-1 is in already"),
        ({"document": "INV-1"}, "INV-1 was reported already"),
    ],
)
def test_what_cannot_be_missing_is_refused_with_what_was_typed(partner, dealer, change, says):
    accepted(purchase(dealer, "5.00", at("2026-05-10"), "SO-1"), as_of=at("2026-05-10 20:00"))
    partner.post(page_of(dealer), SAID | {"document": "INV-1"})

    answer = partner.post(page_of(dealer), SAID | change)

    assert answer.status_code == 422
    assert says in text_of(answer)
    assert "By phone" in answer.content.decode()
    assert list(Claim.objects.values_list("document", "bought_on")) == [
        ("INV-1", date(2026, 5, 12))
    ]


def test_a_proof_goes_with_the_report_and_is_given_out_as_a_file_only(
    in_tenant, partner, manager, dealer
):
    proof = SimpleUploadedFile("../Invoice.png", A_PDF, content_type="text/html")
    partner.post(page_of(dealer), SAID | {"proof": proof})

    [claim] = Claim.objects.select_related("proof")
    assert (claim.proof.account, claim.proof.name) == (dealer, "Invoice.png.pdf")
    assert "Proof: Invoice.png.pdf" in text_of(partner.get(page_of(dealer)))
    assert "Invoice.png.pdf" in text_of(manager.get(f"{QUEUE}{claim.pk}/"))
    rep = StaffFactory(role="rep")
    Account.objects.filter(pk=dealer.pk).update(rep=rep)
    for client, face in ((partner, "portal"), (manager, "console"), (_as(rep), "field")):
        answer = client.get(f"/{face}/files/{claim.proof_id}/")
        assert answer.content == A_PDF
        assert {name: answer[name] for name in GIVEN_OUT} == GIVEN_OUT
    stranger, other_rep = MemberFactory(account=AccountFactory()), StaffFactory(role="rep")
    for who, face in ((stranger, "portal"), (other_rep, "field")):
        assert _as(who).get(f"/{face}/files/{claim.proof_id}/").status_code == 404


def test_a_proof_that_is_none_is_refused_with_the_report(partner, dealer):
    page = SimpleUploadedFile("proof.pdf", b"<html><script>alert(1)</script>")

    answer = partner.post(page_of(dealer), SAID | {"proof": page})

    assert answer.status_code == 422
    assert "This is none of the files that are taken" in text_of(answer)
    assert not Claim.objects.exists()
    assert not File.objects.exists()


def test_nobody_decides_for_their_own_account(in_tenant, partner, dealer):
    partner.post(page_of(dealer), SAID)
    claim, both = Claim.objects.get(), StaffFactory(name="Both")
    MemberFactory(account=dealer, user=both.user)
    client = client_of(in_tenant, both.user)

    said = text_of(client.post(f"{QUEUE}{claim.pk}/", {"decision": "approve"}, follow=True))

    assert "You belong to this account; somebody else has to decide." in said
    assert not Activity.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_for_one_and_for_many(
    partner, manager, dealer, count, django_assert_num_queries
):
    for number in range(count):
        partner.post(page_of(dealer), SAID | {"document": f"INV-{number}"})
    with django_assert_num_queries(13):
        assert manager.get(QUEUE).status_code == 200
    with django_assert_num_queries(12):
        assert partner.get(page_of(dealer)).status_code == 200


def test_many_are_decided_at_once_each_with_its_result(partner, manager, dealer, in_tenant):
    for document, amount in (("INV-1", "10.00"), ("INV-2", "20.00"), ("INV-3", "30.00")):
        partner.post(page_of(dealer), SAID | {"document": document, "amount": amount})
    first, second, third = Claim.objects.order_by("document")
    manager.post(f"{QUEUE}{third.pk}/", {"decision": "reject", "reason": "Bought elsewhere."})
    picks = [str(one.pk) for one in (first, second, third)]

    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    assert analyst.post(QUEUE, {"decision": "approve", "pick": picks}).status_code == 403
    silent = text_of(manager.post(QUEUE, {"decision": "reject", "pick": picks[:1]}, follow=True))
    assert "INV-1, Northwind Bikes was left as before: " in silent
    assert (Activity.objects.count(), Claim.objects.filter(state="open").count()) == (0, 2)

    said = text_of(manager.post(QUEUE, {"decision": "approve", "pick": picks}, follow=True))
    assert "2 are approved: INV-1, Northwind Bikes; INV-2, Northwind Bikes." in said
    assert "INV-3, Northwind Bikes was left as before: It was decided meanwhile." in said
    assert _available(dealer) == 30
    again = text_of(manager.post(QUEUE, {"decision": "approve", "pick": picks}, follow=True))
    names = "INV-1, Northwind Bikes; INV-2, Northwind Bikes; INV-3, Northwind Bikes"
    assert f"3 were left as before ({names}): It was decided meanwhile." in again
    assert _available(dealer) == 30
    states = Claim.objects.order_by("document").values_list("state", flat=True)
    assert list(states) == ["approved", "approved", "rejected"]
