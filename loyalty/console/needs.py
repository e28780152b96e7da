"""What waits for somebody of the tenant: what is to be approved, what went wrong, who is near.

Each kind is one count of few rows, by an index where there may be many; nothing is summed up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, Sum
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.models import Claim, ClaimState, ImportRun, JobRun, Tenant, WebhookEndpoint
from accounts.models.imports import ImportState
from accounts.models.job import JobState
from accounts.models.webhook import EndpointState
from partners.models import Deal, DealState, Lead, LeadState, ProfileState, ProfileVersion
from rebates.models import (
    Dispute,
    DisputeState,
    PaymentRun,
    RunState,
    SalesReport,
    Statement,
    StatementState,
)
from rewards.models import (
    Adjustment,
    AdjustmentState,
    Campaign,
    Redemption,
    RedemptionState,
    RuleVersion,
)
from rewards.replay import jobs
from rewards.terms import current_terms
from rewards.voice import Voice
from tiers.ladders import Ladder
from tiers.models import Pin, SchemeVersion, State
from tiers.models.standings import PinState
from tiers.queries import near_ones

LATELY = timedelta(days=7)  # older failures were seen, or nobody minds


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """`tone` is "warn" for what holds somebody up, "bad" for what went wrong, "" for a chance."""

    count: int
    text: str
    note: str
    url: str
    icon: str
    tone: str


def needs(*, tenant: Tenant, ladder: Ladder | None, voice: Voice, now: datetime) -> list[Need]:
    """Only what there is, the most pressing first."""
    found = [
        *_to_approve(voice),
        *(_drafts() if tenant.two_pairs_of_eyes else ()),
        *_gone_wrong(now - LATELY, voice),
        *(_near(ladder, now=now) if ladder else ()),
    ]
    return [need for need in found if need.count]


def _to_approve(voice: Voice) -> Iterator[Need]:
    asked = Redemption.objects.filter(state=RedemptionState.REQUESTED).aggregate(
        count=Count("id"), oldest=Min("requested_at")
    )
    yield Need(
        count=asked["count"],
        text=_many(asked["count"], "redemption waits", "redemptions wait") + " for approval",
        note=_oldest(asked["oldest"], voice),
        url=reverse("console_redemptions"),
        icon="gift",
        tone="warn",
    )
    sent = Adjustment.objects.filter(state=AdjustmentState.PENDING).aggregate(
        count=Count("id"), oldest=Min("submitted_at")
    )
    yield Need(
        count=sent["count"],
        text=_many(sent["count"], "adjustment waits", "adjustments wait") + " for approval",
        note=_oldest(sent["oldest"], voice),
        url=f"{reverse('console_adjustments')}?state={AdjustmentState.PENDING}",
        icon="pencil-square",
        tone="warn",
    )
    yield from _claims(voice)
    yield from _sales(voice)
    yield from _payments(voice)
    yield from _deals(voice)
    yield from _leads(voice)
    yield from _profiles(voice)
    yield from _pins(voice)
    yield from _rebates(voice)


def _claims(voice: Voice) -> Iterator[Need]:
    open_ = Claim.objects.filter(state=ClaimState.OPEN).aggregate(
        count=Count("id"), oldest=Min("reported_at")
    )
    yield Need(
        count=open_["count"],
        text=_many(open_["count"], "missing purchase waits", "missing purchases wait")
        + " to be looked at",
        note=_oldest(open_["oldest"], voice),
        url=reverse("console_claims"),
        icon="document-magnifying-glass",
        tone="warn",
    )


def _sales(voice: Voice) -> Iterator[Need]:
    waiting = SalesReport.objects.filter(decided_at=None).aggregate(
        count=Count("id"), oldest=Min("reported_at")
    )
    yield Need(
        count=waiting["count"],
        text=ngettext(
            "%d report of sales waits to be looked at",
            "%d reports of sales wait to be looked at",
            waiting["count"],
        )
        % waiting["count"],
        note=_oldest(waiting["oldest"], voice),
        url=reverse("console_sales"),
        icon="document-check",
        tone="warn",
    )


def _payments(voice: Voice) -> Iterator[Need]:
    waiting = PaymentRun.objects.filter(state=RunState.PREPARED).aggregate(
        count=Count("id"), oldest=Min("prepared_at")
    )
    yield Need(
        count=waiting["count"],
        text=ngettext(
            "%d payment run waits for approval",
            "%d payment runs wait for approval",
            waiting["count"],
        )
        % waiting["count"],
        note=_oldest(waiting["oldest"], voice),
        url=reverse("console_payments"),
        icon="banknotes",
        tone="warn",
    )


def _deals(voice: Voice) -> Iterator[Need]:
    waiting = Q(state=DealState.REGISTERED) | Q(extension_asked_at__isnull=False)
    open_ = Deal.objects.filter(waiting).aggregate(count=Count("id"), oldest=Min("registered_at"))
    yield Need(
        count=open_["count"],
        text=_many(open_["count"], "deal waits", "deals wait") + " to be decided",
        note=_oldest(open_["oldest"], voice),
        url=f"{reverse('console_deals')}?state={DealState.REGISTERED}&sort=oldest",
        icon="briefcase",
        tone="warn",
    )


def _leads(voice: Voice) -> Iterator[Need]:
    """Leads that no rule gives to anybody, or that all who were asked have refused."""
    left = Lead.objects.filter(state=LeadState.OPEN).aggregate(
        count=Count("id"), oldest=Min("received_at")
    )
    yield Need(
        count=left["count"],
        text=ngettext("%d lead is with nobody", "%d leads are with nobody", left["count"])
        % left["count"],
        note=_oldest(left["oldest"], voice),
        url=f"{reverse('console_leads')}?state={LeadState.OPEN}",
        icon="inbox",
        tone="warn",
    )


def _profiles(voice: Voice) -> Iterator[Need]:
    """What partners want to say of themselves in the directory."""
    open_ = ProfileVersion.objects.filter(state=ProfileState.PROPOSED).aggregate(
        count=Count("id"), oldest=Min("proposed_at")
    )
    yield Need(
        count=open_["count"],
        text=ngettext(
            "%d directory page waits for approval",
            "%d directory pages wait for approval",
            open_["count"],
        )
        % open_["count"],
        note=_oldest(open_["oldest"], voice),
        url=reverse("console_directory"),
        icon="building-storefront",
        tone="warn",
    )


def _pins(voice: Voice) -> Iterator[Need]:
    """Pins are decided where the enrollment's tiers are; the link leads to the oldest one's."""
    waiting = list(Pin.objects.filter(state=PinState.PROPOSED).order_by("asked_at", "id"))
    if waiting:
        yield Need(
            count=len(waiting),
            text=_many(len(waiting), "tier set by hand waits", "tiers set by hand wait")
            + " for approval",
            note=_oldest(waiting[0].asked_at, voice),
            url=reverse("console_enrollment_tiers", args=[waiting[0].enrollment_id]),
            icon="trophy",
            tone="warn",
        )


def _rebates(voice: Voice) -> Iterator[Need]:
    """Statements that partners have accepted, and lines that they dispute."""
    accepted = Statement.objects.filter(state=StatementState.ACCEPTED).aggregate(
        count=Count("id"), oldest=Min("accepted_at")
    )
    statements = reverse("console_rebate_statements")
    yield Need(
        count=accepted["count"],
        text=ngettext(
            "%(count)s rebate statement waits for approval",
            "%(count)s rebate statements wait for approval",
            accepted["count"],
        )
        % {"count": accepted["count"]},
        note=_oldest(accepted["oldest"], voice),
        url=f"{statements}?state={StatementState.ACCEPTED}",
        icon="banknotes",
        tone="warn",
    )
    disputed = Dispute.objects.filter(state=DisputeState.OPEN).aggregate(
        count=Count("id"), oldest=Min("opened_at")
    )
    yield Need(
        count=disputed["count"],
        text=ngettext(
            "%(count)s line of a rebate is disputed",
            "%(count)s lines of rebates are disputed",
            disputed["count"],
        )
        % {"count": disputed["count"]},
        note=_oldest(disputed["oldest"], voice),
        url=f"{statements}?state=disputed",
        icon="chat-bubble-left-right",
        tone="warn",
    )


def _drafts() -> Iterator[Need]:
    """Where a second person publishes, drafts wait for somebody."""
    drafts = Q(published_at=None, discarded_at=None)
    for count, one, many, name, icon in (
        (
            RuleVersion.objects.filter(drafts).count(),
            "draft of a rule waits",
            "drafts of rules wait",
            "console_rules",
            "scale",
        ),
        (
            Campaign.objects.filter(drafts).count(),
            "draft of a campaign waits",
            "drafts of campaigns wait",
            "console_campaigns",
            "megaphone",
        ),
        (
            SchemeVersion.objects.filter(state=State.DRAFT).count(),
            "draft of tiers waits",
            "drafts of tiers wait",
            "console_ladders",
            "trophy",
        ),
    ):
        yield Need(
            count=count,
            text=_many(count, one, many) + " to be published",
            note="By somebody who did not write it.",
            url=reverse(name),
            icon=icon,
            tone="warn",
        )


def _gone_wrong(since: datetime, voice: Voice) -> Iterator[Need]:
    runs = ImportRun.objects.filter(created_at__gte=since).aggregate(
        failed=Count("id", filter=Q(state=ImportState.FAILED)),
        partly=Count("id", filter=Q(state=ImportState.DONE, rejected__gt=0)),
        rows=Sum("rejected", filter=Q(state=ImportState.DONE)),
    )
    replays = JobRun.objects.filter(
        job=jobs.JOB, state=JobState.FAILED, started_at__gte=since
    ).count()
    failing = Q(state=EndpointState.DISABLED) & ~Q(reason="") | Q(
        state=EndpointState.ACTIVE, failures__gt=0
    )
    hooks = WebhookEndpoint.objects.filter(failing).count()
    yield Need(
        count=runs["failed"],
        text=_many(runs["failed"], "import", "imports") + " failed",
        note="In the last seven days; nothing of the rest of the file is in.",
        url=f"{reverse('console_imports')}?state={ImportState.FAILED}",
        icon="arrow-up-tray",
        tone="bad",
    )
    yield Need(
        count=runs["partly"],
        text=_many(runs["rows"] or 0, "row was", "rows were", voice) + " rejected",
        note="Of " + _many(runs["partly"], "import", "imports") + " in the last seven days.",
        url=f"{reverse('console_imports')}?state={ImportState.DONE}",
        icon="document-minus",
        tone="bad",
    )
    yield Need(
        count=replays,
        text=_many(replays, "replay", "replays") + " failed",
        note="In the last seven days.",
        url=reverse("console_replays"),
        icon="arrow-path",
        tone="bad",
    )
    yield Need(
        count=hooks,
        text=_many(hooks, "webhook does not arrive", "webhooks do not arrive"),
        note="Events are kept until the receiver answers again, or it is given up.",
        url=reverse("console_webhooks"),
        icon="paper-airplane",
        tone="bad",
    )


def _near(ladder: Ladder, *, now: datetime) -> Iterator[Need]:
    count = near_ones(ladder=ladder, as_of=now, setting=current_terms().setting)
    yield Need(
        count=count,
        text=_many(count, "account is", "accounts are") + " near the next tier",
        note="A call or a campaign may be all it takes.",
        url=f"{reverse('console_accounts')}?sort=-way",
        icon="arrow-trending-up",
        tone="",
    )


def _many(count: int, one: str, many: str, voice: Voice | None = None) -> str:
    number = voice.number(count) if voice else str(count)
    return f"{number} {one if count == 1 else many}"


def _oldest(instant: datetime | None, voice: Voice) -> str:
    return f"The oldest since {voice.day(instant)}." if instant else ""
