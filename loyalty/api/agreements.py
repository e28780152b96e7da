"""Agreements on money back: what is promised to whom, and a partner's yes brought by its system."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from loyalty.api.agreement_shapes import (
    ACCEPTED,
    SENT,
    SHOWN,
    AcceptanceBody,
    AcceptanceShape,
    AgreementShape,
)
from loyalty.api.commands import command
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Text, narrowed, parameters
from loyalty.api.pages import page
from rebates import offering
from rebates.drafting import AgreementRefused
from rebates.models import Agreement, AgreementState, AgreementVersion

FILTERS = (
    Text("account", "account__number", "With the account of this number.", 64),
    Text("program", "program__slug", "Of the program with this slug.", 40),
    Text("code", "code", "With this code.", 40),
    Choice("state", "state", "In this state.", tuple(AgreementState.values)),
)


class AgreementsView(Edge):
    """What is promised."""

    scopes = {"GET": "rebates:read"}

    @documented(
        "list_agreements",
        "Agreements that were offered, the newest first",
        answers={200: AgreementShape},
        parameters=parameters(FILTERS),
        examples=[example("Offered", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        return page(
            request,
            agreement_rows().filter(**narrowed(request, FILTERS)),
            by=("-made_at", "-id"),
            shape=agreements_data,
        )


class AgreementView(Edge):
    """One agreement."""

    scopes = {"GET": "rebates:read"}

    @documented(
        "read_agreement",
        "One agreement with its offered versions",
        answers={200: AgreementShape},
        problems=(400, 404),
        examples=[example("Offered", SHOWN)],
    )
    def get(self, request: Request, agreement_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        [told] = agreements_data([get_object_or_404(agreement_rows(), pk=agreement_id)])
        return Response(told)


class AcceptView(Edge):
    """A partner's yes."""

    scopes = {"POST": "rebates:answer"}

    @documented(
        "accept_agreement",
        "Accept an offered version for an account",
        description=(
            "Kept for ever with the key, the instant and the digest of the terms. A version that "
            "is not offered to the account, or that reads otherwise than the digest says, is told "
            "as 409."
        ),
        body=AcceptanceBody,
        answers={200: AcceptanceShape},
        problems=(404,),
        examples=[sent("Version 1", SENT), example("Accepted", ACCEPTED)],
        is_command=True,
    )
    @command(AcceptanceBody, refused={AgreementRefused: 409})
    def post(self, request: Request, given: dict[str, Any], agreement_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        version = get_object_or_404(
            _offered().select_related("agreement__program"),
            agreement_id=agreement_id,
            number=given["version"],
        )
        account = get_object_or_404(Account, number=given["account"])
        made = offering.accept_shown(
            version=version,
            account=account,
            digest=given["digest"],
            actor=request.auth.actor,
            now=timezone.now(),
        )
        return Response(
            {
                "agreement": version.agreement.code,
                "version": version.number,
                "account": account.number,
                "accepted_by": made.accepted_by,
                "accepted_at": made.accepted_at,
                "digest": made.digest,
            }
        )


def agreements_data(found: list[Agreement]) -> list[dict[str, Any]]:
    """In one query for the versions of all of them."""
    versions: dict[UUID, list[AgreementVersion]] = {one.pk: [] for one in found}
    by_id = {one.pk: one for one in found}
    for version in _offered().filter(agreement__in=found).order_by("number"):
        version.agreement = by_id[version.agreement_id]
        versions[version.agreement_id].append(version)
    return [_agreement_data(one, versions[one.pk]) for one in found]


def _agreement_data(one: Agreement, versions: list[AgreementVersion]) -> dict[str, Any]:
    return {
        "id": one.pk,
        "code": one.code,
        "name": one.name,
        "program": one.program.slug,
        "party": one.party,
        "account": one.account.number if one.account else None,
        "currency": one.currency,
        "period": one.period,
        "starts_on": one.starts_on,
        "ends_on": one.ends_on,
        "state": one.state,
        "versions": [
            {
                "number": version.number,
                "valid_from": version.valid_from,
                "valid_to": version.valid_to,
                "terms": version.terms,
                "method": version.method,
                "needs_acceptance": version.needs_acceptance,
                "papers": [
                    {"name": one["name"], "digest": one.get("digest", "")}
                    for one in version.documents
                ],
                "offered_at": version.published_at,
                "digest": offering.digest_of(version),
            }
            for version in versions
        ],
    }


def agreement_rows() -> Any:
    there = Agreement.objects.exclude(state=AgreementState.DRAFT)
    return there.select_related("account", "program")


def _offered() -> Any:
    return AgreementVersion.objects.filter(published_at__isnull=False)
