"""What runs for a tenant and when, in plain words; `loyalty.celery` says it to the scheduler."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from celery.schedules import crontab
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import rebates.tasks
from accounts.periods import add_months, day_of, month_of, start_of
from loyalty import nightly
from loyalty.celery import app
from partners import tasks as deals
from rewards import clock
from rewards.reminding import STATUS, WARNING
from tiers.nearness import LOOKED

AHEAD = timedelta(days=400)  # the longest of periods, a year, has an end within it

# From an instant and the tenant's zone: when it is due next, None where it never is.
Due = Callable[[datetime, ZoneInfo], datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a job does once for each of its periods; `code` is that of its runs (JobRun.job)."""

    code: str
    name: str | Promise
    says: str | Promise
    due: Due


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`entry` is its line in the schedule, `task` what works for one tenant."""

    code: str
    name: str | Promise
    says: str | Promise
    entry: str
    task: str
    often: str | Promise = ""
    due: Due | None = None
    parts: tuple[Part, ...] = ()


def _tomorrow(after: datetime, zone: ZoneInfo) -> datetime:
    return start_of(day_of(after, zone) + timedelta(days=1), zone)


def _next_month(after: datetime, zone: ZoneInfo) -> datetime:
    return start_of(add_months(month_of(after, zone), 1), zone)


def _next_evaluation(after: datetime, zone: ZoneInfo) -> datetime | None:
    return clock.next_evaluation(after=after, upto=after + AHEAD)


_JOBS = (
    Job(
        code="advance",
        name=gettext_lazy("Points and tiers"),
        says=gettext_lazy(
            "Points whose return window is over become available, points past their last day "
            "expire, and whatever is due on the tiers is decided."
        ),
        entry="advance every tenant's clock",
        task="rewards.tasks.advance_tenant",
        parts=(
            Part(
                code=clock.EVALUATION,
                name=gettext_lazy("Evaluation of tiers"),
                says=gettext_lazy(
                    "At the end of a period, of a grace or of a pin: who keeps, gains or loses a "
                    "tier."
                ),
                due=_next_evaluation,
            ),
            Part(
                code=LOOKED,
                name=gettext_lazy("Near the next tier"),
                says=gettext_lazy("Once a day: who is close enough to the next tier to be told."),
                due=_tomorrow,
            ),
        ),
    ),
    Job(
        code=rebates.tasks.JOB,
        name=gettext_lazy("Rebates"),
        says=gettext_lazy(
            "What agreements owe by now is accrued; statements that are due are issued, and their "
            "periods closed."
        ),
        entry="advance every tenant's agreements",
        task="rebates.tasks.advance_agreements",
    ),
    Job(
        code="remind",
        name=gettext_lazy("Warnings and monthly statuses"),
        says=gettext_lazy("What a day or a month brings to tell is recorded, once."),
        entry="remind every tenant",
        task="loyalty.notices.tasks.remind_tenant",
        parts=(
            Part(
                code=WARNING,
                name=gettext_lazy("Points about to expire"),
                says=gettext_lazy(
                    "Once a day: whose points come to one of the days at which you warn."
                ),
                due=_tomorrow,
            ),
            Part(
                code=STATUS,
                name=gettext_lazy("Monthly status"),
                says=gettext_lazy("Once a month, when it is over: how it went for each account."),
                due=_next_month,
            ),
        ),
    ),
    Job(
        code=deals.ADVANCE,
        name=gettext_lazy("Deals"),
        says=gettext_lazy(
            "Partners are reminded before the exclusivity of a deal ends, and it ends on its day."
        ),
        entry="advance every tenant's deals",
        task="partners.tasks.advance_deals",
    ),
    Job(
        code=deals.SURVEYS,
        name=gettext_lazy("Surveys"),
        says=gettext_lazy(
            "After a won deal and at a quarter’s end people are asked, and reminded once."
        ),
        entry="advance every tenant's surveys",
        task="partners.tasks.advance_surveys",
    ),
    Job(
        code=deals.ADVANCE_FUNDS,
        name=gettext_lazy("Marketing funds"),
        says=gettext_lazy(
            "Accounts accrue funds on their purchases, partners are reminded of claims and of "
            "what ends, and what is unused goes back into its budget on its day."
        ),
        entry="advance every tenant's funds",
        task="partners.tasks.advance_funds",
    ),
    Job(
        code=deals.REFER,
        name=gettext_lazy("Referrals"),
        says=gettext_lazy(
            "A first purchase wins a referral, its return takes it back; protection ends."
        ),
        entry="advance every tenant's referrals",
        task="partners.tasks.advance_referrals",
    ),
    Job(
        code=deals.RECALL,
        name=gettext_lazy("SPIFFs"),
        says=gettext_lazy("What was given for claimed sales that came back since is taken back."),
        entry="recall every tenant's SPIFFs",
        task="partners.tasks.recall_spiffs",
    ),
    Job(
        code=deals.ADVANCE_TRAINING,
        name=gettext_lazy("Certificates"),
        says=gettext_lazy(
            "People are reminded when their certificates can be renewed, and told of their end."
        ),
        entry="advance every tenant's training",
        task="partners.tasks.advance_training",
    ),
    Job(
        code=deals.ADVANCE_LEADS,
        name=gettext_lazy("Leads"),
        says=gettext_lazy(
            "Leads that were not accepted in time go on to the next partner; partners that say "
            "nothing of theirs are reminded."
        ),
        entry="advance every tenant's leads",
        task="partners.tasks.advance_leads",
    ),
    Job(
        code="tell_people",
        name=gettext_lazy("Notices and letters"),
        says=gettext_lazy(
            "What happened becomes notices in inboxes, and letters that are due go out."
        ),
        entry="tell people",
        task="loyalty.notices.tasks.tell_people",
    ),
    Job(
        code="deliver",
        name=gettext_lazy("Webhooks"),
        says=gettext_lazy(
            "What happened goes to your other systems, and what failed is tried again. It runs "
            "whenever something waits."
        ),
        entry="sweep deliveries",
        task="accounts.tasks.deliver",
    ),
    Job(
        code=nightly.JOB,
        name=gettext_lazy("Check of the books"),
        says=gettext_lazy(
            "Every figure is worked out anew and compared. Nothing is repaired; "
            "while something does not add up, nothing of value is handed out."
        ),
        entry="check every tenant's books",
        task="loyalty.tasks.check_books",
        often=gettext_lazy("Every night"),
        due=nightly.next_night,
    ),
)
JOBS = {job.code: job for job in _JOBS}


def send(code: str, *, tenant_id: str, asked: str) -> None:
    """The message for a run that somebody asked for."""
    about = {"tenant_id": tenant_id, "asked": asked}
    app.signature(JOBS[code].task, kwargs=about).apply_async()


def often(job: Job) -> str:
    """How often it runs, in words, as the schedule has it."""
    schedule = app.conf.beat_schedule[job.entry]["schedule"]
    if job.often:
        return str(job.often)
    if not isinstance(schedule, crontab):
        return _("Every %(count)s seconds") % {"count": schedule}
    minutes = 60 // len(schedule.minute)
    return {1: _("Every minute"), 60: _("Every hour")}.get(
        minutes, _("Every %(minutes)s minutes") % {"minutes": minutes}
    )


def next_run(job: Job, *, after: datetime, zone: ZoneInfo) -> datetime:
    """When it begins next, by the schedule."""
    due = job.due(after, zone) if job.due else None
    return _tick(job, from_=due or after + after.resolution)


def next_of_part(job: Job, part: Part, *, after: datetime, zone: ZoneInfo) -> datetime | None:
    """When it is done next; None where nothing is to come."""
    due = part.due(after, zone)
    return _tick(job, from_=due) if due else None


def _tick(job: Job, *, from_: datetime) -> datetime:
    """The first instant from then on at which the schedule sends it off."""
    schedule = app.conf.beat_schedule[job.entry]["schedule"]
    if not isinstance(schedule, crontab):
        return from_ + timedelta(seconds=schedule)
    minute = from_.replace(second=0, microsecond=0)
    while minute < from_ or minute.minute not in schedule.minute:
        minute += timedelta(minutes=1)
    return minute
