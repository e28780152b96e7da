"""Surveys with what came of them, and their answers: for systems that look after partners."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from partners.models import Occasion, Scale, Survey, SurveyAsked
from partners.surveys.answering import score_of
from partners.surveys.results import results_of

FILTERS = (
    Text("account", "account__number", "Of people of the account with this number.", 64),
    Text("survey", "survey__name", "Of the survey of this name.", 120),
    Instant("since", "answered_at__gte", "Answered then or later."),
    Instant("until", "answered_at__lt", "Answered before then."),
)


class SurveyShape(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    question = serializers.CharField()
    scale = serializers.ChoiceField(choices=Scale.values)
    occasion = serializers.ChoiceField(choices=Occasion.values)
    segment = serializers.CharField(allow_null=True, help_text="Its code.")
    is_active = serializers.BooleanField()
    asked = serializers.IntegerField()
    answered = serializers.IntegerField()
    promoters = serializers.IntegerField(help_text="9 and 10 of 10, or 4 and 5 of 5.")
    passives = serializers.IntegerField()
    detractors = serializers.IntegerField()
    score = serializers.IntegerField(
        allow_null=True, help_text="The NPS from −100 to 100, or the share of content ones."
    )


class SurveyAnswerShape(serializers.Serializer):
    id = serializers.UUIDField()
    survey = serializers.CharField()
    account = serializers.CharField()
    member = serializers.EmailField()
    about = serializers.CharField(help_text="deal:<id>, quarter:<first day after it>, hand:<key>.")
    asked_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField()
    answer = serializers.IntegerField(help_text="As it was given: 0 to 10, or 1 to 5.")
    score = serializers.CharField(help_text="From 0 to 10, as the measure has it.")
    comment = serializers.CharField(allow_blank=True)


SURVEY = {
    "id": "0197f7a0-0000-7000-8000-0000000000a1",
    "name": "After a deal",
    "question": "How likely are you to recommend us?",
    "scale": "nps",
    "occasion": "deal",
    "segment": None,
    "is_active": True,
    "asked": 12,
    "answered": 9,
    "promoters": 6,
    "passives": 2,
    "detractors": 1,
    "score": 56,
}
ANSWER = {
    "id": "0197f7a0-0000-7000-8000-0000000000a2",
    "survey": "After a deal",
    "account": "D-1",
    "member": "pat@dealer-one.example",
    "about": "deal:0197f7a0-0000-7000-8000-00000000000d",
    "asked_at": "2026-06-01T09:00:00Z",
    "answered_at": "2026-06-02T14:30:00Z",
    "answer": 9,
    "score": "9",
    "comment": "Quick answers.",
}


class SurveysView(Edge):
    """Surveys."""

    scopes = {"GET": "surveys:read"}

    @documented(
        "list_surveys",
        "Surveys, each with what came of it so far",
        answers={200: SurveyShape},
        examples=[example("After deals", SURVEY)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        narrowed(request, ())
        rows = Survey.objects.select_related("segment")
        return page(request, rows, by=("-created_at", "-id"), shape=_surveys)


class SurveyAnswersView(Edge):
    """Answers to surveys."""

    scopes = {"GET": "surveys:read"}

    @documented(
        "list_survey_answers",
        "What people answered, the newest first",
        answers={200: SurveyAnswerShape},
        parameters=parameters(FILTERS),
        examples=[example("Nine of ten", ANSWER)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = SurveyAsked.objects.filter(answered_at__isnull=False)
        rows = rows.select_related("survey", "account", "member__user")
        return page(
            request,
            rows.filter(**narrowed(request, FILTERS)),
            by=("-answered_at", "-id"),
            shape=lambda found: [_answer(one) for one in found],
        )


def _surveys(found: list[Survey]) -> list[dict[str, Any]]:
    came = results_of(found)
    numbers = ("asked", "answered", "promoters", "passives", "detractors", "score")
    return [
        {
            "id": one.pk,
            "name": one.name,
            "question": one.question,
            "scale": one.scale,
            "occasion": one.occasion,
            "segment": one.segment.code if one.segment else None,
            "is_active": one.is_active,
        }
        | {name: getattr(came[one.pk], name) for name in numbers}
        for one in found
    ]


def _answer(one: SurveyAsked) -> dict[str, Any]:
    return {
        "id": one.pk,
        "survey": one.survey.name,
        "account": one.account.number,
        "member": one.member.user.email,
        "about": one.about,
        "asked_at": one.asked_at,
        "answered_at": one.answered_at,
        "answer": one.answer,
        "score": f"{score_of(one.scale, one.answer or 0).normalize():f}",
        "comment": one.comment,
    }
