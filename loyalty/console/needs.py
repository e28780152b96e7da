"""What waits for somebody of the tenant: what is to be approved, what went wrong, who is near.

Each kind is one count of few rows, by an index where there may be many; nothing is summed up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Model, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from accounts.models import ImportRun, JobRun, Tenant, WebhookEndpoint
from accounts.models.imports import ImportState
from accounts.models.job import JobState
from accounts.models.webhook import EndpointState
from loyalty.console.inbox.registry import kinds_for
from loyalty.console.kinds import EDITORS
from loyalty.console.waiting import PINS, QUEUES, proposed_pins
from partners.models import ReferralTerms, SpiffVersion
from rebates.models import AgreementVersion
from rewards.models import Campaign, RuleVersion
from rewards.replay import jobs
from rewards.terms import current_terms
from rewards.voice import Voice
from tiers.ladders import Ladder
from tiers.models import SchemeVersion, State
from tiers.queries import near_ones

LATELY = timedelta(days=7)  # older failures were seen, or nobody minds


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """`tone` is "warn" for what holds somebody up, "bad" for what went wrong, "" for a chance.
    `kind` is that of the inbox in which it is decided; "" for what is no decision."""

    count: int
    text: str
    note: str
    url: str
    icon: str
    tone: str
    kind: str = ""


def needs(
    *, tenant: Tenant, role: str, ladder: Ladder | None, voice: Voice, now: datetime
) -> list[Need]:
    """Only what there is and what `role` can do something about, the most pressing first. What it
    decides leads into the inbox; analysts look at all that is decided."""
    decided = {kind.code for kind in kinds_for(role)}
    inbox = reverse("console_inbox")
    found = [
        *_to_approve(voice),
        *(_drafts() if tenant.two_pairs_of_eyes and role in EDITORS else ()),
        *_gone_wrong(now - LATELY, voice),
        *(_near(ladder, now=now) if ladder else ()),
    ]
    return [
        replace(need, url=f"{inbox}?kind={need.kind}") if need.kind in decided else need
        for need in found
        if need.count and (not need.kind or need.kind in decided)
    ]


_UNPUBLISHED = Q(published_at=None, discarded_at=None)
# Where a second person publishes: what, what is said of how many, its list, its icon, its kind.
_DRAFTS: tuple[tuple[type[Model], Q, Any, str, str, str], ...] = (
    (
        RuleVersion,
        _UNPUBLISHED,
        ngettext_lazy(
            "%(count)s draft of a rule waits to be published",
            "%(count)s drafts of rules wait to be published",
            "count",
        ),
        "console_rules",
        "scale",
        "rule",
    ),
    (
        Campaign,
        _UNPUBLISHED,
        ngettext_lazy(
            "%(count)s draft of a campaign waits to be published",
            "%(count)s drafts of campaigns wait to be published",
            "count",
        ),
        "console_campaigns",
        "megaphone",
        "campaign",
    ),
    (
        SchemeVersion,
        Q(state=State.DRAFT),
        ngettext_lazy(
            "%(count)s draft of tiers waits to be published",
            "%(count)s drafts of tiers wait to be published",
            "count",
        ),
        "console_ladders",
        "trophy",
        "ladder",
    ),
    (
        AgreementVersion,
        _UNPUBLISHED,
        ngettext_lazy(
            "%(count)s draft of an agreement waits to be offered",
            "%(count)s drafts of agreements wait to be offered",
            "count",
        ),
        "console_agreements",
        "receipt-percent",
        "",
    ),
    (
        SpiffVersion,
        _UNPUBLISHED,
        ngettext_lazy(
            "%(count)s draft of a SPIFF waits to be published",
            "%(count)s drafts of SPIFFs wait to be published",
            "count",
        ),
        "console_spiffs",
        "bolt",
        "",
    ),
    (
        ReferralTerms,
        _UNPUBLISHED,
        ngettext_lazy(
            "%(count)s draft of terms of referrals waits to be published",
            "%(count)s drafts of terms of referrals wait to be published",
            "count",
        ),
        "console_referral_terms",
        "user-plus",
        "",
    ),
)


def _to_approve(voice: Voice) -> Iterator[Need]:
    for queue in QUEUES:
        found = queue.rows().aggregate(count=Count("id"), oldest=Min(queue.since))
        yield Need(
            count=found["count"],
            text=queue.said % {"count": found["count"]},
            note=_oldest(found["oldest"], voice),
            url=queue.url,
            icon=queue.icon,
            tone="warn",
            kind=queue.kind,
        )
    if pins := proposed_pins():
        yield Need(
            count=len(pins),
            text=PINS % {"count": len(pins)},
            note=_oldest(pins[0].asked_at, voice),
            url=reverse("console_enrollment_tiers", args=[pins[0].enrollment_id]),
            icon="trophy",
            tone="warn",
            kind="pin",
        )


def _drafts() -> Iterator[Need]:
    """Where a second person publishes, drafts wait for somebody."""
    for model, waiting, said, page, icon, kind in _DRAFTS:
        count = model.objects.filter(waiting).count()
        yield Need(
            count=count,
            text=said % {"count": count},
            note=_("By somebody who did not write it."),
            url=reverse(page),
            icon=icon,
            tone="warn",
            kind=kind,
        )


def _gone_wrong(since: datetime, voice: Voice) -> Iterator[Need]:
    yield from _imports_gone_wrong(since, voice)
    replays = JobRun.objects.filter(
        job=jobs.JOB, state=JobState.FAILED, started_at__gte=since
    ).count()
    failing = Q(state=EndpointState.DISABLED) & ~Q(reason="") | Q(
        state=EndpointState.ACTIVE, failures__gt=0
    )
    hooks = WebhookEndpoint.objects.filter(failing).count()
    yield Need(
        count=replays,
        text=ngettext("%(count)s replay failed", "%(count)s replays failed", replays)
        % {"count": replays},
        note=_("In the last seven days."),
        url=reverse("console_replays"),
        icon="arrow-path",
        tone="bad",
    )
    yield Need(
        count=hooks,
        text=ngettext(
            "%(count)s webhook does not arrive", "%(count)s webhooks do not arrive", hooks
        )
        % {"count": hooks},
        note=_("Events are kept until the receiver answers again, or it is given up."),
        url=reverse("console_webhooks"),
        icon="paper-airplane",
        tone="bad",
    )


def _imports_gone_wrong(since: datetime, voice: Voice) -> Iterator[Need]:
    runs = ImportRun.objects.filter(created_at__gte=since).aggregate(
        failed=Count("id", filter=Q(state=ImportState.FAILED)),
        partly=Count("id", filter=Q(state=ImportState.DONE, rejected__gt=0)),
        rows=Sum("rejected", filter=Q(state=ImportState.DONE)),
    )
    failed, partly, rows = runs["failed"], runs["partly"], runs["rows"] or 0
    yield Need(
        count=failed,
        text=ngettext("%(count)s import failed", "%(count)s imports failed", failed)
        % {"count": failed},
        note=_("In the last seven days; nothing of the rest of the file is in."),
        url=f"{reverse('console_imports')}?state={ImportState.FAILED}",
        icon="arrow-up-tray",
        tone="bad",
    )
    yield Need(
        count=partly,
        text=ngettext("%(count)s row was rejected", "%(count)s rows were rejected", rows)
        % {"count": voice.number(rows)},
        note=ngettext(
            "Of %(count)s import in the last seven days.",
            "Of %(count)s imports in the last seven days.",
            partly,
        )
        % {"count": partly},
        url=f"{reverse('console_imports')}?state={ImportState.DONE}",
        icon="document-minus",
        tone="bad",
    )


def _near(ladder: Ladder, *, now: datetime) -> Iterator[Need]:
    count = near_ones(ladder=ladder, as_of=now, setting=current_terms().setting)
    yield Need(
        count=count,
        text=ngettext(
            "%(count)s account is near the next tier",
            "%(count)s accounts are near the next tier",
            count,
        )
        % {"count": count},
        note=_("A call or a campaign may be all it takes."),
        url=f"{reverse('console_accounts')}?sort=-way",
        icon="arrow-trending-up",
        tone="",
    )


def _oldest(instant: datetime | None, voice: Voice) -> str:
    return _("The oldest since %(day)s.") % {"day": voice.day(instant)} if instant else ""
