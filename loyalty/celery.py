"""The worker's application, and the one list of what runs when."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, worker_init

from loyalty import heap

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")

app = Celery("loyalty")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["accounts", "rewards", "rebates", "partners", "loyalty", "loyalty.notices"])

# Times are UTC; what belongs to a tenant's day or quarter decides by the tenant's own clock.
app.conf.beat_schedule = {
    # Holds that end, lots that expire, quarters that close: whatever is due, for each tenant.
    "advance every tenant's clock": {
        "task": "rewards.tasks.advance_every_tenant",
        "schedule": crontab(minute="*/5"),
    },
    # Agreements: what they owe by now, statements that are due, periods that close.
    "advance every tenant's agreements": {
        "task": "rebates.tasks.advance_every_tenants_agreements",
        "schedule": crontab(minute="*/15"),
    },
    # The sums by day that the console's figures are read from.
    "add up every tenant's movements": {
        "task": "rewards.tasks.add_up_every_tenant",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    # Replays whose worker died, or whose message the broker lost.
    "sweep replays": {
        "task": "rewards.tasks.sweep_replays",
        "schedule": crontab(minute="*/10"),
    },
    # Imports whose worker died, or whose message the broker lost.
    "sweep imports": {
        "task": "rewards.tasks.sweep_imports",
        "schedule": crontab(),
    },
    # Exports whose worker died, or whose message the broker lost; files whose week is over.
    "sweep exports": {
        "task": "loyalty.tasks.sweep_exports",
        "schedule": crontab(minute="*/2"),
    },
    # Events on their way to webhooks: new ones, and what is due again.
    "sweep deliveries": {
        "task": "accounts.tasks.sweep_deliveries",
        "schedule": 10,  # seconds
        "options": {"expires": 60},
    },
    # Events on their way to people; letters of the morning, and those that a server put off.
    "tell people": {
        "task": "loyalty.notices.tasks.tell_every_tenants_people",
        "schedule": crontab(),
    },
    # Exclusivities of deals that come to their end: by each tenant's own day.
    "advance every tenant's deals": {
        "task": "partners.tasks.advance_every_tenants_deals",
        "schedule": crontab(minute=10),
    },
    # Surveys whose occasion has come, and those to be reminded of once.
    "advance every tenant's surveys": {
        "task": "partners.tasks.advance_every_tenants_surveys",
        "schedule": crontab(minute=15),
    },
    # Marketing funds: accruals, claims that did not come, money that is over; by their own day.
    "advance every tenant's funds": {
        "task": "partners.tasks.advance_every_tenants_funds",
        "schedule": crontab(minute=25),
    },
    # Referrals: first purchases that win them, returns, and protection that is over.
    "advance every tenant's referrals": {
        "task": "partners.tasks.advance_every_tenants_referrals",
        "schedule": crontab(minute=25),
    },
    # Claimed sales that came back since: what SPIFFs gave for them is taken back.
    "recall every tenant's SPIFFs": {
        "task": "partners.tasks.recall_every_tenants_spiffs",
        "schedule": crontab(minute=15),
    },
    # Certificates that come to their end: by each tenant's own day.
    "advance every tenant's training": {
        "task": "partners.tasks.advance_every_tenants_training",
        "schedule": crontab(minute=15),
    },
    # Leads that nobody accepted in time, and partners that say nothing of theirs.
    "advance every tenant's leads": {
        "task": "partners.tasks.advance_every_tenants_leads",
        "schedule": crontab(minute="*/5"),
    },
    # Points that are about to expire, a month that is over: by each tenant's own day.
    "remind every tenant": {
        "task": "loyalty.notices.tasks.remind_every_tenant",
        "schedule": crontab(minute=20),
    },
    # Where it is night: whether the books add up.
    "check every tenant's books": {
        "task": "loyalty.tasks.check_every_tenants_books",
        "schedule": crontab(minute=40),
    },
    # Runs that somebody asked for, and whose message or worker was lost.
    "sweep jobs": {
        "task": "loyalty.tasks.sweep_jobs",
        "schedule": crontab(minute="*/10"),
    },
}


@worker_init.connect
@beat_init.connect
def check_wall(**kwargs) -> None:
    from accounts.guards import WallMissing, refuse_unless_walled

    try:
        refuse_unless_walled()
    except WallMissing as missing:
        # Celery logs what a signal's receiver raises and goes on; this it does not catch.
        raise SystemExit(str(missing)) from None


@worker_init.connect
def settle_heap(**kwargs) -> None:
    heap.settle()  # before the pool is forked: its processes then share what is loaded
