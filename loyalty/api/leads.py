"""Leads from other systems: sent, and read with their turns; the person by one address alone."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.money import to_major
from loyalty.api.commands import command, created, key_of
from loyalty.api.deals import MoneyText, minor_units
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from partners.leads.persons import note_reading
from partners.leads.receiving import LONGEST, CannotReceive, NewLead, OtherLead, receive
from partners.models import Lead, LeadState, OfferState

FILTERS = (
    Text("account", "account__number", "With the account with this number now.", 64),
    Choice("state", "state", "In this state.", tuple(LeadState.values)),
    Text("source", "source", "Of this source.", 40),
    Instant("since", "received_at__gte", "Received then or later."),
    Instant("until", "received_at__lt", "Received before then."),
)
SOURCE = "api"


def _text(name: str, *, is_required: bool = False, about: str = "") -> serializers.CharField:
    more: dict[str, Any] = {} if is_required else {"required": False, "allow_blank": True}
    return serializers.CharField(max_length=LONGEST[name], help_text=about, **more)


class LeadBody(Body):
    """`source` and `external_id` are its permanent identity: the same comes in once."""

    source = _text("source", about="The system it comes from; “api” where nothing is said.")
    external_id = _text("external_id", about="Its number there; else the key of this command.")
    company = _text("company", is_required=True)
    contact = _text("contact", about="The person's name.")
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    phone = _text("phone")
    need = _text("need", about="What they want, in words.")
    country = serializers.RegexField(
        r"^[A-Za-z]{2}$", required=False, allow_blank=True, help_text="ISO 3166, two letters."
    )
    region = _text("region")
    postcode = _text("postcode")
    lines = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, max_length=20,
        help_text="Product lines.",
    )  # fmt: skip
    amount = MoneyText(required=False, help_text="What it may be worth, in major units.")


class LeadShape(serializers.Serializer):
    """A lead without its person: answers to commands are kept, and people may be forgotten."""

    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="What people call it.")
    source = serializers.CharField()
    external_id = serializers.CharField()
    state = serializers.ChoiceField(choices=LeadState.values)
    company = serializers.CharField()
    country = serializers.CharField(allow_blank=True)
    region = serializers.CharField(allow_blank=True)
    postcode = serializers.CharField(allow_blank=True)
    lines = serializers.ListField(child=serializers.CharField())
    amount = serializers.CharField(allow_null=True, help_text="In major units.")
    received_at = serializers.DateTimeField()
    account = serializers.CharField(allow_null=True, help_text="Who has it now.")
    answer_by = serializers.DateTimeField(allow_null=True, help_text="Accepted until then.")
    accepted_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    end_note = serializers.CharField(allow_blank=True)
    won_on = serializers.DateField(allow_null=True)
    won_amount = serializers.CharField(allow_null=True)
    deal = serializers.UUIDField(allow_null=True)


class PersonShape(serializers.Serializer):
    contact = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    need = serializers.CharField(allow_blank=True)
    erased_at = serializers.DateTimeField(allow_null=True)


class TurnShape(serializers.Serializer):
    account = serializers.CharField()
    state = serializers.ChoiceField(choices=OfferState.values)
    offered_at = serializers.DateTimeField()
    answer_by = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    why = serializers.DictField(help_text="The rule, the method, the points, and the others.")


class WholeLeadShape(LeadShape):
    person = PersonShape()
    turns = TurnShape(many=True)


SENT = {
    "source": "fair",
    "external_id": "F-1001",
    "company": "Nordstern Logistik GmbH",
    "contact": "Jana Weber",
    "email": "jana.weber@nordstern.example",
    "need": "40 workstations",
    "country": "DE",
    "postcode": "80331",
    "lines": ["Bikes"],
    "amount": "48000.00",
}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-00000000001d",
    "reference": "L-0000001D",
    "source": "fair",
    "external_id": "F-1001",
    "state": "offered",
    "company": "Nordstern Logistik GmbH",
    "country": "DE",
    "region": "",
    "postcode": "80331",
    "lines": ["Bikes"],
    "amount": "48000.00",
    "received_at": "2026-06-01T09:00:00Z",
    "account": "D-1",
    "answer_by": "2026-06-02T09:00:00Z",
    "accepted_at": None,
    "ended_at": None,
    "end_note": "",
    "won_on": None,
    "won_amount": None,
    "deal": None,
}
TURN = {
    "account": "D-1",
    "state": "open",
    "offered_at": "2026-06-01T09:00:00Z",
    "answer_by": "2026-06-02T09:00:00Z",
    "ended_at": None,
    "reason": "",
    "why": {"method": "round_robin", "rule": "South", "score": 40, "points": [], "others": []},
}
PERSON = {
    "contact": "Jana Weber",
    "email": "jana.weber@nordstern.example",
    "phone": "",
    "need": "40 workstations",
    "erased_at": None,
}


class LeadsView(Edge):
    """Leads, and sending one."""

    scopes = {"GET": "leads:read", "POST": "leads:write"}

    @documented(
        "list_leads",
        "Leads, the newest first",
        answers={200: LeadShape},
        parameters=parameters(FILTERS),
        examples=[example("Offered", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        currency = request.tenant.currency
        return page(
            request,
            lead_rows().filter(**narrowed(request, FILTERS)),
            by=("-received_at", "-id"),
            shape=lambda found: [lead_data(one, currency) for one in found],
        )

    @documented(
        "send_lead",
        "Send a lead, which goes to whoever is next by the rules",
        body=LeadBody,
        answers={201: LeadShape},
        examples=[sent("From a fair", SENT), example("Offered", SHOWN, status=201)],
        is_command=True,
    )
    @command(LeadBody, refused={OtherLead: 409})
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        try:
            made = receive(_new_lead(request, given), actor=request.auth.actor, now=timezone.now())
        except CannotReceive as refused:
            name = refused.field or "company"
            raise serializers.ValidationError({name: [str(refused)]}) from None
        return created(lead_data(one_lead(made.pk), request.tenant.currency), "api_lead", made.pk)


class LeadView(Edge):
    """One lead."""

    scopes = {"GET": "leads:read"}

    @documented(
        "read_lead",
        "One lead with its person and its turns",
        description="That the person was read is put on record.",
        answers={200: WholeLeadShape},
        problems=(400, 404),
        examples=[example("Offered", SHOWN | {"person": PERSON, "turns": [TURN]})],
    )
    def get(self, request: Request, lead_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        found = one_lead(lead_id)
        if found.erased_at is None:
            note_reading(found, actor=request.auth.actor, now=timezone.now())
        turns = found.offers.select_related("account").order_by("number")
        said = ("state", "offered_at", "answer_by", "ended_at", "reason", "why")
        told = [
            {name: getattr(turn, name) for name in said} | {"account": turn.account.number}
            for turn in turns
        ]
        person = {name: getattr(found, name) for name in PERSON}
        data = lead_data(found, request.tenant.currency)
        return Response(data | {"person": person, "turns": told})


def lead_data(one: Lead, currency: str) -> dict[str, Any]:
    def major(minor: int | None) -> str | None:
        return None if minor is None else f"{to_major(minor, currency):f}"

    said = ("reference", "source", "external_id", "state", "company", "country", "region")
    more = ("postcode", "lines", "received_at", "answer_by", "accepted_at", "ended_at")
    return {name: getattr(one, name) for name in (*said, *more, "end_note", "won_on")} | {
        "id": one.pk,
        "account": one.account.number if one.account else None,
        "amount": major(one.amount),
        "won_amount": major(one.won_amount),
        "deal": one.deal_id,
    }


def lead_rows() -> Any:
    return Lead.objects.select_related("account")


def one_lead(lead_id: UUID) -> Lead:
    return get_object_or_404(lead_rows(), pk=lead_id)


def one_account(number: str) -> Account:
    return get_object_or_404(Account, number=number)


def _new_lead(request: Request, given: dict[str, Any]) -> NewLead:
    said = {name: given.get(name, "") for name in LONGEST}
    said["source"] = said["source"] or SOURCE
    said["external_id"] = said["external_id"] or key_of(request).strip('"')
    amount = given.get("amount")
    return NewLead(
        **said,
        lines=given.get("lines", ()),
        amount=None if amount is None else minor_units(amount, request.tenant.currency),
    )
