"""What is drafted, published and ended, in words: versions of rules and ladders, campaigns."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rewards.models import Campaign, RuleVersion
from tiers.models import SchemeVersion, State


class Look(NamedTuple):
    label: str | Promise
    tone: str
    icon: str


DISCARDED = Look(_("Discarded"), "", "trash")
DRAFT = Look(_("Draft"), "warn", "pencil")
SCHEDULED = Look(_("Scheduled"), "brand", "clock")
IN_FORCE = Look(_("In force"), "good", "check-circle")
ENDED = Look(_("Ended"), "", "stop")
CALLED_OFF = Look(_("Called off"), "", "x-circle")

# Of lists, by the word in their address; what is discarded shows up in none.
STATES = {"draft": DRAFT, "scheduled": SCHEDULED, "in-force": IN_FORCE, "ended": ENDED}


def in_state(state: str, *, begins: str, ends: str, now: datetime) -> Q | None:
    """Of rows with `published_at` and the columns `begins` and `ends`; None for no state."""
    published = Q(published_at__isnull=False)
    called_off = Q(**{ends: F(begins)})
    is_over = Q(**{f"{ends}__lte": now}) | called_off
    begun = Q(**{f"{begins}__lte": now})
    is_open = Q(**{ends: None}) | Q(**{f"{ends}__gt": now})
    return {
        "draft": Q(published_at=None),
        "scheduled": published & Q(**{f"{begins}__gt": now}) & is_open & ~called_off,
        "in-force": published & begun & is_open,
        "ended": published & is_over,
    }.get(state)


def look_of_rule(version: RuleVersion, *, now: datetime) -> Look:
    if version.discarded_at:
        return DISCARDED
    if version.published_at is None:
        return DRAFT
    if version.valid_to == version.valid_from:
        return CALLED_OFF
    if version.valid_from > now:
        return SCHEDULED
    return ENDED if version.valid_to and version.valid_to <= now else IN_FORCE


def look_of_campaign(campaign: Campaign, *, now: datetime) -> Look:
    if campaign.discarded_at:
        return DISCARDED
    if campaign.published_at is None:
        return DRAFT
    if campaign.ends_at == campaign.starts_at:
        return CALLED_OFF
    if campaign.ends_at and campaign.ends_at <= now:
        return ENDED
    return SCHEDULED if campaign.starts_at > now else IN_FORCE


def looks_of_ladder(versions: Iterable[SchemeVersion], *, now: datetime) -> dict[UUID, Look]:
    """By the id of each version of one ladder: of the published ones that have begun, the last one
    is in force."""
    begun = [one for one in versions if one.state == State.PUBLISHED and one.valid_from <= now]
    last = max(begun, key=lambda one: (one.valid_from, one.number), default=None)
    return {one.pk: _of_ladder(one, now=now, is_last=one is last) for one in versions}


def shown_of(versions: Sequence[SchemeVersion], looks: Mapping[UUID, Look]) -> SchemeVersion | None:
    """Of the versions of one ladder, the newest first: the one in force, else the newest."""
    in_force = next((one for one in versions if looks[one.pk] == IN_FORCE), None)
    return in_force or (versions[0] if versions else None)


def _of_ladder(version: SchemeVersion, *, now: datetime, is_last: bool) -> Look:
    if version.state == State.DISCARDED:
        return DISCARDED
    if version.state == State.DRAFT:
        return DRAFT
    if version.valid_from > now:
        return SCHEDULED
    return IN_FORCE if is_last else ENDED
