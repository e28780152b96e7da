"""Support asked for, read, answered and closed by other systems: a help desk where staff work."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from loyalty.api.commands import command, created, key_of
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from loyalty.api.steps import Steps
from partners.models import SupportRequest, SupportState, SupportType
from partners.support import caring
from partners.support.asking import CannotAsk, OtherRequest, Wish, ask_support
from partners.support.caring import NotNow

FILTERS = (
    Text("account", "account__number", "Of the account with this number.", 64),
    Text("type", "type__code", "Of the kind of support with this code.", 40),
    Choice("state", "state", "In this state.", tuple(SupportState.values)),
    Instant("since", "asked_at__gte", "Asked for then or later."),
    Instant("until", "asked_at__lt", "Asked for before then."),
)


class SupportBody(Body):
    account = serializers.CharField(max_length=64)
    type = serializers.SlugField(max_length=40, help_text="The code of the kind of support.")
    subject = serializers.CharField(max_length=150)
    text = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    wanted_on = serializers.DateField(required=False)


class WordBody(Body):
    note = serializers.CharField(max_length=1000, help_text="The partner reads it.")


class SupportShape(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="What people call it.")
    account = serializers.CharField()
    type = serializers.CharField()
    state = serializers.ChoiceField(choices=SupportState.values)
    subject = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    wanted_on = serializers.DateField(allow_null=True)
    asked_at = serializers.DateTimeField()
    asked_by = serializers.CharField()
    assigned = serializers.CharField(allow_null=True, help_text="The name of who looks after it.")
    decided_at = serializers.DateTimeField(allow_null=True)
    result = serializers.CharField(allow_blank=True)


SENT = {"account": "D-1", "type": "demo-unit", "subject": "A demo unit in May"}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-0000000000b1",
    "reference": "H-000000B1",
    "account": "D-1",
    "type": "demo-unit",
    "state": "asked",
    "subject": "A demo unit in May",
    "text": "",
    "wanted_on": None,
    "asked_at": "2026-05-01T09:00:00Z",
    "asked_by": "key:0197f7a0-0000-7000-8000-000000000003",
    "assigned": None,
    "decided_at": None,
    "result": "",
}


class SupportView(Edge):
    """Requests for support, and asking for some."""

    scopes = {"GET": "support:read", "POST": "support:write"}

    @documented(
        "list_support_requests",
        "What partners asked for, the newest first",
        answers={200: SupportShape},
        parameters=parameters(FILTERS),
        examples=[example("Waiting", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        return page(
            request,
            _rows().filter(**narrowed(request, FILTERS)),
            by=("-asked_at", "-id"),
            shape=lambda found: [support_data(one) for one in found],
        )

    @documented(
        "ask_for_support",
        "Ask for support for an account, as its tiers entitle it to",
        body=SupportBody,
        answers={201: SupportShape},
        problems=(404,),
        examples=[sent("A demo unit", SENT), example("Waiting", SHOWN, status=201)],
        is_command=True,
    )
    @command(SupportBody, refused={CannotAsk: 422, OtherRequest: 409})
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        wish = Wish(
            type=get_object_or_404(SupportType, code=given["type"]),
            account=get_object_or_404(Account, number=given["account"]),
            subject=given["subject"],
            text=given.get("text", ""),
            wanted_on=given.get("wanted_on"),
            key=key_of(request),
            actor=request.auth.actor,
        )
        made = ask_support(wish, zone=request.tenant.zone, now=timezone.now())
        return created(support_data(_one(made.pk)), "api_support_request", made.pk)


class SupportRequestView(Edge):
    """One request for support."""

    scopes = {"GET": "support:read"}

    @documented(
        "read_support_request",
        "One request for support",
        answers={200: SupportShape},
        problems=(404,),
        examples=[example("Waiting", SHOWN)],
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(support_data(_one(request_id)))


def support_data(one: SupportRequest) -> dict[str, Any]:
    plain = ("state", "subject", "text", "wanted_on", "asked_at", "asked_by", "decided_at")
    return {name: getattr(one, name) for name in (*plain, "result", "reference")} | {
        "id": one.pk,
        "account": one.account.number,
        "type": one.type.code,
        "assigned": one.assigned.name if one.assigned else None,
    }


def _rows() -> Any:
    return SupportRequest.objects.select_related("account", "type", "assigned")


def _one(request_id: UUID) -> SupportRequest:
    return get_object_or_404(_rows(), pk=request_id)


def _answer(request: Request, request_id: UUID, given: dict[str, Any]) -> SupportRequest:
    by, now = request.auth.actor, timezone.now()
    return caring.answer(request_id, text=given["note"], by=by, now=now)


def _close(request: Request, request_id: UUID, given: dict[str, Any]) -> SupportRequest:
    by, now = request.auth.actor, timezone.now()
    return caring.close(request_id, result=given["note"], by=by, now=now)


def _decline(request: Request, request_id: UUID, given: dict[str, Any]) -> SupportRequest:
    by, now = request.auth.actor, timezone.now()
    return caring.decline(request_id, reason=given["note"], by=by, now=now)


_request = Steps(
    kind="support_request",
    shape=SupportShape,
    shown=SHOWN,
    tell=lambda request_id, _: support_data(_one(request_id)),
    missing=(SupportRequest.DoesNotExist,),
    refused={NotNow: 409},
    scope="support:decide",
    body=WordBody,
    said={"note": "It ships on Friday."},
)

answer = _request.step("answer", "Tell the partner how it stands", _answer, state="taken")
close = _request.step("close", "Say what came of it", _close, state="done")
decline = _request.step("decline", "Decline it, and say why", _decline, state="declined")
