"""Support and joint plans on the faces: what one side asks or proposes, the other answers."""

import json

import pytest

from partners.models import Plan, SupportRequest, SupportType
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, running_program, text_of
from tests.loyalty.test_api import Api, _secret

pytestmark = pytest.mark.usefixtures("stopped_clock")

GOALS = {
    "goal-0-title": "Grow",
    "goal-0-measure": "revenue",
    "goal-0-target": "25000",
    "goal-0-side": "partner",
    "goal-1-title": "Train two people",
    "goal-1-measure": "",
    "goal-1-side": "partner",
    "goal-1-due_on": "2026-06-30",
}


class Table:
    def __init__(self, tenant) -> None:
        program = running_program()
        self.rep = StaffFactory(role="rep")
        self.dealer = enrolled_account(program, name="Harbor IT", number="R-1", rep=self.rep)
        other = enrolled_account(program, name="Bay", number="R-2")
        self.kim = MemberFactory(account=self.dealer, name="Kim")
        self.partner = client_of(tenant, self.kim.user)
        self.viewer = client_of(
            tenant, MemberFactory(account=self.dealer, portal_role="viewer").user
        )
        self.stranger = client_of(tenant, MemberFactory(account=other).user)
        self.manager = client_of(tenant, StaffFactory(name="Jordan").user)
        self.field = client_of(tenant, self.rep.user)
        self.home = f"/portal/{self.dealer.enrollments.get().id}/together/"
        self.theirs = f"/portal/{other.enrollments.get().id}/together/"


@pytest.fixture
def table(in_tenant) -> Table:
    return Table(in_tenant)


def test_support_from_both_sides(in_tenant, table, django_assert_num_queries):
    kind = {"name": "Demo unit", "code": "demo-unit", "each_quarter": "2", "is_active": "on"}
    assert table.manager.post("/console/support/types/new/", kind).status_code == 302
    assert table.manager.post("/console/support/types/new/", kind).status_code == 422
    asks = {"key": "k1", "type": SupportType.objects.get().pk, "subject": "A unit in May"}
    new = f"{table.home}support/new/"
    assert "2 of 2 left in this quarter" in text_of(table.partner.get(new))
    assert table.viewer.get(new).status_code == 403
    late = table.partner.post(new, asks | {"wanted_on": "2026-05-19"})
    assert late.status_code == 422
    assert 'value="A unit in May"' in late.content.decode()
    made = table.partner.post(new, asks | {"wanted_on": "2026-05-21"})["Location"]
    assert table.partner.post(new, asks | {"wanted_on": "2026-05-21"})["Location"] == made
    assert table.partner.post(new, asks | {"subject": "Other"}).status_code == 422
    assert table.partner.post(new, asks | {"key": "k2"}).status_code == 302
    refused = table.partner.post(new, asks | {"key": "k3"})
    assert "You may ask for 2 in a quarter, and have; again from Jul 1, 2026 on." in text_of(
        refused
    )
    request = SupportRequest.objects.get(request_key="k1")
    assert table.stranger.get(f"{table.theirs}support/{request.pk}/").status_code == 404
    assert "A unit in May" in text_of(table.field.get(f"/field/{table.dealer.pk}/"))

    inbox = "/console/inbox/?kind=support"
    assert "Look after it: You look after it from now on" in text_of(
        table.manager.get(f"{inbox}&open=support:{request.pk}")
    )
    table.manager.post(inbox, {"pick": f"support:{request.pk}", "decision": "approve"})
    page = f"/console/support/{request.pk}/"
    assert "Somebody is at it" in text_of(table.manager.get(page))
    assert table.manager.post(page, {"action": "close", "note": " "}).status_code == 422
    assert table.manager.post(page, {"action": "take", "staff": "nobody"}).status_code == 422
    table.manager.post(page, {"action": "answer", "note": "It ships on Friday"})
    table.manager.post(page, {"action": "close", "note": "Three customers saw it"})
    seen = text_of(table.partner.get(made))
    assert "Looked after by: Jordan" in seen
    assert "Answered: It ships on Friday" in seen
    assert "What came of it Three customers saw it" in seen
    assert table.partner.post(made, {"action": "withdraw"}).status_code == 422
    second = SupportRequest.objects.get(request_key="k2")
    own = f"/field/support/{second.pk}/"
    assert table.field.post(own, {"action": "answer", "note": "x"}).status_code == 422
    table.field.post(own, {"action": "take"})
    table.field.post(own, {"action": "close", "note": "Shown"})
    assert "Shown" in text_of(table.partner.get(f"{table.home}support/{second.pk}/"))
    assert client_of(in_tenant, StaffFactory(role="rep").user).get(own).status_code == 404
    with django_assert_num_queries(11):
        table.manager.get("/console/support/")

    api = Api(in_tenant, _secret("support:read", "support:write", "support:decide"))
    assert [one["state"] for one in api.get("/api/v1/support-requests?account=R-1").json()["items"]]
    said = {"account": "R-2", "type": "demo-unit", "subject": "From the CRM"}

    def sent(path: str, body: dict, key: str):
        return api.client.post(
            f"/api/v1/support-requests{path}",
            json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": key},
        )

    first = sent("", said, "1")
    assert (first.status_code, sent("", said, "1").json()) == (201, first.json())
    assert sent("", said, "2").status_code == 201
    assert sent("", said, "3").status_code == 422
    own = sent(f"/{first.json()['id']}/decline", {"note": "No"}, "4")
    assert own.status_code == 409  # the key that asked does not decide


