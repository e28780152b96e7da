"""Surveys: of people, not only of accounts; what a colleague is asked is nobody else's."""

from datetime import datetime

from accounts.ids import uuid7
from partners.models import SurveyAsked
from partners.surveys.answering import answer
from partners.surveys.asking import send_by_hand
from partners.surveys.drafting import Terms, add_survey
from tests.isolation.calls import Route, asking, get, let_in, post, reading, route
from tests.isolation.groups import PARTNERS, PEOPLE, READERS
from tests.isolation.side import Side

KEPT = {"partners_surveyasked": {"about"}}
OF_ACCOUNTS = ("survey asked",)
OF_TENANT = ("survey",)
SURVEY = {
    "scale": "nps",
    "question": "Q",
    "occasion": "hand",
    "open_days": "10",
    "remind_days": "0",
    "is_active": "on",
}

ROUTES: dict[str, Route] = {
    "portal_together": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_survey": route(
        get(let_in(200, *PARTNERS, but={"viewer": 404, "admin": 404})),
        post(
            let_in(302, *PARTNERS, but={"viewer": 404, "admin": 404}),
            lambda values: {"value": "9", "comment": "C"},
        ),
        path={"enrollment_id": "enrollment", "asked_id": "survey asked"},
        second_wall=True,
    ),
    "console_surveys": route(get(let_in(200, *READERS))),
    "console_survey_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: SURVEY | {"name": "New"}),
    ),
    "console_survey": route(
        *asking(let_in(200, *READERS), program="program"),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"key": str(uuid7())},
        ),
        path={"survey_id": "survey"},
    ),
    "console_survey_edit": route(
        get(let_in(200, *PEOPLE)),
        post(
            let_in(302, *PEOPLE),
            lambda values: SURVEY | {"name": "Renamed", "segment": values("segment")},
        ),
        path={"survey_id": "survey"},
    ),
    "api_surveys": route(*reading()),
    "api_survey_answers": route(*reading(account="number")),
}


def furnish(side: Side, now: datetime) -> None:
    """A survey of everybody, open for one person of each account, and answered by another."""
    actor = side.staff["owner"].actor
    terms = Terms(name="Survey", scale="nps", question="Question", follow_up="Why")
    made = add_survey(terms, actor=actor, now=now)
    side.things["survey"] = made.id
    zone = side.tenant.zone
    send_by_hand(made.pk, key="1", actor=actor, zone=zone, now=now)
    asked = {one.member_id: one for one in SurveyAsked.objects.all()}
    for number, who in (("1001", "member"), ("1002", "neighbor")):
        side.things[f"survey asked {number}"] = asked[side.members[who].pk].id
    viewer = side.members["viewer"]
    answer(asked[viewer.pk].pk, member=viewer, value=9, comment="Comment", zone=zone, now=now)
