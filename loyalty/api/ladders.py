"""Ladders as published: their tiers with criteria and benefits, version by version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Text, narrowed, parameters
from loyalty.api.pages import page
from tiers.models import Scheme, SchemeVersion, State
from tiers.models.schemes import Falls, Rises

FILTERS = (
    Text("program", "program__slug", "Of the program with this slug.", 40),
    Text("code", "code", "The ladder with this code.", 40),
)
POLICIES = (
    "evaluated",
    "rises",
    "kept_unit",
    "kept_periods",
    "falls",
    "grace_days",
    "skips_tiers",
    "near_percent",
)


class TierShape(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    criteria = serializers.DictField(
        help_text="What it asks: a tree of all, any, n_of and weighted over measures and other "
        "ladders. Thresholds are whole numbers in their measure's unit."
    )
    multiplier = serializers.CharField(help_text="Of points, as decimal text.")
    benefits = serializers.DictField(help_text="See /accounts/{number}/benefits.")
    by_invitation = serializers.BooleanField()


class VersionShape(serializers.Serializer):
    number = serializers.IntegerField()
    valid_from = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(
        allow_null=True, help_text="Exclusive: when the next version begins; null: none does."
    )
    published_at = serializers.DateTimeField()
    evaluated = serializers.CharField(
        help_text="At the end of each month, quarter, year, fiscal_quarter or fiscal_year."
    )
    rises = serializers.ChoiceField(choices=Rises.values)
    kept_unit = serializers.CharField(
        help_text="A tier met is kept until the end of this period, named like `evaluated` …"
    )
    audience = serializers.DictField(help_text="Who may rise by it; empty: everybody.")
    takes_lead = serializers.BooleanField(
        help_text="Whether the ladder leads its program from this version on."
    )
    kept_periods = serializers.IntegerField(help_text="… and so many more.")
    falls = serializers.ChoiceField(choices=Falls.values)
    grace_days = serializers.IntegerField(help_text="From an evaluation until a fall.")
    skips_tiers = serializers.BooleanField()
    near_percent = serializers.IntegerField(help_text="Of the way, from which a tier is near.")
    tiers = TierShape(many=True, help_text="Lowest first.")


class LadderShape(serializers.Serializer):
    id = serializers.UUIDField()
    program = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    is_leading = serializers.BooleanField(
        help_text="Its tier multiplies points and opens rewards; one per program."
    )
    audience = serializers.DictField(help_text="Who may rise on it; empty: everybody.")
    version = VersionShape(allow_null=True, help_text="The one in force now.")


VERSION = {
    "number": 2,
    "valid_from": "2026-01-01T05:00:00Z",
    "ends_at": None,
    "published_at": "2025-12-18T16:20:00Z",
    "audience": {},
    "takes_lead": False,
    "evaluated": "quarter",
    "rises": "at_once",
    "kept_unit": "quarter",
    "kept_periods": 1,
    "falls": "to_what_is_met",
    "grace_days": 30,
    "skips_tiers": True,
    "near_percent": 85,
    "tiers": [
        {
            "code": "bronze",
            "name": "Bronze",
            "criteria": {},
            "multiplier": "1",
            "benefits": {},
            "by_invitation": False,
        },
        {
            "code": "gold",
            "name": "Gold",
            "criteria": {
                "measure": "revenue",
                "window": {"window": "quarter"},
                "op": "gte",
                "threshold": 10_000_000,
            },
            "multiplier": "1.5",
            "benefits": {"discount_percent": "5", "support_level": "priority"},
            "by_invitation": False,
        },
    ],
}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-000000000009",
    "program": "rewards",
    "code": "tiers",
    "name": "Partner levels",
    "is_leading": True,
    "audience": {},
    "version": VERSION,
}


class LaddersView(Edge):
    """The ladders of the programs."""

    scopes = {"GET": "accounts:read"}

    @documented(
        "list_ladders",
        "The ladders of the programs, each with its tiers as they are in force",
        description="Those that were published; drafts are not told.",
        answers={200: LadderShape},
        parameters=parameters(FILTERS),
        examples=[example("Partner levels", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = Scheme.objects.filter(
            pk__in=_published().values("scheme_id"), **narrowed(request, FILTERS)
        )
        now = timezone.now()
        return page(
            request,
            rows.select_related("program"),
            by=("id",),
            shape=lambda found: _ladders(found, as_of=now),
        )


class VersionsView(Edge):
    """All that was ever published of a ladder."""

    scopes = {"GET": "accounts:read"}

    @documented(
        "list_ladder_versions",
        "The published versions of a ladder, the newest first",
        description="They never change: a standing of any time can be explained by the one it "
        "names.",
        answers={200: VersionShape},
        problems=(404,),
        examples=[example("The second version", VERSION)],
        is_page=True,
    )
    def get(self, request: Request, ladder_id: UUID) -> Response:
        narrowed(request, ())
        rows = _published().filter(scheme_id=ladder_id)
        scheme = get_object_or_404(Scheme, pk=ladder_id, pk__in=rows.values("scheme_id"))
        ends = _ends([scheme])
        return page(
            request,
            rows,
            by=("-number",),
            shape=lambda found: [_version(one, ends[one.pk]) for one in found],
        )


ABOUT = ("number", "valid_from", "published_at", "audience", "takes_lead")


def _published():
    return SchemeVersion.objects.filter(state=State.PUBLISHED)


def _ends(schemes: Sequence[Scheme]) -> dict[UUID, datetime | None]:
    """When each published version of these ladders gives way to the next."""
    ends: dict[UUID, datetime | None] = {}
    later: dict[UUID, datetime] = {}
    rows = _published().filter(scheme__in=schemes).order_by("-valid_from", "-number")
    for pk, scheme_id, valid_from in rows.values_list("pk", "scheme_id", "valid_from"):
        ends[pk] = later.get(scheme_id)
        later[scheme_id] = valid_from
    return ends


def _ladders(found: Sequence[Scheme], *, as_of: datetime) -> list[dict[str, Any]]:
    ends = _ends(found)
    in_force: dict[UUID, SchemeVersion] = {}
    rows = _published().filter(scheme__in=found, valid_from__lte=as_of)
    for version in rows.order_by("valid_from", "number"):
        in_force[version.scheme_id] = version
    return [_ladder(one, in_force.get(one.pk), ends) for one in found]


def _ladder(
    scheme: Scheme, version: SchemeVersion | None, ends: dict[UUID, datetime | None]
) -> dict[str, Any]:
    return {
        "id": scheme.pk,
        "program": scheme.program.slug,
        "code": scheme.code,
        "name": scheme.name,
        "is_leading": scheme.is_leading,
        "audience": version.audience if version else {},
        "version": _version(version, ends[version.pk]) if version else None,
    }


def _version(version: SchemeVersion, ends_at: datetime | None) -> dict[str, Any]:
    about = {name: getattr(version, name) for name in ABOUT}
    policies = {name: getattr(version, name) for name in POLICIES}
    return about | policies | {"ends_at": ends_at, "tiers": [_tier(one) for one in version.rungs]}


def _tier(rung: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": rung["code"],
        "name": rung["name"],
        "criteria": rung.get("criteria", {}),
        "multiplier": rung.get("multiplier", "1"),
        "benefits": rung.get("benefits", {}),
        "by_invitation": rung.get("by_invitation", False),
    }
