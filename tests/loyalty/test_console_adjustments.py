"""Adjustments in the console: drafted from an account, seen before they move, approved by two."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.ids import uuid7
from accounts.models import Event
from accounts.tenancy import tenant_scope
from rewards import clock
from rewards.models import Adjustment, CorrectionTerms, Lot, Wallet
from tests.factories import ProgramFactory, StaffFactory, enrolled_account, publish_rule
from tests.loyalty.faces import client_of, text_of
from tests.rewards.stories import accepted, purchase, wallet_of


@pytest.fixture
def desk(tenant):
    return Desk(tenant)


class Desk:
    """An account with 500 points that expire in about two months."""

    def __init__(self, tenant) -> None:
        self.tenant = tenant
        self.now = timezone.now()
        with tenant_scope(tenant.id):
            policy = {"policy": "months", "months": 1, "round_up": False}
            self.program = ProgramFactory(points_expiry=policy)
            publish_rule(self.program)
            self.account = enrolled_account(self.program)
            self.enrollment = self.account.enrollments.get()
            self.staff = {role: StaffFactory(role=role) for role in ("manager", "owner", "analyst")}
            then = self.now - timedelta(days=1)
            accepted(purchase(self.account, "500.00", then, "A"), as_of=then)

    def client(self, role: str = "manager") -> Client:
        return client_of(self.tenant, self.staff[role].user)

    def post(self, page: str, role: str = "manager", **fields):
        url = f"/console/enrollments/{self.enrollment.id}/{page}/"
        fields = {"identity": str(uuid7()), "reason": "A slip"} | fields
        return self.client(role).post(url, fields)

    def decide(self, url: str, decision: str, role: str = "manager", **fields):
        return self.client(role).post(url, {"decision": decision} | fields, follow=True)

    @property
    def available(self) -> int:
        with tenant_scope(self.tenant.id):
            return wallet_of(self.account, self.program).available

    def state(self) -> str:
        with tenant_scope(self.tenant.id):
            return Adjustment.objects.latest("drafted_at").state


def test_points_are_added_after_a_look_at_what_comes_of_it(desk):
    drafted = desk.post("adjust", action="credit", amount="200")
    assert drafted.status_code == 302
    page = desk.client().get(drafted.url).content.decode()
    assert "Add 200 points" in page
    assert ">500<" in page
    assert ">700<" in page
    assert desk.available == 500
    done = desk.decide(drafted.url, "submit").content.decode()
    assert f"Done: 200 points, {desk.account.name}." in done
    assert (desk.available, desk.state()) == (700, "applied")
    desk.decide(drafted.url, "submit")
    assert desk.available == 700
    account = desk.client().get(f"/console/accounts/{desk.account.id}/").content.decode()
    assert "Added 200 points by hand: A slip" in account


def test_the_same_form_sent_twice_drafts_once(desk):
    identity = str(uuid7())
    sent = [desk.post("adjust", action="credit", amount="5", identity=identity) for _ in range(2)]
    assert sent[0].url == sent[1].url
    other = desk.post("adjust", action="credit", amount="6", identity=identity)
    assert other.status_code == 422
    assert "under this identity before" in other.content.decode()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"action": "credit", "amount": "0"}, "greater than or equal to 1"),
        ({"action": "credit", "amount": "5", "reason": " "}, "This field is required"),
        ({"action": "credit", "amount": "5", "last_day": "2020-01-01"}, "not over yet"),
        ({"action": "credit", "amount": "5", "holder": str(uuid7())}, "not one of the available"),
    ],
)
def test_what_is_filled_in_wrong_is_said_beside_its_field(desk, fields, text):
    answer = desk.post("adjust", **fields)
    assert answer.status_code == 422
    assert text in answer.content.decode()
    with tenant_scope(desk.tenant.id):
        assert Adjustment.objects.count() == 0


def test_too_much_taken_off_is_refused_in_words_and_nothing_moves(desk):
    drafted = desk.post("adjust", action="debit", amount="501")
    page = desk.decide(drafted.url, "submit").content.decode()
    assert "Only 500 are available" in page
    assert (desk.available, desk.state()) == (500, "draft")


def test_above_the_limit_another_approves_or_rejects(desk):
    with tenant_scope(desk.tenant.id):
        CorrectionTerms.objects.create(program=desk.program, approval_above=100)
    drafted = desk.post("adjust", action="credit", amount="101")
    assert "Send for approval" in desk.client().get(drafted.url).content.decode()
    desk.decide(drafted.url, "submit")
    assert (desk.available, desk.state()) == (500, "pending")
    own = desk.client().get(drafted.url).content.decode()
    assert "Approve" not in own
    refused = desk.decide(drafted.url, "approve").content.decode()
    assert "Somebody else has to approve" in refused
    waiting = desk.client("owner").get("/console/adjustments/?state=pending").content.decode()
    assert "Add 101 points" in waiting
    desk.decide(drafted.url, "approve", "owner")
    assert (desk.available, desk.state()) == (601, "applied")

    second = desk.post("adjust", action="debit", amount="300")
    desk.decide(second.url, "submit")
    page = desk.decide(second.url, "reject", "owner", note="Not this one").content.decode()
    assert "Not this one" in page
    assert (desk.available, desk.state()) == (601, "rejected")


def test_many_are_decided_at_once_but_nobody_decides_their_own(desk):
    with tenant_scope(desk.tenant.id):
        CorrectionTerms.objects.create(program=desk.program, approval_above=0)
    for amount, role in (("10", "manager"), ("20", "manager"), ("40", "owner")):
        drafted = desk.post("adjust", role, action="credit", amount=amount)
        desk.decide(drafted.url, "submit", role)
    with tenant_scope(desk.tenant.id):
        picks = [str(one.pk) for one in Adjustment.objects.order_by("amount")]
    queue, sent = "/console/adjustments/?state=pending", {"pick": picks, "decision": "approve"}
    assert desk.client("analyst").post(queue, sent).status_code == 403
    assert desk.available == 500

    said = text_of(desk.client("owner").post(queue, sent, follow=True))
    assert "2 are approved: Add 10 points" in said
    assert "Add 40 points" in said
    assert "was left as before: Somebody else has to approve" in said
    assert desk.available == 530
    rejected = {"pick": picks, "decision": "reject", "note": "Not this one"}
    said = text_of(desk.client().post(queue, rejected, follow=True))
    assert "2 were left as before (Add 10 points" in said
    assert desk.available == 530
    with tenant_scope(desk.tenant.id):
        found = Adjustment.objects.order_by("amount").values_list("state", "note")
        assert list(found) == [("applied", ""), ("applied", ""), ("rejected", "Not this one")]


def test_an_expiry_is_extended_and_an_expired_credit_reinstated(desk):
    page = desk.client().get(f"/console/enrollments/{desk.enrollment.id}/extend/")
    [(value, _)] = page.context["form"].fields["expiring"].choices
    late = f"{desk.now + timedelta(days=90):%Y-%m-%d}"
    early = desk.post("extend", expiring=value, last_day=f"{desk.now:%Y-%m-%d}")
    assert "after the one on which they expire" in early.content.decode()
    drafted = desk.post("extend", expiring=value, last_day=late)
    desk.decide(drafted.url, "submit")
    with tenant_scope(desk.tenant.id):
        lot = Lot.objects.get(tenant_id=desk.tenant.id)
        assert f"{lot.expires_at - timedelta(hours=12):%Y-%m-%d}" == late
        passed = desk.now - timedelta(hours=1)
        Lot.objects.filter(tenant_id=desk.tenant.id).update(expires_at=passed)
        Wallet.objects.update(expires_next=passed)
        clock.advance(upto=desk.now)
    assert desk.available == 0
    page = desk.client().get(f"/console/enrollments/{desk.enrollment.id}/reinstate/")
    [(entry, _)] = page.context["form"].fields["expired"].choices
    drafted = desk.post("reinstate", expired=entry)
    desk.decide(drafted.url, "submit")
    assert desk.available == 500
    again = desk.client().get(f"/console/enrollments/{desk.enrollment.id}/reinstate/")
    assert "Nothing to reinstate" in again.content.decode()


def test_who_only_reads_changes_nothing(desk):
    drafted = desk.post("adjust", action="credit", amount="5")
    assert desk.post("adjust", "analyst", action="credit", amount="5").status_code == 403
    assert desk.client("analyst").get(drafted.url).status_code == 200
    assert desk.client("analyst").post(drafted.url, {"decision": "submit"}).status_code == 403
    assert desk.available == 500
    account = desk.client("analyst").get(f"/console/accounts/{desk.account.id}/")
    assert "/adjust/" not in account.content.decode()


def test_the_terms_are_changed_and_recorded(desk):
    answer = desk.client("owner").post(
        "/console/adjustments/terms/",
        {"approval_above": "250", "transfers": "on", "grace_days": "14"},
    )
    assert answer.status_code == 302
    with tenant_scope(desk.tenant.id):
        terms = CorrectionTerms.objects.get()
        assert (terms.approval_above, terms.transfers, terms.grace_days) == (250, True, 14)
        event = Event.objects.get(kind="program.corrections_changed")
        assert event.payload["before"]["approval_above"] == 1_000
    wrong = desk.client("owner").post("/console/adjustments/terms/", {"approval_above": "-1"})
    assert wrong.status_code == 422


def test_a_manager_does_not_lift_the_limit_that_holds_for_managers(desk):
    terms = "/console/adjustments/terms/"
    assert "Only an owner changes it." in text_of(desk.client().get(terms))
    sent = {"approval_above": "1000000", "transfers": "on", "grace_days": "30"}
    assert desk.client().post(terms, sent).status_code == 302
    with tenant_scope(desk.tenant.id):
        kept = CorrectionTerms.objects.get()
        assert (kept.approval_above, kept.transfers, kept.grace_days) == (1_000, True, 30)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number(desk, rows, django_assert_num_queries):
    for _ in range(rows):
        desk.decide(desk.post("adjust", action="credit", amount="1").url, "submit")
    client = desk.client()
    client.get("/console/adjustments/")
    with django_assert_num_queries(QUERIES):
        page = client.get("/console/adjustments/")
    assert page.content.decode().count("Add 1 point") == rows


QUERIES = 14
