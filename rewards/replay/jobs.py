"""Replays that people asked for: runs of a job, worked off by a worker, with a file to take home.

Nothing that a replay does is committed but its result, in a transaction of its own; how far it is
stands in the cache, because the replay's transaction never tells anybody anything.
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import get_language, gettext, override

from accounts import events
from accounts.ids import uuid7
from accounts.models import JobRun, Program, Tenant
from accounts.models.job import JobState
from accounts.money import exponent
from accounts.periods import start_of
from accounts.postgres.rehearsal import rehearsal
from accounts.tenancy import current_tenant_id, tenant_scope
from rewards.expiry import UnknownPolicy, check_policy
from rewards.models import RuleVersion
from rewards.replay.drafts import Draft
from rewards.replay.figures import NAMES, Figures, Line, compared, figures_of, total
from rewards.replay.rerun import rerun
from rewards.replay.scratch import TooLong
from tiers.ladders import BadLadder
from tiers.models import SchemeVersion, State
from tiers.publishing import CannotPublish

JOB = "replay"
SHOWN = 20  # accounts in the result that differ most; all of them are in the file
KEPT_SECONDS = 6 * 3600  # how long a progress is of interest
LONGEST_DAYS = 800
MOST_WAITING = 3  # of a tenant: each keeps a worker busy for minutes, which others wait for


class CannotReplay(ValueError):
    """Its text says what to change; nothing was begun."""


def ask_for(
    *,
    program: Program,
    name: str,
    draft: Draft,
    since: date,
    until: date,
    point_cost: Decimal,
    actor: str,
    today: date,
    now: datetime,
) -> JobRun:
    """Keep what is wanted for a worker: the local days [since, until) again under `draft`.

    `point_cost` is what a point costs, in the currency's major unit. Raises CannotReplay.
    """
    if not since < until <= today:
        raise CannotReplay(
            gettext("A replay is of days that are over: its first day comes before its last.")
        )
    if (until - since).days > LONGEST_DAYS:
        raise CannotReplay(
            gettext("A replay is of %(longest_days)s days at most.")
            % {"longest_days": LONGEST_DAYS}
        )
    _check_draft(draft, program)
    with transaction.atomic():
        # One asks at a time: two at once would both see room for the last one.
        Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
        if JobRun.objects.filter(job=JOB, state=JobState.RUNNING).count() >= MOST_WAITING:
            raise CannotReplay(
                gettext(
                    "%(most_waiting)s replays are running or waiting; ask again when one has ended."
                )
                % {"most_waiting": MOST_WAITING}
            )
        run = JobRun.objects.create(
            job=JOB,
            period=str(uuid7()),
            state=JobState.RUNNING,
            started_at=now,
            outcome={
                "program": str(program.pk),
                "name": name,
                "rules": [str(one) for one in draft.rules],
                "tiers": str(draft.tiers) if draft.tiers else None,
                "expiry": draft.expiry,
                "since": since.isoformat(),
                "until": until.isoformat(),
                "point_cost": str(point_cost),
                "asked_by": actor,
                "language": get_language(),  # a worker has none of its own
            },
        )
        _record("replay.asked", run, at=now, actor=actor)
    return run


def _check_draft(draft: Draft, program: Program) -> None:
    rules = RuleVersion.objects.filter(
        pk__in=draft.rules, rule__program=program, published_at=None, discarded_at=None
    )
    if rules.count() != len(draft.rules):
        raise CannotReplay(gettext("One of these rules is no draft of the program any more."))
    if len({one.rule_id for one in rules}) < len(draft.rules):
        raise CannotReplay(gettext("Of a rule only one draft can be tried at a time."))
    drafts = SchemeVersion.objects.filter(scheme__program=program, state=State.DRAFT)
    if draft.tiers and not drafts.filter(pk=draft.tiers).exists():
        raise CannotReplay(gettext("This is no draft of the program's tiers any more."))
    try:
        check_policy(draft.expiry or {})
    except UnknownPolicy as bad:
        raise CannotReplay(str(bad)) from None


def carry_out(run_id: UUID, *, now: Callable[[], datetime]) -> None:
    """Run one that waits, unless another worker does already. What stops it is its result, too.

    The replay lives in a rehearsal, for which no reader of events waits, and which keeps other
    workers from the run. Its result is kept in a short transaction of its own.
    """
    try:
        with rehearsal():
            run = _taken(run_id)
            if run is None:
                return
            lines, left_out = _lines(run)
    except (TooLong, CannotPublish, BadLadder) as problem:
        give_up(run_id, problem=str(problem), at=now())
        return
    with transaction.atomic():
        # Between the two, another worker may have taken it: then that one's result is kept.
        run = _taken(run_id)
        if run is not None:
            _end(run, JobState.DONE, _result(run, lines) | left_out, at=now())


def give_up(run_id: UUID, *, problem: str, at: datetime) -> None:
    """End one that cannot be finished, and say why."""
    with transaction.atomic():
        # Waits: a server that was left in the middle of a statement holds the run until its end.
        run = _taken(run_id, skip_locked=False)
        if run is not None:
            _end(run, JobState.FAILED, {"problem": problem}, at=at)


def _taken(run_id: UUID, *, skip_locked: bool = True) -> JobRun | None:
    """The run, for the running transaction alone; None where it has ended or another has it."""
    waiting = JobRun.objects.select_for_update(skip_locked=skip_locked)
    return waiting.filter(pk=run_id, job=JOB, state=JobState.RUNNING).first()


def _end(run: JobRun, state: JobState, found: dict[str, Any], *, at: datetime) -> None:
    run.state, run.finished_at = state, at
    run.outcome |= found
    run.save(update_fields=["state", "outcome", "finished_at"])
    _record("replay.finished", run, at=at, actor=run.outcome["asked_by"])


def _lines(run: JobRun) -> tuple[list[Line], dict[str, Any]]:
    """Both sides of each account, and what the draft's side had to leave out."""
    said = run.outcome
    tenant = Tenant.objects.get(pk=current_tenant_id())
    program = Program.objects.get(pk=said["program"])
    since, until = date.fromisoformat(said["since"]), date.fromisoformat(said["until"])
    draft = Draft(
        rules=tuple(UUID(one) for one in said["rules"]),
        tiers=UUID(said["tiers"]) if said["tiers"] else None,
        expiry=said["expiry"],
    )
    with override(said.get("language", settings.LANGUAGE_CODE)):
        would = rerun(
            tenant=tenant,
            program=program,
            draft=draft,
            since=since,
            until=until,
            tell=lambda thousandths: _tell_progress(run, thousandths),
        )
    was = figures_of(
        program_id=program.pk,
        since=start_of(since, tenant.zone),
        until=start_of(until, tenant.zone),
    )
    left_out = {"refused": would.refused, "pins_left_out": would.pins_left_out}
    return compared(was, would.figures), left_out


