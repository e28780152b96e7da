"""The demo's tenant: made, finished where it was interrupted, or left alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import doors
from accounts.models import JobRun, Program, Staff, Tenant
from accounts.models.job import JobState
from accounts.periods import day_of, start_of
from accounts.tenancy import tenant_scope
from loyalty.demo import (
    deals,
    funds,
    leads,
    rebates,
    referrals,
    rewards,
    spiffs,
    together,
    training,
)
from loyalty.demo.businesses import businesses
from loyalty.demo.catalog import catalog
from loyalty.demo.company import JOB, SLUG, ZONE, calendar_of, open_company
from loyalty.demo.documents import facts_of
from loyalty.demo.people import MANAGER, PASSWORD, REP, STAFF, SignIn, partner_email, staff_email
from rewards import tallying
from rewards.history import Past, take_in_history
from rewards.intake import Outcome

SOURCE = "erp"
ACTOR = "system"


class DemoRefused(RuntimeError):
    """No demo here; the text says why."""


class Result(Enum):
    MADE = "made"
    THERE = "there already"
    FOREIGN = "somebody else's"


@dataclass(frozen=True, slots=True)
class Step:
    """A day of the history is in, and how far that is, from 0 to 1."""

    day: date
    share: float


def seed(
    *,
    now: datetime,
    accounts: int = 60,
    months: int = 15,
    tell: Callable[[Step], None] = lambda step: None,
) -> Result:
    """Make the demo's tenant with a history of `months` months up to yesterday, as of `now` (UTC).

    A demo that is finished is left as it is, and so is a workspace of its name that is not ours. An
    interrupted one goes on: its tenant came in one transaction, and its history is known by its
    identities up to the day at which it stopped. Raises DemoRefused.
    """
    if settings.IN_PRODUCTION:
        raise DemoRefused("The demo's passwords stand in its code: never in production.")
    tenant = _tenant() or open_company(accounts=accounts, months=months, now=now)
    with tenant_scope(tenant.id):
        run = _run()
        if run is None:
            return Result.FOREIGN
        if run.state == JobState.DONE:
            return Result.THERE
        _trade(run, now=now, tell=tell)
        _finish(run, tenant, now=now)
        # The pages' sums are there from the first look on. Entries are numbered by the real time,
        # whatever `now` was given.
        tallying.add_up(before=timezone.now(), zone=ZONE)
    return Result.MADE


def sign_ins() -> list[SignIn]:
    """One partner, one program manager, one sales rep; nobody while there is no finished demo."""
    tenant = _tenant()
    if tenant is None:
        return []
    with tenant_scope(tenant.id):
        run = _run()
    if run is None or run.state != JobState.DONE:
        return []
    host = f"{SLUG}.{settings.DOMAIN}"
    partner = partner_email(businesses(1)[0])
    return [
        SignIn("Partner", "/portal/", host, partner, PASSWORD),
        SignIn(str(STAFF[MANAGER][1].label), "/console/", host, staff_email(MANAGER), PASSWORD),
        SignIn(str(STAFF[REP][1].label), "/field/", host, staff_email(REP), PASSWORD),
    ]


def _tenant() -> Tenant | None:
    with transaction.atomic():
        return doors.tenant_by_slug(SLUG)


def _run() -> JobRun | None:
    with transaction.atomic():
        return JobRun.objects.filter(job=JOB).first()


def _trade(run: JobRun, *, now: datetime, tell: Callable[[Step], None]) -> None:
    """The history through the one door, day by day, with the clock between the days."""
    calendar = calendar_of(date.fromisoformat(run.period), run.outcome["months"])
    facts = facts_of(businesses(run.outcome["accounts"]), calendar, catalog())
    length = (calendar.last - calendar.first).days + 1

    def after_day(day: date, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.status not in ("accepted", "known"):
                raise DemoRefused(
                    f"A fact of the demo's own was refused: {outcome.reason} If the demo was begun "
                    "by another version of the code, remove it with `make clean`."
                )
        tell(Step(day, ((day - calendar.first).days + 1) / length))

    past = Past(zone=ZONE, holder=JOB, at=now, until=day_of(now, ZONE))
    take_in_history(facts, source=SOURCE, actor=ACTOR, past=past, after_day=after_day)


def _finish(run: JobRun, tenant: Tenant, *, now: datetime) -> None:
    """The catalog opens and some have redeemed: with the history's end, or not at all."""
    today = date.fromisoformat(run.period)
    with transaction.atomic():
        manager = Staff.objects.get(name=STAFF[MANAGER][0]).actor
        opened = start_of(calendar_of(today, run.outcome["months"]).first, ZONE)
        rewards.add_catalog(Program.objects.get(), today=today, by=manager, at=opened)
        people = businesses(run.outcome["accounts"])
        rewards.redeem_some(tenant, people, today=today)
        rebates.agree(Program.objects.get(), people, today=today)
        deals.add_deals(people, today=today)
        together.add_together(people, today=today)
        funds.add_funds(people, today=today)
        spiffs.add_spiffs(people, today=today)
        referrals.add_referrals(people, today=today)
        training.add_training(people, today=today)
        leads.add_leads(people, now=now)
        leads.open_directory(people, today=today)
        run.state, run.finished_at = JobState.DONE, now
        run.save(update_fields=["state", "finished_at"])
