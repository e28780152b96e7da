"""What waits of SPIFFs: sales that people claim to have made."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Tenant
from loyalty.console.inbox.kind import APPROVE, REJECT, Decider, Decision, Kind, Line, Said
from loyalty.spiff_words import claim_words
from partners.models import SpiffClaim, SpiffClaimState
from partners.spiffs import deciding
from rewards.voice import Voice, voice_named


def _claims(tenant: Tenant) -> Any:
    open_ = SpiffClaim.objects.filter(state=SpiffClaimState.OPEN)
    return open_.select_related("spiff__program", "account", "member", "product", "proof")


def _claim(one: SpiffClaim, voice: Voice) -> Line:
    [words] = claim_words([one], voice=voice_named(voice, one.spiff.program.points_name))
    title = f"{one.quantity} × {one.product.name}"
    facts = [
        (_("SPIFF"), one.spiff.name),
        (_("Document"), one.document),
        (_("Sold on"), voice.day(one.sold_on)),
        (_("Person"), one.member.name),
        (_("Comes to"), words.amount),
        (_("Less than the terms give"), words.less),
        (_("What spoke against it when it came"), "; ".join(words.flags)),
        (_("Customer"), one.customer),
        (_("Note"), one.note),
        (_("Proof"), one.proof.name if one.proof else ""),
        (_("Number"), one.reference),
    ]
    note = " · ".join([words.amount, one.member.name, *words.flags])
    return Line(title, one.account.name, note, facts)


def _own(one: SpiffClaim, decider: Decider) -> bool:
    return one.claimed_by in decider.hands or one.account_id in decider.accounts


def _approve(one: SpiffClaim, said: Said) -> None:
    deciding.approve(one.pk, by=said.actor, now=said.now)


def _reject(one: SpiffClaim, said: Said) -> None:
    deciding.reject(one.pk, by=said.actor, reason=said.reason, now=said.now)


CLAIMS = Kind(
    code="spiff",
    label=gettext_lazy("SPIFF claims"),
    icon="bolt",
    roles=frozenset(("owner", "manager")),
    rows=_claims,
    since="claimed_at",
    line=_claim,
    page=lambda one: reverse("console_spiff_claim", args=[one.pk]),
    is_own=_own,
    shared=deciding.spiffs_to_lock,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Approve"),
            does=gettext_lazy("It is rewarded at once; only units that come back take that back."),
            done=gettext_lazy("approved"),
            do=_approve,
            is_final=True,
        ),
        REJECT: Decision(
            label=gettext_lazy("Reject"),
            does=gettext_lazy("Nothing is given; who claimed reads why."),
            done=gettext_lazy("rejected"),
            do=_reject,
            needs_reason=True,
        ),
    },
    refusals=(deciding.NotNow,),
)
