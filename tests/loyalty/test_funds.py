"""Marketing funds on the faces: allocated, asked for, claimed with proof, paid; and by the API."""

import base64
import json

import pytest
from django.test import RequestFactory

from accounts.models import Event, Notice
from loyalty.notices.targets import target_of
from partners.models import Fund, FundActivity, FundBudget, FundRequest
from tests.accounts.told import noted
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, text_of
from tests.loyalty.test_api import Api, _secret
from tests.partners.funded import PDF, activity_of, asked, budget_of, granted, paper
from tests.rewards.stories import wallet_of

pytestmark = pytest.mark.usefixtures("stopped_clock")

KEY = "0197f7a0-0000-7000-8000-00000000000f"


@pytest.fixture
def dealer(program):
    return enrolled_account(program, name="Harbor IT", number="R-1")


@pytest.fixture
def partner(in_tenant, dealer):
    return client_of(in_tenant, MemberFactory(account=dealer, name="Kim").user)


@pytest.fixture
def jordan(in_tenant):
    return StaffFactory(name="Jordan")


@pytest.fixture
def manager(in_tenant, jordan):
    return client_of(in_tenant, jordan.user)


def home_of(account) -> str:
    return f"/portal/{account.enrollments.get().id}/funds/"


def test_funds_from_both_sides(in_tenant, program, dealer, partner, manager, jordan):
    budget = {"name": "MDF 2026", "program": program.slug, "owner": str(jordan.pk)}
    budget["amount"] = "9.999"
    days = {"starts_on": "2026-01-01", "ends_on": "2026-12-31", "remind_days": "30"}
    said = budget | days | {"kind": "discretionary"}
    refused = manager.post("/console/funds/new/", said)
    assert refused.status_code == 422
    assert "at most 2 decimal places" in text_of(refused)
    assert manager.post("/console/funds/new/", said | {"amount": "5000"}).status_code == 302
    page = f"/console/funds/budgets/{FundBudget.objects.get().pk}/"
    terms = {"name": "Event", "fields_asked": "guests: whole, required", "is_active": "on"}
    more = {"share": "50", "most": "1000", "proofs": "Invoice\nPhoto", "claim_days": "45"}
    assert manager.post("/console/funds/activities/new/", terms | more).status_code == 302
    given = {"key": KEY, "amount": "1200", "last_day": "2026-12-31"}
    assert manager.post(f"{page}allocate/", given | {"numbers": "X-9"}).status_code == 422
    assert manager.post(f"{page}allocate/", given).status_code == 302
    assert manager.post(f"{page}allocate/", given).status_code == 302  # sent twice
    assert "Harbor IT R-1 $1,200.00" in text_of(manager.get(page))

    home, activity = home_of(dealer), FundActivity.objects.get()
    assert "$1,200.00 to be committed until Dec 31, 2026" in text_of(partner.get(home))
    assert "Up to 50% of the cost, at most $1,000.00" in text_of(partner.get(f"{home}ask/"))
    wish = {
        "key": KEY, "budget": str(FundBudget.objects.get().pk), "title": "Summer roadshow",
        "starts_on": "2026-05-20", "ends_on": "2026-05-20", "total_cost": "800", "asked": "500",
        "answer_guests": "60",
    }  # fmt: skip
    new = f"{home}ask/{activity.pk}/"
    refused = partner.post(new, wish)
    assert refused.status_code == 422
    assert "At most 50% of the cost is paid" in text_of(refused)
    assert 'value="Summer roadshow"' in refused.content.decode()
    made = partner.post(new, wish | {"asked": "400"})
    request = FundRequest.objects.get()
    assert made["Location"] == f"{home}{request.pk}/"
    assert partner.post(new, wish | {"asked": "400"})["Location"] == made["Location"]

    decide = f"/console/funds/requests/{request.pk}/"
    assert "1 fund request waits to be decided" in text_of(manager.get("/console/"))
    yes = {"action": "approve", "amount": "400.00", "share": "50"}
    assert manager.post(decide, yes | {"amount": "400.01"}).status_code == 422
    assert manager.post(decide, yes).status_code == 302
    assert "$800.00 to be committed" in text_of(partner.get(home))
    assert "Claim it with the proof by Jul 4, 2026." in text_of(partner.get(made["Location"]))

    claim = {"action": "claim", "cost": "700", "proof_0": paper()}
    refused = partner.post(made["Location"], claim)
    assert refused.status_code == 422
    assert 'value="700"' in refused.content.decode()
    claim = {"action": "claim", "cost": "700", "proof_0": paper(), "proof_1": paper("photo.pdf")}
    assert partner.post(made["Location"], claim).status_code == 302
    seen = text_of(manager.get(decide))
    assert "It comes to at most $350.00" in seen
    assert "Photo: photo.pdf" in seen
    assert manager.post(decide, {"action": "accept", "amount": "350"}).status_code == 302
    pay = {"action": "pay", "paid_as": "transfer", "reference": "SEPA 1", "paid_on": "2026-05-20"}
    assert manager.post(decide, pay).status_code == 403
    finance = client_of(in_tenant, StaffFactory(role="finance").user)
    assert finance.post(decide, pay).status_code == 302
    assert "Bank transfer SEPA 1, May 20, 2026" in text_of(partner.get(made["Location"]))

    fund = Fund.objects.get()
    told = text_of(manager.get(f"/console/funds/{fund.pk}/"))
    assert "Opening $0.00 $0.00" in told
    assert "Closing $850.00 $0.00" in told
    back = {"key": str(fund.pk), "amount": "851", "reason": "Unused"}
    assert manager.post(f"/console/funds/{fund.pk}/", back).status_code == 422
    for _twice in range(2):
        sent = manager.post(f"/console/funds/{fund.pk}/", back | {"amount": "50"})
        assert sent.status_code == 302
    assert wallet_of(dealer, program, "funds").available == 80_000
    changed = budget | days | {"name": "MDF", "amount": "1100"}
    assert manager.post(f"{page}change/", changed).status_code == 422  # 1,150.00 are allocated
    assert manager.post(f"{page}change/", changed | {"amount": "1150"}).status_code == 302


