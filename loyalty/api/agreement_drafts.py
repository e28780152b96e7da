"""Agreements that other systems write: the first draft of one, and of its next version."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.conditions import BadCondition
from accounts.models import Account, Program, Segment, Staff, Tenant
from loyalty.api.commands import command, created
from loyalty.api.document import documented, example, sent
from loyalty.api.draft_shapes import (
    DRAFT,
    DRAFT_SENT,
    TERMS_SENT,
    AgreementBody,
    AgreementDraftShape,
    VersionBody,
)
from loyalty.api.edge import Edge
from loyalty.api.filters import Text, narrowed, parameters
from loyalty.api.pages import page
from rebates import drafting, offering
from rebates.drafting import AgreementRefused, CodeTaken
from rebates.models import Agreement, AgreementVersion, Party
from rebates.term_values import BadTerms
from tiers.queries import ladder_of

WRITE = "rebates:write"
FILTERS = (
    Text("account", "agreement__account__number", "With the account of this number.", 64),
    Text("code", "agreement__code", "Of the agreement with this code.", 40),
)
# What is wrong with what was said, and what is against it as things stand.
UNFIT: dict[type[Exception], int] = {AgreementRefused: 422, CodeTaken: 409}
NOT_NOW: dict[type[Exception], int] = {AgreementRefused: 409}


class DraftsView(Edge):
    """Drafts, and writing the first one of a new agreement."""

    scopes = {"GET": WRITE, "POST": WRITE}

    @documented(
        "list_agreement_drafts",
        "Drafts of agreements that are not offered yet, the newest first",
        answers={200: AgreementDraftShape},
        parameters=parameters(FILTERS),
        examples=[example("A draft", DRAFT)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        waiting = draft_rows().filter(published_at=None, discarded_at=None)
        return page(
            request,
            waiting.filter(**narrowed(request, FILTERS)),
            by=("-id",),
            shape=lambda found: [_draft_data(one) for one in found],
        )

    @documented(
        "draft_agreement",
        "Draft an agreement on money back",
        description="Nothing is promised to anybody before it is offered.",
        body=AgreementBody,
        answers={201: AgreementDraftShape},
        problems=(404,),
        examples=[sent("2 % of all from 10,000", DRAFT_SENT), example("Now", DRAFT, status=201)],
        is_command=True,
    )
    @command(AgreementBody, refused=UNFIT)
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        now = timezone.now()
        program = get_object_or_404(Program, slug=given["program"])
        said = {name: given.pop(name) for name in drafting.SAID if name in given}
        about = _whose(program, given)
        names = ("code", "name", "party", "paid_to", "period", "starts_on", "ends_on")
        about |= {name: given[name] for name in names if name in given}
        made = fitting(
            lambda: drafting.draft_agreement(
                program=program, said=said, actor=request.auth.actor, now=now, **about
            )
        )
        return created(told(made.pk, request.tenant), "api_agreement_draft", made.pk)


class DraftView(Edge):
    """One draft."""

    scopes = {"GET": WRITE}

    @documented(
        "read_agreement_draft",
        "One draft, or what became of it",
        answers={200: AgreementDraftShape},
        problems=(400, 404),
        examples=[example("A draft", DRAFT)],
    )
    def get(self, request: Request, draft_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(told(draft_id, request.tenant))


class NextView(Edge):
    """The next version of an agreement."""

    scopes = {"POST": WRITE}

    @documented(
        "draft_next_version",
        "Draft the next version of an agreement",
        description=(
            "What is left out is as in its newest version. Terms are changed as a whole. A period "
            "keeps the version that it began under."
        ),
        body=VersionBody,
        answers={201: AgreementDraftShape},
        problems=(404,),
        examples=[
            sent("Half a percent more", TERMS_SENT),
            example("Now", DRAFT | {"number": 2}, status=201),
        ],
        is_command=True,
    )
    @command(VersionBody, refused=NOT_NOW)
    def post(self, request: Request, given: dict[str, Any], agreement_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        agreement = get_object_or_404(Agreement, pk=agreement_id)
        made = fitting(
            lambda: drafting.draft_next(
                agreement=agreement, said=given, actor=request.auth.actor, now=timezone.now()
            )
        )
        return created(told(made.pk, request.tenant), "api_agreement_draft", made.pk)


def told(draft_id: UUID, tenant: Tenant) -> dict[str, Any]:
    return _draft_data(get_object_or_404(draft_rows(), pk=draft_id))


def _whose(program: Program, given: dict[str, Any]) -> dict[str, Any]:
    """With whom it is, and who answers for it. Raises Http404, ValidationError of DRF."""
    found: dict[str, Any] = {}
    wanted = {Party.SEGMENT: "segment", Party.TIER: "tier"}.get(given["party"], "account")
    for name in {"account", "segment", "tier"} - {wanted}:
        if name in given:
            said = f"An agreement with “{given['party']}” names no {name}."
            raise serializers.ValidationError({name: [said]})
    if "account" in given:
        found["account"] = get_object_or_404(Account, number=given["account"])
    if "segment" in given:
        found["segment"] = get_object_or_404(Segment, code=given["segment"])
    if "tier" in given:
        ladder = ladder_of(program_id=program.pk, as_of=timezone.now())
        if ladder is None or given["tier"] not in {rung.code for rung in ladder.rungs}:
            said = "The program’s leading ladder has no such tier."
            raise serializers.ValidationError({"tier": [said]})
        found["tier_code"] = given["tier"]
    if "owner" in given:
        people = Staff.objects.filter(is_active=True)
        found["owner"] = get_object_or_404(people, user__email=given["owner"].lower())
    return found


def fitting(act: Callable[[], AgreementVersion]) -> AgreementVersion:
    """Do it; what does not fit is told beside its field."""
    try:
        return act()
    except BadTerms as bad:
        raise serializers.ValidationError({"terms": [str(bad)]}) from None
    except BadCondition as bad:
        raise serializers.ValidationError({"condition": [str(bad)]}) from None
    except ValidationError as bad:
        raise serializers.ValidationError(bad.message_dict) from None


def _draft_data(one: AgreementVersion) -> dict[str, Any]:
    agreement = one.agreement
    of_agreement = ("code", "name", "party", "paid_to", "currency", "period")
    of_version = ("number", "valid_from", "terms", "condition", "settles", "method", "grace_days")
    more = ("answer_days", "silence_accepts", "needs_acceptance", "authors")
    return {
        "id": one.pk,
        "agreement": agreement.pk,
        **{name: getattr(agreement, name) for name in of_agreement},
        "program": agreement.program.slug,
        "account": agreement.account.number if agreement.account else None,
        "segment": agreement.segment.code if agreement.segment else None,
        "tier": agreement.tier_code,
        "owner": agreement.owner.user.email if agreement.owner else None,
        "starts_on": agreement.starts_on,
        "ends_on": agreement.ends_on,
        **{name: getattr(one, name) for name in (*of_version, *more)},
        "state": "discarded" if one.discarded_at else "offered" if one.published_at else "draft",
        "points_rate": f"{one.points_rate:f}" if one.points_rate is not None else None,
        "papers": [{"name": p["name"], "digest": p.get("digest", "")} for p in one.documents],
        "digest": offering.digest_of(one),
    }


def draft_rows() -> Any:
    return AgreementVersion.objects.select_related(
        "agreement__program", "agreement__account", "agreement__segment", "agreement__owner__user"
    )
