"""The journal: batches of money as the general ledger books it, and the lines of each."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.accruals import money
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Instant, narrowed, parameters
from loyalty.api.pages import page
from rebates.models import JournalBatch, JournalLine, Posting

FILTERS = (
    Instant("since", "made_at__gte", "Made then or later."),
    Instant("until", "made_at__lt", "Made before then."),
)


class JournalBatchShape(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField(help_text="From 1, without a gap.")
    through = serializers.DateField(help_text="The last day that it covers.")
    lines = serializers.IntegerField()
    total = serializers.CharField(help_text="The sum of the debits, and that of the credits.")
    currency = serializers.CharField()
    digest = serializers.CharField(help_text="The SHA-256 of its CSV file.")
    made_at = serializers.DateTimeField()


class JournalLineShape(serializers.Serializer):
    number = serializers.IntegerField()
    day = serializers.DateField()
    kind = serializers.ChoiceField(choices=Posting.values)
    account = serializers.CharField()
    ledger_account = serializers.CharField()
    debit = serializers.CharField()
    credit = serializers.CharField()


BATCH = {
    "id": "0197f7a0-0000-7000-8000-00000000000e",
    "number": 1,
    "through": "2026-05-31",
    "lines": 2,
    "total": "248.00",
    "currency": "USD",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "made_at": "2026-06-01T07:00:00Z",
}
LINE = {
    "number": 1,
    "day": "2026-05-20",
    "kind": "accrued",
    "account": "D-1",
    "ledger_account": "4730",
    "debit": "248.00",
    "credit": "0.00",
}


class JournalBatchesView(Edge):
    """What was handed to accounting."""

    scopes = {"GET": "rebates:read"}

    @documented(
        "list_journal_batches",
        "Batches of the journal, the newest first",
        answers={200: JournalBatchShape},
        parameters=parameters(FILTERS),
        examples=[example("A month", BATCH)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        return page(
            request,
            JournalBatch.objects.filter(**narrowed(request, FILTERS)),
            by=("-number",),
            shape=lambda found: [_batch_data(one) for one in found],
        )


class JournalLinesView(Edge):
    """Its lines never change: read once, they are read for ever."""

    scopes = {"GET": "rebates:read"}

    @documented(
        "list_journal_lines",
        "The lines of a batch, each debit before its credit",
        answers={200: JournalLineShape},
        problems=(400, 404),
        examples=[example("A rebate accrued", LINE)],
        is_page=True,
    )
    def get(self, request: Request, batch_id: UUID) -> Response:
        narrowed(request, ())
        batch = get_object_or_404(JournalBatch, pk=batch_id)
        return page(
            request,
            JournalLine.objects.filter(batch=batch),
            by=("number",),
            shape=lambda found: [_line_data(one, batch.currency) for one in found],
        )


def _batch_data(one: JournalBatch) -> dict[str, Any]:
    return {
        "id": one.pk,
        "number": one.number,
        "through": one.through,
        "lines": one.lines_count,
        "total": money(one.total, one.currency),
        "currency": one.currency,
        "digest": one.digest,
        "made_at": one.made_at,
    }


def _line_data(one: JournalLine, currency: str) -> dict[str, Any]:
    return {
        "number": one.number,
        "day": one.day,
        "kind": one.kind,
        "account": one.account_number,
        "ledger_account": one.ledger_account,
        "debit": money(one.debit, currency),
        "credit": money(one.credit, currency),
    }