def test_roles_and_walls_hold(in_tenant, program, dealer, jordan):
    budget, activity = budget_of(program, jordan), activity_of()
    rival = enrolled_account(program, name="Bay Systems", number="R-2")
    granted(budget, {dealer: 50_000}, jordan, now=NOW)
    request = asked(dealer, budget, activity, now=NOW)
    viewer = client_of(in_tenant, MemberFactory(account=dealer, portal_role="viewer").user)
    page = f"{home_of(dealer)}{request.pk}/"
    assert viewer.get(page).status_code == 200
    assert viewer.post(page, {"action": "withdraw"}).status_code == 403
    assert viewer.get(f"{home_of(dealer)}ask/{activity.pk}/").status_code == 403
    stranger = client_of(in_tenant, MemberFactory(account=rival).user)
    assert stranger.get(f"{home_of(rival)}{request.pk}/").status_code == 404
    wish = {"key": KEY, "budget": str(budget.pk), "title": "T", "starts_on": "2026-05-20"}
    wish |= {"ends_on": "2026-05-20", "total_cost": "2", "asked": "1", "answer_guests": "1"}
    assert stranger.post(f"{home_of(rival)}ask/{activity.pk}/", wish).status_code == 422
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    decide = f"/console/funds/requests/{request.pk}/"
    assert analyst.get(decide).status_code == 200
    assert analyst.post(decide, {"action": "reject", "note": "N"}).status_code == 403
    assert [one.state for one in FundRequest.objects.all()] == ["requested"]
    rep = StaffFactory(role="rep")
    dealer.rep = rep
    dealer.save()
    seen = text_of(client_of(in_tenant, rep.user).get(f"/field/{dealer.pk}/"))
    assert "Open funds MDF 2026 $500.00 $500.00 expires on Dec 31, 2026" in seen


def test_lists_ask_a_constant_number_of_queries(
    program, dealer, jordan, partner, manager, django_assert_num_queries
):
    budget, activity = budget_of(program, jordan), activity_of()
    granted(budget, {dealer: 10_000}, jordan, now=NOW)
    said = {"total_cost": 200, "asked": 100}
    asked(dealer, budget, activity, now=NOW, **said)
    lists = (
        (home_of(dealer), partner, 14),
        ("/console/funds/requests/", manager, 11),
        (f"/console/funds/budgets/{budget.pk}/", manager, 13),
        ("/console/funds/", manager, 10),
    )
    for path, client, count in lists:
        client.get(path)
        with django_assert_num_queries(count):
            client.get(path)
    others = [enrolled_account(program) for _ in range(2)]
    for other in others:
        granted(budget, {other: 10_000}, jordan, now=NOW)
        asked(dealer, budget, activity, now=NOW, **said)
        budget_of(program, jordan, name=f"MDF {other.number}")
    for path, client, count in lists:
        with django_assert_num_queries(count):
            client.get(path)


def test_people_of_the_account_are_told(program, dealer, jordan, manager):
    member = MemberFactory(account=dealer, name="Kim")
    budget, activity = budget_of(program, jordan), activity_of()
    granted(budget, {dealer: 50_000}, jordan, now=NOW)
    request = asked(dealer, budget, activity, now=NOW, actor=member.actor)
    manager.post(f"/console/funds/requests/{request.pk}/", {"action": "reject", "note": "Too late"})
    noted(Event.objects.get(kind="fund_request.rejected"))
    [told] = Notice.objects.all()
    assert (told.kind, told.account) == ("fund_decided", dealer)
    assert (told.details["amount"], told.details["note"]) == ([40_000, "USD"], "Too late")
    assert target_of(told, RequestFactory().get("/")) == f"{home_of(dealer)}{request.pk}/"


