"""What a replay tries: drafts of rules and of a ladder, and another expiry, from one instant on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import segments
from accounts.models import Program
from rewards.models import Budget, Campaign, EarningRule, RuleVersion
from rewards.replay.scratch import ACTOR, Scratch
from tiers.models import Lead, Scheme, SchemeVersion, State, Tier
from tiers.publishing import publish


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is in force from the first day of a replay on, instead of what was: drafts of rules, a
    draft of a ladder, another expiry of points. What is left out stays as it was."""

    rules: tuple[UUID, ...] = ()
    tiers: UUID | None = None
    expiry: Mapping[str, Any] | None = None


def copy_rules(scratch: Scratch, *, program: Program, draft: Draft, since: datetime) -> None:
    """What was published in the program, as it was; of a rule with a draft only until `since`, and
    the draft from then on. In the live tenant's scope."""
    drafts = list(RuleVersion.objects.filter(pk__in=draft.rules, rule__program=program))
    replaced = {version.rule_id for version in drafts}
    published = RuleVersion.objects.filter(rule__program=program, published_at__isnull=False)
    scratch.copy(EarningRule.objects.filter(program=program))
    scratch.copy(
        _until(version, since) if version.rule_id in replaced else version
        for version in published
        if version.rule_id not in replaced or version.valid_from < since
    )
    scratch.copy(_from(version, since) for version in drafts)
    scratch.copy(Campaign.objects.filter(program=program, published_at__isnull=False))
    scratch.copy(Budget.objects.filter(program=program))


def copy_tiers(scratch: Scratch, *, program: Program, draft: Draft, since: datetime) -> None:
    """The ladders published in the program, as they were; of the one with a draft only what came
    into force before `since`, and the draft itself. In the live tenant's scope."""
    scratch.copy(Scheme.objects.filter(program=program))
    scratch.copy(_leads(program, draft=draft, since=since))
    own = SchemeVersion.objects.filter(scheme__program=program)
    published = own.filter(state=State.PUBLISHED)
    if draft.tiers is not None:
        replaced = own.get(pk=draft.tiers).scheme_id
        published = published.exclude(scheme_id=replaced, valid_from__gte=since)
        scratch.copy(own.filter(pk=draft.tiers))
    scratch.copy(published)
    scratch.copy(Tier.objects.filter(version__in=published))


def _leads(program: Program, *, draft: Draft, since: datetime) -> list[Lead]:
    """Who led when; with a draft that takes the lead nobody else takes it after `since`."""
    leads = list(Lead.objects.filter(program=program).order_by("starts_at"))
    if not SchemeVersion.objects.filter(pk=draft.tiers, takes_lead=True).exists():
        return leads
    begun = [one for one in leads if one.starts_at < since]
    begun[-1].ends_at = None
    return begun


def _until(version: RuleVersion, instant: datetime) -> RuleVersion:
    version.valid_to = min(version.valid_to or instant, instant)
    return version


def _from(version: RuleVersion, instant: datetime) -> RuleVersion:
    version.valid_from, version.valid_to = instant, None
    version.published_at, version.published_by = instant, ACTOR
    version.segments = segments.used_in(version.condition)
    return version


def begin_draft(scratch: Scratch, draft: Draft, *, at: datetime) -> None:
    """The rest of the draft comes into force. In the scratch tenant's scope."""
    if draft.expiry is not None:
        Program.objects.update(points_expiry=draft.expiry)
    if draft.tiers is not None:
        version = SchemeVersion.objects.select_related("scheme").get(pk=scratch.ids[draft.tiers])
        publish(version=version, valid_from=at, actor=ACTOR, now=at)
