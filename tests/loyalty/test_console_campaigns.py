"""Campaigns, budgets and milestones, made in the console."""

import pytest

from rewards.models import Budget, Campaign, Milestone
from tests.factories import (
    MemberFactory,
    enrolled_account,
    open_campaign,
)
from tests.loyalty.faces import NOW, client_of, hidden, text_of
from tests.rewards.stories import at

pytestmark = pytest.mark.usefixtures("stopped_clock")


CAMPAIGN = {
    "code": "june",
    "name": "June double",
    "kind": "purchase",
    "unit": "points",
    "multiplier": "2",
    "bonus": "0",
    "starts_on": "2026-06-01",
    "ends_on": "2026-06-30",
    "match": "all",
}


def test_what_was_read_of_a_campaign_is_what_is_published(manager, program):
    manager.post("/console/campaigns/new/", CAMPAIGN)
    campaign = Campaign.objects.get()
    page = f"/console/campaigns/{campaign.pk}/"
    read, listed = hidden(manager.get(page)), hidden(manager.get("/console/campaigns/"))
    assert listed == {f"seen-{campaign.pk}": read["seen"]}
    manager.post(f"{page}edit/", CAMPAIGN | {"multiplier": "9"})
    picked = {"action": "publish", "pick": str(campaign.pk)}
    for url, sent in ((f"{page}publish/", read), ("/console/campaigns/", picked | listed)):
        told = text_of(manager.post(url, sent, follow=True))
        assert "Somebody wrote at the draft since: read it again" in told
    campaign.refresh_from_db()
    assert campaign.published_at is None
    manager.post(f"{page}publish/", hidden(manager.get(page)))
    campaign.refresh_from_db()
    assert (campaign.published_at, campaign.multiplier) == (NOW, 9)


def test_a_campaign_is_drafted_published_and_ended(manager, program, monkeypatch):
    assert manager.post("/console/campaigns/new/", CAMPAIGN).status_code == 302
    campaign = Campaign.objects.get()
    assert (campaign.starts_at, campaign.ends_at) == (
        at("2026-06-01 00:00"),
        at("2026-07-01 00:00"),
    )
    page = f"/console/campaigns/{campaign.pk}/"
    edited = CAMPAIGN | {"multiplier": "3", "name": "June triple"}
    assert manager.post(f"{page}edit/", edited).status_code == 302
    manager.post(f"{page}publish/")
    campaign.refresh_from_db()
    assert (campaign.multiplier, campaign.name, campaign.published_at) == (3, "June triple", NOW)
    listed = text_of(manager.get("/console/campaigns/"))
    assert "3 × the points of each purchase In June triple. Until Jun 30, 2026." in listed
    manager.post(f"{page}end/")
    campaign.refresh_from_db()
    assert campaign.ends_at == campaign.starts_at  # it had not begun, and never does
    shown = text_of(manager.get(page))
    assert ("June triple Called off" in shown, "Call it off" in shown) == (True, False)
    assert "This campaign is not in force." in text_of(manager.post(f"{page}end/", follow=True))
    again = CAMPAIGN | {"code": "june-2", "starts_on": "2026-05-01"}
    page = manager.post("/console/campaigns/new/", again)["Location"]
    manager.post(f"{page}publish/")
    later = at("2026-06-01 12:00")
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert "June triple" not in text_of(manager.get("/console/campaigns/?state=scheduled"))
    assert "June triple" in text_of(manager.get("/console/campaigns/?state=ended"))
    manager.post(f"{page}end/")
    assert Campaign.objects.get(code="june-2").ends_at == later


