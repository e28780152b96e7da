"""Jobs in words: how a run went, how long it took, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import JobRun
from accounts.models.job import JobState
from accounts.progress import is_lost
from rewards.voice import Voice


@dataclass(frozen=True, slots=True)
class Look:
    label: str | Promise
    tone: str
    icon: str


WAITING = Look(_("Waiting"), "", "clock")
RUNNING = Look(_("Running"), "brand", "arrow-path")
STOPPED = Look(_("Stopped midway"), "bad", "exclamation-triangle")
DONE = Look(_("Done"), "good", "check-circle")
DONE_LATER = Look(_("Done, after failures"), "warn", "exclamation-triangle")
VIOLATED = Look(_("Violations found"), "bad", "exclamation-triangle")
FAILED = Look(_("Failed"), "bad", "x-circle")

MIDWAY = _("Its worker was stopped. What it had done stays; the next run goes on from there.")
# What each figure that a run left counted; `of` is how many.
COUNTED = {
    "told": ngettext_lazy("%(count)s message recorded", "%(count)s messages recorded", "of"),
    "notices": ngettext_lazy("%(count)s notice made", "%(count)s notices made", "of"),
    "events": ngettext_lazy("%(count)s event handed on", "%(count)s events handed on", "of"),
    "occasions": ngettext_lazy("%(count)s occasion taken in", "%(count)s occasions taken in", "of"),
    "moved": ngettext_lazy("%(count)s tier changed", "%(count)s tiers changed", "of"),
    "at_risk": ngettext_lazy("%(count)s tier at risk", "%(count)s tiers at risk", "of"),
    "reminded": ngettext_lazy("%(count)s reminder recorded", "%(count)s reminders recorded", "of"),
    "asked": ngettext_lazy("%(count)s person asked", "%(count)s people asked", "of"),
    "expired": ngettext_lazy("%(count)s deal expired", "%(count)s deals expired", "of"),
    "funds_moved": ngettext_lazy("%(count)s fund accrued", "%(count)s funds accrued", "of"),
    "funds_expired": ngettext_lazy(
        "%(count)s fund with money that ended", "%(count)s funds with money that ended", "of"
    ),
    "requests_lapsed": ngettext_lazy(
        "%(count)s request not claimed in time", "%(count)s requests not claimed in time", "of"
    ),
    "referrals_won": ngettext_lazy("%(count)s referral won", "%(count)s referrals won", "of"),
    "referrals_returned": ngettext_lazy(
        "%(count)s referral taken back", "%(count)s referrals taken back", "of"
    ),
    "referrals_expired": ngettext_lazy(
        "%(count)s referral expired", "%(count)s referrals expired", "of"
    ),
    "recalled": ngettext_lazy("%(count)s SPIFF taken back", "%(count)s SPIFFs taken back", "of"),
    "lapsed": ngettext_lazy("%(count)s certificate ended", "%(count)s certificates ended", "of"),
    "passed_on": ngettext_lazy("%(count)s lead passed on", "%(count)s leads passed on", "of"),
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
        problem=str(MIDWAY) if look is STOPPED else _problem(said, voice),
        progress=(said["checked"], said["claims"]) if is_at_work else None,
        violations=said.get("violations", []) if run.state == JobState.DONE else [],
        asked_by=names.get(asker, gettext("another person")) if asker else "",
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
        return gettext("less than a second")
    minutes, seconds = divmod(round(seconds), 60)
    if not minutes:
        return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}
    return gettext("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds}


def _results(said: Mapping[str, Any], voice: Voice) -> list[str]:
    """Zero is a result too: somebody wonders whether anything was done."""
    found = []
    runs = said.get("runs", 0)
    if runs > 1:
        found.append(gettext("%(count)s runs") % {"count": voice.number(runs)})
    if "violations" in said:
        wrong, claims = len(said["violations"]), said["claims"]
        told = gettext("%(wrong)s of %(claims)s claims fail")
        told = told if wrong else gettext("all %(claims)s claims hold")
        found.append(told % {"wrong": wrong, "claims": claims})
    for name, told in COUNTED.items():
        if name in said:
            found.append(told % {"of": said[name], "count": voice.number(said[name])})
    return found


def _problem(said: Mapping[str, Any], voice: Voice) -> str:
    if not said.get("problem"):
        return ""
    at = said.get("failed_at")
    when = f"{voice.minute(datetime.fromisoformat(at))}: " if at else ""
    failures = said.get("failures", 0)
    told = f"{when}{gettext(said['problem'])}"
    if failures < 2:
        return told
    return gettext("%(problem)s (%(count)s failures in all)") % {
        "problem": told,
        "count": voice.number(failures),
    }
