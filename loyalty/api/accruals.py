"""What agreements owe for their periods, with every step of how it comes about."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.money import to_major
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.rebate_terms import names
from loyalty.rebate_working import worked_lines
from rebates.models import Accrual
from rebates.nearness import next_band, worked
from rewards.voice import voice_of

FILTERS = (
    Text("account", "account__number", "Of the account with this number.", 64),
    Text("agreement", "agreement__code", "Under the agreement with this code.", 40),
)


class WorkedShape(serializers.Serializer):
    label = serializers.CharField()
    how = serializers.CharField(allow_blank=True, help_text="The formula with its numbers.")
    result = serializers.CharField()


class AccruedLineShape(serializers.Serializer):
    product_line = serializers.CharField(allow_blank=True)
    measured = serializers.IntegerField(help_text="What was sold, in the measure's smallest unit.")
    amount = serializers.CharField()


class NextBandShape(serializers.Serializer):
    missing = serializers.IntegerField(help_text="In the measure's smallest unit.")
    adds = serializers.CharField()


class AccrualShape(serializers.Serializer):
    """`measured`, `base` and `missing` are in the measure's smallest unit: cents of a value,
    ten-thousandths of a quantity, points."""

    id = serializers.UUIDField()
    agreement = serializers.CharField()
    version = serializers.IntegerField()
    account = serializers.CharField()
    since = serializers.DateField()
    until = serializers.DateField(help_text="The first day after the period.")
    measured = serializers.IntegerField()
    base = serializers.IntegerField(allow_null=True)
    amount = serializers.CharField(help_text="What the account has earned of the period.")
    stated = serializers.CharField(help_text="What of it is on statements.")
    lines = AccruedLineShape(many=True)
    worked = WorkedShape(many=True)
    next_band = NextBandShape(allow_null=True)
    accrued_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


SHOWN = {
    "id": "0197f7a0-0000-7000-8000-00000000000c",
    "agreement": "growth-2026",
    "version": 1,
    "account": "D-1",
    "since": "2026-04-01",
    "until": "2026-07-01",
    "measured": 1240000,
    "base": None,
    "amount": "248.00",
    "stated": "0.00",
    "lines": [{"product_line": "Bikes", "measured": 1240000, "amount": "248.00"}],
    "worked": [
        {
            "label": "Band from $10,000.00: 2%",
            "how": "$12,400.00 × 2%",
            "result": "$248.00",
        }
    ],
    "next_band": {"missing": 760000, "adds": "552.00"},
    "accrued_at": "2026-05-20T16:00:00Z",
    "closed_at": None,
}


class AccrualsView(Edge):
    """What is owed."""

    scopes = {"GET": "rebates:read"}

    @documented(
        "list_accruals",
        "What agreements owe by period and account, the newest first",
        answers={200: AccrualShape},
        parameters=parameters(FILTERS),
        examples=[example("A running quarter", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = Accrual.objects.select_related("agreement__program", "version", "account")
        return page(
            request,
            rows.filter(**narrowed(request, FILTERS)),
            by=("-since", "-id"),
            shape=lambda found: _data(request, found),
        )


def _data(request: Request, found: list[Accrual]) -> list[dict[str, Any]]:
    said = {
        program.pk: names(
            voice=voice_of(request.tenant, program.points_name),
            program_id=program.pk,
            at=max(one.accrued_at for one in found),
        )
        for program in {one.agreement.program_id: one.agreement.program for one in found}.values()
    }
    return [_accrual_data(one, said[one.agreement.program_id]) for one in found]


def _accrual_data(one: Accrual, said: Any) -> dict[str, Any]:
    currency, result = one.agreement.currency, worked(one)
    following = next_band(one) if one.closed_at is None else None
    lines = worked_lines(result, said.wording(one.version, period=one.agreement.period))
    return {
        "id": one.pk,
        "agreement": one.agreement.code,
        "version": one.version.number,
        "account": one.account.number,
        "since": one.since,
        "until": one.until,
        "measured": one.measured,
        "base": one.base,
        "amount": money(one.amount, currency),
        "stated": money(one.stated, currency),
        "lines": [
            {"product_line": line, "measured": sold, "amount": money(amount, currency)}
            for line, sold, amount in one.lines
        ],
        "worked": [{"label": line.label, "how": line.how, "result": line.result} for line in lines],
        "next_band": {
            "missing": following.missing,
            "adds": money(following.worth, currency),
        }
        if following and following.worth > 0
        else None,
        "accrued_at": one.accrued_at,
        "closed_at": one.closed_at,
    }


def money(minor: int, currency: str) -> str:
    """As the API tells money: decimal text with all its places."""
    return f"{to_major(minor, currency):f}"
