"""Deals registered, read and closed by other systems: a CRM where partners or staff work."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.money import exponent, to_major, to_minor
from accounts.periods import day_of
from loyalty.api.commands import command, created, key_of
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from partners.deals.conflicts import conflicts_of
from partners.deals.registering import CannotRegister, OtherDeal, Registration, register
from partners.deals.steps import NotNow
from partners.models import Deal, DealState

FILTERS = (
    Text("account", "account__number", "Registered by the account with this number.", 64),
    Choice("state", "state", "In this state.", tuple(DealState.values)),
    Instant("since", "registered_at__gte", "Registered then or later."),
    Instant("until", "registered_at__lt", "Registered before then."),
)


@extend_schema_field({"type": "string", "pattern": r"^\d{1,13}(\.\d{1,4})?$"})
class MoneyText(serializers.DecimalField):
    """Major units as text, never as a float."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=17, decimal_places=4, **kwargs)


class DealBody(Body):
    """`amount` in major units. One of the accounts on the deal is the one that registers it."""

    account = serializers.CharField(max_length=64, help_text="The number of who registers it.")
    reseller = serializers.CharField(max_length=64, required=False)
    distributor = serializers.CharField(max_length=64, required=False)
    customer = serializers.CharField(max_length=200, help_text="The company's full name.")
    website = serializers.CharField(max_length=200, required=False, allow_blank=True)
    tax_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    country = serializers.RegexField(
        r"^[A-Za-z]{2}$", required=False, allow_blank=True, help_text="ISO 3166, two letters."
    )
    contact = serializers.CharField(max_length=120, required=False, allow_blank=True)
    contact_email = serializers.EmailField(required=False, allow_blank=True)
    amount = MoneyText()
    closes_on = serializers.DateField()
    products = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, help_text="SKUs; none for all."
    )
    answers = serializers.DictField(
        child=serializers.CharField(max_length=400),
        required=False,
        help_text="What the form of the account's partner type asks for.",
    )


class ConflictShape(serializers.Serializer):
    deal = serializers.UUIDField()
    account = serializers.CharField()
    score = serializers.IntegerField(help_text="From 30 to 100; from 50 on it counts.")
    reasons = serializers.ListField(child=serializers.CharField())
    is_earlier = serializers.BooleanField()


class DealShape(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="What people call it.")
    state = serializers.ChoiceField(choices=DealState.values)
    account = serializers.CharField()
    reseller = serializers.CharField(allow_null=True)
    distributor = serializers.CharField(allow_null=True)
    customer = serializers.CharField()
    website = serializers.CharField(allow_blank=True)
    tax_number = serializers.CharField(allow_blank=True)
    country = serializers.CharField(allow_blank=True)
    amount = serializers.CharField(help_text="In major units.")
    closes_on = serializers.DateField()
    products = serializers.ListField(child=serializers.CharField())
    answers = serializers.DictField()
    registered_at = serializers.DateTimeField()
    registered_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    is_exclusive = serializers.BooleanField()
    exclusive_until = serializers.DateField(allow_null=True, help_text="Its last day.")
    extension_asked_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    won_on = serializers.DateField(allow_null=True)
    won_amount = serializers.CharField(allow_null=True)
    conflict_score = serializers.IntegerField(help_text="When it was registered.")


class WholeDealShape(DealShape):
    """A deal with what it may conflict with now; for the tenant's systems, not for partners."""

    conflicts = ConflictShape(many=True)


SENT = {
    "account": "D-1",
    "reseller": "D-1",
    "customer": "Nordstern Logistik GmbH",
    "website": "nordstern.example",
    "country": "DE",
    "amount": "50000.00",
    "closes_on": "2026-09-30",
    "answers": {"seats": "25"},
}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-00000000000d",
    "reference": "D-0000000D",
    "state": "registered",
    "account": "D-1",
    "reseller": "D-1",
    "distributor": None,
    "customer": "Nordstern Logistik GmbH",
    "website": "nordstern.example",
    "tax_number": "",
    "country": "DE",
    "amount": "50000.00",
    "closes_on": "2026-09-30",
    "products": [],
    "answers": {"seats": 25},
    "registered_at": "2026-06-01T09:00:00Z",
    "registered_by": "key:0197f7a0-0000-7000-8000-000000000003",
    "decided_at": None,
    "reason": "",
    "is_exclusive": True,
    "exclusive_until": None,
    "extension_asked_at": None,
    "ended_at": None,
    "won_on": None,
    "won_amount": None,
    "conflict_score": 0,
}
CONFLICT = {
    "deal": "0197f7a0-0000-7000-8000-00000000000e",
    "account": "D-2",
    "score": 97,
    "reasons": ["site", "name_near"],
    "is_earlier": True,
}


