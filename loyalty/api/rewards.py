"""What an account can have for its points, and what stands in the way of the rest."""

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account, Program
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Text, narrowed, parameters
from loyalty.api.pages import page
from rewards.availability import Offer, offers
from rewards.hindrances import sentence
from rewards.models import Reward, RewardState, RewardType
from rewards.voice import Voice, voice_of

ACCOUNT = Text("account", "account", "For the account with this number.", 64, is_needed=True)
PROGRAM = Text("program", "program__slug", "Of the program with this slug.", 40, is_needed=True)
FILTERS = (ACCOUNT, PROGRAM, Choice("type", "type", "Of this type.", tuple(RewardType.values)))


class HindranceShape(serializers.Serializer):
    code = serializers.CharField(
        help_text="points, debt, tier, stock, early, over, limit, role, segment, admins, "
        "viewer, enrollment, person, unpublished or stopped."
    )
    missing = serializers.IntegerField(help_text="Points that miss; 0 where none do.")
    text = serializers.CharField(help_text="The reason as one sentence.")


class RewardShape(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    type = serializers.ChoiceField(choices=RewardType.values)
    points = serializers.IntegerField(help_text="What it costs this account.")
    list_points = serializers.IntegerField(help_text="What it costs without a special price.")
    left = serializers.IntegerField(allow_null=True, help_text="How many are left; null: no limit.")
    needs_approval = serializers.BooleanField()
    is_available = serializers.BooleanField()
    hindrances = HindranceShape(many=True)


SHOWN = {
    "id": "0197f7a0-0000-7000-8000-000000000006",
    "code": "work-jacket",
    "name": "Insulated work jacket",
    "description": "Wind- and waterproof.",
    "type": "merchandise",
    "points": 6000,
    "list_points": 6000,
    "left": 148,
    "needs_approval": True,
    "is_available": False,
    "hindrances": [{"code": "points", "missing": 640, "text": "640 points to go"}],
}


class RewardsView(Edge):
    """The catalog, for an account."""

    scopes = {"GET": "rewards:read"}

    @documented(
        "list_rewards",
        "The published rewards of a program, as they are for an account",
        description="With the price the account pays and every reason why it cannot have one now.",
        answers={200: RewardShape},
        problems=(404,),
        parameters=parameters(FILTERS),
        examples=[example("Not enough points yet", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        asked = narrowed(request, FILTERS)
        account = get_object_or_404(Account, number=asked.pop(ACCOUNT.lookup))
        program = get_object_or_404(Program, slug=asked[PROGRAM.lookup])
        voice = voice_of(request.tenant, program.points_name)

        def shape(found: list[Reward]) -> list[dict[str, Any]]:
            return _data(request, found, account, program, voice)

        rows = Reward.objects.filter(state=RewardState.PUBLISHED, **asked)
        return page(request, rows, by=("code", "id"), shape=shape)


def _data(
    request: Request, found: Sequence[Reward], account: Account, program: Program, voice: Voice
) -> list[dict[str, Any]]:
    """In the order of `found`; one evaluation for all."""
    evaluated = offers(
        Reward.objects.filter(pk__in=[reward.pk for reward in found]),
        account=account,
        member=None,
        program_id=program.pk,
        tenant=request.tenant,
        as_of=timezone.now(),
    )
    by_id = {offer.reward.pk: offer for offer in evaluated}
    return [_offer(by_id[reward.pk], voice) for reward in found]


def _offer(offer: Offer, voice: Voice) -> dict[str, Any]:
    reward = offer.reward
    return {
        "id": reward.pk,
        "code": reward.code,
        "name": reward.name,
        "description": reward.description,
        "type": reward.type,
        "points": offer.points,
        "list_points": reward.points,
        "left": offer.left,
        "needs_approval": reward.needs_approval,
        "is_available": offer.is_open,
        "hindrances": [
            {
                "code": one.code,
                "missing": one.missing,
                "text": sentence(one, voice=voice),
            }
            for one in offer.hindrances
        ],
    }
