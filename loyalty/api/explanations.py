"""Why an entry is what it is, as data and as the sentence that the portal shows."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.money import to_major
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.entries import ENTRY
from loyalty.api.filters import narrowed
from rewards import queries
from rewards.telling import sentence
from rewards.voice import voice_of
from rewards.why import Fact, Origins, Raised, Rule, Why, why


class FactOfEntryShape(serializers.Serializer):
    kind = serializers.CharField()
    external_id = serializers.CharField()
    line = serializers.CharField(allow_blank=True)
    occurred_at = serializers.DateTimeField()
    amount = serializers.CharField(help_text="In major units; below zero on a return.")
    quantity = serializers.CharField()
    product = serializers.CharField(allow_blank=True)


class RuleOfEntryShape(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    basis = serializers.CharField()
    rate = serializers.CharField(help_text="As decimal text.")
    cap = serializers.IntegerField(allow_null=True)
    cap_window = serializers.CharField(allow_blank=True)
    beneficiary = serializers.CharField(help_text="account, member or both.")


class TierOfEntryShape(serializers.Serializer):
    name = serializers.CharField()
    since = serializers.DateTimeField(
        allow_null=True, help_text="When the standing began that gave the multiplier."
    )
    multiplier = serializers.CharField(help_text="As decimal text.")


class RaisedShape(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    multiplier = serializers.CharField(help_text="As decimal text.")
    bonus = serializers.IntegerField()


class TakenShape(serializers.Serializer):
    amount = serializers.IntegerField()
    earned_at = serializers.DateTimeField()
    external_id = serializers.CharField(allow_blank=True)


class OriginsShape(serializers.Serializer):
    credits = serializers.IntegerField(help_text="How many earlier credits were used up in all.")
    first = TakenShape(many=True, help_text="The first few of them.")


class BudgetOfEntryShape(serializers.Serializer):
    renews = serializers.CharField(help_text="month, fiscal_quarter or fiscal_year.")
    since = serializers.DateField(help_text="First day of the period that was used up.")


class WhyShape(serializers.Serializer):
    """All that made an entry. What does not apply is null."""

    entry = serializers.UUIDField()
    sentence = serializers.CharField()
    kind = serializers.CharField()
    unit = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    actor = serializers.CharField()
    fact = FactOfEntryShape(allow_null=True)
    reverses = FactOfEntryShape(allow_null=True, help_text="On a return: what it takes back.")
    rule = RuleOfEntryShape(allow_null=True)
    tier = TierOfEntryShape(allow_null=True)
    desired = serializers.IntegerField(
        allow_null=True, help_text="What the rule wanted before its caps."
    )
    granted = serializers.IntegerField(help_text="What moved; below zero where it was taken.")
    is_capped = serializers.BooleanField()
    less_because = serializers.CharField(
        allow_blank=True, help_text="cap or budget, where one of the two lowered it."
    )
    budget = BudgetOfEntryShape(
        allow_null=True, help_text="The period of the budget that lowered it, of one that renews."
    )
    raised_by = RaisedShape(many=True, help_text="The campaigns that raised it.")
    clears_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    taken_from = OriginsShape()


WHY_SHOWN = {
    "entry": ENTRY,
    "sentence": "1,860 points: 1 point per $1.00 of $1,240.55 (order SO-1 line 1) × 1.5 as Gold",
    "kind": "earn",
    "unit": "points",
    "occurred_at": "2026-02-10T15:00:00Z",
    "actor": "key:0197f7a0-0000-7000-8000-000000000003",
    "fact": {
        "kind": "purchase",
        "external_id": "SO-1",
        "line": "1",
        "occurred_at": "2026-02-10T15:00:00Z",
        "amount": "1240.55",
        "quantity": "0",
        "product": "",
    },
    "reverses": None,
    "rule": {
        "code": "purchases",
        "name": "Purchases",
        "version": 1,
        "basis": "per_amount",
        "rate": "1",
        "cap": None,
        "cap_window": "",
        "beneficiary": "account",
    },
    "tier": {"name": "Gold", "since": "2026-01-01T05:00:00Z", "multiplier": "1.5"},
    "desired": 1860,
    "granted": 1860,
    "is_capped": False,
    "less_because": "",
    "budget": None,
    "raised_by": [],
    "clears_at": None,
    "expires_at": "2026-07-01T04:00:00Z",
    "taken_from": {"credits": 0, "first": []},
}


class WhyView(Edge):
    """Why an entry is what it is."""

    scopes = {"GET": "entries:read"}

    @documented(
        "explain_entry",
        "Why an entry is what it is: rule version, inputs, multiplier, caps, and the sentence",
        answers={200: WhyShape},
        problems=(400, 404),
        examples=[example("An earning at Gold", WHY_SHOWN)],
    )
    def get(self, request: Request, entry_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        rows = queries.entries().select_related("wallet__program")
        entry = get_object_or_404(rows, pk=entry_id)
        reason = why(entry)
        voice = voice_of(request.tenant, entry.wallet.program.points_name)
        said = {"entry": entry.pk, "sentence": sentence(reason, voice=voice)}
        return Response(said | _why(reason, currency=request.tenant.currency))


def _why(reason: Why, *, currency: str) -> dict[str, Any]:
    tier = {
        "name": reason.tier,
        "since": reason.tier_since,
        "multiplier": f"{reason.multiplier.normalize():f}",
    }
    return {
        "kind": reason.kind,
        "unit": reason.unit,
        "occurred_at": reason.occurred_at,
        "actor": reason.actor,
        "fact": _fact(reason.fact, currency),
        "reverses": _fact(reason.original, currency),
        "rule": _rule(reason.rule),
        "tier": tier if reason.tier else None,
        "desired": reason.desired,
        "granted": reason.moved,
        "is_capped": reason.is_capped,
        "less_because": reason.less_because,
        "budget": asdict(reason.budget) if reason.budget else None,
        "raised_by": [_raised(one) for one in reason.raised_by],
        "clears_at": reason.clears_at,
        "expires_at": reason.expires_at,
        "taken_from": _origins(reason.origins),
    }


def _fact(fact: Fact | None, currency: str) -> dict[str, Any] | None:
    if fact is None:
        return None
    return {
        "kind": fact.kind,
        "external_id": fact.document,
        "line": fact.line,
        "occurred_at": fact.occurred_at,
        "amount": f"{to_major(fact.amount, currency):f}",
        "quantity": f"{fact.quantity.normalize():f}",
        "product": fact.product,
    }


def _rule(rule: Rule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {
        "code": rule.code,
        "name": rule.name,
        "version": rule.version,
        "basis": rule.basis,
        "rate": f"{rule.rate.normalize():f}",
        "cap": rule.cap,
        "cap_window": rule.cap_window,
        "beneficiary": rule.beneficiary,
    }


def _raised(one: Raised) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "multiplier": f"{one.multiplier.normalize():f}",
        "bonus": one.bonus,
    }


def _origins(origins: Origins) -> dict[str, Any]:
    return {
        "credits": origins.credits,
        "first": [
            {"amount": one.amount, "earned_at": one.earned_at, "external_id": one.document}
            for one in origins.first
        ],
    }
