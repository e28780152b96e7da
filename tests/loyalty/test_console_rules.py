"""Program managers define kinds, segments, rules and campaigns in the console, without a script."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import Activity, ActivityKind, Event, Segment
from rewards.models import Budget, Campaign, Entry, Milestone, RuleVersion, Wallet
from rewards.publishing import set_second_pair
from tests.factories import (
    AccountFactory,
    MemberFactory,
    ProductFactory,
    StaffFactory,
    enrolled_account,
    open_campaign,
    publish_rule,
)
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.rewards.stories import accepted, at, purchase

RULE = {
    "code": "bikes",
    "name": "Bikes twice",
    "kind": "purchase",
    "unit": "points",
    "rate": "2",
    "basis": "per_amount",
    "beneficiary": "account",
    "hold_days": "0",
    "tier_multiplies": "on",
    "match": "all",
}


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def program(in_tenant):
    return running_program()


@pytest.fixture
def author(in_tenant):
    return StaffFactory(name="Ann Author")


@pytest.fixture
def manager(in_tenant, author):
    return client_of(in_tenant, author.user)


@pytest.fixture
def colleague(in_tenant):
    return client_of(in_tenant, StaffFactory(name="Cole League").user)


@pytest.fixture
def analyst(in_tenant):
    return client_of(in_tenant, StaffFactory(role="analyst").user)


# ── Kinds ────────────────────────────────────────────────────────────────────────────────────────


def test_a_kind_is_added_and_its_attributes_are_changed(manager):
    lines = "score: number, required\ngrade: choice A, B\n\nseen: yes_no"
    sent = {"code": "audit", "name": "Audit", "attributes": lines}
    assert manager.post("/console/kinds/new/", sent).status_code == 302
    kind = ActivityKind.objects.get(code="audit")
    assert kind.attributes == [
        {"name": "score", "type": "number", "required": True},
        {"name": "grade", "type": "choice", "choices": ["A", "B"]},
        {"name": "seen", "type": "yes_no"},
    ]
    page = manager.get(f"/console/kinds/{kind.pk}/")
    assert "score: number, required\ngrade: choice A, B\nseen: yes_no" in page.content.decode()
    manager.post(f"/console/kinds/{kind.pk}/", {"name": "Site audit", "attributes": ""})
    kind.refresh_from_db()
    assert (kind.name, kind.attributes) == ("Site audit", [])
    assert "score number, required" not in text_of(manager.get("/console/kinds/"))


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"code": "purchase"}, "There is a kind “purchase” already"),
        ({"attributes": "score"}, "“score” has no type; write it like “hours: number”."),
        ({"attributes": "Score: number"}, "“Score” is no name"),
        ({"attributes": "a: float"}, "“a” has no type; use one of text, number"),
        ({"attributes": "a: text\na: text"}, "“a” is there twice."),
        ({"attributes": "a: choice"}, "“a” is one of a list: say of which."),
    ],
)
def test_a_kind_that_makes_no_sense_is_refused(manager, sent, why):
    before = ActivityKind.objects.count()
    answer = manager.post("/console/kinds/new/", {"code": "audit", "name": "Audit"} | sent)
    assert answer.status_code == 422
    assert why in text_of(answer)
    assert ActivityKind.objects.count() == before


# ── Segments ─────────────────────────────────────────────────────────────────────────────────────


def test_a_segment_is_written_in_rows_and_shows_who_is_in_it(manager):
    AccountFactory(name="Nordwind", region="North", country="DE")
    AccountFactory(name="Sudwind", region="South", country="DE")
    rows = {"field": ["region", "country", ""], "op": ["in", "eq", "eq"]}
    values = {"value": ["North, East", "DE", ""], "match": "all"}
    sent = {"code": "north", "name": "North", **rows, **values}
    look = manager.post("/console/segments/new/", sent | {"look": "1"})
    assert "1 account Nordwind" in text_of(look)
    assert not Segment.objects.exists()
    assert manager.post("/console/segments/new/", sent).status_code == 302
    segment = Segment.objects.get()
    assert segment.condition == {
        "all": [
            {"field": "region", "op": "in", "value": ["North", "East"]},
            {"field": "country", "op": "eq", "value": "DE"},
        ]
    }
    page = manager.get(f"/console/segments/{segment.pk}/").content.decode()
    assert 'value="North, East"' in page
    listed = text_of(manager.get("/console/segments/"))
    assert "the region is one of North or East and the country is DE 1" in listed


def test_a_condition_that_is_none_is_refused_and_kept_on_the_page(manager):
    sent = {"code": "x", "name": "X", "as_json": '{"field": "amount", "op": "gt", "value": 1}'}
    answer = manager.post("/console/segments/new/", sent)
    assert answer.status_code == 422
    assert "Accounts cannot be told apart by that" in text_of(answer)
    assert "&quot;amount&quot;" in answer.content.decode()
    assert not Segment.objects.exists()


# ── Rules ────────────────────────────────────────────────────────────────────────────────────────


def draft(manager, **sent) -> RuleVersion:
    answer = manager.post("/console/rules/new/", RULE | sent)
    assert answer.status_code == 302, text_of(answer)
    return RuleVersion.objects.get(rule__code=sent.get("code", "bikes"))


def test_a_rule_is_drafted_tried_and_published(manager, program):
    account = enrolled_account(program, number="D1")
    accepted(
        purchase(account, "10.00", at("2026-05-10"), "A", attributes={"color": "red"}),
        purchase(account, "10.00", at("2026-05-11"), "B"),
        as_of=at("2026-05-12"),
    )
    version = draft(
        manager,
        field=["amount", "account.city", ""],
        op=["gte", "eq", "eq"],
        value=["5.00", "", ""],
        match="any",
    )
    assert version.condition == {
        "any": [
            {"field": "amount", "op": "gte", "value": 500},
            {"field": "account.city", "op": "eq", "value": ""},
        ]
    }
    page = f"/console/rules/{version.pk}/"
    assert "Draft" in text_of(manager.get(page))
    sample = {"account": "D1", "occurred_at": "2026-05-01T10:00", "amount": "12.50"}
    assert "Gives 25 points Held then: Member, × 1." in text_of(manager.get(page, sample))
    little = text_of(manager.get(page, sample | {"amount": "1"}))
    assert "Gives nothing It asks that the amount is at least $5.00" in little
    past = text_of(manager.get(page, {"past": "1"}))
    assert "would have given 40" in past
    assert "this rule gave 0" in past
    assert Entry.objects.filter(rule_version=version).count() == 0
    assert manager.post(f"{page}publish/", {"valid_from": "2026-06-01"}).status_code == 302
    version.refresh_from_db()
    assert version.valid_from == at("2026-06-01 00:00")
    assert "Scheduled" in text_of(manager.get("/console/rules/"))
    assert manager.post(f"{page}edit/", RULE | {"rate": "9"}).status_code == 302
    version.refresh_from_db()
    assert version.rate == 2


def test_more_rows_lose_nothing_and_save_nothing(manager, program):
    sent = RULE | {"field": ["line"], "op": ["eq"], "value": ["Bikes"], "more": "1"}
    answer = manager.post("/console/rules/new/", sent)
    assert answer.status_code == 200
    assert answer.content.decode().count('name="field"') == 3
    assert 'value="Bikes"' in answer.content.decode()
    assert not RuleVersion.objects.filter(rule__code="bikes").exists()


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"field": "amount", "op": "gt", "value": "much"}, "“amount” is a number such as 1240.55."),
        ({"field": "segment", "op": "eq", "value": "vip"}, "There is no segment “vip”."),
        ({"as_json": "{"}, "This is no JSON"),
        ({"as_json": '{"field": "colour", "op": "eq", "value": 1}'}, "There is no field “colour”"),
        ({"cap": "5"}, "A cap has an amount and what it counts, or neither."),
        ({"rate": "0"}, "greater than or equal to 0.0001"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said(manager, program, sent, why):
    rows = {"field": "", "op": "eq", "value": ""}
    answer = manager.post("/console/rules/new/", RULE | rows | sent)
    assert (answer.status_code, why in text_of(answer)) == (422, True)
    assert not RuleVersion.objects.filter(rule__code="bikes").exists()


def test_a_condition_too_deep_for_rows_is_edited_as_json(manager, program):
    deep = {"not": {"field": "line", "op": "eq", "value": "Bikes"}}
    version = draft(manager, as_json='{"not": {"field": "line", "op": "eq", "value": "Bikes"}}')
    assert version.condition == deep
    page = manager.get(f"/console/rules/{version.pk}/edit/").content.decode()
    assert "&quot;not&quot;" in page
    assert "it is not so that the product line is Bikes" in text_of(manager.get("/console/rules/"))


def test_two_pairs_of_eyes(manager, colleague, author, program):
    set_second_pair(needed=True, actor=author.actor, now=NOW)
    version = draft(manager)
    page = f"/console/rules/{version.pk}/"
    assert "Another owner or program manager has to publish it." in text_of(manager.get(page))
    manager.post(f"{page}publish/", {"valid_from": ""})
    assert not RuleVersion.objects.filter(pk=version.pk, published_at__isnull=False).exists()
    colleague.post(f"{page}publish/", {"valid_from": ""})
    assert RuleVersion.objects.filter(pk=version.pk, published_at=NOW).exists()


def test_only_an_owner_says_how_many_pairs(manager, in_tenant):
    owner = client_of(in_tenant, StaffFactory(role="owner").user)
    assert manager.post("/console/rules/second-pair/", {"needed": "1"}).status_code == 403
    assert owner.post("/console/rules/second-pair/", {"needed": "1"}).status_code == 302
    in_tenant.refresh_from_db()
    assert in_tenant.two_pairs_of_eyes


def test_a_new_version_starts_from_the_last_and_a_rule_ends(manager, program):
    version = publish_rule(program, code="parts", rate=Decimal(3))
    page = f"/console/rules/{version.pk}/"
    manager.post(f"{page}next/")
    following = RuleVersion.objects.get(rule=version.rule, number=2)
    assert (following.rate, following.published_at) == (3, None)
    manager.post(f"/console/rules/{following.pk}/discard/")
    assert "version 2" not in text_of(manager.get("/console/rules/"))
    manager.post(f"{page}end/")
    version.refresh_from_db()
    assert version.valid_to == NOW


def test_a_condition_suggests_what_there_is_and_a_trial_shows_what_would_earn(manager, program):
    enrolled_account(program, number="D1", region="West", partner_type="Dealer")
    ProductFactory(sku="S-1", line="Sealing")
    dealer = enrolled_account(program, number="D2")
    accepted(
        purchase(dealer, "10.00", NOW - timedelta(days=1), "A", product="S-1"),
        purchase(dealer, "20.00", NOW - timedelta(days=2), "B"),
        as_of=NOW,
    )
    sealing = RULE | {"field": "line", "op": "eq", "value": "Sealing"}
    page = manager.post("/console/rules/new/", sealing)["Location"]
    form = manager.get(f"{page}edit/").content.decode()
    assert 'value="Sealing" autocomplete="off" list="known-line"' in form
    for field, value in (("line", "Sealing"), ("region", "West"), ("partner_type", "Dealer")):
        assert f'<datalist id="known-{field}"><option value="{value}"></datalist>' in form
    assert '<option value="procurement">' in form
    shown = text_of(manager.get(f"{page}?past=1"))
    assert "would have given 20" in shown
    assert ("Dealer D2 A 20 0" in shown, "Dealer D2 B 0 0" in shown) == (True, False)
    assert 'value="2026-05-20T12:00"' in manager.get(page).content.decode()  # New York's noon


def test_a_version_of_a_later_day_is_called_off(manager, program):
    first = publish_rule(program, code="parts", rate=Decimal(3))
    manager.post(f"/console/rules/{first.pk}/next/")
    second = RuleVersion.objects.get(rule=first.rule, number=2)
    page = f"/console/rules/{second.pk}/"
    manager.post(f"{page}publish/", {"valid_from": "2026-06-01"})
    shown = manager.get(page).content.decode()
    assert "Call “Parts” off? It never begins. A version before it goes on." in shown
    told = text_of(manager.post(f"{page}end/", follow=True))
    assert "“Parts”, version 2 is called off." in told
    assert "Called off Version 2, which was to begin on Jun 1, 2026." in told
    assert "Call it off" not in told
    first.refresh_from_db()
    assert first.valid_to is None
    listed = text_of(manager.get("/console/rules/?state=ended"))
    assert "parts, version 2" in listed
    assert "parts, version 2" not in text_of(manager.get("/console/rules/?state=scheduled"))
    log = text_of(manager.get(f"/console/history/?subject=rule:{first.rule_id}"))
    assert "Rule called off before it began" in log


def test_analysts_read_and_change_nothing(analyst, program):
    version = publish_rule(program, code="parts")
    for path in ("kinds/", "segments/", "rules/", "campaigns/", f"rules/{version.pk}/"):
        assert analyst.get(f"/console/{path}").status_code == 200
    assert analyst.get("/console/rules/new/").status_code == 403
    assert analyst.post(f"/console/rules/{version.pk}/end/").status_code == 403
    version.refresh_from_db()
    assert version.valid_to is None


# ── Campaigns ────────────────────────────────────────────────────────────────────────────────────

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


def test_what_a_draft_meets_is_said_beside_the_button_that_publishes(manager, program):
    publish_rule(program, code="bikes")
    version = draft(manager, code="more", name="More", field="line", op="eq", value="Bikez")
    url = f"/console/rules/{version.pk}/"
    text = text_of(manager.get(url))
    assert "“Bikes” (bikes) gives points for the same activities too" in text
    assert "No product is of the line “Bikez”" in text
    manager.post(f"{url}publish/", {"valid_from": ""})
    assert RuleVersion.objects.get(pk=version.pk).published_at == NOW
    assert "gives points for the same activities too" not in text_of(manager.get(url))


def test_a_draft_that_nothing_could_meet_says_so_and_stays_a_draft(manager, program):
    version = draft(manager, field="amount", op="lt", value="-5")
    url = f"/console/rules/{version.pk}/"
    said = "Its conditions contradict each other: nothing could ever meet all of them."
    assert said in text_of(manager.get(url))
    tried = manager.post(f"{url}publish/", {"valid_from": ""}, follow=True)
    assert text_of(tried).count(said) == 2
    assert RuleVersion.objects.get(pk=version.pk).published_at is None


# ── What others see of it ────────────────────────────────────────────────────────────────────────


def test_partners_read_campaigns_under_how_you_earn(in_tenant, program):
    account = enrolled_account(program)
    member = MemberFactory(account=account)
    open_campaign(program, code="may", multiplier=2, ends_at=at("2026-06-01 00:00"))
    page = f"/portal/{account.enrollments.get().pk}/how/"
    text = text_of(client_of(in_tenant, member.user).get(page))
    assert "2 × the points of each purchase For a time In May. Until May 31, 2026." in text


def test_a_fact_tells_why_it_earned_and_why_not(manager, program):
    publish_rule(program, code="parts", condition={"field": "line", "op": "eq", "value": "Parts"})
    account = enrolled_account(program, number="D1")
    accepted(purchase(account, "10.00", at("2026-05-10"), "A"), as_of=at("2026-05-12"))
    fact = Activity.objects.get()
    text = text_of(manager.get(f"/console/activities/{fact.pk}/"))
    assert "10 points: 1 point per $1.00 of $10.00 (order A line 1)" in text
    assert "Parts: asks that the product line is Parts (it was nothing)." in text
    account_page = manager.get(f"/console/accounts/{account.pk}/").content.decode()
    assert f"/console/activities/{fact.pk}/" in account_page
    assert Wallet.objects.get().available == 10
    assert Event.objects.filter(kind="points.earned").count() == 1
