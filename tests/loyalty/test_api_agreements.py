"""Agreements are written by one system and offered by another; disputes are ended by systems."""

from datetime import date

import pytest

from accounts.keys import make_key
from accounts.models import Account, Product, Tenant
from rebates import clock
from rebates.models import Agreement, AgreementVersion, Settlement, Statement
from tests.factories import ProgramFactory, StaffFactory, enrolled_account
from tests.loyalty.test_api_hands import Sending
from tests.rebates.deals import agreed, bands, violations
from tests.rewards.stories import accepted, at, purchase

V1 = "/api/v1"
NOW = at("2026-03-20")
SCOPES = ("rebates:read", "rebates:write", "rebates:answer", "rebates:approve")
SAID = {
    "program": "rewards",
    "code": "growth",
    "name": "Growth 2026",
    "party": "account",
    "account": "D-1",
    "period": "quarter",
    "starts_on": "2026-04-01",
    "terms": {"bands": [{"from": "1000000", "rate": "2"}]},
    "needs_acceptance": False,
}


@pytest.fixture
def keys(in_tenant, monkeypatch) -> list[Sending]:
    """Those of two owners, and another of the first."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    program = ProgramFactory(slug="rewards")
    enrolled_account(program, number="D-1", name="Harbor Bikes")
    ann, ben = (StaffFactory(name=name, role="owner") for name in ("Ann", "Ben"))
    return [
        Sending(in_tenant, make_key(name="k", scopes=SCOPES, actor=actor, now=NOW)[1])
        for actor in (ann, ben, ann)
    ]


def wrong(answer) -> tuple[int, list[str]]:
    """The status, and which fields do not fit."""
    return answer.status_code, [one["pointer"] for one in answer.json().get("errors", ())]


def test_an_agreement_is_drafted_by_one_system_and_offered_by_another(in_tenant, keys):
    first, second, own = keys
    Tenant.objects.update(two_pairs_of_eyes=True)
    made = first.send(f"{V1}/agreement-drafts", SAID, "D-1")
    assert made.status_code == 201
    draft = made.json()
    here = f"{V1}/agreement-drafts/{draft['id']}"
    assert made["Location"] == here
    assert (draft["state"], draft["number"], draft["terms"]["kinds"]) == ("draft", 1, ["purchase"])
    assert first.send(f"{V1}/agreement-drafts", SAID, "D-1")["Idempotent-Replayed"] == "true"
    assert first.send(f"{V1}/agreement-drafts", SAID, "D-2").status_code == 409  # the code is taken
    assert Agreement.objects.count() == 1
    assert first.get(f"{V1}/agreements").json()["items"] == []
    assert first.get(f"{V1}/agreement-drafts?account=D-1").json()["items"] == [draft]

    # neither by another key of who wrote it, nor as somebody read it before it was changed
    offer = {"digest": draft["digest"]}
    refused = own.send(f"{here}/offer", offer, "O-1")
    assert (refused.status_code, "second pair of eyes" in refused.json()["detail"]) == (409, True)
    richer = {"terms": {"bands": [{"from": "1000000", "rate": "2.5"}]}}
    changed = first.send(f"{here}/change", richer, "C-1").json()
    assert (changed["terms"]["bands"][0]["rate"], changed["needs_acceptance"]) == ("2.5", False)
    late = second.send(f"{here}/offer", offer, "O-2")
    assert (late.status_code, "wrote at the draft" in late.json()["detail"]) == (409, True)
    assert AgreementVersion.objects.get().published_at is None
    offered = second.send(f"{here}/offer", {"digest": changed["digest"]}, "O-3").json()
    assert offered["state"] == "offered"
    assert Agreement.objects.get().state == "accepted"
    assert first.send(f"{here}/change", richer, "C-2").status_code == 409

    # other terms from a later quarter on, one draft at a time, and an end
    whole = f"{V1}/agreements/{draft['agreement']}"
    then = first.send(f"{whole}/drafts", {"grace_days": 9}, "N-1").json()
    assert (then["number"], then["terms"], then["grace_days"]) == (2, changed["terms"], 9)
    again = first.send(f"{whole}/drafts", {}, "N-2")
    assert (again.status_code, AgreementVersion.objects.count()) == (409, 2)
    there = f"{V1}/agreement-drafts/{then['id']}"
    said = {"digest": then["digest"], "valid_from": "2026-07-15"}
    assert second.send(f"{there}/offer", said, "O-4").status_code == 409  # no period begins then
    said["valid_from"] = "2026-07-01"
    assert second.send(f"{there}/offer", said, "O-5").json()["valid_from"] == "2026-07-01"
    third = first.send(f"{whole}/drafts", {}, "N-3").json()
    gone = first.send(f"{V1}/agreement-drafts/{third['id']}/discard", {}, "X-1").json()
    assert (gone["state"], gone["number"]) == ("discarded", 3)
    assert first.send(f"{whole}/end", {"on": "2026-08-01"}, "E-1").status_code == 409
    ended = first.send(f"{whole}/end", {"on": "2026-10-01"}, "E-2").json()
    assert (ended["ends_on"], [one["valid_to"] for one in ended["versions"]]) == (
        "2026-10-01", ["2026-07-01", None]
    )  # fmt: skip


UNFIT = (
    ({"terms": {"bands": []}}, "/terms"),
    ({"terms": {"bands": [{"from": "1", "rate": "1"}], "falling": "no"}}, "/terms"),
    ({"terms": SAID["terms"] | {"tier_multipliers": {"a\0": "1"}}}, "/terms"),
    ({"condition": {"field": "color", "op": "eq", "value": "red"}}, "/condition"),
    ({"starts_on": "9999-10-01"}, "/starts_on"),
    ({"starts_on": "2026-04-02"}, "/starts_on"),
    ({"ends_on": "2026-04-01"}, "/ends_on"),
    ({"party": "tier"}, "/account"),
    ({"tier": "gold"}, "/tier"),
    ({"method": "points"}, "/points_rate"),
    ({"name": " \0"}, "/name"),
)


def test_what_does_not_fit_is_said_beside_its_field(keys):
    for place, (said, field) in enumerate(UNFIT):
        refused = keys[0].send(f"{V1}/agreement-drafts", SAID | said, f"U-{place}")
        assert wrong(refused) == (422, [field])
    assert not Agreement.objects.exists()


def test_an_agreement_with_a_tier_names_one_there_is(keys):
    said = {name: value for name, value in SAID.items() if name != "account"} | {"party": "tier"}
    refused = keys[0].send(f"{V1}/agreement-drafts", said, "T-1")
    assert (refused.status_code, refused.json()["detail"]) == (
        422, "Say with whom the agreement is."
    )  # fmt: skip
    assert wrong(keys[0].send(f"{V1}/agreement-drafts", said | {"tier": "no"}, "T-2")) == (
        422, ["/tier"]
    )  # fmt: skip
    for name, value in (("account", "D-9"), ("program", "no"), ("owner", "nobody@example.com")):
        lost = keys[0].send(f"{V1}/agreement-drafts", SAID | {name: value}, f"L-{name}")
        assert lost.status_code == 404
    assert not Agreement.objects.exists()


def test_disputes_are_ended_by_one_system_and_paid_by_another(in_tenant, keys, monkeypatch):
    """200.00 on Bikes and 48.00 on Parts: both disputed, the one let stand by the partner, the
    other settled at 60.00."""
    first, second, own = keys
    dealer = Account.objects.get()
    program = dealer.enrollments.get().program
    agreed(
        program, dealer, starts_on=date(2026, 1, 1), terms={"bands": bands((0, 2))},
        said={"silence_accepts": False},
    )  # fmt: skip
    for line, amount in (("Bikes", "10000.00"), ("Parts", "2400.00")):
        Product.objects.create(sku=line.upper(), name=line, line=line)
        when = at("2026-02-10")
        accepted(purchase(dealer, amount, when, f"INV-{line}", product=line.upper()), as_of=when)
    now = at("2026-04-07")
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    clock.advance(at=now)
    here = f"{V1}/rebate-statements/{Statement.objects.get().pk}"
    for line in (1, 2):
        first.send(f"{here}/dispute", {"line": line, "reason": "Look again."}, f"D-{line}")
    assert first.send(f"{here}/accept", {}, "Y-1").json()["state"] == "accepted"
    stands = first.send(f"{here}/withdraw-dispute", {"line": 1}, "W-1").json()["lines"][0]
    assert (stands["state"], stands["settles"]) == ("stated", "200.00")

    end = f"{here}/resolve-dispute"
    said = {"line": 2, "answer": "INV-9 is in it.", "agreed": "60.00"}
    for place, key in enumerate((first, own)):  # who accepted it for the partner, by any hand
        assert key.send(end, said, f"H-{place}").status_code == 409
    too_fine = second.send(end, said | {"agreed": "60.001"}, "R-2")
    assert wrong(too_fine) == (422, ["/agreed"])
    assert second.send(end, said | {"line": 3}, "R-3").status_code == 404
    ended = second.send(end, said, "R-4").json()["lines"][1]
    assert (ended["amount"], ended["settles"], ended["answer"]) == (
        "48.00", "60.00", "INV-9 is in it."
    )  # fmt: skip
    assert second.send(end, said, "R-5").status_code == 409  # it is over
    refused = second.send(f"{here}/approve", {}, "P-1")
    assert (refused.status_code, Settlement.objects.count()) == (409, 0)
    assert "You agreed on an amount" in refused.json()["detail"]
    third = Sending(in_tenant, make_key(
        name="k", scopes=SCOPES, actor=StaffFactory(role="owner"), now=now
    )[1])  # fmt: skip
    assert third.send(f"{here}/approve", {}, "P-2").json()["state"] == "approved"
    assert Settlement.objects.get().amount == 260_00
    assert violations(in_tenant) == []
