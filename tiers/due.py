"""What is due on the ladders of a tenant, and when: the stops of its clock."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from accounts.models import JobRun
from accounts.models.job import JobState
from accounts.periods import start_of
from tiers.keeping import edges
from tiers.ladders import Ladder
from tiers.leading import note_leader
from tiers.models import Standing
from tiers.setting import Setting
from tiers.settling import Settled, end_grace, end_pins, enter, evaluate
from tiers.standing import begin_all

ENTERED = "enter_tiers"  # one row of JobRun per version: everybody stands on it
SURE = {"sure": True}  # the outcome of that row, once it was looked at again


def next_edge(
    ladders: Sequence[Ladder], *, after: datetime, upto: datetime, setting: Setting
) -> datetime | None:
    """The next instant in (after, upto] at which a ladder is evaluated or comes into force.

    It follows from the ladders alone: every fact asks.
    """
    return min(_edges(ladders, after=after, upto=upto, setting=setting), default=None)


def _edges(
    ladders: Sequence[Ladder], *, after: datetime, upto: datetime, setting: Setting
) -> Iterator[datetime]:
    for ladder in ladders:
        if after < ladder.valid_from <= upto:
            yield ladder.valid_from
        for first in edges(ladder, after=after, upto=upto, setting=setting):
            yield start_of(first, setting.zone)
            break


def next_due(
    ladders: Sequence[Ladder],
    *,
    after: datetime,
    upto: datetime,
    setting: Setting,
    accounts: Sequence[UUID] | None = None,
) -> datetime | None:
    """The next instant in (after, upto] at which anything is due, the ends of grace and of pins
    among them: those of `accounts` or (None) of all of the tenant."""
    found = [next_edge(ladders, after=after, upto=upto, setting=setting)]
    for end in ("falls_at", "pinned_until"):  # each by its own small index
        due = {f"{end}__gt": after, f"{end}__lte": upto, "ends_at": None}
        standings = _of(accounts).filter(**due)
        found.append(standings.aggregate(first=Min(end))["first"])
    return min((one for one in found if one is not None), default=None)


def settle_edge(
    ladders: Sequence[Ladder],
    *,
    at: datetime,
    decided_at: datetime,
    setting: Setting,
    accounts: Sequence[UUID] | None = None,
) -> Settled:
    """Let versions come into force at `at`, and evaluate the ladders whose period ends there."""
    done = Settled()
    for ladder in ladders:
        about = {"decided_at": decided_at, "setting": setting, "accounts": accounts}
        if ladder.valid_from == at:
            done += enter(ladder, at=at, **about)
            continue
        for first in edges(ladder, after=_just_before(at), upto=at, setting=setting):
            done += evaluate(ladder, first=first, **about)
    return done


def settle_due(
    ladders: Sequence[Ladder],
    *,
    at: datetime,
    decided_at: datetime,
    setting: Setting,
    accounts: Sequence[UUID] | None = None,
) -> Settled:
    """Everything that is due at `at`, for `accounts` or (None) for the whole tenant."""
    done = settle_edge(ladders, at=at, decided_at=decided_at, setting=setting, accounts=accounts)
    for ladder in ladders:
        if ladder.valid_from == at and accounts is None:
            note_entered(ladder, at=decided_at)
        if not ladder.is_in_force(at):
            continue
        about = {"at": at, "decided_at": decided_at, "setting": setting}
        falling = _accounts(ladder, Q(falls_at__lte=at, pinned_until=None), accounts)
        if falling:
            done += end_grace(ladder, accounts=falling, **about)
        lifted = _accounts(ladder, Q(pinned_until__lte=at), accounts)
        if lifted:
            done += end_pins(ladder, accounts=lifted, **about)
    return done


def waiting(ladders: Sequence[Ladder], *, upto: datetime) -> list[Ladder]:
    """Versions in force at `upto` onto which nobody has been moved yet."""
    done = set(JobRun.objects.filter(job=ENTERED).values_list("period", flat=True))
    return [one for one in ladders if one.is_in_force(upto) and str(one.version_id) not in done]


def enter_late(ladder: Ladder, *, at: datetime, setting: Setting) -> None:
    """Let a version come into force at `at` for which nobody was there when it did."""
    enter(ladder, at=at, decided_at=at, setting=setting)
    note_entered(ladder, at=at)


def doubtful(ladders: Sequence[Ladder], *, settled: datetime) -> list[Ladder]:
    """Versions that came into force, by when nothing was under way any more at `settled`, and were
    not looked at since."""
    entered = JobRun.objects.filter(job=ENTERED, finished_at__lt=settled).exclude(outcome=SURE)
    periods = set(entered.values_list("period", flat=True))
    return [one for one in ladders if str(one.version_id) in periods and one.is_in_force(settled)]


def make_sure(ladder: Ladder, *, at: datetime, setting: Setting) -> None:
    """Bring those onto a version who enrolled, or rose, unseen while the others were brought: they
    would be evaluated no more."""
    begin_all(program_id=ladder.program_id, decided_at=at)
    elsewhere = ~Q(tier__version_id=ladder.version_id)
    accounts = _accounts(ladder, elsewhere, None)
    if accounts:
        enter(ladder, at=at, decided_at=at, setting=setting, accounts=accounts)
    JobRun.objects.filter(job=ENTERED, period=str(ladder.version_id)).update(outcome=SURE)


def note_entered(ladder: Ladder, *, at: datetime) -> None:
    """Everybody stands on the version now; if it took the lead, its ladder says so."""
    note_leader(program_id=ladder.program_id, at=at)
    JobRun.objects.get_or_create(
        job=ENTERED,
        period=str(ladder.version_id),
        defaults={"state": JobState.DONE, "started_at": at, "finished_at": at},
    )


def _of(accounts: Sequence[UUID] | None) -> QuerySet[Standing]:
    chosen = {} if accounts is None else {"enrollment__account_id__in": accounts}
    return Standing.objects.filter(**chosen)


def _accounts(ladder: Ladder, due: Q, accounts: Sequence[UUID] | None) -> list[UUID]:
    standings = _of(accounts).filter(due, scheme_id=ladder.scheme_id, ends_at=None)
    return sorted(standings.values_list("enrollment__account_id", flat=True).distinct())


def _just_before(at: datetime) -> datetime:
    return at - at.resolution
