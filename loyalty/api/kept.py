"""Facts as they are kept: read again, with what came of them, and taken back."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Activity
from accounts.money import to_major
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.entries import SHOWN as ENTRY_SHOWN
from loyalty.api.entries import EntryShape, entry_data
from loyalty.api.filters import Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from rewards.models import Entry

FILTERS = (
    Text("account", "account__number", "Of the account with this number.", 64),
    Text("kind", "kind", "Of this kind, such as purchase.", 40),
    Text("source", "source", "From this source, such as erp.", 40),
    Text("external_id", "external_id", "All lines of this document; give its source, too.", 120),
    Instant("since", "occurred_at__gte", "That occurred then or later."),
    Instant("until", "occurred_at__lt", "That occurred before then."),
)


class IdentityShape(serializers.Serializer):
    id = serializers.UUIDField()
    source = serializers.CharField()
    external_id = serializers.CharField()
    line = serializers.CharField(allow_blank=True)


class KeptShape(serializers.Serializer):
    """A fact. (source, external_id, line) is its permanent identity."""

    id = serializers.UUIDField()
    account = serializers.CharField(help_text="The account's number.")
    kind = serializers.CharField()
    source = serializers.CharField()
    external_id = serializers.CharField()
    line = serializers.CharField(allow_blank=True)
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    amount = serializers.CharField(help_text="In major units; below zero on a return.")
    quantity = serializers.CharField()
    product = serializers.CharField(allow_null=True, help_text="The SKU.")
    product_line = serializers.CharField(allow_blank=True)
    attributes = serializers.DictField()
    reverses = IdentityShape(allow_null=True, help_text="On a return: what it takes back.")


class WholeShape(KeptShape):
    """A fact with what came of it."""

    returns = IdentityShape(many=True, help_text="What took it back, in part or in whole.")
    entries = EntryShape(many=True, help_text="What it moved; why, each tells by itself.")


SHOWN = {
    "id": "0197f7a0-0000-7000-8000-000000000004",
    "account": "D-1",
    "kind": "purchase",
    "source": "erp",
    "external_id": "SO-1",
    "line": "1",
    "occurred_at": "2026-02-10T15:00:00Z",
    "recorded_at": "2026-02-10T16:00:00Z",
    "amount": "1240.55",
    "quantity": "1",
    "product": "SKU-1",
    "product_line": "Bikes",
    "attributes": {},
    "reverses": None,
}
RETURN_SHOWN = {
    "id": "0197f7a0-0000-7000-8000-000000000005",
    "source": "erp",
    "external_id": "CN-1",
    "line": "",
}


class KeptActivities(Edge):
    """The list of facts; `loyalty.api.activities` takes them in at the same address."""

    scopes = {"GET": "activities:read"}

    @documented(
        "list_activities",
        "The facts that were taken in, the last recorded first",
        answers={200: KeptShape},
        parameters=parameters(FILTERS),
        examples=[example("A purchase", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = _facts().filter(**narrowed(request, FILTERS))
        places = request.tenant.currency
        return page(
            request,
            rows,
            by=("-id",),
            shape=lambda found: [_fact(activity, places) for activity in found],
        )


class ActivityView(Edge):
    """One fact."""

    scopes = {"GET": "activities:read"}

    @documented(
        "read_activity",
        "A fact, what it moved, and what took it back",
        answers={200: WholeShape},
        problems=(400, 404),
        examples=[
            example(
                "A purchase with a return",
                SHOWN | {"returns": [RETURN_SHOWN], "entries": [ENTRY_SHOWN]},
            )
        ],
    )
    def get(self, request: Request, activity_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        activity = get_object_or_404(_facts(), pk=activity_id)
        # by cause, which has an index; for what a fact moves it is the fact
        entries = Entry.objects.filter(cause=activity.pk).order_by("id")
        returns = Activity.objects.filter(reverses=activity).order_by("id")
        whole = {
            "returns": [_identity(one) for one in returns],
            "entries": [
                entry_data(entry)
                for entry in entries.select_related("wallet__account", "wallet__program")
            ],
        }
        return Response(_fact(activity, request.tenant.currency) | whole)


def _facts() -> Any:
    return Activity.objects.select_related("account", "product", "reverses")


def _fact(activity: Activity, currency: str) -> dict[str, Any]:
    return {
        "id": activity.pk,
        "account": activity.account.number,
        "kind": activity.kind,
        "source": activity.source,
        "external_id": activity.external_id,
        "line": activity.line,
        "occurred_at": activity.occurred_at,
        "recorded_at": activity.recorded_at,
        "amount": f"{to_major(activity.amount, currency):f}",
        "quantity": _plain(activity.quantity),
        "product": activity.product.sku if activity.product else None,
        "product_line": activity.product_line,
        "attributes": activity.attributes or {},
        "reverses": _identity(activity.reverses) if activity.reverses else None,
    }


def _identity(activity: Activity) -> dict[str, Any]:
    return {
        "id": activity.pk,
        "source": activity.source,
        "external_id": activity.external_id,
        "line": activity.line,
    }


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
