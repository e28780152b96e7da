"""Surveys on the faces: added, sent, answered, summed up; each answer is for the one it is of."""

import pytest

from partners.models import Survey, SurveyAsked
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, running_program, text_of
from tests.loyalty.test_api import Api, _secret

pytestmark = pytest.mark.usefixtures("stopped_clock")

SAID = {
    "name": "Spring",
    "scale": "nps",
    "question": "Would you recommend us?",
    "follow_up": "Why?",
    "occasion": "hand",
    "is_active": "on",
    "open_days": "10",
    "remind_days": "3",
}


def test_a_survey_from_both_sides(in_tenant, django_assert_num_queries):
    program = running_program()
    rep = StaffFactory(role="rep")
    dealer = enrolled_account(program, name="Harbor IT", number="R-1", region="West", rep=rep)
    kim, lou = (MemberFactory(account=dealer, name=name) for name in ("Kim", "Lou"))
    manager = client_of(in_tenant, StaffFactory(name="Jordan").user)
    wrong = manager.post("/console/surveys/new/", SAID | {"remind_days": "10"})
    assert wrong.status_code == 422
    assert "A reminder comes before it closes; 0 is none." in text_of(wrong)
    assert 'value="Spring"' in wrong.content.decode()
    page = manager.post("/console/surveys/new/", SAID)["Location"]
    assert "There is a survey of this name already." in text_of(
        manager.post("/console/surveys/new/", SAID)
    )
    assert "2 people are asked." in text_of(manager.post(page, {"key": "k"}, follow=True))
    assert "0 people are asked." in text_of(manager.post(page, {"key": "k"}, follow=True))

    home = f"/portal/{dealer.enrollments.get().id}/together/"
    partner = client_of(in_tenant, kim.user)
    assert "Would you recommend us? Spring · until May 30, 2026" in text_of(partner.get(home))
    mine = f"{home}surveys/{SurveyAsked.objects.get(member=kim).pk}/"
    theirs = f"{home}surveys/{SurveyAsked.objects.get(member=lou).pk}/"
    assert partner.get(theirs).status_code == 404
    assert "It is not anonymous: Acme Corp. reads your answer" in text_of(partner.get(mine))
    missing = partner.post(mine, {"comment": "Quick answers"})
    assert missing.status_code == 422
    assert "Quick answers" in text_of(missing)
    for bad in ("11", "-1", "x"):
        assert partner.post(mine, {"value": bad}).status_code == 422
    assert partner.post(mine, {"value": "9", "comment": "a\x00b"}).status_code == 422
    partner.post(mine, {"value": "9", "comment": "Quick answers"})
    assert "You answered: 9 of 10" in text_of(partner.get(mine))
    assert "Nothing to answer" in text_of(partner.get(home))
    assert partner.post(mine, {"value": "2"}).status_code == 422

    seen = text_of(manager.get(page))
    assert "NPS 100 9.0 on average Answered 50 % 1 of 2 who were asked" in seen
    assert "Quick answers Harbor IT · Kim · May 20, 2026 9 of 10" in seen
    assert "By tier" in seen
    assert "Member 1 / 2 100" in seen
    assert "West 1 / 2 100" in seen
    with django_assert_num_queries(11):
        manager.get("/console/surveys/")
    field = client_of(in_tenant, rep.user)
    assert "9 of 10 · Would you recommend us?" in text_of(field.get(f"/field/{dealer.pk}/"))
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    assert analyst.get(page).status_code == 200
    assert analyst.post(page, {"key": "other"}).status_code == 403
    assert SurveyAsked.objects.count() == 2

    api = Api(in_tenant, _secret("surveys:read"))
    [one] = api.get("/api/v1/surveys").json()["items"]
    assert (one["name"], one["asked"], one["answered"], one["score"]) == ("Spring", 2, 1, 100)
    [told] = api.get("/api/v1/survey-answers?account=R-1").json()["items"]
    assert (told["member"], told["answer"], told["score"]) == (kim.user.email, 9, "9")
    assert manager.post(f"{page}edit/", SAID | {"scale": "csat"}).status_code == 422
    assert Survey.objects.get().scale == "nps"
