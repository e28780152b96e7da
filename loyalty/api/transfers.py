"""Points passed on within an account by other systems, and what was passed on by anybody."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.ids import uuid7
from accounts.models import Account, Member, Program
from loyalty.api.commands import command, created
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from rewards.models import Transfer
from rewards.transferring import TransferRefused, transfer_points, transfers

MOST = 10**12
FILTERS = (
    Text("account", "source__account__number", "Of the account with this number.", 64),
    Text("program", "source__program__slug", "Of the program with this slug.", 40),
    Instant("since", "moved_at__gte", "Passed on then or later."),
    Instant("until", "moved_at__lt", "Passed on before then."),
)


class TransferBody(Body):
    """From one holder to another: a member of the account, or null for the account itself."""

    account = serializers.CharField(max_length=64, help_text="The account's number.")
    program = serializers.CharField(max_length=40, help_text="The program's slug.")
    giver = serializers.UUIDField(
        allow_null=True, help_text="The member whose points they are; null for the account's own."
    )
    taker = serializers.UUIDField(
        allow_null=True, help_text="The member who gets them; null for the account."
    )
    points = serializers.IntegerField(min_value=1, max_value=MOST)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class TransferShape(serializers.Serializer):
    id = serializers.UUIDField()
    account = serializers.CharField()
    program = serializers.CharField()
    giver = serializers.UUIDField(allow_null=True)
    taker = serializers.UUIDField(allow_null=True)
    points = serializers.IntegerField()
    reason = serializers.CharField()
    moved_at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="Who did it: key, staff or member.")


SENT = {
    "account": "D-1",
    "program": "rewards",
    "giver": None,
    "taker": "0197f7a0-0000-7000-8000-000000000008",
    "points": 250,
    "reason": "Best seller of May",
}
SHOWN = SENT | {
    "id": "0197f7a0-0000-7000-8000-000000000009",
    "moved_at": "2026-06-01T09:00:00Z",
    "actor": "key:0197f7a0-0000-7000-8000-000000000003",
}


class TransfersView(Edge):
    """What was passed on, and passing on."""

    scopes = {"GET": "transfers:read", "POST": "transfers:write"}

    @documented(
        "list_transfers",
        "Points passed on within accounts, the newest first",
        answers={200: TransferShape},
        parameters=parameters(FILTERS),
        examples=[example("To a member", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        return page(
            request,
            transfers().filter(**narrowed(request, FILTERS)),
            by=("-moved_at", "-id"),
            shape=lambda found: [transfer_data(one) for one in found],
        )

    @documented(
        "transfer_points",
        "Pass points from one holder of an account to another",
        description=(
            "The account's own points, or those of one of its members. They keep their expiry; a "
            "debt of whoever gets them is repaid first. A program that does not allow it, and too "
            "few points, are told as 409."
        ),
        body=TransferBody,
        answers={201: TransferShape},
        problems=(404,),
        examples=[sent("To a member", SENT), example("Passed on", SHOWN, status=201)],
        is_command=True,
    )
    @command(TransferBody, refused={TransferRefused: 409})
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        account = get_object_or_404(Account, number=given["account"])
        people = Member.objects.filter(account=account)
        for holder in filter(None, (given["giver"], given["taker"])):
            get_object_or_404(people, pk=holder)
        identity = uuid7()
        transfer_points(
            program_id=get_object_or_404(Program, slug=given["program"]).pk,
            account_id=account.pk,
            giver_id=given["giver"],
            taker_id=given["taker"],
            amount=given["points"],
            command=identity,
            reason=given.get("reason", ""),
            actor=request.auth.actor,
            now=timezone.now(),
        )
        made = transfers().get(command=identity)
        return created(transfer_data(made), "api_transfer", identity)


class TransferView(Edge):
    """One passing on."""

    scopes = {"GET": "transfers:read"}

    @documented(
        "read_transfer",
        "One passing on of points",
        answers={200: TransferShape},
        problems=(400, 404),
        examples=[example("To a member", SHOWN)],
    )
    def get(self, request: Request, transfer_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(transfer_data(get_object_or_404(transfers(), command=transfer_id)))


def transfer_data(one: Transfer) -> dict[str, Any]:
    """`one` as `rewards.transferring.transfers` finds it."""
    return {
        "id": one.command,
        "account": one.source.account.number,
        "program": one.source.program.slug,
        "giver": one.source.member_id,
        "taker": one.target.member_id,
        "points": one.points,  # pyrefly: ignore[missing-attribute] - summed by the query
        "reason": one.reason,
        "moved_at": one.moved_at,
        "actor": one.actor,
    }
