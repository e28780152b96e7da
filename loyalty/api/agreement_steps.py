"""What becomes of drafts of agreements, and when an agreement ends: step by step."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request

from loyalty.api.agreement_drafts import NOT_NOW, WRITE, draft_rows, fitting, told
from loyalty.api.agreement_shapes import DIGEST, SHOWN, AgreementShape
from loyalty.api.agreements import agreement_rows, agreements_data
from loyalty.api.draft_shapes import (
    DRAFT,
    TERMS_SENT,
    AgreementDraftShape,
    EndBody,
    OfferBody,
    VersionBody,
)
from loyalty.api.steps import Steps
from loyalty.api.webhook_shapes import NoBody
from rebates import drafting, offering
from rebates.models import Agreement, AgreementVersion


def _change(request: Request, draft_id: UUID, given: dict[str, Any]) -> AgreementVersion:
    version, now = draft_rows().get(pk=draft_id), timezone.now()
    actor = request.auth.actor
    return fitting(lambda: drafting.change_draft(version=version, said=given, actor=actor, now=now))


def _offer(request: Request, draft_id: UUID, given: dict[str, Any]) -> AgreementVersion:
    version, now = draft_rows().get(pk=draft_id), timezone.now()
    said = {"digest": given["digest"], "valid_from": given.get("valid_from")}
    return fitting(
        lambda: offering.offer_shown(version=version, actor=request.auth.actor, now=now, **said)
    )


def _discard(request: Request, draft_id: UUID, given: dict[str, Any]) -> AgreementVersion:
    version = draft_rows().get(pk=draft_id)
    drafting.discard_draft(version=version, actor=request.auth.actor, now=timezone.now())
    return version


def _end(request: Request, agreement_id: UUID, given: dict[str, Any]) -> Agreement:
    agreement, actor = agreement_rows().get(pk=agreement_id), request.auth.actor
    return offering.end_agreement(
        agreement=agreement, on=given["on"], actor=actor, now=timezone.now()
    )


_draft = Steps(
    kind="agreement_draft",
    shape=AgreementDraftShape,
    shown=DRAFT,
    tell=told,
    missing=(AgreementVersion.DoesNotExist,),
    refused=NOT_NOW,
    scope=WRITE,
    body=NoBody,
    said={},
)

change = _draft.step(
    "change",
    "Change what a draft says",
    _change,
    state="draft",
    body=VersionBody,
    said=TERMS_SENT,
    description="What is left out stays as it is. Terms are changed as a whole.",
)
offer = _draft.step(
    "offer",
    "Offer a draft to whom it is with",
    _offer,
    state="offered",
    body=OfferBody,
    said={"digest": DIGEST},
    description=(
        "Where your company wants a second pair of eyes, nobody offers what they wrote at, by no "
        "key of theirs either (409)."
    ),
)
discard = _draft.step("discard", "Put a draft away for good", _discard, state="discarded")
end = Steps(
    kind="agreement",
    shape=AgreementShape,
    shown=SHOWN,
    tell=lambda agreement_id, tenant: agreements_data([agreement_rows().get(pk=agreement_id)])[0],
    missing=(Agreement.DoesNotExist,),
    refused=NOT_NOW,
    scope=WRITE,
    body=EndBody,
    said={"on": "2027-01-01"},
).step(
    "end",
    "Let an agreement end with a period",
    _end,
    state="running",
    also={"ends_on": "2027-01-01"},
    description="Sooner or later than it would. What was accrued already stays promised.",
)
