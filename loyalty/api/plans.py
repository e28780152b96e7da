"""Joint plans with accounts, read by other systems: goals as they were agreed, and how they go."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.declaring import catalogue
from accounts.models import Tenant
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Text, narrowed, parameters
from loyalty.api.pages import page
from partners.models import Plan, Side
from partners.plans.progress import Course, Progress, courses_of

FILTERS = (Text("account", "account__number", "With the account with this number.", 64),)


class GoalShape(serializers.Serializer):
    key = serializers.UUIDField(help_text="The same in all versions.")
    title = serializers.CharField()
    measure = serializers.CharField(allow_null=True, help_text="None for a task.")
    target = serializers.IntegerField(allow_null=True, help_text="In the measure's own units.")
    value = serializers.IntegerField(allow_null=True, help_text="Since the plan began.")
    percent = serializers.IntegerField()
    side = serializers.ChoiceField(choices=Side.values)
    due_on = serializers.DateField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)


class PlanShape(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    account = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="Its last day.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Where it ended early.")
    version = serializers.IntegerField(allow_null=True, help_text="The agreed one.")
    goals = GoalShape(many=True)


SHOWN = {
    "id": "0197f7a0-0000-7000-8000-0000000000c1",
    "name": "2026",
    "account": "D-1",
    "starts_on": "2026-01-01",
    "ends_on": "2026-12-31",
    "ended_at": None,
    "version": 2,
    "goals": [
        {
            "key": "0197f7a0-0000-7000-8000-0000000000c2",
            "title": "Grow together",
            "measure": "revenue",
            "target": 10000000,
            "value": 4200000,
            "percent": 42,
            "side": "partner",
            "due_on": None,
            "done_at": None,
        }
    ],
}


class PlansView(Edge):
    """Joint plans."""

    scopes = {"GET": "plans:read"}

    @documented(
        "list_plans",
        "Joint plans with accounts and how they go, the latest first",
        answers={200: PlanShape},
        parameters=parameters(FILTERS),
        examples=[example("Under way", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = Plan.objects.select_related("account").filter(**narrowed(request, FILTERS))
        return page(
            request,
            rows,
            by=("-starts_on", "-id"),
            shape=lambda found: _plans(found, tenant=request.tenant),
        )


def _plans(found: list[Plan], *, tenant: Tenant) -> list[dict[str, Any]]:
    now, known = timezone.now(), catalogue()
    courses = courses_of(found, catalogue=known, zone=tenant.zone, now=now)
    return [_plan(one, courses[one.pk]) for one in found]


def _plan(plan: Plan, course: Course) -> dict[str, Any]:
    return {
        "id": plan.pk,
        "name": plan.name,
        "account": plan.account.number,
        "starts_on": plan.starts_on,
        "ends_on": plan.ends_on,
        "ended_at": plan.ended_at,
        "version": course.version.number if course.version else None,
        "goals": [_goal(one) for one in course.goals],
    }


def _goal(one: Progress) -> dict[str, Any]:
    return {
        "key": one.goal.key,
        "title": one.goal.title,
        "measure": one.goal.measure or None,
        "target": one.goal.target,
        "value": one.value,
        "percent": one.percent,
        "side": one.goal.side,
        "due_on": one.goal.due_on,
        "done_at": one.done.done_at if one.done else None,
    }
