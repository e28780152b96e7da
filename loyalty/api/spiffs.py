"""SPIFFs: what can be claimed, claims sent by other systems, and what became of them."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.files import CannotKeep
from accounts.models import Member
from accounts.money import to_major
from loyalty.api.commands import command, created, key_of
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.sent_files import sent_file
from loyalty.api.spiff_shapes import (
    PROVED,
    SENT,
    SHOWN,
    SPIFF,
    SpiffClaimBody,
    SpiffClaimShape,
    SpiffNoteBody,
    SpiffReturnBody,
    SpiffShape,
)
from loyalty.api.steps import Steps
from partners.models import Spiff, SpiffClaim, SpiffClaimState, SpiffUnit
from partners.spiffs import deciding
from partners.spiffs.claiming import CannotClaim, OtherClaim, Sale, claim
from partners.spiffs.deciding import NotNow
from partners.spiffs.terms import items_of, newest

WRITE, DECIDE = "spiffs:write", "spiffs:decide"
FILTERS = (
    Text("account", "account__number", "Of people of the account with this number.", 64),
    Choice("state", "state", "In this state.", tuple(SpiffClaimState.values)),
    Instant("since", "claimed_at__gte", "Claimed then or later."),
    Instant("until", "claimed_at__lt", "Claimed before then."),
)


class SpiffsView(Edge):
    """SPIFFs with their terms."""

    scopes = {"GET": "spiffs:read"}

    @documented(
        "list_spiffs",
        "SPIFFs, the newest first",
        answers={200: SpiffShape},
        examples=[example("For routers and switches", SPIFF)],
        parameters=parameters(()),
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        narrowed(request, ())
        currency = request.tenant.currency
        return page(
            request,
            Spiff.objects.filter(discarded_at=None).select_related("program"),
            by=("-created_at", "-id"),
            shape=lambda found: [_spiff_data(one, currency) for one in found],
        )


class SpiffClaimsView(Edge):
    """Claims of sales, and claiming one."""

    scopes = {"GET": "spiffs:read", "POST": WRITE}

    @documented(
        "list_spiff_claims",
        "Claimed sales, the newest first",
        answers={200: SpiffClaimShape},
        parameters=parameters(FILTERS),
        examples=[example("Being examined", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        currency = request.tenant.currency
        return page(
            request,
            _rows().filter(**narrowed(request, FILTERS)),
            by=("-claimed_at", "-id"),
            shape=lambda found: [_claim_data(one, currency) for one in found],
        )

    @documented(
        "claim_spiff",
        "Claim a sale for a person of an account",
        body=SpiffClaimBody,
        answers={201: SpiffClaimShape},
        problems=(404,),
        examples=[
            sent("Two units", SENT),
            sent("With a proof", PROVED),
            example("Being examined", SHOWN, status=201),
        ],
        is_command=True,
    )
    @command(SpiffClaimBody, refused={OtherClaim: 409})
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        get_object_or_404(Spiff, pk=given["spiff"])
        people = Member.objects.select_related("account").filter(is_active=True)
        member = get_object_or_404(
            people, account__number=given["account"], user__email=given["member"].lower()
        )
        sale = Sale(
            spiff_id=given["spiff"],
            member=member,
            sku=given["product"],
            **{name: given[name] for name in ("quantity", "sold_on", "document")},
            serials=given.get("serials", ()),
            customer=given.get("customer", ""),
            proof=sent_file(**given["proof"], field="proof") if "proof" in given else None,
            key=key_of(request),
            actor=request.auth.actor,
        )
        try:
            made = claim(sale, zone=request.tenant.zone, now=timezone.now())
        except CannotClaim as refused:
            name = refused.field if refused.field in SpiffClaimBody().fields else "spiff"
            raise serializers.ValidationError({name: [str(refused)]}) from None
        except CannotKeep as refused:
            raise serializers.ValidationError({"proof": [str(refused)]}) from None
        data = _claim_data(_one(made.pk), request.tenant.currency)
        return created(data, "api_spiff_claim", made.pk)


class SpiffClaimView(Edge):
    """One claim."""

    scopes = {"GET": "spiffs:read"}

    @documented(
        "read_spiff_claim",
        "One claimed sale",
        answers={200: SpiffClaimShape},
        problems=(400, 404),
        examples=[example("Being examined", SHOWN)],
    )
    def get(self, request: Request, claim_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(_claim_data(_one(claim_id), request.tenant.currency))


_claim = Steps(
    kind="spiff_claim",
    shape=SpiffClaimShape,
    shown=SHOWN,
    tell=lambda claim_id, tenant: _claim_data(_one(claim_id), tenant.currency),
    missing=(SpiffClaim.DoesNotExist,),
    refused={NotNow: 409},
    scope=DECIDE,
    body=SpiffNoteBody,
    said={"note": "Checked with the invoice."},
)


def _approve(request: Request, claim_id: UUID, given: dict[str, Any]) -> SpiffClaim:
    return deciding.approve(claim_id, by=request.auth.actor, now=timezone.now())


def _reject(request: Request, claim_id: UUID, given: dict[str, Any]) -> SpiffClaim:
    by, now = request.auth.actor, timezone.now()
    return deciding.reject(claim_id, by=by, reason=given.get("note", ""), now=now)


def _withdraw(request: Request, claim_id: UUID, given: dict[str, Any]) -> SpiffClaim:
    return deciding.withdraw(claim_id, by=request.auth.actor, now=timezone.now())


def _take_back(request: Request, claim_id: UUID, given: dict[str, Any]) -> SpiffClaim:
    actor, now = request.auth.actor, timezone.now()
    units, reason = given["units"], given["note"]
    return deciding.take_back(claim_id, units=units, reason=reason, actor=actor, now=now)


approve = _claim.step("approve", "Approve a claim", _approve, state="approved")
reject = _claim.step("reject", "Reject a claim", _reject, state="rejected")
withdraw = _claim.step("withdraw", "Withdraw a claim", _withdraw, scope=WRITE, state="withdrawn")
take_back = _claim.step(
    "take_back",
    "Say that units of a claimed sale came back: their reward goes too",
    _take_back,
    state="approved",
    body=SpiffReturnBody,
    said={"units": 1, "note": "Returned as faulty."},
)


def _rows() -> Any:
    return SpiffClaim.objects.select_related(
        "spiff", "account", "member__user", "product"
    ).prefetch_related("serials")


def _one(claim_id: UUID) -> SpiffClaim:
    return get_object_or_404(_rows(), pk=claim_id)


def _claim_data(one: SpiffClaim, currency: str) -> dict[str, Any]:
    said = ("reference", "quantity", "sold_on", "document", "limited_by", "flags", "state")
    more = ("reason", "returned", "claimed_at", "claimed_by", "decided_at", "decided_by")
    amounts = ("wanted", "granted", "recalled")
    unit = one.spiff.unit
    return {name: getattr(one, name) for name in (*said, *more)} | {
        "id": one.pk,
        "spiff": one.spiff_id,
        "account": one.account.number,
        "member": one.member.user.email,
        "product": one.product.sku,
        "unit": unit,
        "has_proof": one.proof_id is not None,
        "serials": sorted(each.serial for each in one.serials.all()),
        **{name: _amount(getattr(one, name), unit, currency) for name in amounts},
    }


def _spiff_data(one: Spiff, currency: str) -> dict[str, Any]:
    version = newest(one)
    return {
        "id": one.pk,
        "name": one.name,
        "program": one.program.slug,
        "unit": one.unit,
        "claimed": _amount(one.claimed, one.unit, currency),
        "terms": version
        and {
            "version": version.number,
            "items": {
                name: _amount(amount, one.unit, currency)
                for name, amount in items_of(version).items()
            },
            **{name: getattr(version, name) for name in _TERMS},
        },
    }


_TERMS = (
    "valid_from",
    "starts_on",
    "ends_on",
    "claim_days",
    "beneficiary",
    "needs_proof",
    "needs_serials",
    "needs_consent",
)


def _amount(amount: int, unit: str, currency: str) -> str:
    return f"{to_major(amount, currency):f}" if unit == SpiffUnit.MONEY else str(amount)
