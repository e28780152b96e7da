"""What expires when."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.periods import day_of
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from rewards.expiring import WITHIN_DAYS, buckets, expiring_lots
from rewards.models import Lot, LotState, Unit

LOTS = (
    Text("account", "wallet__account__number", "Of the account with this number.", 64),
    Text("program", "wallet__program__slug", "Of the program with this slug.", 40),
    Choice("unit", "wallet__unit", "Of wallets of this unit.", tuple(Unit.values)),
    Choice("state", "state", "Ready to use, or pending.", tuple(LotState.values)),
    Instant("since", "expires_at__gte", "That expire then or later."),
    Instant("until", "expires_at__lt", "That expire before then."),
)
BUCKETS = (Text("account", "number", "Of the account with this number.", 64),)


class LotShape(serializers.Serializer):
    entry = serializers.UUIDField(help_text="The entry that credited it.")
    account = serializers.CharField()
    member = serializers.UUIDField(allow_null=True)
    program = serializers.CharField()
    unit = serializers.CharField()
    state = serializers.CharField(help_text="active, or pending until `activates_at`.")
    amount = serializers.IntegerField()
    remaining = serializers.IntegerField(help_text="What expires, unless it is used before.")
    earned_at = serializers.DateTimeField()
    activates_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()


class BucketShape(serializers.Serializer):
    program = serializers.CharField()
    unit = serializers.CharField()
    days = serializers.IntegerField()
    before = serializers.DateTimeField(help_text="The local midnight so many days ahead.")
    amount = serializers.IntegerField(help_text="What expires before then, of what is ready.")


class BucketsShape(serializers.Serializer):
    as_of = serializers.DateField(help_text="The tenant's local day.")
    items = BucketShape(many=True)


class LotsView(Edge):
    """Lots that expire."""

    scopes = {"GET": "entries:read"}

    @documented(
        "list_lots",
        "What expires when, soonest first",
        description="Lots that never expire are not among them.",
        answers={200: LotShape},
        parameters=parameters(LOTS),
        examples=[
            example(
                "Half used",
                {
                    "entry": "0197f7a0-0000-7000-8000-000000000002",
                    "account": "D-1",
                    "member": None,
                    "program": "rewards",
                    "unit": "points",
                    "state": "active",
                    "amount": 1860,
                    "remaining": 930,
                    "earned_at": "2026-02-10T15:00:00Z",
                    "activates_at": None,
                    "expires_at": "2026-07-01T04:00:00Z",
                },
            )
        ],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = expiring_lots().filter(**narrowed(request, LOTS))
        return page(
            request,
            rows.select_related("wallet__account", "wallet__program"),
            by=("expires_at", "entry_id"),
            shape=lambda found: [_lot(lot) for lot in found],
        )


class ExpiringView(Edge):
    """What expires soon, in sum."""

    scopes = {"GET": "entries:read"}

    @documented(
        "sum_expiring",
        "What expires within " + ", ".join(map(str, WITHIN_DAYS)) + " days, per program and unit",
        answers={200: BucketsShape},
        problems=(400,),
        parameters=parameters(BUCKETS),
        examples=[
            example(
                "One bucket",
                {
                    "as_of": "2026-06-10",
                    "items": [
                        {
                            "program": "rewards",
                            "unit": "points",
                            "days": 30,
                            "before": "2026-07-10T04:00:00Z",
                            "amount": 930,
                        }
                    ],
                },
            )
        ],
    )
    def get(self, request: Request) -> Response:
        now, zone = timezone.now(), request.tenant.zone
        today = day_of(now, zone)
        wanted = narrowed(request, BUCKETS, pages=False)
        account = Account.objects.filter(**wanted).first() if wanted else None
        if wanted and account is None:
            return Response({"as_of": today, "items": []})
        found = buckets(as_of=now, zone=zone, account_id=account.pk if account else None)
        return Response({"as_of": today, "items": [_bucket(one) for one in found]})


def _lot(lot: Lot) -> dict[str, Any]:
    return {
        "entry": lot.entry_id,
        "account": lot.wallet.account.number,
        "member": lot.wallet.member_id,
        "program": lot.wallet.program.slug,
        "unit": lot.wallet.unit,
        "state": lot.state,
        "amount": lot.amount,
        "remaining": lot.remaining,
        "earned_at": lot.earned_at,
        "activates_at": lot.activates_at,
        "expires_at": lot.expires_at,
    }


def _bucket(one: Any) -> dict[str, Any]:
    names = ("program", "unit", "days", "before", "amount")
    return {name: getattr(one, name) for name in names}
