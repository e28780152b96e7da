"""What waits of rewards: redemptions, adjustments, purchases that partners miss."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Claim, ClaimState, Tenant
from loyalty.adjustment_words import does_what
from loyalty.console.inbox.kind import APPROVE, REJECT, Decider, Decision, Kind, Line, Said
from rewards import adjusting, claiming, deciding
from rewards.adjustment_drafts import AdjustmentRefused
from rewards.models import Adjustment, AdjustmentState, Redemption, RedemptionState
from rewards.voice import Voice, voice_named

WHY_NOT = {
    "own": gettext_lazy("you asked for it yourself: somebody else approves it"),
    "state": gettext_lazy("it was decided meanwhile"),
    "stopped": gettext_lazy("payouts are stopped until the books add up again"),
    "unknown": gettext_lazy("there is no such redemption"),
}


class NotDecided(ValueError):
    """Why a redemption was left as it was."""


def _redemptions(tenant: Tenant) -> Any:
    waiting = Redemption.objects.filter(state=RedemptionState.REQUESTED)
    return waiting.select_related("reward__program", "account", "member")


def _redemption(one: Redemption, voice: Voice) -> Line:
    own = voice_named(voice, one.reward.program.points_name)
    points = own.amount(one.points, "points")
    person = one.member.name if one.member else ""
    facts = [
        (_("Reward"), one.reward.name),
        (_("Costs"), points),
        (_("Account"), one.account.name),
        (_("Asked for by"), person),
        (_("Number"), one.reference),
    ]
    return Line(one.reward.name, one.account.name, points, facts)


def _decide_redemption(what: str) -> Any:
    def do(one: Redemption, said: Said) -> None:
        decided = deciding.ACTIONS[what]([one.pk], actor=said.actor, now=said.now, note=said.reason)
        if one.pk in decided.refused:
            raise NotDecided(WHY_NOT[decided.refused[one.pk]])

    return do


def _own_redemption(one: Redemption, decider: Decider) -> bool:
    return one.requested_by in decider.hands or bool(
        one.member and one.member.actor in decider.hands
    )


REDEMPTIONS = Kind(
    code="redemption",
    label=gettext_lazy("Redemptions"),
    icon="gift",
    roles=frozenset(("owner", "manager")),
    rows=_redemptions,
    since="requested_at",
    line=_redemption,
    page=lambda one: reverse("console_redemption", args=[one.pk]),
    is_own=_own_redemption,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Approve"),
            does=gettext_lazy(
                "The points that were set aside are spent; a refund is another step."
            ),
            done=gettext_lazy("approved"),
            do=_decide_redemption("approve"),
            is_final=True,
        ),
        REJECT: Decision(
            label=gettext_lazy("Reject"),
            does=gettext_lazy("The points are available again; who asked reads why."),
            done=gettext_lazy("rejected"),
            do=_decide_redemption("reject"),
            needs_reason=True,
        ),
    },
    refusals=(NotDecided,),
)


def _adjustments(tenant: Tenant) -> Any:
    waiting = Adjustment.objects.filter(state=AdjustmentState.PENDING)
    return waiting.select_related("account", "program", "member")


def _adjustment(one: Adjustment, voice: Voice) -> Line:
    own = voice_named(voice, one.program.points_name)
    does = does_what(one, own)
    person = one.member.name if one.member else ""
    facts = [
        (_("What it does"), does),
        (_("Account"), one.account.name),
        (_("Person"), person),
        (_("Program"), one.program.name),
        (_("Reason"), one.reason),
    ]
    return Line(does, one.account.name, one.reason, facts)


def _approve_adjustment(one: Adjustment, said: Said) -> None:
    adjusting.approve(adjustment_id=one.pk, actor=said.actor, now=said.now)


def _reject_adjustment(one: Adjustment, said: Said) -> None:
    adjusting.reject(adjustment_id=one.pk, note=said.reason, actor=said.actor, now=said.now)


ADJUSTMENTS = Kind(
    code="adjustment",
    label=gettext_lazy("Adjustments"),
    icon="pencil-square",
    roles=frozenset(("owner", "manager", "finance")),
    rows=_adjustments,
    since="submitted_at",
    line=_adjustment,
    page=lambda one: reverse("console_adjustment", args=[one.pk]),
    is_own=lambda one, decider: one.drafted_by in decider.hands,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Approve"),
            does=gettext_lazy("The points move at once; only another adjustment takes them back."),
            done=gettext_lazy("approved"),
            do=_approve_adjustment,
            is_final=True,
        ),
        REJECT: Decision(
            label=gettext_lazy("Reject"),
            does=gettext_lazy("Nothing moves; who drafted it reads why."),
            done=gettext_lazy("rejected"),
            do=_reject_adjustment,
            needs_reason=True,
        ),
    },
    refusals=(AdjustmentRefused,),
)


def _claims(tenant: Tenant) -> Any:
    return Claim.objects.filter(state=ClaimState.OPEN).select_related("account", "member", "proof")


def _claim(one: Claim, voice: Voice) -> Line:
    amount = voice.exact_money(one.amount)
    facts = [
        (_("Document"), one.document),
        (_("Bought on"), voice.day(one.bought_on)),
        (_("Amount"), amount),
        (_("Account"), one.account.name),
        (_("Reported by"), one.member.name),
        (_("Note"), one.note),
        (_("Proof"), one.proof.name if one.proof else ""),
    ]
    return Line(one.document, one.account.name, amount, facts)


def _approve_claim(one: Claim, said: Said) -> None:
    claiming.approve(claim_id=one.pk, staff=said.staff, zone=said.tenant.zone, now=said.now)


def _reject_claim(one: Claim, said: Said) -> None:
    claiming.reject(claim_id=one.pk, reason=said.reason, staff=said.staff, now=said.now)


CLAIMS = Kind(
    code="claim",
    label=gettext_lazy("Missing purchases"),
    icon="document-magnifying-glass",
    roles=frozenset(("owner", "manager")),
    rows=_claims,
    since="reported_at",
    line=_claim,
    page=lambda one: reverse("console_claim", args=[one.pk]),
    is_own=lambda one, decider: one.account_id in decider.accounts,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Approve"),
            does=gettext_lazy(
                "It is taken in as a purchase of its day and earns; only a return takes that back."
            ),
            done=gettext_lazy("approved"),
            do=_approve_claim,
            is_final=True,
        ),
        REJECT: Decision(
            label=gettext_lazy("Reject"),
            does=gettext_lazy("Nothing is taken in; the partner reads why."),
            done=gettext_lazy("rejected"),
            do=_reject_claim,
            needs_reason=True,
        ),
    },
    refusals=(claiming.CannotDecide,),
)