def test_a_plan_from_both_sides(in_tenant, table):
    plan = {"account": "R-1", "name": "2026", "starts_on": "2026-04-01", "months": "6", "note": ""}
    wrong = table.manager.post("/console/plans/new/", plan | GOALS | {"goal-0-target": "much"})
    assert wrong.status_code == 422
    assert "“much” is no number" in text_of(wrong)
    assert 'value="Train two people"' in wrong.content.decode()
    nobody = table.manager.post("/console/plans/new/", plan | GOALS | {"account": "none"})
    assert "There is no account of this number." in text_of(nobody)
    page = table.manager.post("/console/plans/new/", plan | GOALS)["Location"]
    found = Plan.objects.get()
    mine = f"{table.home}plans/{found.pk}/"
    assert "2026 Apr 1, 2026 to Sep 30, 2026 Proposed" in text_of(table.partner.get(table.home))
    assert table.stranger.get(f"{table.theirs}plans/{found.pk}/").status_code == 404
    version = found.versions.get().pk
    answer = {"action": "agree", "version": version}
    assert table.viewer.post(mine, answer).status_code == 403
    assert table.manager.post(page, answer).status_code == 422  # one's own side
    assert "Grow Revenue: $25,000 · Harbor IT" in text_of(table.partner.get(mine))
    assert table.partner.post(mine, answer).status_code == 302
    [goal] = found.versions.get().goals.filter(measure="")
    done = {"action": "done", "goal": goal.key}
    assert table.manager.post(page, done).status_code == 422  # the partner's task
    assert table.partner.post(mine, done).status_code == 302
    assert "done on May 20, 2026" in text_of(table.field.get(f"/field/{table.dealer.pk}/"))
    table.partner.post(mine, {"action": "note", "note": "On track\x00"})
    assert "On track" in text_of(table.manager.get(page))

    goals = found.versions.get().goals.order_by("place")
    keys = {f"goal-{place}-key": one.key for place, one in enumerate(goals)}
    change = GOALS | keys | {"goal-0-target": "20000", "note": "Supply is late"}
    assert table.partner.post(f"{mine}next/", change).status_code == 302
    assert "A change is proposed" in text_of(table.manager.get("/console/plans/"))
    table.manager.post(page, {"action": "agree", "version": found.versions.get(number=2).pk})
    api = Api(in_tenant, _secret("plans:read"))
    [told] = api.get("/api/v1/plans?account=R-1").json()["items"]
    assert told["version"] == 2
    assert [(one["target"], one["percent"]) for one in told["goals"]] == [
        (2_000_000, 0),
        (None, 100),
    ]
    answer = table.manager.get("/console/plans/file/")
    assert answer["Cache-Control"] == "private, no-store"
    file = answer.content.decode("utf-8-sig").splitlines()
    assert file[1].startswith("R-1,2026,2026-04-01,2026-09-30")
    assert table.manager.post(page, {"action": "end", "note": "Sold"}).status_code == 302
    assert "Ended early" in text_of(table.partner.get(table.home))
    for bad in ({"action": "agree", "version": "x"}, {"action": "done", "goal": ""}):
        assert table.partner.post(mine, bad).status_code == 422
    assert table.partner.post(mine, {"action": "steal"}).status_code == 404
