"""The programs accounts are in, and where they stand there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account, Enrollment
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.progress import STEP, ConditionShape, StepShape, conditions, next_step
from loyalty.ladders import leading_progress
from tiers.progress import Progress, shortest_way

PROGRAM_HELP = "Of the program with this slug."
ENROLLMENTS = (
    Text("program", "program__slug", PROGRAM_HELP, 40),
    Text("state", "state", "invited, active, paused or left.", 8),
)


class EnrollmentShape(serializers.Serializer):
    program = serializers.CharField()
    state = serializers.CharField(help_text="invited, active, paused or left.")
    enrolled_at = serializers.DateTimeField(help_text="Facts from then on can earn.")
    tier = serializers.CharField(allow_null=True)
    tier_since = serializers.DateTimeField(allow_null=True)
    multiplier = serializers.CharField(allow_null=True, help_text="Of points, as decimal text.")
    kept_until = serializers.DateTimeField(
        allow_null=True, help_text="To when the tier is safe; null for the first tier."
    )
    to_keep = ConditionShape(many=True, help_text="What keeps the tier; none for the first.")
    next_tier = StepShape(allow_null=True)


class EnrollmentsView(Edge):
    """The programs an account is in."""

    scopes = {"GET": "accounts:read"}

    @documented(
        "list_enrollments",
        "The programs an account is in, and where it stands there",
        answers={200: EnrollmentShape},
        problems=(404,),
        parameters=parameters(ENROLLMENTS),
        examples=[
            example(
                "Silver",
                {
                    "program": "rewards",
                    "state": "active",
                    "enrolled_at": "2026-01-01T05:00:00Z",
                    "tier": "Silver",
                    "tier_since": "2026-01-01T05:00:00Z",
                    "multiplier": "1",
                    "kept_until": None,
                    "to_keep": [],
                    "next_tier": STEP,
                },
            )
        ],
        is_page=True,
    )
    def get(self, request: Request, number: str) -> Response:
        account = get_object_or_404(Account, number=number)
        rows = Enrollment.objects.filter(account=account, **narrowed(request, ENROLLMENTS))
        now = timezone.now()
        return page(
            request,
            rows.select_related("program"),
            by=("id",),
            shape=lambda found: _enrollments(found, as_of=now),
        )


def _enrollments(found: Sequence[Enrollment], *, as_of: datetime) -> list[dict[str, Any]]:
    progress = leading_progress([one.pk for one in found], as_of=as_of)
    return [_enrollment(one, progress.get(one.pk)) for one in found]


def _enrollment(enrollment: Enrollment, progress: Progress | None) -> dict[str, Any]:
    return {
        "program": enrollment.program.slug,
        "state": enrollment.state,
        "enrolled_at": enrollment.enrolled_at,
        "tier": progress.held.name if progress else None,
        "tier_since": progress.since if progress else None,
        "multiplier": f"{progress.held.multiplier.normalize():f}" if progress else None,
        "kept_until": progress.kept_until if progress else None,
        "to_keep": _to_keep(progress) if progress else [],
        "next_tier": next_step(progress) if progress else None,
    }


def _to_keep(progress: Progress) -> list[dict[str, Any]]:
    verdict = progress.to_keep
    return conditions(verdict, way=shortest_way(verdict)) if verdict else []
