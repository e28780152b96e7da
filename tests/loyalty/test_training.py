"""Training on the faces: written and published, taken and passed, certified, shown, revoked."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.importing import carry_out
from accounts.imports import begin, claim
from accounts.models import Event, Notice
from partners.models import Certificate, Completion, Course, CourseAttempt, LearningPath
from rewards.imports import intent_of
from tests.accounts.told import noted
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.loyalty.test_api import Api, _secret
from tests.partners.courses import (
    a_course,
    a_path,
    certificates_earn,
    certifies,
    completed,
    issued,
)
from tests.rewards.stories import wallet_of

pytestmark = pytest.mark.usefixtures("stopped_clock")

WRITTEN = {
    "about": "Half an hour.",
    "sections_written": "# Welcome\nRead <this>.\n\n# More\nAnd that.",
    "questions_written": "What comes first?\n* The customer\n- The price",
    "pass_percent": "100",
    "most_attempts": "2",
    "wait_hours": "0",
}
MAPPING = {
    "columns": {
        "course": "Course",
        "member": "Mail",
        "external_id": "Record",
        "date": "Day",
        "score": "Score",
    }
}


@pytest.fixture
def program(in_tenant):
    program = running_program()
    certificates_earn(program)
    return program


@pytest.fixture
def dealer(program):
    return enrolled_account(program, name="Harbor IT", number="R-1")


@pytest.fixture
def kim(dealer):
    return MemberFactory(account=dealer, name="Kim", business_role="sales")


@pytest.fixture
def partner(in_tenant, kim):
    return client_of(in_tenant, kim.user)


@pytest.fixture
def manager(in_tenant):
    return client_of(in_tenant, StaffFactory(name="Jordan").user)


def training_of(account) -> str:
    return f"/portal/{account.enrollments.get().id}/training/"


def said_by(page: str, option: str) -> str:
    """The value with which the page sends an answer."""
    found = re.search(rf'value="(\d)"><span>{option}', page)
    assert found
    return found[1]


def test_a_course_from_both_sides(in_tenant, program, partner, manager, dealer):
    home = training_of(dealer)
    assert "Courses for your role show up here." in text_of(partner.get(home))
    about = {"code": "basics", "name": "Basics", "roles": "sales", "is_active": "on"}
    made = manager.post("/console/training/courses/new/", about)
    page = made["Location"]
    assert "Basics" not in text_of(partner.get(home))  # nothing is published yet
    broken = WRITTEN | {"action": "publish", "questions_written": "Which?\nThe customer"}
    refused = manager.post(page, broken)
    assert refused.status_code == 422
    assert "Line 2: an answer begins with" in text_of(refused)
    assert manager.post(page, WRITTEN | {"action": "publish"}).status_code == 302
    course = Course.objects.get()
    said = {"name": "Expert", "earned_by": f"course:{course.pk}", "months": "12"}
    said |= {"renew_days": "60", "is_active": "on"}
    assert manager.post("/console/training/credentials/new/", said).status_code == 302

    assert "Basics" in text_of(partner.get(home))
    assert "Read <this>." in text_of(partner.get(f"{home}{course.pk}/"))
    attempt = partner.post(f"{home}{course.pk}/")["Location"]
    quiz = partner.get(attempt).content.decode()
    assert "The customer" in quiz
    assert "right" not in quiz.partition("<form class=")[2].partition("</form>")[0]
    wrong, right = (said_by(quiz, option) for option in ("The price", "The customer"))
    assert {wrong, right} == {"0", "1"}  # as shown, not as written
    assert partner.post(attempt, {"question_0": [wrong, "77", "x"]}).status_code == 302
    assert "You have 0 % right; 100 % are needed." in text_of(partner.get(attempt))
    again = partner.post(f"{home}{course.pk}/")["Location"]
    right = said_by(partner.get(again).content.decode(), "The customer")
    partner.post(again, {"question_0": right})
    assert "You have earned the certificate “Expert”." in text_of(partner.get(again))
    assert wallet_of(dealer, program).available == 110
    assert partner.post(again, {"question_0": right}).status_code == 422
    assert "taken again to renew a certificate" in text_of(partner.post(f"{home}{course.pk}/"))

    held = Certificate.objects.get()
    mine = f"{home}certificates/{held.pk}/"
    assert "valid until May 20, 2027" in text_of(partner.get(f"{home}certificates/"))
    assert "linkedin.com/profile/add?startTask=" in partner.get(mine).content.decode()
    partner.post(mine, {"shows_name": "on"})
    assert "Holder Kim" in text_of(partner.get(f"/badges/{held.address}/"))
    listed = f"/console/certificates/{held.pk}/"
    assert "Works for Harbor IT" in text_of(manager.get(listed))
    assert manager.post(listed, {"reason": " "}).status_code == 422
    assert manager.post(listed, {"reason": "By mistake"}).status_code == 302
    assert wallet_of(dealer, program).available == 10
    assert "Revoked because By mistake" in text_of(partner.get(mine))
    assert manager.post(listed, {"reason": "Once more"}).status_code == 422


def test_what_is_others_is_not_there(in_tenant, program, partner, kim, dealer):
    course = a_course(roles=["technical"])
    home = training_of(dealer)
    assert partner.get(f"{home}{course.pk}/").status_code == 404  # not for their role
    open_ = a_course("open")
    attempt = partner.post(f"{home}{open_.pk}/")["Location"]
    held = issued(certifies(), kim, "2026-05-01")
    admin = MemberFactory(account=dealer, name="Ada")
    theirs = client_of(in_tenant, admin.user)
    assert theirs.get(attempt).status_code == 404
    assert theirs.post(attempt, {}).status_code == 404
    assert theirs.post(f"{home}certificates/{held.pk}/", {"shows_name": "on"}).status_code == 404
    assert "Kim · valid until" in text_of(theirs.get(f"{home}certificates/"))  # of the team
    viewer = MemberFactory(account=dealer, portal_role="viewer")
    looks_on = client_of(in_tenant, viewer.user)
    assert looks_on.post(f"{home}{open_.pk}/").status_code == 403
    assert "Kim" not in text_of(looks_on.get(f"{home}certificates/"))
    assert (CourseAttempt.objects.count(), Certificate.objects.get().shows_name) == (1, False)


def test_a_path_is_written_and_how_far_one_is_is_shown(partner, manager, kim, dealer):
    for code in ("one", "two", "three"):
        a_course(code)
    said = {"name": "Track", "codes": "two\none\nthree", "least": "2", "is_active": "on"}
    assert manager.post("/console/training/paths/new/", said).status_code == 302
    wrong = manager.post("/console/training/paths/new/", said | {"codes": "two\nfour"})
    assert "There is no course “four”." in text_of(wrong)
    path = LearningPath.objects.get()
    page = f"/console/training/paths/{path.pk}/"
    assert manager.post(page, said | {"least": "4"}).status_code == 422
    manager.post(page, said | {"codes": "one\nthree"})
    steps = path.steps.filter(is_part=True).order_by("position")
    assert [step.course.code for step in steps] == ["one", "three"]
    completed(Course.objects.get(code="three"), kim, "2026-05-19")
    assert "1 of 2 courses completed" in text_of(partner.get(training_of(dealer)))


def test_the_api_reports_certifies_and_revokes(in_tenant, program, dealer, kim, partner):
    course = a_course(is_elsewhere=True, address="https://learn.example.com/c/77")
    credential = certifies(course)
    by_hand = certifies(name="By hand", months=None)
    api = Api(in_tenant, _secret("training:read", "training:write", "training:certify"))

    def post(path: str, body: object, key: str = "k"):
        return api.client.post(
            f"/api/v1/{path}",
            json.dumps(body),
            content_type="application/json",
            headers={"idempotency-key": key},
        )

    said = {"course": "basics", "member": kim.user.email, "completed_at": "2026-05-19T10:00:00Z"}
    said |= {"external_id": "LMS-1", "score": 90}
    made = post("completions", said)
    assert (made.status_code, made.json()["account"]) == (201, "R-1")
    assert post("completions", said, "other").json()["id"] == made.json()["id"]
    assert post("completions", said | {"score": 91}, "third").status_code == 409
    assert post("completions", said | {"course": "no"}, "4th").status_code == 422
    [certificate] = made.json()["certificates"]
    read = api.get(f"/api/v1/certificates/{certificate}").json()
    assert (read["credential"], read["state"], read["valid_until"]) == (
        str(credential.pk),
        "valid",
        "2027-05-19",
    )
    body = {"credential": str(by_hand.pk), "member": kim.user.email}
    assert (
        post("certificates", body | {"issued_at": "0001-01-01T00:00:00Z"}, "y1").status_code == 422
    )
    long_ago = post("certificates", body | {"issued_at": "1969-12-31T00:00:00Z"}, "y1969")
    assert (long_ago.status_code, "before 1970" in long_ago.json()["detail"]) == (422, True)
    issued_ = post("certificates", body | {"issued_at": "2026-05-19T10:00:00Z"}, "5th")
    assert (issued_.status_code, issued_.json()["valid_until"]) == (201, None)
    assert wallet_of(dealer, program).available == 210
    revoked = post(f"certificates/{certificate}/revoke", {"reason": "Wrong person"}, "6th")
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    assert wallet_of(dealer, program).available == 110
    ledger = f"/portal/{dealer.enrollments.get().pk}/entries/"
    told = text_of(partner.get(ledger))
    assert "100 points taken back with certificate Expert" in told
    assert "Taken from 100 of May 19, 2026 (Expert)" in told
    assert [one["id"] for one in api.get("/api/v1/completions?course=basics").json()["items"]] == [
        made.json()["id"]
    ]


def test_xapi_statements_are_taken_in_all_or_none(in_tenant, program, dealer, kim):
    a_course(is_elsewhere=True, address="https://learn.example.com/c/77")
    api = Api(in_tenant, _secret("training:write"))
    first = {
        "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "actor": {"mbox": f"mailto:{kim.user.email}"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": "https://learn.example.com/c/77"},
        "result": {"success": True, "score": {"scaled": 0.955}},
        "timestamp": "2026-05-19T10:00:00Z",
    }
    second = first | {
        "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bef",
        "actor": {"account": {"homePage": "https://p.example.com/R-1", "name": kim.user.email}},
        "object": {"id": "https://other.example.com/courses/basics/"},
    }
    path = "/api/v1/xapi/statements"
    bad = second | {"result": {"success": False}}
    assert api.post([first, bad], path).status_code == 422
    assert Completion.objects.count() == 0
    assert api.post([first, second], path).json() == [first["id"], second["id"]]
    assert api.post(first, path).json() == [first["id"]]
    assert api.post(first | {"timestamp": "2026-05-18T10:00:00Z"}, path).status_code == 409
    kept = Completion.objects.order_by("external_id").values_list("source", "score")
    assert list(kept) == [("xapi", 95), ("xapi", 95)]
    assert wallet_of(dealer, program).available == 20
    for wrong in (
        {"verb": {"id": "http://adlnet.gov/expapi/verbs/attempted"}},
        {"actor": {"mbox": "mailto:nobody@example.com"}},
        {"actor": {"name": "x"}},
        {"object": {}},
        {"id": "no uuid"},
        {"timestamp": "9999-12-31T23:59:59-12:00"},
        {"result": {"score": {"scaled": 1e300}}},
        {"actor": {"mbox": "mailto:\0"}},
    ):
        assert api.post({"id": None} | first | wrong, path).status_code in (409, 422), wrong
    assert api.post([], path).status_code == 400


def test_a_file_of_completions_is_taken_in_row_by_row(in_tenant, program, dealer, kim):
    a_course(is_elsewhere=True)
    rows = [
        "Course,Mail,Record,Day,Score",
        f"basics,{kim.user.email},L1,2026-05-18,88",
        f"basics,{kim.user.email},L1,2026-05-18,88",
        "basics,nobody@example.com,L2,2026-05-18,",
        f"none,{kim.user.email},L3,2026-05-18,",
        f"basics,{kim.user.email},L4,2999-01-01,",
        f"basics,{kim.user.email},L5,2026-05-18,many",
    ]
    upload = SimpleUploadedFile("done.csv", "\n".join(rows).encode())
    about = {"file_name": "done.csv", "size": upload.size, "mapping": MAPPING, "options": {}}
    run = begin(target="completions", **about, started_by="system", at=NOW)
    claimed = claim(run.pk, at=NOW)
    done = carry_out(claimed, upload, intent=intent_of, now=lambda: NOW)
    assert (done.state, done.accepted, done.known, done.rejected) == ("done", 1, 1, 4)
    assert wallet_of(dealer, program).available == 10


def test_lists_ask_a_constant_number_of_queries(partner, manager, kim, dealer):
    credential = certifies()
    issued(credential, kim, "2026-05-01")
    a_path(a_course("one"))
    home = training_of(dealer)
    pages = {
        home: partner,
        f"{home}certificates/": partner,
        "/console/certificates/": manager,
        "/console/training/": manager,
    }
    for path, client in pages.items():
        client.get(path)
    asked = {home: 17, f"{home}certificates/": 13}
    asked |= {"/console/certificates/": 13, "/console/training/": 11}
    assert counted(pages) == asked
    for number in range(2):
        issued(credential, MemberFactory(account=dealer), "2026-05-02")
        a_path(a_course(f"more-{number}"))
    assert counted(pages) == asked


def counted(pages: dict[str, Client]) -> dict[str, int]:
    """How many queries each page asks."""
    found = {}
    for path, client in pages.items():
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        found[path] = len(queries)
    return found


def test_the_console_finds_certificates_and_the_rep_sees_who_loses_one(
    in_tenant, manager, kim, dealer
):
    soon = issued(certifies(renew_days=30), kim, "2025-06-01")
    gone = MemberFactory(account=dealer, name="Gone", is_active=True)
    other = issued(certifies(name="Other", months=None), gone, "2026-05-01")
    gone.is_active = False
    gone.save()
    for query, found in (
        ("?state=soon", [soon]),
        ("?within=30", [soon]),
        ("?state=valid", [soon, other]),
        ("?state=without", [other]),
        ("?state=expired", []),
        (f"?q={soon.reference}", [soon]),
        ("?q=harbor", [soon]),
        (f"?of={other.credential_id}", [other]),
        ("?of=x", []),
    ):
        seen = manager.get(f"/console/certificates/{query}").content.decode()
        for one in (soon, other):
            assert (one.reference in seen) == (one in found), query
    rep = StaffFactory(role="rep")
    dealer.rep = rep
    dealer.save()
    page = text_of(client_of(in_tenant, rep.user).get(f"/field/{dealer.pk}/"))
    assert "Valid certificates Expert Kim · valid until Jun 1, 2026 · 12 days left" in page
    assert "Gone · valid" not in page


def test_its_holder_is_told_and_nobody_else(in_tenant, program, dealer, kim):
    MemberFactory(account=dealer, name="Another")
    held = issued(certifies(), kim, "2026-05-19")
    noted(Event.objects.get(kind="certificate.earned"))
    told = Notice.objects.get()
    assert (told.kind, told.member, told.details["certificate_id"]) == (
        "certificate_earned",
        kim,
        str(held.pk),
    )
