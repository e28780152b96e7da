"""Redemptions asked for, read, decided by other systems. Codes of gift cards are never told here:
an answer is kept with its command for ever, and a code is shown once, to its person."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account, Member, Program
from loyalty.api.commands import command, created, key_of
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.problems import Problem
from loyalty.api.shapes import Body
from rewards import deciding
from rewards.hindrances import sentence
from rewards.models import Redemption, RedemptionState
from rewards.models.catalogue import PaidBy
from rewards.redeeming import OtherRequest, PriceChanged, Unavailable, UnknownReward, Wish, redeem
from rewards.reward_types import WrongFields
from rewards.stock import SlotGone
from rewards.voice import voice_of

FILTERS = (
    Text("account", "account__number", "Of the account with this number.", 64),
    Text("program", "reward__program__slug", "Of the program with this slug.", 40),
    Choice("state", "state", "In this state.", tuple(RedemptionState.values)),
    Instant("since", "requested_at__gte", "Asked for then or later."),
    Instant("until", "requested_at__lt", "Asked for before then."),
)
WHY_NOT = {
    "own": "Whoever asked for it does not approve it.",
    "stopped": "Payouts are stopped until the books add up again; nothing moved.",
    "state": "It is {state}: this cannot be done with it any more, or not yet.",
}


class RedemptionBody(Body):
    """`points` is the price agreed to: should it cost something else now, nothing moves."""

    account = serializers.CharField(max_length=64, help_text="The account's number.")
    reward = serializers.UUIDField()
    member = serializers.UUIDField(
        required=False, allow_null=True, help_text="The person it is for; else it is the account's."
    )
    paid_by = serializers.ChoiceField(choices=PaidBy.values[:2], required=False)
    points = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    slot = serializers.UUIDField(required=False, allow_null=True)
    answers = serializers.DictField(
        child=serializers.CharField(max_length=2000),
        required=False,
        help_text="What the type of the reward asks for: an address, a name.",
    )


class DecisionBody(Body):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class RedemptionShape(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="What people call it.")
    account = serializers.CharField()
    member = serializers.UUIDField(allow_null=True)
    reward = serializers.UUIDField()
    reward_code = serializers.CharField()
    points = serializers.IntegerField()
    state = serializers.ChoiceField(choices=RedemptionState.values)
    answers = serializers.DictField(child=serializers.CharField())
    note = serializers.CharField()
    requested_at = serializers.DateTimeField()
    requested_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    fulfilled_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


SENT = {
    "account": "D-1",
    "reward": "0197f7a0-0000-7000-8000-000000000006",
    "points": 6000,
    "answers": {
        "recipient": "Pat Partner",
        "street": "1 Main St",
        "postal_code": "10001",
        "city": "New York",
        "country": "United States",
    },
}
NOTE = {"note": "Sent with tracking number 17."}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-000000000007",
    "reference": "R-00000007",
    "account": "D-1",
    "member": None,
    "reward": SENT["reward"],
    "reward_code": "work-jacket",
    "points": 6000,
    "state": "requested",
    "answers": SENT["answers"],
    "note": "",
    "requested_at": "2026-02-10T15:00:00Z",
    "requested_by": "key:0197f7a0-0000-7000-8000-000000000003",
    "decided_at": None,
    "fulfilled_at": None,
    "closed_at": None,
}


class RedemptionsView(Edge):
    """Redemptions, and asking for one."""

    scopes = {"GET": "redemptions:read", "POST": "redemptions:write"}

    @documented(
        "list_redemptions",
        "Redemptions, the newest first",
        answers={200: RedemptionShape},
        parameters=parameters(FILTERS),
        examples=[example("Waiting for approval", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = _rows().filter(**narrowed(request, FILTERS))
        return page(
            request,
            rows,
            by=("-requested_at", "-id"),
            shape=lambda found: [redemption_data(one) for one in found],
        )

    @documented(
        "request_redemption",
        "Redeem points of an account for a reward",
        description=(
            "The points leave what is available at once; where the reward needs no approval they "
            "are spent, else they wait for a decision. What stands in the way is told as 409."
        ),
        body=RedemptionBody,
        answers={201: RedemptionShape},
        problems=(404,),
        examples=[sent("A jacket", SENT), example("Waiting for approval", SHOWN, status=201)],
        is_command=True,
    )
    @command(RedemptionBody)
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        wish = _wish(request, given)
        made = _redeemed(request, wish)
        return created(redemption_data(_one(made.pk)), "api_redemption", made.pk)


class RedemptionView(Edge):
    """One redemption."""

    scopes = {"GET": "redemptions:read"}

    @documented(
        "read_redemption",
        "One redemption",
        answers={200: RedemptionShape},
        problems=(400, 404),
        examples=[example("Waiting for approval", SHOWN)],
    )
    def get(self, request: Request, redemption_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(redemption_data(_one(redemption_id)))


def _decision(name: str, summary: str, *, scope: str, state: str) -> Callable[..., Any]:
    """The view of one decision: each has an address, and needs a scope, of its own."""
    how = deciding.ACTIONS[name]

    class DecisionView(Edge):
        scopes = {"POST": scope}

        @documented(
            f"{name}_redemption",
            summary,
            body=DecisionBody,
            answers={200: RedemptionShape},
            problems=(404,),
            examples=[sent("With a note", NOTE), example("As it is now", SHOWN | {"state": state})],
            is_command=True,
        )
        @command(DecisionBody)
        def post(self, request: Request, given: dict[str, Any], redemption_id: UUID) -> Response:
            narrowed(request, (), pages=False)
            decided = how(
                [redemption_id],
                actor=request.auth.actor,
                now=timezone.now(),
                note=given.get("note", ""),
            )
            why = decided.refused.get(redemption_id)
            if why == "unknown":
                raise Http404
            now = _one(redemption_id)
            if why:
                said = WHY_NOT[why].format(state=now.get_state_display().lower())
                raise Problem(HTTPStatus.CONFLICT, said, code=f"redemption_{why}")
            return Response(redemption_data(now))

    DecisionView.__doc__ = summary
    DecisionView.__name__ = DecisionView.__qualname__ = f"{name.title()}View"
    return DecisionView.as_view()


WRITE, DECIDE = "redemptions:write", "redemptions:decide"
cancel = _decision("cancel", "Call a request off", scope=WRITE, state="canceled")
approve = _decision("approve", "Approve a request", scope=DECIDE, state="approved")
reject = _decision("reject", "Reject a request", scope=DECIDE, state="rejected")
fulfill = _decision("fulfill", "Say that it is done", scope=DECIDE, state="fulfilled")
refund = _decision("refund", "Give spent points back", scope=DECIDE, state="refunded")


def redemption_data(one: Redemption) -> dict[str, Any]:
    return {
        "id": one.pk,
        "reference": one.reference,
        "account": one.account.number,
        "member": one.member_id,
        "reward": one.reward_id,
        "reward_code": one.reward.code,
        "points": one.points,
        "state": one.state,
        "answers": one.answers,
        "note": one.note,
        "requested_at": one.requested_at,
        "requested_by": one.requested_by,
        "decided_at": one.decided_at,
        "fulfilled_at": one.fulfilled_at,
        "closed_at": one.closed_at,
    }


def _rows() -> Any:
    return Redemption.objects.select_related("account", "reward")


def _one(redemption_id: UUID) -> Redemption:
    return get_object_or_404(_rows(), pk=redemption_id)


def _wish(request: Request, given: dict[str, Any]) -> Wish:
    account = get_object_or_404(Account, number=given["account"])
    member = None
    if given.get("member"):
        people = Member.objects.filter(account=account, is_active=True)
        member = get_object_or_404(people, pk=given["member"])
    return Wish(
        reward_id=given["reward"],
        account=account,
        member=member,
        paid_by=given.get("paid_by", PaidBy.ACCOUNT.value),
        points=given.get("points"),
        answers=given.get("answers", {}),
        slot_id=given.get("slot"),
        key=key_of(request),
        actor=request.auth.actor,
    )


def _redeemed(request: Request, wish: Wish) -> Redemption:
    """What the rule refuses, as problems that say how to mend it."""
    try:
        return redeem(wish, tenant=request.tenant, now=timezone.now())
    except UnknownReward:
        raise Http404 from None
    except Unavailable as refusal:
        program = Program.objects.get(rewards__pk=wish.reward_id)
        voice = voice_of(request.tenant, program.points_name)
        said = "; ".join(sentence(one, voice=voice) for one in refusal.hindrances)
        code = f"reward_{refusal.hindrances[0].code}"
        raise Problem(HTTPStatus.CONFLICT, f"{said}.", code=code) from None
    except PriceChanged as changed:
        said = f"It costs {changed.points} points now; nothing moved."
        raise Problem(HTTPStatus.CONFLICT, said, code="price_changed") from None
    except SlotGone:
        said = "This time is not free; choose another."
        raise Problem(HTTPStatus.CONFLICT, said, code="slot_taken") from None
    except OtherRequest:
        said = "The key came before with other content. Nothing moved."
        raise Problem(HTTPStatus.CONFLICT, said, code="idempotency_key_reused") from None
    except WrongFields as wrong:
        raise serializers.ValidationError(
            {"answers": {k: [v] for k, v in wrong.problems.items()}}
        ) from None
