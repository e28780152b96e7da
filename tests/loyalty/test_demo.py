"""The demo's tenant comes out of the real rules, once, whatever happens on the way."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.doors import tenant_by_slug
from accounts.models import Account, Activity, Enrollment, JobRun, Staff, Tenant
from accounts.models.job import JobState
from accounts.tenancy import tenant_scope
from loyalty import demo
from loyalty.books import verify
from loyalty.celery import app as celery
from loyalty.demo import people
from loyalty.demo.businesses import businesses
from loyalty.demo.catalog import catalog
from loyalty.demo.company import calendar_of
from loyalty.demo.documents import facts_of
from loyalty.ladders import progress_now
from partners.models import SpiffClaim
from rewards.models import Entry, Lot, Wallet
from tests.conftest import empty_every_table
from tests.factories import TenantFactory

NOW = datetime(2026, 5, 20, 16, tzinfo=UTC)  # noon in New York, a Wednesday
SMALL = {"now": NOW, "accounts": 9, "months": 3}


def acme() -> Tenant | None:
    with transaction.atomic():
        return tenant_by_slug("acme")


def the_tenant() -> Tenant:
    tenant = acme()
    assert tenant is not None
    return tenant


def books() -> dict[str, list]:
    """What facts, movements and wallets came to, without the identifiers drawn on the way."""
    with tenant_scope(the_tenant().id), transaction.atomic():
        # facts of these bear the identifier of what they are about, drawn anew each time
        drawn = ("deals", "surveys", "system:referrals", "system:training")
        known = Activity.objects.exclude(source__in=drawn)
        facts = [*known.values_list("external_id", "line", "occurred_at", "amount")]
        deals = Activity.objects.filter(source__in=drawn)
        facts += [("", *one) for one in deals.values_list("line", "occurred_at", "amount")]
        moves = Entry.objects.values_list(
            "wallet__account__number", "kind", "occurred_at", "available", "pending"
        )
        wallets = Wallet.objects.values_list("account__number", "available", "pending")
        return {"facts": sorted(facts), "moves": sorted(moves), "wallets": sorted(wallets)}


@pytest.mark.usefixtures("committed")
def test_a_seeded_company_is_lively_sound_and_left_alone_the_next_time():
    assert demo.seed(**SMALL) is demo.Result.MADE

    assert [
        (one.invariant.claim, one.sample) for one in verify([the_tenant().id]) if one.sample
    ] == []
    seen = {sign_in.who: _page_of(sign_in) for sign_in in demo.sign_ins()}
    assert "Lakeshore Industrial Supply" in seen["Partner"]
    assert "Last movements" in seen["Partner"]
    assert "Acme Rewards" in seen["Program manager"]
    assert "Gateway Tool &amp; Abrasive" in seen["Sales rep"]
    assert "Redwood Contractor Supply" not in seen["Sales rep"]
    with tenant_scope(the_tenant().id), transaction.atomic():
        moved_up = Account.objects.filter(
            enrollments__standings__starts_at=datetime(2026, 5, 20, 4, tzinfo=UTC),
            enrollments__standings__scheme__is_leading=True,
        )
        assert [account.name for account in moved_up.order_by("number")] == [
            "Gateway Tool & Abrasive",
            "Iron Range Equipment",
            "Allegheny Mill Supply",
        ]
        partner = Enrollment.objects.get(account__name="Lakeshore Industrial Supply")
        found = progress_now([partner.id], as_of=NOW)[partner.id]
        told = [(one.ladder.name, one.held.name, one.percent) for one in found]
        assert told[0] == ("Partner tiers", "Silver", 86)
        assert told[1][0] == "Safety specialists"
        lots = Lot.objects.filter(tenant_id=the_tenant().id, remaining__gt=0)
        assert lots.filter(state="pending").exists()
        assert lots.filter(expires_at=datetime(2026, 10, 1, 4, tzinfo=UTC)).exists()

    before = books()
    assert demo.seed(**SMALL | {"now": NOW + timedelta(days=40)}) is demo.Result.THERE
    assert books() == before


@pytest.mark.usefixtures("committed")
def test_whatever_is_due_is_done_on_the_day_after_and_the_books_stay_sound(monkeypatch):
    demo.seed(**SMALL)
    monkeypatch.setattr(celery.conf, "task_always_eager", True)
    monkeypatch.setattr(celery.conf, "task_eager_propagates", True)
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=1))
    with tenant_scope(the_tenant().id), transaction.atomic():
        rewarded = set(
            SpiffClaim.objects.filter(granted__gt=0).values_list("pk", "granted", "recalled")
        )
    celery.loader.import_default_modules()
    for job in celery.conf.beat_schedule.values():
        celery.tasks[job["task"]].delay()
    with tenant_scope(the_tenant().id), transaction.atomic():
        assert (
            list(JobRun.objects.filter(state=JobState.FAILED).values_list("job", flat=True)) == []
        )
        assert {*SpiffClaim.objects.values_list("pk", "granted", "recalled")} >= rewarded != set()
    assert [one.sample for one in verify([the_tenant().id]) if one.sample] == []


def _page_of(sign_in: demo.SignIn) -> str:
    """What the person sees first, having signed in with the password that we print."""
    client = Client(headers={"host": sign_in.host})
    form = {"login": sign_in.email, "password": sign_in.password}
    page = client.post(f"/sign-in/login/?next={sign_in.path}", form, follow=True)
    assert page.status_code == 200
    assert page.redirect_chain[0][0] == sign_in.path
    return page.content.decode()


class Killed(Exception):
    pass


@pytest.mark.usefixtures("committed")
def test_an_interrupted_seeding_goes_on_and_ends_the_same():
    small = {"now": NOW, "accounts": 4, "months": 1}
    demo.seed(**small)
    undisturbed = books()
    empty_every_table()

    def die(step: demo.Step) -> None:
        if step.share > 0.5:
            raise Killed

    with pytest.raises(Killed):
        demo.seed(**small, tell=die)
    assert 0 < len(books()["facts"]) < len(undisturbed["facts"])
    assert demo.sign_ins() == []

    # An hour later and with other wishes: it is still the company that was begun.
    assert demo.seed(now=NOW + timedelta(hours=1), accounts=9, months=2) is demo.Result.MADE
    assert books() == undisturbed


@pytest.mark.usefixtures("committed")
def test_a_company_that_was_not_finished_is_not_there(monkeypatch):
    def die(*args) -> None:
        raise Killed

    monkeypatch.setattr(people, "add_members", die)
    with pytest.raises(Killed):
        demo.seed(**SMALL)
    assert acme() is None


def test_it_refuses_to_run_in_production(db, settings):
    settings.IN_PRODUCTION = True
    with pytest.raises(CommandError, match="never in production"):
        call_command("seed_demo")
    assert acme() is None


def test_a_workspace_of_that_name_that_is_not_ours_is_left_alone(db):
    tenant = TenantFactory(slug="acme")
    said = StringIO()
    call_command("seed_demo", accounts=4, months=1, stdout=said)
    assert "not the demo's: left alone" in said.getvalue()
    assert demo.sign_ins() == []
    with tenant_scope(tenant.id):
        assert not Staff.objects.exists()
        assert not Account.objects.exists()


@pytest.mark.parametrize(
    "today", [date(2026, 5, 20), date(2026, 7, 1), date(2026, 7, 2), date(2027, 1, 4)]
)
def test_any_day_has_a_history_that_ends_the_day_before(today: date):
    calendar = calendar_of(today, 6)
    facts = facts_of(businesses(60), calendar, catalog())
    assert len({(fact.external_id, fact.line) for fact in facts}) == len(facts) > 1_000
    assert all(one.occurred_at <= other.occurred_at for one, other in pairwise(facts))
    days = {fact.occurred_at.astimezone(calendar.zone).date() for fact in facts}
    assert calendar.first <= min(days)
    assert max(days) < today
    assert facts == facts_of(businesses(60), calendar, catalog())
