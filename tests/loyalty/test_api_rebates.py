"""Partners' systems accept agreements and answer statements; finance's systems read and approve."""

from datetime import date

from accounts.keys import make_key
from accounts.models import Event, Notice, Product
from accounts.notices.noting import note
from rebates import clock, offering
from rebates.models import Acceptance, Settlement, Statement, StatementState
from tests.factories import MemberFactory, ProgramFactory, StaffFactory, enrolled_account
from tests.loyalty.test_api_hands import Sending
from tests.rebates.deals import bands, drafted
from tests.rewards.stories import accepted, at, purchase

SCOPES = ("rebates:read", "rebates:answer", "rebates:approve")
V1 = "/api/v1"


def test_an_agreement_is_accepted_answered_and_approved_by_systems(in_tenant, monkeypatch):
    now = at("2026-03-20")
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    for line in ("Bikes", "Parts"):
        Product.objects.create(sku=line.upper(), name=line, line=line)
    program = ProgramFactory(slug="rewards")
    dealer = enrolled_account(program, number="D-1", name="Harbor Bikes")
    admin = MemberFactory(account=dealer)
    owner = StaffFactory(name="Olga Owner", role="owner")
    keys = {
        who: Sending(in_tenant, make_key(name=who, scopes=SCOPES, actor=actor, now=now)[1])
        for who, actor in (("erp", StaffFactory()), ("owner's", owner), ("bank", StaffFactory()))
    }
    api = keys["erp"]
    terms = {"method": "whole", "bands": bands((10_000_00, 2), (20_000_00, 4))}
    version = drafted(program, dealer, terms=terms, starts_on=date(2026, 4, 1), owner=owner)
    assert api.get(f"{V1}/agreements").json()["items"] == []  # drafts are nobody's business
    offering.offer_version(version=version, valid_from=None, actor="staff:maker", now=now)

    # accepted, once and for ever, and only as it was read
    [told] = api.get(f"{V1}/agreements?account=D-1").json()["items"]
    [offered] = told["versions"]
    accept = f"{V1}/agreements/{told['id']}/accept"
    body = {"account": "D-1", "version": 1, "digest": "0"}
    refused = api.send(accept, body, "A-1")
    assert (refused.status_code, Acceptance.objects.count()) == (409, 0)
    assert "reads otherwise now" in refused.json()["detail"]
    body["digest"] = offered["digest"]
    assert api.send(accept, body, "A-2").json()["accepted_at"] == "2026-03-20T16:00:00Z"
    assert api.send(accept, body, "A-2").headers["Idempotent-Replayed"] == "true"

    # what it owes, and how
    now = at("2026-05-20")
    for line, amount in (("Bikes", "10000.00"), ("Parts", "2400.00")):
        accepted(purchase(dealer, amount, now, f"INV-{line}", product=line.upper()), as_of=now)
    clock.advance(at=now)
    [owed] = api.get(f"{V1}/accruals?agreement=growth").json()["items"]
    assert (owed["amount"], owed["next_band"]) == (
        "248.00",
        {"missing": 7_600_00, "adds": "552.00"},
    )
    assert owed["worked"][1] == {
        "label": "Band from $10,000.00: 2%", "how": "$12,400.00 × 2%", "result": "$248.00"
    }  # fmt: skip

    # the statement: one line disputed, the others accepted, approved by another than the owner
    now = at("2026-07-07")
    clock.advance(at=now)
    [stated] = api.get(f"{V1}/rebate-statements").json()["items"]
    one = f"{V1}/rebate-statements/{stated['id']}"
    assert [(line["product_line"], line["amount"]) for line in stated["lines"]] == [
        ("Bikes", "200.00"),
        ("Parts", "48.00"),
    ]
    assert api.send(f"{one}/approve", {}, "P-0").status_code == 409
    disputed = api.send(f"{one}/dispute", {"line": 2, "reason": "INV-9 is missing."}, "D-1")
    assert disputed.json()["lines"][1]["state"] == "disputed"
    assert api.send(f"{one}/accept", {}, "Y-1").json()["state"] == "accepted"
    for who, name in (("owner's", "P-1"), ("erp", "P-3")):  # its owner; who accepted it
        own = keys[who].send(f"{one}/approve", {}, name)
        assert own.status_code == 409
        assert "another person" in own.json()["detail"]
    assert Statement.objects.get().state == StatementState.ACCEPTED
    assert Settlement.objects.count() == 0
    for _ in range(2):  # sent twice, it settles once
        assert keys["bank"].send(f"{one}/approve", {}, "P-2").json()["state"] == "approved"
    [settled] = api.get(f"{V1}/settlements?account=D-1").json()["items"]
    assert (settled["amount"], settled["state"]) == ("200.00", "approved")

    # the partner's admin was told of each step
    note(list(Event.objects.order_by("position", "id")), now=now)
    told = Notice.objects.filter(user=admin.user, kind__startswith="rebate")
    assert sorted(told.values_list("kind", "details__amount")) == [
        ("rebate_approved", [200_00, "USD"]),
        ("rebate_statement", [248_00, "USD"]),
    ]
