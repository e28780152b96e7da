"""Courses and who completed them, reported by learning systems; xAPI statements, too."""

from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.commands import command
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.problems import Problem
from loyalty.api.shapes import Body
from partners.models import Completion, Course
from partners.training.reporting import Report, report
from partners.training.statements import SOURCE, BadStatement, read_statement
from partners.training.steps import CannotDo, OtherContent

READ, WRITE = "training:read", "training:write"
API = "api"  # the source of what comes in here
MOST_STATEMENTS = 500
COURSE_FILTERS = (Text("track", "track", "Of this track.", 60),)
FILTERS = (
    Text("account", "account__number", "Of people of the account with this number.", 64),
    Text("course", "course__code", "Of the course with this code.", 60),
    Instant("since", "completed_at__gte", "Completed then or later."),
    Instant("until", "completed_at__lt", "Completed before then."),
)


class CourseShape(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField(help_text="By which other systems name it.")
    name = serializers.CharField()
    track = serializers.CharField(allow_blank=True)
    roles = serializers.ListField(
        child=serializers.CharField(), help_text="Those it is offered to; none for all."
    )
    is_elsewhere = serializers.BooleanField(help_text="Whether it is taken in another system.")
    address = serializers.CharField(allow_blank=True, help_text="Where else it is taken.")
    is_active = serializers.BooleanField()


class CompletionBody(Body):
    """Who completed which course. `external_id` is its permanent identity: reported again it is
    known, and with other content a conflict."""

    course = serializers.CharField(max_length=60, help_text="The course's code.")
    member = serializers.EmailField(help_text="The person's e-mail in the portal.")
    account = serializers.CharField(
        max_length=64, required=False, help_text="For people who work for several accounts."
    )
    completed_at = serializers.DateTimeField()
    external_id = serializers.CharField(max_length=120)
    score = serializers.IntegerField(min_value=0, max_value=100, required=False)


class CompletionShape(serializers.Serializer):
    id = serializers.UUIDField()
    course = serializers.CharField()
    member = serializers.UUIDField()
    account = serializers.CharField(help_text="The number of the account they worked for.")
    source = serializers.CharField()
    external_id = serializers.CharField()
    completed_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    score = serializers.IntegerField(allow_null=True)
    activity = serializers.UUIDField(help_text="What it earned: see `read_activity`.")
    certificates = serializers.ListField(
        child=serializers.UUIDField(), help_text="Those issued for it."
    )


COURSE = {
    "id": "0197f7a0-0000-7000-8000-0000000000c1",
    "code": "sales-basics",
    "name": "Sales basics",
    "track": "Sales",
    "roles": ["sales"],
    "is_elsewhere": True,
    "address": "https://learn.example.com/sales-basics",
    "is_active": True,
}
SENT = {
    "course": "sales-basics",
    "member": "pat@example.com",
    "completed_at": "2026-03-02T10:00:00Z",
    "external_id": "LMS-1001",
    "score": 95,
}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-0000000000c2",
    "course": "sales-basics",
    "member": "0197f7a0-0000-7000-8000-0000000000c3",
    "account": "D-1",
    "source": "api",
    "external_id": "LMS-1001",
    "completed_at": "2026-03-02T10:00:00Z",
    "recorded_at": "2026-03-02T10:05:00Z",
    "score": 95,
    "activity": "0197f7a0-0000-7000-8000-0000000000c4",
    "certificates": ["0197f7a0-0000-7000-8000-0000000000c5"],
}
STATEMENT = {
    "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "actor": {"mbox": "mailto:pat@example.com"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
    "object": {"id": "https://learn.example.com/sales-basics"},
    "result": {"success": True, "score": {"scaled": 0.95}},
    "timestamp": "2026-03-02T10:00:00Z",
}


