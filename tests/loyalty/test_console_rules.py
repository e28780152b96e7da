"""Program managers write rules in the console, without a script."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import Activity, Event
from rewards.models import Entry, RuleVersion, Wallet
from rewards.publishing import set_second_pair
from tests.factories import (
    ProductFactory,
    StaffFactory,
    enrolled_account,
    publish_rule,
)
from tests.loyalty.faces import NOW, client_of, hidden, text_of
from tests.rewards.stories import accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")

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


def test_a_value_without_its_field_is_asked_about_and_stays_typed(manager, program):
    rows = {"field": ["line", ""], "op": ["eq", "eq"], "value": ["Bikes", "North & East"]}
    answer = manager.post("/console/rules/new/", RULE | rows)
    assert answer.status_code == 422
    assert "Choose what has to be “North & East”, or empty its row." in text_of(answer)
    assert 'value="North &amp; East"' in answer.content.decode()
    assert not RuleVersion.objects.filter(rule__code="bikes").exists()
    rows["value"][1] = " "
    assert manager.post("/console/rules/new/", RULE | rows).status_code == 302
    version = RuleVersion.objects.get(rule__code="bikes")
    assert version.condition == {"field": "line", "op": "eq", "value": "Bikes"}


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


def test_a_next_version_is_drafted_once_however_often_it_is_asked_for(manager, program):
    first = publish_rule(program, code="parts")
    ask = f"/console/rules/{first.pk}/next/"
    drafted = manager.post(ask)["Location"]
    assert manager.post(ask)["Location"] == drafted
    rate = RULE | {"code": "parts", "name": "Parts", "rate": "7"}
    assert manager.post(drafted, rate).status_code == 302
    manager.post(ask)
    rates = first.rule.versions.order_by("number").values_list("number", "rate")
    assert list(rates) == [(1, 1), (2, 7), (3, 1)]


def test_what_was_read_of_a_draft_is_what_is_published(manager, program):
    """On its page as in the list, where many are picked."""
    version = draft(manager)
    page = f"/console/rules/{version.pk}/"
    read, listed = hidden(manager.get(page)), hidden(manager.get("/console/rules/"))
    assert listed == {f"seen-{version.pk}": read["seen"]}
    manager.post(f"{page}edit/", RULE | {"rate": "200"})
    picked = {"action": "publish", "pick": str(version.pk)}
    for url, sent in ((f"{page}publish/", read), ("/console/rules/", picked | listed)):
        told = text_of(manager.post(url, sent, follow=True))
        assert "Somebody wrote at the draft since: read it again" in told
    version.refresh_from_db()
    assert version.published_at is None
    manager.post("/console/rules/", picked | hidden(manager.get("/console/rules/")))
    version.refresh_from_db()
    assert (version.published_at, version.rate) == (NOW, 200)


def test_analysts_read_and_change_nothing(analyst, program):
    version = publish_rule(program, code="parts")
    for path in ("kinds/", "segments/", "rules/", "campaigns/", f"rules/{version.pk}/"):
        assert analyst.get(f"/console/{path}").status_code == 200
    assert analyst.get("/console/rules/new/").status_code == 403
    assert analyst.post(f"/console/rules/{version.pk}/end/").status_code == 403
    version.refresh_from_db()
    assert version.valid_to is None


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
