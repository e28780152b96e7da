"""Campaigns and milestones: drafted, published, ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts import events, segments
from accounts.conditions import BadCondition
from accounts.drafts import why_not_seen
from accounts.hands import why_not_alone
from accounts.kinds import OWN_KINDS
from accounts.models import ActivityKind, Program
from rewards.conflicts import refusal_of_campaign
from rewards.models import Campaign, Milestone
from rewards.publishing import (
    CannotPublish,
    CodeTaken,
    DraftChanged,
    NeedsSecondPair,
    NotADraft,
    check_conditions,
)

KEPT = {"rule", "condition"}  # looked at by rules of their own
TERMS = (
    "name",
    "rule",
    "kind",
    "unit",
    "condition",
    "multiplier",
    "bonus",
    "starts_at",
    "ends_at",
    "trigger_kind",
    "trigger_counted",
    "trigger_threshold",
    "trigger_window",
    "days",
)


def draft_campaign(
    *, program: Program, code: str, terms: Mapping[str, Any], actor: str, now: datetime
) -> Campaign:
    """Raises CodeTaken, BadCondition, ValidationError."""
    campaign = Campaign(program=program, code=code, authors=[actor], **_terms(terms))
    _check(campaign)
    try:
        with transaction.atomic():
            campaign.save(force_insert=True)
            _record("campaign.drafted", campaign, at=campaign.starts_at, actor=actor, now=now)
    except IntegrityError:
        raise CodeTaken(code) from None
    return campaign


def change_campaign(
    *, campaign: Campaign, terms: Mapping[str, Any], actor: str, now: datetime
) -> Campaign:
    """Raises NotADraft, BadCondition, ValidationError."""
    with transaction.atomic():
        campaign = _draft(campaign)
        before = events.as_recorded(campaign, TERMS)
        for name, value in _terms(terms).items():
            setattr(campaign, name, value)
        campaign.authors = sorted({*campaign.authors, actor})
        _check(campaign)
        campaign.save()
        changed = events.compared(before, events.as_recorded(campaign, TERMS))
        about: dict[str, Any] = {"at": campaign.starts_at, "actor": actor, "now": now}
        about |= changed
        _record("campaign.changed", campaign, **about)
    return campaign


def discard_campaign(*, campaign: Campaign, actor: str, now: datetime) -> None:
    """Put a draft away for good. Raises NotADraft."""
    with transaction.atomic():
        campaign = _draft(campaign)
        campaign.discarded_at = now
        campaign.save(update_fields=["discarded_at"])
        _record("campaign.discarded", campaign, at=now, actor=actor, now=now)


def publish_campaign(
    *, campaign: Campaign, seen: str | None = None, actor: str, now: datetime
) -> Campaign:
    """From then on it raises what facts in its dates earn; those that are in stay as they are.
    `seen` is the digest of what was read (`accounts.drafts`).

    Raises CannotPublish, NotADraft, BadCondition.
    """
    with transaction.atomic():
        campaign = _draft(campaign)
        if why_not := why_not_alone(actor, authors=campaign.authors):
            raise NeedsSecondPair(why_not)
        if why_not := why_not_seen(campaign, TERMS, seen=seen):
            raise DraftChanged(why_not)
        if campaign.ends_at is not None and campaign.ends_at <= now:
            raise CannotPublish(gettext("Its dates are over; change them first."))
        _check(campaign)
        if refusal := refusal_of_campaign(campaign):
            raise CannotPublish(refusal)
        campaign.segments = segments.used_in(campaign.condition)
        campaign.published_at, campaign.published_by = now, actor
        campaign.save()
        _record("campaign.published", campaign, at=campaign.starts_at, actor=actor, now=now)
    return campaign


def end_campaign(*, campaign: Campaign, actor: str, now: datetime) -> Campaign:
    """End a published campaign now; one that has not begun never will. Raises CannotPublish."""
    with transaction.atomic():
        campaign = _locked(campaign)
        is_over = campaign.ends_at is not None and campaign.ends_at <= max(now, campaign.starts_at)
        if campaign.published_at is None or is_over:
            raise CannotPublish(gettext("This campaign is not in force."))
        has_begun = campaign.starts_at < now
        campaign.ends_at = now if has_begun else campaign.starts_at
        campaign.save(update_fields=["ends_at"])
        what = "campaign.ended" if has_begun else "campaign.called_off"
        _record(what, campaign, at=now, actor=actor, now=now)
    return campaign


def add_milestone(
    *,
    program: Program,
    code: str,
    name: str,
    kind: str,
    counted: str,
    threshold: int,
    actor: str,
    now: datetime,
) -> Milestone:
    """Accounts that have reached it already reach it when the clock comes by next.

    Raises CodeTaken, BadCondition, ValidationError.
    """
    if kind in OWN_KINDS or not ActivityKind.objects.filter(code=kind).exists():
        raise BadCondition(
            gettext("There is no kind “%(kind)s” whose activities could be counted.")
            % {"kind": kind}
        )
    milestone = Milestone(
        program=program,
        code=code,
        name=name,
        kind=kind,
        counted=counted,
        threshold=threshold,
        created_by=actor,
        created_at=now,
    )
    milestone.clean_fields(exclude=["program", "tenant"])
    if threshold <= 0:
        raise ValidationError({"threshold": "A milestone is above zero."})
    try:
        with transaction.atomic():
            milestone.save(force_insert=True)
            events.record(
                kind="milestone.added",
                occurred_at=now,
                recorded_at=now,
                actor=actor,
                subject=f"milestone:{milestone.pk}",
                payload={"program": program.slug, "code": code, "name": name},
            )
    except IntegrityError:
        raise CodeTaken(code) from None
    return milestone


def _locked(campaign: Campaign) -> Campaign:
    found = Campaign.objects.select_for_update(of=("self",)).select_related("program")
    return found.get(pk=campaign.pk)


def _draft(campaign: Campaign) -> Campaign:
    found = _locked(campaign)
    if found.published_at or found.discarded_at:
        raise NotADraft
    return found


def _terms(terms: Mapping[str, Any]) -> dict[str, Any]:
    return {name: terms[name] for name in TERMS if name in terms}


def _check(campaign: Campaign) -> None:
    check_conditions(campaign.condition, kind=campaign.kind)
    campaign.clean_fields(exclude={one.name for one in Campaign._meta.fields} - {*TERMS} | KEPT)
    if campaign.multiplier <= 1 and campaign.bonus <= 0:
        raise ValidationError({"multiplier": "Multiply by more than 1, or give a bonus."})
    if campaign.multiplier < 1 or campaign.multiplier > 100:
        raise ValidationError({"multiplier": "Multiply by 1 to 100."})
    if campaign.bonus < 0:
        raise ValidationError({"bonus": "A bonus is above zero."})
    if campaign.bonus and campaign.rule is None:
        raise ValidationError({"rule": "Say to which rule the bonus belongs, so it comes once."})
    if campaign.rule is not None and campaign.rule.program_id != campaign.program_id:
        raise ValidationError({"rule": "The rule is of another program."})
    if campaign.ends_at is not None and campaign.ends_at <= campaign.starts_at:
        raise ValidationError({"ends_at": "It ends after it starts."})
    _check_trigger(campaign)


def _check_trigger(campaign: Campaign) -> None:
    if not campaign.trigger_kind:
        if campaign.ends_at is None:
            raise ValidationError({"ends_at": "Say when it ends."})
        return
    if not ActivityKind.objects.filter(code=campaign.trigger_kind).exists():
        raise ValidationError({"trigger_kind": "There is no such kind of activity."})
    if not campaign.trigger_counted or campaign.trigger_window not in ("month", "quarter", "year"):
        raise ValidationError({"trigger_window": "Say what is counted, and within which period."})
    if not campaign.trigger_threshold or not campaign.days:
        raise ValidationError({"days": "Say how much has to be reached, and for how many days."})


def _record(
    what: str, campaign: Campaign, *, at: datetime, actor: str, now: datetime, **more: Any
) -> None:
    events.record(
        kind=what,
        occurred_at=at,
        recorded_at=now,
        actor=actor,
        subject=f"campaign:{campaign.pk}",
        payload={
            "program": campaign.program.slug,
            "code": campaign.code,
            "name": campaign.name,
            "condition": campaign.condition,
            "segments": campaign.segments,
            "starts_at": campaign.starts_at.isoformat(),
            "ends_at": campaign.ends_at.isoformat() if campaign.ends_at else None,
            "triggered": bool(campaign.trigger_kind),
            **more,
        },
    )
