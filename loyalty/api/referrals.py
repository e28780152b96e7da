"""Referrals sent, read and decided by other systems: a CRM where new customers come in."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account, Member, Program
from accounts.money import to_major
from accounts.periods import day_of
from loyalty.api.commands import command, created, key_of
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from loyalty.api.steps import Steps
from partners.models import Referral, ReferralState, SpiffUnit
from partners.referrals import deciding
from partners.referrals.deciding import NotNow
from partners.referrals.referring import CannotRefer, OtherReferral, Referred, refer

WRITE, DECIDE = "referrals:write", "referrals:decide"
FILTERS = (
    Text("account", "account__number", "Referred by the account with this number.", 64),
    Choice("state", "state", "In this state.", tuple(ReferralState.values)),
    Instant("since", "referred_at__gte", "Referred then or later."),
    Instant("until", "referred_at__lt", "Referred before then."),
)


class ReferralBody(Body):
    """Somebody that an account, or a person of it, has sent."""

    program = serializers.CharField(max_length=40, help_text="The program's short name.")
    account = serializers.CharField(max_length=64, help_text="The number of who refers.")
    member = serializers.EmailField(required=False, help_text="The e-mail of the person.")
    customer = serializers.CharField(max_length=200, help_text="The company's full name.")
    contact = serializers.CharField(max_length=120)
    contact_email = serializers.EmailField()
    consented = serializers.BooleanField(help_text="That the contact agreed to be written to.")
    website = serializers.CharField(max_length=200, required=False, allow_blank=True)
    tax_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    country = serializers.RegexField(r"^[A-Za-z]{2}$", required=False, allow_blank=True)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class QualifyBody(Body):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    number = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text="Of the account it becomes."
    )


class ReferralNoteBody(Body):
    note = serializers.CharField(max_length=300)


class WonReferralBody(Body):
    number = serializers.CharField(max_length=64, help_text="Of the account it became.")


class ReferralShape(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField()
    program = serializers.CharField()
    account = serializers.CharField()
    customer = serializers.CharField()
    contact = serializers.CharField()
    contact_email = serializers.EmailField()
    website = serializers.CharField(allow_blank=True)
    tax_number = serializers.CharField(allow_blank=True)
    country = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=ReferralState.values)
    reason = serializers.CharField(allow_blank=True, help_text="A code where it was found so.")
    flags = serializers.ListField(
        child=serializers.DictField(), help_text="What speaks against it: `code`, and what it is."
    )
    protected_until = serializers.DateField()
    referred_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    won_at = serializers.DateTimeField(allow_null=True)
    held_until = serializers.DateTimeField(allow_null=True, help_text="When rewards can be used.")
    referred_account = serializers.CharField(allow_null=True)
    unit = serializers.ChoiceField(choices=SpiffUnit.values)
    referrer_amount = serializers.CharField(help_text="Points, or money in major units.")
    referred_amount = serializers.CharField()


SENT = {
    "program": "partners",
    "account": "D-1",
    "customer": "Nordstern Logistik GmbH",
    "contact": "Nora Stern",
    "contact_email": "nora@nordstern.example",
    "consented": True,
    "website": "nordstern.example",
}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-0000000000b1",
    "reference": "E-000000B1",
    "program": "partners",
    "account": "D-1",
    "customer": "Nordstern Logistik GmbH",
    "contact": "Nora Stern",
    "contact_email": "nora@nordstern.example",
    "website": "nordstern.example",
    "tax_number": "",
    "country": "",
    "state": "received",
    "reason": "",
    "flags": [],
    "protected_until": "2026-11-16",
    "referred_at": "2026-05-20T09:00:00Z",
    "decided_at": None,
    "won_at": None,
    "held_until": None,
    "referred_account": None,
    "unit": "points",
    "referrer_amount": "500",
    "referred_amount": "200",
}


class ReferralsView(Edge):
    """Referrals, and making one."""

    scopes = {"GET": "referrals:read", "POST": WRITE}

    @documented(
        "list_referrals",
        "Referrals, the newest first",
        answers={200: ReferralShape},
        parameters=parameters(FILTERS),
        examples=[example("Being examined", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        currency = request.tenant.currency
        return page(
            request,
            _rows().filter(**narrowed(request, FILTERS)),
            by=("-referred_at", "-id"),
            shape=lambda found: [_data(one, currency) for one in found],
        )

    @documented(
        "refer",
        "Refer a company for an account",
        description="What certainly is no new customer, or one's own, is answered as rejected.",
        body=ReferralBody,
        answers={201: ReferralShape},
        problems=(404,),
        examples=[sent("A company", SENT), example("Being examined", SHOWN, status=201)],
        is_command=True,
    )
    @command(ReferralBody, refused={OtherReferral: 409})
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        now = timezone.now()
        account = get_object_or_404(Account, number=given.pop("account"))
        program = get_object_or_404(Program, slug=given.pop("program"))
        email, member = given.pop("member", ""), None
        if email:
            people = Member.objects.filter(account=account, is_active=True)
            member = get_object_or_404(people, user__email=email.lower())
        wanted = Referred(
            program=program,
            account=account,
            member=member,
            key=key_of(request),
            actor=request.auth.actor,
            **given,
        )
        try:
            made = refer(wanted, today=day_of(now, request.tenant.zone), now=now)
        except CannotRefer as refused:
            name = refused.field if refused.field in ReferralBody().fields else "program"
            raise serializers.ValidationError({name: [str(refused)]}) from None
        return created(_data(_one(made.pk), request.tenant.currency), "api_referral", made.pk)


class ReferralView(Edge):
    """One referral."""

    scopes = {"GET": "referrals:read"}

    @documented(
        "read_referral",
        "One referral",
        answers={200: ReferralShape},
        problems=(400, 404),
        examples=[example("Being examined", SHOWN)],
    )
    def get(self, request: Request, referral_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(_data(_one(referral_id), request.tenant.currency))


_referral = Steps(
    kind="referral",
    shape=ReferralShape,
    shown=SHOWN,
    tell=lambda referral_id, tenant: _data(_one(referral_id), tenant.currency),
    missing=(Referral.DoesNotExist,),
    refused={NotNow: 409},
    scope=DECIDE,
    body=ReferralNoteBody,
    said={"note": "As told on the phone."},
)


def _qualify(request: Request, referral_id: UUID, given: dict[str, Any]) -> Referral:
    note, number = given.get("note", ""), given.get("number", "")
    by, now = request.auth.actor, timezone.now()
    return deciding.qualify(referral_id, by=by, note=note, number=number, now=now)


def _reject(request: Request, referral_id: UUID, given: dict[str, Any]) -> Referral:
    by, now = request.auth.actor, timezone.now()
    return deciding.reject(referral_id, by=by, reason=given["note"], now=now)


def _win(request: Request, referral_id: UUID, given: dict[str, Any]) -> Referral:
    account = get_object_or_404(Account, number=given["number"])
    by, zone = request.auth.actor, request.tenant.zone
    about = {"account": account, "activity": None, "by": by, "zone": zone}
    return deciding.win(referral_id, **about, now=timezone.now())


def _take_back(request: Request, referral_id: UUID, given: dict[str, Any]) -> Referral:
    by, now = request.auth.actor, timezone.now()
    return deciding.take_back(referral_id, by=by, reason=given["note"], now=now)


qualify = _referral.step(
    "qualify",
    "Say that a referral qualifies",
    _qualify,
    state="qualified",
    body=QualifyBody,
    said={"number": "C-4711"},
)
reject = _referral.step("reject", "Say that a referral does not qualify", _reject, state="rejected")
win = _referral.step(
    "win",
    "Say which account a referral became: both sides are rewarded",
    _win,
    state="won",
    body=WonReferralBody,
    said={"number": "C-4711"},
)
take_back = _referral.step(
    "take_back", "Take back a won referral while its rewards are held", _take_back, state="returned"
)


def _rows() -> Any:
    return Referral.objects.select_related("program", "account", "terms", "referred_account")


def _one(referral_id: UUID) -> Referral:
    return get_object_or_404(_rows(), pk=referral_id)


def _data(one: Referral, currency: str) -> dict[str, Any]:
    said = ("reference", "customer", "contact", "contact_email", "website", "tax_number", "country")
    more = ("state", "reason", "flags", "protected_until", "referred_at", "decided_at", "won_at")
    terms = one.terms
    return {name: getattr(one, name) for name in (*said, *more, "held_until")} | {
        "id": one.pk,
        "program": one.program.slug,
        "account": one.account.number,
        "referred_account": one.referred_account.number if one.referred_account else None,
        "unit": terms.unit,
        **{
            name: f"{to_major(amount, currency):f}" if terms.unit == "money" else str(amount)
            for name, amount in (
                ("referrer_amount", terms.referrer_amount),
                ("referred_amount", terms.referred_amount),
            )
        },
    }
