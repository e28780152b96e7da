"""Bank details, payment runs and credits by the API; who is told of them."""

import pytest

from accounts.keys import UnknownScope, make_key
from accounts.models import Command, Event, Notice
from accounts.notices.noting import note
from rebates import banking
from rebates.models import BankDetails, Credit, PaymentRun, Settlement
from tests.factories import MemberFactory, StaffFactory
from tests.loyalty.test_api_hands import Sending
from tests.rebates.deals import DUTCH, GERMAN
from tests.rebates.test_paying import NOW, TODAY, wallets, world

__all__ = ["world"]
V1 = "/api/v1"
SCOPES = ("payments:read", "payments:write", "payments:approve", "payments:file", "bank:write")


def key_of(world, owner) -> Sending:
    secret = make_key(name=owner.name, scopes=SCOPES, actor=owner, now=NOW)[1]
    return Sending(world.tenant, secret)


@pytest.fixture
def keys(world, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    return [key_of(world, StaffFactory(name=name, role="owner")) for name in ("Olga", "Otto")]


def test_only_owners_make_keys_that_move_money_to_banks(world):
    for role in ("manager", "finance"):
        with pytest.raises(UnknownScope):
            make_key(name="k", scopes=["payments:approve"], actor=StaffFactory(role=role), now=NOW)


def test_a_run_is_prepared_approved_and_taken_by_two_systems(world, keys):
    first, second = keys
    ids = sorted(map(str, Settlement.objects.values_list("pk", flat=True)))
    said = {"settlements": ids, "execute_on": TODAY.isoformat()}
    made = first.send(f"{V1}/payment-runs", said, "P-1")
    assert made.status_code == 201
    run = made.json()
    assert (run["state"], run["total"], run["currency"]) == ("prepared", "100.00", "EUR")
    assert [(one["account"], one["iban"], one["amount"]) for one in run["transfers"]] == [
        ("D-1", "FR•• … 2606", "70.00"),
        ("D-2", "NL•• … 4300", "30.00"),
    ]
    here = f"{V1}/payment-runs/{run['id']}"
    again = first.send(f"{V1}/payment-runs", said, "P-1")
    assert (again.json(), again["Idempotent-Replayed"]) == (run, "true")
    assert first.send(f"{V1}/payment-runs", said, "P-2").status_code == 409
    assert PaymentRun.objects.count() == 1
    assert first.get(f"{here}/file").status_code == 409

    own = first.send(f"{here}/approve", {}, "A-1")
    assert "You prepared this run" in own.json()["detail"]
    assert wallets(world) == [70_00, 30_00]
    assert second.send(f"{here}/approve", {}, "A-2").json()["state"] == "approved"
    file = first.get(f"{here}/file").json()
    assert GERMAN in file["content"]
    assert GERMAN not in first.get(here).content.decode()
    assert first.send(f"{here}/cancel", {}, "C-1").status_code == 409
    done = first.send(f"{here}/executed", {}, "E-1").json()
    assert {one["state"] for one in done["transfers"]} == {"paid"}
    back = f"{V1}/payments/{run['transfers'][0]['id']}/return"
    for _ in range(2):  # sent twice, it comes back once
        told = first.send(back, {"reason": "AC04"}, "R-1").json()
    assert [one["state"] for one in told["transfers"]] == ["returned", "paid"]
    assert wallets(world) == [70_00, 0]
    assert first.get(f"{V1}/payment-runs?state=executed").json()["items"][0]["number"] == 1

    # what the partner's admins hear of it
    admin = MemberFactory(account=world.dealers[0], portal_role="admin")
    viewer = MemberFactory(account=world.dealers[0], portal_role="member")
    note(list(Event.objects.order_by("position", "id")), now=NOW)
    heard = Notice.objects.filter(user=admin.user, kind__in=["rebate_paid", "rebate_returned"])
    assert sorted(heard.values_list("kind", "details__amount")) == [
        ("rebate_paid", [70_00, "EUR"]),
        ("rebate_returned", [70_00, "EUR"]),
    ]
    assert not Notice.objects.filter(user=viewer.user, kind__startswith="rebate").exists()


def test_bank_details_are_written_and_never_read_back(world, keys):
    first, second = keys
    dealer = world.dealers[0]
    admin = MemberFactory(account=dealer, portal_role="admin")
    before = BankDetails.objects.count()
    said = {"account": "D-1", "holder": "Dealer 1", "iban": DUTCH}
    for body, field in (
        (said | {"iban": DUTCH[:-1] + "1"}, "iban"),
        (said | {"bic": "COBADEFF"}, "bic"),
        (said | {"holder": " "}, "holder"),
    ):
        refused = first.send(f"{V1}/bank-details", body, f"B-{field}")
        wrong = [one["pointer"] for one in refused.json()["errors"]]
        assert (refused.status_code, wrong) == (422, [f"/{field}"])
    assert first.send(f"{V1}/bank-details", said | {"account": "D-9"}, "B-9").status_code == 404
    assert BankDetails.objects.count() == before
    entered = first.send(f"{V1}/bank-details", said, "B-1")
    assert (entered.json()["iban"], entered.json()["usable_from"]) == (
        "NL•• … 4300",
        "2026-02-17T14:00:00Z",
    )
    assert first.send(f"{V1}/bank-details", said, "B-1")["Idempotent-Replayed"] == "true"
    other = first.send(f"{V1}/bank-details", said | {"iban": GERMAN}, "B-1")
    assert other.status_code == 409
    [read] = second.get(f"{V1}/bank-details?account=D-1").json()["items"]
    assert read["iban"] == "NL•• … 4300"
    kept = str(list(Command.objects.values())) + str(list(Event.objects.values_list("payload")))
    assert DUTCH not in kept
    assert banking.iban_of(banking.current(dealer.pk)) == DUTCH

    # all the account's admins hear of it at once, and cannot choose not to
    note(list(Event.objects.order_by("position", "id")), now=NOW)
    heard = Notice.objects.get(user=admin.user, kind="bank_details", details__number="NL•• … 4300")
    assert (heard.details["day"], heard.letter_due_at) == ("2026-02-17", NOW)


def test_credits_are_handed_over_once(world, keys):
    first, second = keys
    Settlement.objects.update(method="credit_note")
    ids = sorted(map(str, Settlement.objects.values_list("pk", flat=True)))
    issued = first.send(f"{V1}/credits", {"settlements": ids}, "C-1").json()["items"]
    assert sorted((one["account"], one["number"], one["amount"]) for one in issued) == [
        ("D-1", 1, "70.00"),
        ("D-2", 2, "30.00"),
    ]
    assert second.send(f"{V1}/credits", {"settlements": ids}, "C-2").status_code == 409
    assert (Credit.objects.count(), wallets(world)) == (2, [0, 0])
    [one] = second.get(f"{V1}/credits?account=D-2&method=credit_note").json()["items"]
    assert one == next(each for each in issued if each["account"] == "D-2")
