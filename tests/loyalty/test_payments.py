"""Payment runs in the console, and bank details as partners and finance enter them."""

import pytest

from loyalty.console.rebate_happenings import TOLD_OF_REBATES
from rebates.models import BankDetails, PaymentRun, Settlement
from rewards.voice import voice_of
from tests.factories import MemberFactory
from tests.loyalty.faces import client_of, text_of
from tests.rebates.deals import DUTCH, GERMAN
from tests.rebates.test_paying import NOW, wallets, world

__all__ = ["world"]
HERE = "/console/payments/"


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def ann(world):
    return client_of(world.tenant, world.ann.user)


@pytest.fixture
def bob(world):
    return client_of(world.tenant, world.bob.user)


def test_a_run_goes_through_two_pairs_of_hands(world, ann, bob):
    seen = text_of(ann.get(HERE))
    assert "Dealer 1 A-1 Statement 1, approved on Feb 1, 2026 €70.00 €70.00 FR•• … 2606" in seen
    picked = [str(one) for one in Settlement.objects.values_list("pk", flat=True)]
    past = ann.post(HERE, {"pick": picked, "execute_on": "2026-02-09"}, follow=True)
    assert "The day of execution is over" in text_of(past)
    made = ann.post(HERE, {"pick": picked, "execute_on": "2026-02-11"}, follow=True)
    assert "Run 1 is prepared; somebody else approves it." in text_of(made)
    assert "1 payment run waits for approval" in text_of(bob.get("/console/"))
    run = PaymentRun.objects.get()
    here = f"{HERE}{run.pk}/"

    own = "You prepared this run; somebody else has to approve it."
    offers = [(own in text, ">Approve<" in text) for text in _pages(here, ann, bob)]
    assert offers == [(True, False), (False, True)]
    refused = ann.post(here, {"action": "approve"}, follow=True)
    assert own in text_of(refused)
    early = ann.post(f"{here}file/", follow=True)
    assert "It is in another state by now: Waiting for approval." in text_of(early)
    assert "Approved. The file is ready" in text_of(
        bob.post(here, {"action": "approve"}, follow=True)
    )
    file = ann.post(f"{here}file/")
    assert file["Content-Disposition"] == 'attachment; filename="payments-000001.xml"'
    assert file["Content-Type"] == "application/xml"
    assert b"<CtrlSum>100.00</CtrlSum>" in file.content
    seen = text_of(bob.get(here))
    assert "Taken before. Make sure that it reaches the bank only once. Ann, Feb 10" in seen
    assert GERMAN not in seen

    asked = "Has the bank carried out run 1 for €100.00?"
    assert asked in ann.get(here).content.decode()
    ann.post(here, {"action": "executed"})
    payment = run.payments.get(account=world.dealers[0])
    back = ann.post(f"{HERE}returned/{payment.pk}/", {"reason": "AC04 closed"}, follow=True)
    assert "The payment to Dealer 1 came back; it is to be paid once more." in text_of(back)
    assert "AC04 closed" in text_of(ann.get(here))
    assert wallets(world) == [70_00, 0]


def _pages(address, *readers):
    return [reader.get(address).content.decode() for reader in readers]


def test_who_entered_the_account_that_is_paid_from_reads_why_they_prepare_no_run(world, ann, bob):
    own = "You entered the account that you pay from; somebody else prepares its runs."
    debtor = BankDetails.objects.filter(account=None, ended_at=None)
    debtor.update(entered_by=world.ann.actor)
    offers = [(own in text, "Prepare a run" in text) for text in _pages(HERE, ann, bob)]
    assert offers == [(True, False), (False, True)]
    picked = [str(one) for one in Settlement.objects.values_list("pk", flat=True)]
    refused = ann.post(HERE, {"pick": picked, "execute_on": "2026-02-11"}, follow=True)
    assert own in text_of(refused)
    assert not PaymentRun.objects.exists()


def test_what_less_was_paid_than_approved_is_told_as_it_was_paid(world):
    said = {"name": "Volume", "amount": 70_00}
    voice = voice_of(world.tenant)
    told = [
        TOLD_OF_REBATES["rebate.paid"](payload, voice) for payload in (said | {"paid": 50_00}, said)
    ]
    assert told == [
        "Paid the settlement of €50.00 of “Volume”",
        "Paid the settlement of €70.00 of “Volume”",  # from before it was recorded
    ]


def test_a_partner_s_admin_enters_bank_details_and_sees_them_masked(world):
    dealer = world.dealers[0]
    page = f"/portal/{dealer.enrollments.get().id}/entries/bank/"
    admin = client_of(world.tenant, MemberFactory(account=dealer).user)
    viewer = client_of(world.tenant, MemberFactory(account=dealer, portal_role="member").user)
    asked = {"holder": "Dealer", "iban": DUTCH, "bic": ""}

    wrong = admin.post(page, asked | {"iban": DUTCH[:-1] + "1"})
    assert wrong.status_code == 422
    assert "The check digits do not fit" in text_of(wrong)
    assert viewer.post(page, asked).status_code == 403
    assert BankDetails.objects.filter(account=dealer).count() == 1
    seen = text_of(admin.post(page, asked, follow=True))
    assert "NL•• … 4300" in seen
    assert "nothing is paid to them before Feb 17, 2026" in seen
    assert "FR•• … 2606 until Feb 10, 2026" in seen
    assert DUTCH not in seen


def test_finance_enters_what_it_then_cannot_use_and_says_how_long_it_rests(world, ann):
    shorter = ann.post(f"{HERE}bank/cooling/", {"days": "0"}, follow=True)
    assert "Kept. It holds for bank details entered from now on." in text_of(shorter)
    dealer = world.dealers[1]
    page = f"/console/accounts/{dealer.pk}/bank/"
    seen = text_of(ann.post(page, {"holder": "D", "iban": GERMAN}, follow=True))
    assert "You cannot pay to them yourself, nor approve it." in seen
    assert "DE•• … 3000" in seen
    assert "You entered the bank details; somebody else has to pay to them." in text_of(
        ann.get(HERE)
    )
    too_long = ann.post(f"{HERE}bank/cooling/", {"days": "91"}, follow=True)
    assert "less than or equal to 90" in text_of(too_long)
