"""Jobs in words: how a run went, how long it took, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.models import JobRun
from accounts.models.job import JobState
from accounts.progress import is_lost
from rewards.voice import Voice


@dataclass(frozen=True, slots=True)
class Look:
    label: str
    tone: str
    icon: str


WAITING = Look("Waiting", "", "clock")
RUNNING = Look("Running", "brand", "arrow-path")
STOPPED = Look("Stopped midway", "bad", "exclamation-triangle")
DONE = Look("Done", "good", "check-circle")
DONE_LATER = Look("Done, after failures", "warn", "exclamation-triangle")
VIOLATED = Look("Violations found", "bad", "exclamation-triangle")
FAILED = Look("Failed", "bad", "x-circle")

MIDWAY = "Its worker was stopped. What it had done stays; the next run goes on from there."
COUNTED = {
    "told": ("message recorded", "messages recorded"),
    "notices": ("notice made", "notices made"),
    "events": ("event handed on", "events handed on"),
    "occasions": ("occasion taken in", "occasions taken in"),
    "moved": ("tier changed", "tiers changed"),
    "at_risk": ("tier at risk", "tiers at risk"),
    "reminded": ("reminder recorded", "reminders recorded"),
    "expired": ("deal expired", "deals expired"),
    "passed_on": ("lead passed on", "leads passed on"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWords:
    """`progress` is (done, of) while it runs and tells; `problem` why it failed, be it before."""

    run: JobRun
    look: Look
    took: str
    results: list[str]
    problem: str
    progress: tuple[int, int] | None
    violations: list[dict[str, Any]]
    asked_by: str


def run_words(run: JobRun, *, voice: Voice, now: datetime, names: Mapping[str, str]) -> RunWords:
    """`names` are those of the people who asked for runs."""
    said = run.outcome
    look = _look(run, now=now)
    asker = said.get("asked_by", "")
    is_at_work = look is RUNNING and "claims" in said
    return RunWords(
        run=run,
        look=look,
        took=_took(run.finished_at - run.started_at) if run.finished_at else "",
        results=_results(said, voice),
        problem=MIDWAY if look is STOPPED else _problem(said, voice),
        progress=(said["checked"], said["claims"]) if is_at_work else None,
        violations=said.get("violations", []) if run.state == JobState.DONE else [],
        asked_by=names.get(asker, "another person") if asker else "",
    )


def _look(run: JobRun, *, now: datetime) -> Look:
    if run.state == JobState.FAILED:
        return FAILED
    if run.state == JobState.RUNNING:
        if run.outcome.get("waits"):
            return WAITING
        return STOPPED if is_lost(run, at=now) else RUNNING
    if run.outcome.get("violations"):
        return VIOLATED
    return DONE_LATER if run.outcome.get("failures") else DONE


def _took(time: timedelta) -> str:
    seconds = time.total_seconds()
    if seconds < 1:
        return "less than a second"
    minutes, seconds = divmod(round(seconds), 60)
    if not minutes:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return f"{minutes} min {seconds} s"


def _results(said: Mapping[str, Any], voice: Voice) -> list[str]:
    """Zero is a result too: somebody wonders whether anything was done."""
    found = []
    runs = said.get("runs", 0)
    if runs > 1:
        found.append(f"{voice.number(runs)} runs")
    if "violations" in said:
        wrong, claims = len(said["violations"]), said["claims"]
        found.append(f"{wrong} of {claims} claims fail" if wrong else f"all {claims} claims hold")
    for name, (one, many) in COUNTED.items():
        if name in said:
            found.append(f"{voice.number(said[name])} {one if said[name] == 1 else many}")
    return found


def _problem(said: Mapping[str, Any], voice: Voice) -> str:
    if not said.get("problem"):
        return ""
    at = said.get("failed_at")
    when = f"{voice.minute(datetime.fromisoformat(at))}: " if at else ""
    failures = said.get("failures", 0)
    more = f" ({voice.number(failures)} failures in all)" if failures > 1 else ""
    return f"{when}{said['problem']}{more}"
