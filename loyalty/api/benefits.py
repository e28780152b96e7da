"""What an account is entitled to by its tiers: for the systems that keep to it."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.models.directory import EnrollmentState
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from tiers.models import Standing
from tiers.queries import held_at

ON = Instant("on", "on", "As of then instead of now; of a date, its beginning.")
FILTERS = (
    Text("program", "enrollment__program__slug", "Of the program with this slug.", 40),
    Text("ladder", "scheme__code", "Of the ladder with this code.", 40),
    ON,
)


class BenefitsShape(serializers.Serializer):
    program = serializers.CharField()
    ladder = serializers.CharField()
    is_leading = serializers.BooleanField(help_text="Its multiplier is that of points.")
    tier = serializers.CharField(help_text="Its code, which stays when its name changes.")
    tier_name = serializers.CharField()
    since = serializers.DateTimeField()
    multiplier = serializers.CharField(help_text="As decimal text.")
    discount_percent = serializers.CharField(allow_null=True, help_text="As decimal text.")
    funds_share_percent = serializers.CharField(
        allow_null=True, help_text="Of revenue, for market development; as decimal text."
    )
    support_level = serializers.CharField(allow_null=True)
    directory_place = serializers.IntegerField(allow_null=True, help_text="1 comes first.")
    early_access = serializers.BooleanField()
    entitlements = serializers.DictField(help_text="Whatever else the tenant gives, by its code.")


SHOWN = {
    "program": "rewards",
    "ladder": "tiers",
    "is_leading": True,
    "tier": "gold",
    "tier_name": "Gold",
    "since": "2026-02-10T15:00:00.000001Z",
    "multiplier": "1.5",
    "discount_percent": "5",
    "funds_share_percent": "2",
    "support_level": "priority",
    "directory_place": 1,
    "early_access": True,
    "entitlements": {"demo-units": 3},
}


class BenefitsView(Edge):
    """What an account may have."""

    scopes = {"GET": "accounts:read"}

    @documented(
        "list_benefits",
        "What an account is entitled to by its tiers, now or at any time",
        description="One item for each ladder of the programs in which the account is active.",
        answers={200: BenefitsShape},
        problems=(404,),
        parameters=parameters(FILTERS),
        examples=[example("Gold", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request, number: str) -> Response:
        account = get_object_or_404(Account, number=number)
        asked = narrowed(request, FILTERS)
        instant = asked.pop(ON.lookup, None) or timezone.now()
        rows = Standing.objects.filter(
            held_at(instant),
            enrollment__account=account,
            enrollment__state=EnrollmentState.ACTIVE,
            **asked,
        )
        return page(
            request,
            rows.select_related("tier", "scheme", "enrollment__program"),
            by=("id",),
            shape=lambda found: [_benefits(one) for one in found],
        )


def _benefits(standing: Standing) -> dict[str, Any]:
    tier, given = standing.tier, standing.tier.benefits
    return {
        "program": standing.enrollment.program.slug,
        "ladder": standing.scheme.code,
        "is_leading": standing.scheme.is_leading,
        "tier": tier.code,
        "tier_name": tier.name,
        "since": standing.starts_at,
        "multiplier": f"{tier.multiplier.normalize():f}",
        "discount_percent": given.get("discount_percent"),
        "funds_share_percent": given.get("funds_share_percent"),
        "support_level": given.get("support_level"),
        "directory_place": given.get("directory_place"),
        "early_access": given.get("early_access", False),
        "entitlements": given.get("entitlements", {}),
    }