def test_a_responsive_rate_is_written_in_the_form(manager, program):
    trigger = {
        "ends_on": "",
        "trigger_kind": "training",
        "trigger_threshold": "3",
        "trigger_counted": "count",
        "trigger_window": "month",
        "days": "14",
    }
    assert manager.post("/console/campaigns/new/", CAMPAIGN | trigger).status_code == 302
    campaign = Campaign.objects.get()
    assert (campaign.trigger_threshold, campaign.days, campaign.ends_at) == (3, 14, None)
    said = text_of(manager.get(f"/console/campaigns/{campaign.pk}/"))
    assert "For 14 days after 3 × training in a month." in said


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"ends_on": ""}, "Say when it ends."),
        ({"bonus": "5"}, "Say to which rule the bonus belongs"),
        ({"multiplier": "1"}, "Multiply by more than 1, or give a bonus."),
        ({"ends_on": "2026-05-01"}, "It ends after it starts."),
        ({"trigger_kind": "training"}, "Say what is counted"),
    ],
)
def test_what_is_wrong_with_a_campaign_is_said(manager, program, sent, why):
    answer = manager.post("/console/campaigns/new/", CAMPAIGN | sent)
    assert (answer.status_code, why in text_of(answer)) == (422, True)
    assert not Campaign.objects.exists()


def test_budgets_and_milestones(manager, program):
    sent = {"unit": "points", "amount": "5000", "ends_on": "2026-12-31"}
    assert manager.post("/console/budgets/new/", sent).status_code == 302
    budget = Budget.objects.get()
    assert (budget.starts_at, budget.ends_at) == (NOW, at("2027-01-01 00:00"))
    late = manager.post("/console/budgets/new/", sent | {"starts_on": "2026-01-01"})
    assert "start today or later" in text_of(late)
    milestone = {
        "code": "big",
        "name": "First 10,000",
        "kind": "purchase",
        "counted": "amount",
        "threshold": "10000.00",
    }
    assert manager.post("/console/milestones/new/", milestone).status_code == 302
    assert Milestone.objects.get().threshold == 10_000_00
    said = text_of(manager.get("/console/campaigns/"))
    assert "First 10,000 big Purchase, amount: $10,000" in said


@pytest.mark.parametrize(
    ("period", "starts", "ends"),
    [
        ("this 3", NOW, at("2026-08-01 00:00")),
        ("next 3", at("2026-08-01 00:00"), at("2026-11-01 00:00")),
        ("this 12", NOW, at("2027-02-01 00:00")),
        ("next 12", at("2027-02-01 00:00"), at("2028-02-01 00:00")),
    ],
)
def test_a_budget_for_a_fiscal_period(manager, in_tenant, program, period, starts, ends):
    in_tenant.fiscal_year_starts = 2
    in_tenant.save()
    sent = {"unit": "points", "amount": "5000", "period": period}
    assert manager.post("/console/budgets/new/", sent).status_code == 302
    budget = Budget.objects.get()
    assert (budget.starts_at, budget.ends_at) == (starts, ends)


def test_a_budget_that_renews_says_how_far_this_period_is(manager, program):
    sent = {"unit": "points", "amount": "5000", "carries_over": "on"}
    refused = manager.post("/console/budgets/new/", sent | {"ends_on": "2026-12-31"})
    assert "Say how often the budget is full again, or leave this." in text_of(refused)
    assert manager.post("/console/budgets/new/", sent | {"renews": "month"}).status_code == 302
    budget = Budget.objects.get()
    assert (budget.ends_at, budget.renews, budget.carries_over) == (None, "month", True)
    said = text_of(manager.get("/console/campaigns/"))
    assert "5,000 every month. What is left is carried over. Shown from" in said


def test_a_budget_without_an_end_is_refused(manager, program):
    refused = manager.post("/console/budgets/new/", {"unit": "points", "amount": "5000"})
    assert refused.status_code == 422
    assert "Say when it ends, or choose a fiscal period." in text_of(refused)
    assert not Budget.objects.exists()


def test_partners_read_campaigns_under_how_you_earn(in_tenant, program):
    account = enrolled_account(program)
    member = MemberFactory(account=account)
    open_campaign(program, code="may", multiplier=2, ends_at=at("2026-06-01 00:00"))
    page = f"/portal/{account.enrollments.get().pk}/how/"
    text = text_of(client_of(in_tenant, member.user).get(page))
    assert "2 × the points of each purchase For a time In May. Until May 31, 2026." in text