# ── The API ──────────────────────────────────────────────────────────────────────────────────────


def test_a_system_allocates_asks_and_claims_and_another_decides(in_tenant, program, dealer, jordan):
    budget, activity = budget_of(program, jordan), activity_of(proofs=("Invoice",))
    asks = Sending(in_tenant, _secret("funds:read", "funds:write"))
    decides = Sending(in_tenant, _secret("funds:decide"))
    pays = Sending(in_tenant, _secret("funds:decide"))
    given = {"accounts": ["R-1"], "amount": "500.00", "last_day": "2026-12-31"}
    allocations = f"/api/v1/fund-budgets/{budget.pk}/allocations"
    made = decides.send(allocations, given, "K-1")
    assert made.json()[0]["parts"] == [{"amount": "500.00", "last_day": "2026-12-31"}]
    assert decides.send(allocations, given, "K-1").json() == made.json()
    assert decides.send(allocations, given | {"amount": "1.00"}, "K-1").status_code == 409
    refused = decides.send(allocations, given | {"amount": "500.01"}, "K-2")
    assert (refused.status_code, Fund.objects.get().granted) == (409, 50_000)

    wish = {
        "account": "R-1", "budget": str(budget.pk), "activity": str(activity.pk),
        "title": "Roadshow", "starts_on": "2026-05-20", "ends_on": "2026-05-20",
        "total_cost": "800.00", "asked": "400.00", "answers": {"guests": "60"},
    }  # fmt: skip
    for wrong, field in (
        ({"asked": "400.01"}, "asked"),
        ({"total_cost": "0.001"}, "total_cost"),
        ({"answers": {}}, "answers"),
        ({"starts_on": "2026-05-19"}, "starts_on"),
    ):
        refused = asks.send("/api/v1/fund-requests", wish | wrong, f"K-{field}")
        assert refused.status_code == 422
        assert [one["pointer"] for one in refused.json()["errors"]] == [f"/{field}"]
    made = asks.send("/api/v1/fund-requests", wish, "K-3")
    assert (made.status_code, made.json()["answers"]) == (201, {"guests": 60})
    again = asks.send("/api/v1/fund-requests", wish, "K-3")
    assert (again.json(), again["Idempotent-Replayed"]) == (made.json(), "true")
    step = f"/api/v1/fund-requests/{made.json()['id']}"
    assert asks.get(step).json() == made.json()

    yes = {"amount": "400.00", "share": "50.00"}
    assert asks.send(f"{step}/approve", yes, "K-4").status_code == 403
    approved = decides.send(f"{step}/approve", yes, "K-5").json()
    assert (approved["state"], approved["claim_until"]) == ("approved", "2026-07-04")
    pdf = base64.b64encode(PDF).decode()
    proof = {"kind": "Invoice", "name": "invoice.pdf", "content": pdf}
    claim = {"cost": "700.00", "proofs": [proof]}
    for number, (wrong, status) in enumerate(
        (
            ({"proofs": []}, 409),
            ({"proofs": [proof | {"content": "no base64"}]}, 422),
            ({"proofs": [proof | {"content": base64.b64encode(b"MZ\x90\x00").decode()}]}, 422),
        )
    ):
        refused = asks.send(f"{step}/claim", claim | wrong, f"K-6-{number}")
        assert refused.status_code == status
    assert asks.send(f"{step}/claim", claim, "K-7").json()["state"] == "claimed"
    accepted = decides.send(f"{step}/accept", {"amount": "350.00"}, "K-8").json()
    assert (accepted["state"], accepted["accepted"]) == ("accepted", "350.00")
    said = {"paid_as": "credit_note", "reference": "CN 7", "paid_on": "2026-05-20"}
    refused = decides.send(f"{step}/pay", said, "K-9")
    assert (refused.status_code, "step before" in refused.json()["detail"]) == (409, True)
    assert pays.send(f"{step}/pay", said, "K-10").json()["payment_reference"] == "CN 7"
    [fund] = asks.get("/api/v1/funds?account=R-1").json()["items"]
    assert (fund["granted"], fund["committed"], fund["paid"]) == ("500.00", "0.00", "350.00")
    [shown] = asks.get("/api/v1/fund-budgets").json()["items"]
    assert (shown["allocated"], shown["free"]) == ("500.00", "500.00")
    assert len(asks.get("/api/v1/fund-activities").json()["items"]) == 1


class Sending(Api):
    def send(self, path: str, body: dict, key: str):
        return self.client.post(
            path,
            json.dumps(body),
            content_type="application/json",
            headers={"idempotency-key": key},
        )