class DealsView(Edge):
    """Deals, and registering one."""

    scopes = {"GET": "deals:read", "POST": "deals:write"}

    @documented(
        "list_deals",
        "Deals that partners registered, the newest first",
        answers={200: DealShape},
        parameters=parameters(FILTERS),
        examples=[example("Being examined", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        currency = request.tenant.currency
        return page(
            request,
            deal_rows().filter(**narrowed(request, FILTERS)),
            by=("-registered_at", "-id"),
            shape=lambda found: [deal_data(one, currency) for one in found],
        )

    @documented(
        "register_deal",
        "Register a deal for an account",
        description=(
            "What it may conflict with is told to whoever decides, by `read_deal`. A deal that "
            "needs an answer of the form of the account's partner type says which."
        ),
        body=DealBody,
        answers={201: DealShape},
        problems=(404,),
        examples=[sent("A customer to win", SENT), example("Being examined", SHOWN, status=201)],
        is_command=True,
    )
    @command(DealBody, refused={NotNow: 409, OtherDeal: 409})
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        now = timezone.now()
        try:
            made = register(
                _registration(request, given), today=day_of(now, request.tenant.zone), now=now
            )
        except CannotRegister as refused:
            name = refused.field if refused.field in DealBody().fields else "answers"
            raise serializers.ValidationError(
                {name if refused.field else "account": [str(refused)]}
            ) from None
        return created(deal_data(one_deal(made.pk), request.tenant.currency), "api_deal", made.pk)


class DealView(Edge):
    """One deal."""

    scopes = {"GET": "deals:read"}

    @documented(
        "read_deal",
        "One deal, and what it may conflict with",
        answers={200: WholeDealShape},
        problems=(400, 404),
        examples=[example("A possible conflict", SHOWN | {"conflicts": [CONFLICT]})],
    )
    def get(self, request: Request, deal_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        found = one_deal(deal_id)
        today = day_of(timezone.now(), request.tenant.zone)
        conflicts = conflicts_of(found, today=today) if found.is_open else []
        told = [
            {
                "deal": one.deal.pk,
                "account": one.deal.account.number,
                "score": one.score,
                "reasons": list(one.resemblance.reasons),
                "is_earlier": one.is_earlier,
            }
            for one in conflicts
        ]
        return Response(deal_data(found, request.tenant.currency) | {"conflicts": told})


def deal_data(one: Deal, currency: str) -> dict[str, Any]:
    said = ("state", "customer", "website", "tax_number", "country", "closes_on", "answers")
    since = ("registered_at", "registered_by", "decided_at", "reason", "is_exclusive", "ended_at")
    more = ("exclusive_until", "extension_asked_at", "won_on", "conflict_score", "reference")
    return {name: getattr(one, name) for name in (*said, *since, *more)} | {
        "id": one.pk,
        "account": one.account.number,
        "reseller": one.reseller.number if one.reseller else None,
        "distributor": one.distributor.number if one.distributor else None,
        "amount": f"{to_major(one.amount, currency):f}",
        "won_amount": f"{to_major(one.won_amount, currency):f}" if one.won_amount else None,
        "products": sorted(each.product.sku for each in one.products.all()),
    }


def deal_rows() -> Any:
    return Deal.objects.select_related(
        "account", "reseller", "distributor", "form"
    ).prefetch_related("products__product")


def one_deal(deal_id: UUID) -> Deal:
    return get_object_or_404(deal_rows(), pk=deal_id)


def minor_units(amount: Any, currency: str, name: str = "amount") -> int:
    places = exponent(currency)
    try:
        return to_minor(amount, places)
    except ValueError:
        said = f"This currency has {places} decimal places."
        raise serializers.ValidationError({name: [said]}) from None


def _registration(request: Request, given: dict[str, Any]) -> Registration:
    reseller, distributor = (
        get_object_or_404(Account, number=given[side]) if given.get(side) else None
        for side in ("reseller", "distributor")
    )
    texts = ("website", "tax_number", "country", "contact", "contact_email")
    return Registration(
        account=get_object_or_404(Account, number=given["account"]),
        reseller=reseller,
        distributor=distributor,
        customer=given["customer"],
        **{name: given.get(name, "") for name in texts},
        amount=minor_units(given["amount"], request.tenant.currency),
        closes_on=given["closes_on"],
        products=given.get("products", ()),
        answers=given.get("answers", {}),
        key=key_of(request),
        actor=request.auth.actor,
    )
