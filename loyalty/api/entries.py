"""What moved in wallets. Why, is told in `loyalty.api.explanations`."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from rewards.models import Entry, EntryKind, Unit

FILTERS = (
    Text("program", "wallet__program__slug", "Of the program with this slug.", 40),
    Choice("unit", "wallet__unit", "Of wallets of this unit.", tuple(Unit.values)),
    Choice("kind", "kind", "Of this kind.", tuple(EntryKind.values)),
    Instant("since", "occurred_at__gte", "That occurred then or later."),
    Instant("until", "occurred_at__lt", "That occurred before then."),
)


class EntryShape(serializers.Serializer):
    id = serializers.UUIDField()
    account = serializers.CharField(help_text="The account's number.")
    member = serializers.UUIDField(
        allow_null=True, help_text="The member whose wallet it is; null for the account's own."
    )
    program = serializers.CharField()
    unit = serializers.CharField()
    kind = serializers.CharField()
    available = serializers.IntegerField(help_text="By how much what can be spent changed.")
    pending = serializers.IntegerField()
    reserved = serializers.IntegerField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="Who did it: key, staff, member or system.")
    activity = serializers.UUIDField(allow_null=True, help_text="The fact that brought it about.")


ENTRY = "0197f7a0-0000-7000-8000-000000000002"
SHOWN = {
    "id": ENTRY,
    "account": "D-1",
    "member": None,
    "program": "rewards",
    "unit": "points",
    "kind": "earn",
    "available": 1860,
    "pending": 0,
    "reserved": 0,
    "occurred_at": "2026-02-10T15:00:00Z",
    "recorded_at": "2026-02-10T16:00:00Z",
    "actor": "key:0197f7a0-0000-7000-8000-000000000003",
    "activity": "0197f7a0-0000-7000-8000-000000000004",
}


class EntriesView(Edge):
    """An account's ledger."""

    scopes = {"GET": "entries:read"}

    @documented(
        "list_entries",
        "What moved in an account's wallets, the newest first",
        description="The account's own wallets and those of its members.",
        answers={200: EntryShape},
        problems=(404,),
        parameters=parameters(FILTERS),
        examples=[example("An earning at Gold", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request, number: str) -> Response:
        account = get_object_or_404(Account, number=number)
        rows = Entry.objects.filter(wallet__account=account, **narrowed(request, FILTERS))
        return page(
            request,
            rows.select_related("wallet__account", "wallet__program"),
            by=("-occurred_at", "-id"),
            shape=lambda found: [entry_data(entry) for entry in found],
        )


class EntryView(Edge):
    """One entry."""

    scopes = {"GET": "entries:read"}

    @documented(
        "read_entry",
        "One movement in a wallet",
        answers={200: EntryShape},
        problems=(400, 404),
        examples=[example("An earning at Gold", SHOWN)],
    )
    def get(self, request: Request, entry_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        rows = Entry.objects.select_related("wallet__account", "wallet__program")
        return Response(entry_data(get_object_or_404(rows, pk=entry_id)))


def entry_data(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "account": entry.wallet.account.number,
        "member": entry.wallet.member_id,
        "program": entry.wallet.program.slug,
        "unit": entry.wallet.unit,
        "kind": entry.kind,
        "available": entry.available,
        "pending": entry.pending,
        "reserved": entry.reserved,
        "occurred_at": entry.occurred_at,
        "recorded_at": entry.recorded_at,
        "actor": entry.actor,
        "activity": entry.activity_id,
    }