class CoursesView(Edge):
    """Courses."""

    scopes = {"GET": READ}

    @documented(
        "list_courses",
        "Courses, by name",
        answers={200: CourseShape},
        parameters=parameters(COURSE_FILTERS),
        examples=[example("Taken elsewhere", COURSE)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = Course.objects.filter(**narrowed(request, COURSE_FILTERS))
        return page(
            request,
            rows,
            by=("name", "id"),
            shape=lambda found: [_course(one) for one in found],
        )


class CompletionsView(Edge):
    """Who completed which course, and reporting one."""

    scopes = {"GET": READ, "POST": WRITE}

    @documented(
        "list_completions",
        "Completed courses, the last recorded first",
        answers={200: CompletionShape},
        parameters=parameters(FILTERS),
        examples=[example("With a certificate", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        return page(
            request,
            _completions().filter(**narrowed(request, FILTERS)),
            by=("-recorded_at", "-id"),
            shape=lambda found: [_completion(one) for one in found],
        )

    @documented(
        "report_completion",
        "Say that somebody completed a course",
        description="It counts at once: as an activity, and with the certificates it earns.",
        body=CompletionBody,
        answers={201: CompletionShape},
        examples=[sent("From a learning system", SENT), example("Now", SHOWN, status=201)],
        is_command=True,
    )
    @command(CompletionBody, refused={CannotDo: 422, OtherContent: 409})
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        made = report(
            Report(**given),
            source=API,
            actor=request.auth.actor,
            zone=request.tenant.zone,
            now=timezone.now(),
        )
        return Response(_completion(_completions().get(pk=made.pk)), status=201)


class StatementsView(Edge):
    """Statements of learning record providers, as xAPI has them."""

    scopes = {"POST": WRITE}

    @documented(
        "send_statements",
        "Send xAPI statements: who completed or passed a course",
        description=(
            "One statement or a list of up to 500, all of which are taken in or none. The object's "
            "id is the course's address, or ends with its code. Sent again under its id a "
            "statement is known; with other content it is a conflict. The answer lists the ids, as "
            "xAPI asks."
        ),
        body=OpenApiTypes.OBJECT,
        answers={200: OpenApiTypes.OBJECT},
        problems=(409, 422),
        examples=[sent("Passed", STATEMENT), example("Taken in", [STATEMENT["id"]])],
        is_command=True,
        is_key_needed=False,
    )
    @command(is_key_needed=False, keeps_refusals=False)
    def post(self, request: Request) -> Response:
        narrowed(request, (), pages=False)
        raw = request.data if isinstance(request.data, list) else [request.data]
        if not 1 <= len(raw) <= MOST_STATEMENTS:
            raise Problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE if raw else HTTPStatus.BAD_REQUEST,
                f"Send 1 to {MOST_STATEMENTS} statements at a time.",
            )
        try:
            with transaction.atomic():
                return Response([_taken_in(one, request) for one in raw])
        except (BadStatement, CannotDo) as refused:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(refused)) from refused
        except OtherContent as refused:
            raise Problem(HTTPStatus.CONFLICT, str(refused)) from refused


def _taken_in(raw: Any, request: Request) -> str:
    now = timezone.now()
    said = read_statement(raw, now=now)
    about = {"actor": request.auth.actor, "zone": request.tenant.zone, "now": now}
    return report(said, source=SOURCE, **about).external_id


def _course(one: Course) -> dict[str, Any]:
    names = ("code", "name", "track", "roles", "is_elsewhere", "address", "is_active")
    return {name: getattr(one, name) for name in names} | {"id": one.pk}


def _completions() -> Any:
    return Completion.objects.select_related("course", "account").prefetch_related("certificates")


def _completion(one: Completion) -> dict[str, Any]:
    names = ("source", "external_id", "completed_at", "recorded_at", "score")
    return {name: getattr(one, name) for name in names} | {
        "id": one.pk,
        "course": one.course.code,
        "member": one.member_id,
        "account": one.account.number,
        "activity": one.activity_id,
        "certificates": sorted(each.pk for each in one.certificates.all()),
    }
