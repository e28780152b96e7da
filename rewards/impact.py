"""What a draft of a ladder would change, for the page that shows it before it is published.

Of many accounts it takes longer than anybody waits for a page: then a worker finds it out, and a
run of a job keeps it, with the instant that it is of and the names that come first.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext

from accounts.ids import uuid7
from accounts.models import Enrollment, JobRun, Program, Tenant
from accounts.models.job import JobState
from accounts.postgres.rehearsal import rehearsal
from accounts.readings import BadReading
from accounts.tenancy import current_tenant_id
from rewards.repricing import YearlyPoints, yearly_points
from rewards.terms import current_terms
from tiers.climbing import Climb, climb, since_a_year
from tiers.ladders import BadLadder, Ladder, as_ladder
from tiers.models import SchemeVersion
from tiers.preview import Change, Mover, Preview, changes, movers, previewing
from tiers.publishing import CHOSEN
from tiers.setting import Setting

JOB = "tier_preview"
MOST_AT_ONCE = 50_000  # enrollments: one to two seconds of a slow core
SHOWN = 50  # names of each way that a run keeps
SENT_AGAIN_SECONDS = 60

Named = TypeVar("Named")


@dataclass(frozen=True, slots=True)
class Impact:
    """`preview` as of `at`; `points` of the year since `since`, None for a ladder that would not
    lead."""

    at: datetime
    since: datetime
    preview: Preview
    points: YearlyPoints | None
    climb: Climb


def impact_of(
    draft: Ladder, *, at: datetime, setting: Setting, name: Callable[[Preview], Named]
) -> tuple[Impact, Named]:
    """With what `name` reads while the preview is open. Nothing is written. Raises BadReading."""
    since = since_a_year(at, setting)
    with previewing(draft, at=at, setting=setting):
        found = changes(draft)
        named = name(found)
        points = None
        if draft.is_leading:
            points = yearly_points(draft, since=since, until=at, program_id=draft.program_id)
    return Impact(at, since, found, points, climb(draft, at=at, setting=setting)), named


class DraftChanged(ValueError):
    def __init__(self) -> None:
        super().__init__(gettext("The draft was changed meanwhile; ask for it again."))


def is_large(program: Program) -> bool:
    """Whether it takes a worker to find out."""
    enrolled = Enrollment.objects.filter(program=program)
    return enrolled[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE


def run_for(version: SchemeVersion, *, anew: bool = False, actor: str, now: datetime) -> JobRun:
    """The last run for the version as it is drafted now; a new one where there is none, or where
    one that has ended is wanted `anew`."""
    with transaction.atomic():
        # One asks at a time: two at once would both begin one.
        Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
        asked = {"version": str(version.pk), "terms": _terms_of(version)}
        runs = JobRun.objects.filter(
            job=JOB, outcome__version=asked["version"], outcome__terms=asked["terms"]
        )
        last = runs.order_by("-started_at", "-id").first()
        if last is not None and (last.state == JobState.RUNNING or not anew):
            return last
        return JobRun.objects.create(
            job=JOB,
            period=str(uuid7()),
            state=JobState.RUNNING,
            started_at=now,
            outcome=asked | {"asked_by": actor},
        )


def is_to_be_sent(run: JobRun) -> bool:
    """Whether a worker is to be told of it: at first, and again once its message may be lost."""
    is_open = run.state == JobState.RUNNING
    return is_open and cache.add(f"tier-preview:{run.pk}", "sent", SENT_AGAIN_SECONDS)


def carry_out(run_id: UUID, *, now: Callable[[], datetime]) -> None:
    """Run one that waits, unless another worker does already.

    It lives in a rehearsal, for which no reader of events waits; what came out is kept in a short
    transaction of its own.
    """
    try:
        with rehearsal():
            run = _taken(run_id)
            if run is None:
                return
            found = _found(run, at=now())
    except (BadLadder, BadReading, DraftChanged) as problem:
        give_up(run_id, problem=str(problem), at=now())
        return
    _end(run_id, JobState.DONE, found, at=now())


def give_up(run_id: UUID, *, problem: str, at: datetime) -> None:
    """End one that cannot be finished, and say why."""
    _end(run_id, JobState.FAILED, {"problem": problem}, at=at)


def _taken(run_id: UUID, *, skip_locked: bool = True) -> JobRun | None:
    """The run, for the running transaction alone; None where it has ended or another has it."""
    waiting = JobRun.objects.select_for_update(skip_locked=skip_locked)
    return waiting.filter(pk=run_id, job=JOB, state=JobState.RUNNING).first()


def _end(run_id: UUID, state: JobState, found: dict[str, Any], *, at: datetime) -> None:
    with transaction.atomic():
        run = _taken(run_id, skip_locked=False)
        if run is not None:
            run.state, run.finished_at = state, at
            run.outcome |= found
            run.save(update_fields=["state", "outcome", "finished_at"])


def _terms_of(version: SchemeVersion) -> str:
    """What a result depends on, in short: a draft that was changed since has another."""
    terms = [getattr(version, name) for name in CHOSEN] + [version.scheme.is_leading]
    return hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()


# ── What a run keeps ─────────────────────────────────────────────────────────────────────────────


def _found(run: JobRun, *, at: datetime) -> dict[str, Any]:
    version = SchemeVersion.objects.select_related("scheme").get(pk=run.outcome["version"])
    if _terms_of(version) != run.outcome["terms"]:
        raise DraftChanged
    draft = as_ladder(version)
    impact, named = impact_of(
        draft,
        at=at,
        setting=current_terms().setting,
        name=lambda found: [_first_of(draft, one) for one in found.changes],
    )
    kept = [
        {"change": _plain(asdict(change)), "movers": movers}
        for change, movers in zip(impact.preview.changes, named, strict=True)
    ]
    return {
        "at": at.isoformat(),
        "since": impact.since.isoformat(),
        "changes": kept,
        "points": asdict(impact.points) if impact.points else None,
        "climb": asdict(impact.climb),
    }


def _first_of(draft: Ladder, change: Change) -> list[dict[str, Any]]:
    found = movers(draft, from_tier=change.from_tier, to_rank=change.to_rank, offset=0, limit=SHOWN)
    return [_plain(asdict(one)) for one in found]


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal | UUID) else value
        for name, value in values.items()
    }


def kept_by(run: JobRun) -> Impact:
    """What a run that is done found out."""
    said = run.outcome
    return Impact(
        at=datetime.fromisoformat(said["at"]),
        since=datetime.fromisoformat(said["since"]),
        preview=Preview([_change(one["change"]) for one in said["changes"]]),
        points=YearlyPoints(**said["points"]) if said["points"] else None,
        climb=Climb(**said["climb"]),
    )


def names_kept_by(run: JobRun, change: Change) -> list[Mover]:
    """The names that come first of those that would go this way."""
    for one in run.outcome["changes"]:
        if _change(one["change"]) == change:
            return [
                Mover(**mover | {"account_id": UUID(mover["account_id"])})
                for mover in one["movers"]
            ]
    return []


def _change(kept: dict[str, Any]) -> Change:
    factors: dict[str, Any] = {
        name: Decimal(kept[name]) for name in ("from_multiplier", "to_multiplier")
    }
    return Change(**kept | factors)
