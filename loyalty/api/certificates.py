"""Certificates: who holds which until when; issued by hand, and revoked."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.addresses import tenant_url
from accounts.models import Tenant
from accounts.periods import day_of
from loyalty.api.commands import command, created, key_of
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from partners.models import Certificate, CertificateState, Credential
from partners.training.certifying import issue, revoke
from partners.training.completing import person
from partners.training.steps import CannotDo, OtherContent

READ, CERTIFY = "training:read", "training:certify"
FILTERS = (
    Text("account", "account__number", "Earned at the account with this number.", 64),
    Text("member", "user__email", "Held by the person with this e-mail.", 254),
    Instant("since", "issued_at__gte", "Issued then or later."),
    Instant("until", "issued_at__lt", "Issued before then."),
)


class CertificateBody(Body):
    """What is certified by hand; `credential` is its id, as certificates tell it."""

    credential = serializers.UUIDField()
    member = serializers.EmailField(help_text="The person's e-mail in the portal.")
    account = serializers.CharField(
        max_length=64, required=False, help_text="For people who work for several accounts."
    )
    issued_at = serializers.DateTimeField()


class ReasonBody(Body):
    reason = serializers.CharField(max_length=300, help_text="Its holder reads it.")


class CertificateShape(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="What people call it.")
    credential = serializers.UUIDField()
    name = serializers.CharField()
    level = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=CertificateState.values)
    member = serializers.UUIDField()
    account = serializers.CharField(help_text="Where it was earned; it belongs to the person.")
    issued_at = serializers.DateTimeField()
    valid_until = serializers.DateField(allow_null=True, help_text="Its last day; null for ever.")
    renews = serializers.UUIDField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    activity = serializers.UUIDField(help_text="What it earned: see `read_activity`.")
    badge = serializers.URLField(help_text="Its public page.")


SENT = {
    "credential": "0197f7a0-0000-7000-8000-0000000000c6",
    "member": "pat@example.com",
    "issued_at": "2026-03-02T10:00:00Z",
}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-0000000000c5",
    "reference": "C-000000C5",
    "credential": "0197f7a0-0000-7000-8000-0000000000c6",
    "name": "Certified seller",
    "level": "Professional",
    "state": "valid",
    "member": "0197f7a0-0000-7000-8000-0000000000c3",
    "account": "D-1",
    "issued_at": "2026-03-02T10:00:00Z",
    "valid_until": "2028-03-02",
    "renews": None,
    "revoked_at": None,
    "reason": "",
    "activity": "0197f7a0-0000-7000-8000-0000000000c4",
    "badge": "https://acme.example.com/badges/Qm5hZGdlLWFkZHJlc3M/",
}


class CertificatesView(Edge):
    """Certificates, and issuing one by hand."""

    scopes = {"GET": READ, "POST": CERTIFY}

    @documented(
        "list_certificates",
        "Certificates, the last issued first",
        answers={200: CertificateShape},
        parameters=parameters(FILTERS),
        examples=[example("Valid", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        return page(
            request,
            _rows().filter(**narrowed(request, FILTERS)),
            by=("-issued_at", "-id"),
            shape=lambda found: [_data(one, request.tenant) for one in found],
        )

    @documented(
        "issue_certificate",
        "Certify by hand what was learned elsewhere",
        body=CertificateBody,
        answers={201: CertificateShape},
        problems=(404,),
        examples=[sent("For a person", SENT), example("Now", SHOWN, status=201)],
        is_command=True,
    )
    @command(CertificateBody, refused={CannotDo: 422, OtherContent: 409})
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        holder = person(email=given["member"], account=given.get("account", ""))
        try:
            made = issue(
                given["credential"],
                member_id=holder.pk,
                issued_at=given["issued_at"],
                by=request.auth.actor,
                key=key_of(request),
                zone=request.tenant.zone,
                now=timezone.now(),
            )
        except Credential.DoesNotExist:
            raise Http404 from None
        return created(_data(_one(made.pk), request.tenant), "api_certificate", made.pk)


class CertificateView(Edge):
    """One certificate."""

    scopes = {"GET": READ}

    @documented(
        "read_certificate",
        "One certificate",
        answers={200: CertificateShape},
        problems=(400, 404),
        examples=[example("Valid", SHOWN)],
    )
    def get(self, request: Request, certificate_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(_data(_one(certificate_id), request.tenant))


class RevokeCertificateView(Edge):
    """What was certified by mistake."""

    scopes = {"POST": CERTIFY}

    @documented(
        "revoke_certificate",
        "Revoke a certificate, with all that it has earned",
        body=ReasonBody,
        answers={200: CertificateShape},
        problems=(404,),
        examples=[
            sent("With its reason", {"reason": "Issued to another person."}),
            example("Now", SHOWN | {"state": "revoked", "reason": "Issued to another person."}),
        ],
        is_command=True,
    )
    @command(ReasonBody, refused={CannotDo: 409})
    def post(self, request: Request, given: dict[str, Any], certificate_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        by, now = request.auth.actor, timezone.now()
        try:
            revoke(certificate_id, by=by, reason=given["reason"], now=now)
        except Certificate.DoesNotExist:
            raise Http404 from None
        return Response(_data(_one(certificate_id), request.tenant))


def _rows() -> Any:
    return Certificate.objects.select_related("credential", "account")


def _one(certificate_id: UUID) -> Certificate:
    return get_object_or_404(_rows(), pk=certificate_id)


def _data(one: Certificate, tenant: Tenant) -> dict[str, Any]:
    names = ("reference", "issued_at", "valid_until", "revoked_at", "reason")
    return {name: getattr(one, name) for name in names} | {
        "id": one.pk,
        "credential": one.credential_id,
        "name": one.credential.name,
        "level": one.credential.level,
        "state": one.state_on(day_of(timezone.now(), tenant.zone)).value,
        "member": one.member_id,
        "account": one.account.number,
        "renews": one.renews_id,
        "activity": one.activity_id,
        "badge": tenant_url(slug=tenant.slug, path=f"/badges/{one.address}/"),
    }