def progress_of(run: JobRun) -> int:
    """How far a running one is, in thousandths."""
    return cache.get(_progress_key(run.pk), 0)


def _tell_progress(run: JobRun, thousandths: int) -> None:
    """The cache's keys carry the open tenant, which is the scratch one while a replay lives."""
    with tenant_scope(run.tenant_id):
        cache.set(_progress_key(run.pk), thousandths, KEPT_SECONDS)


def _progress_key(run_id: UUID) -> str:
    return f"replay:{run_id}"


def waiting_since(before: datetime) -> list[UUID]:
    """Replays asked for before an instant that nobody has ended: their message may be lost."""
    runs = JobRun.objects.filter(job=JOB, state=JobState.RUNNING, started_at__lt=before)
    return list(runs.values_list("pk", flat=True))


# ── The result ───────────────────────────────────────────────────────────────────────────────────


def _result(run: JobRun, lines: list[Line]) -> dict[str, Any]:
    most = sorted(lines, key=lambda one: (-abs(one.more_earned), one.number))[:SHOWN]
    return {
        "was": _without_tier(total([line.was for line in lines])),
        "would": _without_tier(total([line.would for line in lines])),
        "tiers_was": _tiers([line.was for line in lines]),
        "tiers_would": _tiers([line.would for line in lines]),
        "accounts": len(lines),
        "most": [
            {
                "number": line.number,
                "name": line.name,
                "was": asdict(line.was),
                "would": asdict(line.would),
            }
            for line in most
        ],
        "file": _store(run, lines),
    }


def _without_tier(figures: Figures) -> dict[str, int]:
    return {name: getattr(figures, name) for name in NAMES}


def _tiers(sides: list[Figures]) -> dict[str, int]:
    held = [side.tier for side in sides]
    return {tier: held.count(tier) for tier in sorted(set(held))}


def cost_of(points: int, *, point_cost: Decimal, currency: str) -> int:
    """What points cost, in the currency's smallest unit, rounded half up."""
    minor = points * point_cost.scaleb(exponent(currency))
    return int(minor.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _store(run: JobRun, lines: list[Line]) -> str:
    """All accounts with both sides, as CSV, where no address leads."""
    text = io.StringIO()
    writer = csv.writer(text)
    columns = (*NAMES, "tier")
    writer.writerow(
        ["number", "name", *(f"{side}_{one}" for side in ("was", "would") for one in columns)]
    )
    for line in lines:
        figures: list[Mapping[str, Any]] = [asdict(line.was), asdict(line.would)]
        cells = [line.number, line.name, *(one[name] for one in figures for name in columns)]
        writer.writerow(_plain(cell) for cell in cells)
    content = ContentFile(text.getvalue().encode())
    return default_storage.save(f"{current_tenant_id()}/replays/{run.pk}.csv", content)


def _plain(cell: Any) -> Any:
    """What a spreadsheet would take for a formula is text: names come from outside."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell


def _record(what: str, run: JobRun, *, at: datetime, actor: str) -> None:
    events.record(
        kind=what,
        occurred_at=at,
        recorded_at=at,
        actor=actor,
        subject=f"replay:{run.pk}",
        payload={"name": run.outcome["name"], "state": run.state},
    )
