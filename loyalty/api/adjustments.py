"""Points changed by hand through the API. Above the limit of keys they wait for a person: whoever
approves looks at them in the console, and no key does."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.ids import uuid7
from accounts.models import Account, Member, Program
from loyalty.api.commands import command, created
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from rewards.adjusting import submit
from rewards.adjustment_drafts import AdjustmentRefused, Wanted, draft
from rewards.models import Adjustment, AdjustmentAction, AdjustmentState

MOST = 10**12
FILTERS = (
    Text("account", "account__number", "Of the account with this number.", 64),
    Text("program", "program__slug", "Of the program with this slug.", 40),
    Choice("state", "state", "In this state.", tuple(AdjustmentState.values)),
    Choice("action", "action", "Of this kind.", tuple(AdjustmentAction.values)),
    Instant("since", "drafted_at__gte", "Drafted then or later."),
    Instant("until", "drafted_at__lt", "Drafted before then."),
)
INSTANTS = {name: Instant(name, "", "") for name in ("expires_at", "expiring_at")}


@extend_schema_field(Instant("", "", "").schema())
class InstantText(serializers.CharField):
    """An instant, or a date for its beginning, as a filter has them."""


class AdjustmentBody(Body):
    """`points` belong to a credit or a debit; an extension and a reinstatement find theirs."""

    account = serializers.CharField(max_length=64, help_text="The account's number.")
    program = serializers.CharField(max_length=40, help_text="The program's slug.")
    member = serializers.UUIDField(
        required=False, allow_null=True, help_text="Whose own points; else the account's."
    )
    action = serializers.ChoiceField(choices=AdjustmentAction.choices)
    points = serializers.IntegerField(required=False, min_value=1, max_value=MOST)
    reason = serializers.CharField(max_length=300, help_text="Stays with the points for ever.")
    into_debt = serializers.BooleanField(
        required=False, help_text="Of a debit: take them off even if too few are available."
    )
    expires_at = InstantText(
        max_length=64,
        required=False,
        help_text="ISO 8601; when what is added, extended or reinstated expires. Else the "
        "program's policy says; an extension needs it.",
    )
    expiring_at = InstantText(
        max_length=64,
        required=False,
        help_text="Of an extension: the instant at which the points would expire.",
    )
    expired_by = serializers.UUIDField(
        required=False, help_text="Of a reinstatement: the entry that let the points expire."
    )


class AdjustmentShape(serializers.Serializer):
    id = serializers.UUIDField()
    account = serializers.CharField()
    program = serializers.CharField()
    member = serializers.UUIDField(allow_null=True)
    action = serializers.ChoiceField(choices=AdjustmentAction.values)
    points = serializers.IntegerField()
    reason = serializers.CharField()
    into_debt = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=AdjustmentState.values)
    waits_for_approval = serializers.BooleanField(
        help_text="Nothing has moved yet: another person decides in the console."
    )
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    decided_by = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


SENT = {
    "account": "D-1",
    "program": "rewards",
    "action": "credit",
    "points": 5000,
    "reason": "Made good for the late delivery of SO-17",
}
SHOWN = SENT | {
    "id": "0197f7a0-0000-7000-8000-00000000000a",
    "member": None,
    "into_debt": False,
    "expires_at": None,
    "state": "pending",
    "waits_for_approval": True,
    "asked_by": "key:0197f7a0-0000-7000-8000-000000000003",
    "asked_at": "2026-06-01T09:00:00Z",
    "decided_by": "",
    "decided_at": None,
    "note": "",
}


class AdjustmentsView(Edge):
    """What was changed by hand, and changing it."""

    scopes = {"GET": "adjustments:read", "POST": "adjustments:write"}

    @documented(
        "list_adjustments",
        "Points changed by hand, the newest first",
        answers={200: AdjustmentShape},
        parameters=parameters(FILTERS),
        examples=[example("Waiting for approval", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        return page(
            request,
            _rows().filter(**narrowed(request, FILTERS)),
            by=("-drafted_at", "-id"),
            shape=lambda found: [adjustment_data(one) for one in found],
        )

    @documented(
        "request_adjustment",
        "Add points by hand, take some off, extend or reinstate them",
        description=(
            "Up to the limit that the program sets for keys it is applied at once. Above it the "
            "answer says `waits_for_approval`, and nothing moves until another person than the "
            "one who made the key approves it in Console, Adjustments: no key decides. Several "
            "adjustments by one key for one account within 24 hours count together."
        ),
        body=AdjustmentBody,
        answers={201: AdjustmentShape},
        problems=(404,),
        examples=[
            sent("Points made good", SENT),
            example("Waiting for approval", SHOWN, status=201),
        ],
        is_command=True,
    )
    @command(AdjustmentBody, refused={AdjustmentRefused: 422})
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        now = timezone.now()
        drafted = draft(
            _wanted(request, given), identity=uuid7(), actor=request.auth.actor, now=now
        )
        submit(adjustment_id=drafted.pk, author=request.auth, now=now)
        return created(adjustment_data(_one(drafted.pk)), "api_adjustment", drafted.pk)


class AdjustmentView(Edge):
    """One adjustment."""

    scopes = {"GET": "adjustments:read"}

    @documented(
        "read_adjustment",
        "One adjustment, and what became of it",
        answers={200: AdjustmentShape},
        problems=(400, 404),
        examples=[example("Waiting for approval", SHOWN)],
    )
    def get(self, request: Request, adjustment_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(adjustment_data(_one(adjustment_id)))


def adjustment_data(one: Adjustment) -> dict[str, Any]:
    return {
        "id": one.pk,
        "account": one.account.number,
        "program": one.program.slug,
        "member": one.member_id,
        "action": one.action,
        "points": one.amount,
        "reason": one.reason,
        "into_debt": one.into_debt,
        "expires_at": one.expires_at,
        "state": one.state,
        "waits_for_approval": one.state == AdjustmentState.PENDING,
        "asked_by": one.drafted_by,
        "asked_at": one.drafted_at,
        "decided_by": one.decided_by,
        "decided_at": one.decided_at,
        "note": one.note,
    }


def _rows() -> Any:
    return Adjustment.objects.select_related("account", "program")


def _one(adjustment_id: UUID) -> Adjustment:
    return get_object_or_404(_rows(), pk=adjustment_id)


def _wanted(request: Request, given: dict[str, Any]) -> Wanted:
    account = get_object_or_404(Account, number=given["account"])
    if given.get("member"):
        get_object_or_404(Member.objects.filter(account=account), pk=given["member"])
    instants = {
        name: instant.read(given[name], request.tenant.zone)
        for name, instant in INSTANTS.items()
        if name in given
    }
    return Wanted(
        program_id=get_object_or_404(Program, slug=given["program"]).pk,
        account_id=account.pk,
        member_id=given.get("member"),
        action=given["action"],
        amount=given.get("points", 0),
        reason=given["reason"],
        into_debt=given.get("into_debt", False),
        expired_by_id=given.get("expired_by"),
        **instants,
    )
