"""Activities out of files, live or as history."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext

from accounts import directory_imports
from accounts.facts import MAY_BE_AHEAD, Fact, parse_fact
from accounts.importing import Intent, Verdict
from accounts.imports import OptionsWrong, read_day
from accounts.kinds import is_ours
from accounts.models import ImportRun, Tenant
from accounts.models.imports import ImportTarget
from accounts.money import exponent
from rewards import history
from rewards.intake import take_in

DEFAULT_SOURCE = "csv"
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def activity_options(
    *, source: str, history: bool, until: str | None, shift_days: int, today: date
) -> dict[str, Any]:
    """Options of a run that imports activities; `until` is an ISO date. Raises OptionsWrong."""
    if not _SOURCE.fullmatch(source):
        raise OptionsWrong(
            gettext("The source is a name of up to 40 letters, digits, dots and hyphens.")
        )
    if is_ours(source):
        raise OptionsWrong(
            gettext("Facts of this source are made by the system itself; name another.")
        )
    if until and not history:
        raise OptionsWrong(
            gettext("A day to run on to makes sense for a history only: say --history, too.")
        )
    if until and read_day(until) > today:
        raise OptionsWrong(
            gettext("%(until)s has not come yet; the clock runs on to today at most.")
            % {"until": until}
        )
    if abs(shift_days) > 100 * 366:
        raise OptionsWrong(gettext("Dates can be moved by a hundred years at most."))
    options: dict[str, Any] = {"source": source, "shift_days": shift_days}
    return options | ({"history": True, "until": until} if history else {})


def intent_of(run: ImportRun, tenant: Tenant) -> Intent:
    """What to do with the rows of `run`, whatever its target."""
    if run.target == ImportTarget.ACTIVITIES:
        return activities_intent(run, tenant)
    return directory_imports.intent_of(run, tenant)


def activities_intent(run: ImportRun, tenant: Tenant) -> Intent:
    """Takes facts in. Options of the run: `source`, `shift_days`, and for a history `history` and
    `until` (an ISO date); `rehearsal` for one that will be taken back."""
    places, zone = exponent(tenant.currency), tenant.zone
    latest = run.created_at + MAY_BE_AHEAD  # the same when the run is continued another day
    source = run.options.get("source") or DEFAULT_SOURCE

    def read(raw: dict[str, object]) -> Fact:
        return parse_fact(raw, places=places, zone=zone, latest=latest)

    def take(facts: Sequence[Fact], as_of: datetime) -> Sequence[Verdict]:
        return take_in(facts, source=source, actor=run.started_by, as_of=as_of)

    if not run.options.get("history"):
        return Intent(read=read, take=take)
    if run.options.get("rehearsal"):
        return Intent(read=read, take=take, batches=history.rehearsed)
    until = run.options.get("until")
    past = history.Past(
        zone=zone,
        holder=f"import:{run.pk}",
        until=date.fromisoformat(until) if until else None,
        at=run.heartbeat_at or run.created_at,
    )
    return Intent(read=read, take=take, batches=lambda file: history.in_order_of_time(file, past))
