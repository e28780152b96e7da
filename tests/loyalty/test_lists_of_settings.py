"""The lists of what a company has set up: found, taken out as files, decided many at once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.keys import make_key
from accounts.kinds import add_kind
from accounts.models import ApiKey, JobRun, WebhookEndpoint
from accounts.segments import define_segment
from accounts.tenancy import tenant_scope
from rewards import campaigning, publishing
from rewards.models import Campaign, RuleVersion
from tests.factories import StaffFactory, open_campaign, publish_rule
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.loyalty.test_lists import rows_of

pytestmark = pytest.mark.usefixtures("stopped_clock")


# The page of each list, with the queries that it takes for one row and for three.
QUERIES = {
    "/console/rules/": 16,
    "/console/campaigns/": 19,
    "/console/tiers/": 18,
    "/console/replays/": 12,
    "/console/kinds/": 12,
    "/console/segments/": 14,
    "/console/measures/": 15,
    "/console/keys/": 12,
    "/console/webhooks/": 13,
}


@pytest.fixture
def morgan(in_tenant):
    return StaffFactory(name="Morgan Manager")


@pytest.fixture
def manager(in_tenant, morgan):
    return client_of(in_tenant, morgan.user)


def endpoint(number: int) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        url=f"https://hooks.example.com/{number}",
        kinds=["*"],
        secret=b"sealed",
        position=0,
        created_by="system",
        created_at=NOW,
    )


def furnish(program, morgan, number: int) -> None:
    """One row more of each list."""
    publish_rule(program, code=f"rule-{number}")
    open_campaign(program, code=f"c-{number}", multiplier=2, ends_at=NOW + timedelta(days=9))
    add_kind(code=f"visit_{number}", name="Visit", attributes=[], actor=morgan.actor, now=NOW)
    north = {"field": "region", "op": "eq", "value": "north"}
    code = f"north-{number}"
    define_segment(code=code, name="North", condition=north, actor=morgan.actor, now=NOW)
    make_key(name="ERP", scopes=["activities:write"], actor=morgan, now=NOW)
    endpoint(number)
    JobRun.objects.create(
        job="replay",
        period=f"{number}",
        state="done",
        started_at=NOW,
        outcome={"name": f"Spring {number}", "since": "2026-01-01", "until": "2026-04-01"},
    )


@pytest.mark.parametrize("count", [1, 3])
def test_each_takes_the_same_queries_for_any_number_of_rows(
    manager, morgan, program, count, django_assert_num_queries
):
    for number in range(count):
        furnish(program, morgan, number)
    for page, queries in QUERIES.items():
        manager.get(page)
        with django_assert_num_queries(queries):
            text = text_of(manager.get(page))
        assert "Export" in text


def test_each_is_searched_and_its_file_holds_what_was_found(manager, morgan, program):
    for number in range(2):
        furnish(program, morgan, number)
    first = {
        "rules/?q=rule-1&state=in-force": ["rule-1"],
        "campaigns/?q=c-1&state=in-force": ["c-1"],
        "ladders/?state=in-force": [program.schemes.get().code],
        "replays/?q=spring 1&state=done": ["Spring 1"],
        "kinds/?q=visit_1&origin=own": ["visit_1"],
        "segments/?q=north-1": ["north-1"],
        "measures/?q=revenue&origin=built-in&sort=name": ["revenue"],
        "keys/?scope=activities:write&state=active": ["ERP", "ERP"],
        "webhooks/?q=/1&state=active": ["https://hooks.example.com/1"],
    }
    for query, names in first.items():
        told = rows_of(manager.post(f"/console/exports/{query}"))
        assert [row[0] for row in told[1:]] == names, query
    for stale in ("rules/?state=gone", "keys/?state=gone", "kinds/?origin=gone", "measures/?q=\0"):
        assert len(rows_of(manager.post(f"/console/exports/{stale}"))) == 1, stale


def test_of_what_ended_a_list_shows_the_last_alone_unless_it_is_asked_for(manager, program):
    old = publish_rule(program, code="parts", rate=Decimal(2))
    terms = {name: getattr(old, name) for name in publishing.TERMS} | {"rate": Decimal(3)}
    about = {"actor": "system", "now": NOW - timedelta(days=1)}
    draft = publishing.draft_version(rule=old.rule, terms=terms, **about)
    publishing.publish_version(version=draft, valid_from=None, **about)

    assert "parts, version 1" not in text_of(manager.get("/console/rules/"))
    ended = text_of(manager.get("/console/rules/?state=ended"))
    assert "parts, version 1" in ended
    assert "parts, version 2" not in ended


def test_picked_campaigns_end_each_with_its_result(manager, in_tenant, other_tenant, program):
    ends = NOW + timedelta(days=9)
    running = open_campaign(program, code="spring", multiplier=2, ends_at=ends)
    over = open_campaign(program, code="winter", multiplier=2, ends_at=ends)
    campaigning.end_campaign(campaign=over, actor="system", now=NOW)
    with tenant_scope(other_tenant.id):
        foreign = open_campaign(running_program(), code="theirs", multiplier=2, ends_at=ends)
    sent = {"action": "end", "pick": [str(one.pk) for one in (running, over, foreign)] + ["x"]}

    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    assert analyst.post("/console/campaigns/", sent).status_code == 403
    assert Campaign.objects.get(pk=running.pk).ends_at == ends
    text = text_of(manager.post("/console/campaigns/", sent, follow=True))

    assert f"“{running.name}” is ended." in text
    assert f"“{over.name}” was left as before: This campaign is not in force." in text
    assert Campaign.objects.get(pk=running.pk).ends_at == NOW
    with tenant_scope(other_tenant.id):
        assert Campaign.objects.get(pk=foreign.pk).ends_at == ends
    assert manager.post("/console/campaigns/", {"action": "burn"}).status_code == 302
    text = text_of(manager.post("/console/campaigns/", {"action": "end"}, follow=True))
    assert "Pick at least one row first." in text


def test_who_wrote_drafts_does_not_publish_them_many_at_once_either(
    manager, morgan, in_tenant, program
):
    in_tenant.two_pairs_of_eyes = True
    in_tenant.save(update_fields=["two_pairs_of_eyes"])
    published = publish_rule(program, code="own")
    terms = {name: getattr(published, name) for name in publishing.TERMS}
    own = publishing.draft_version(rule=published.rule, terms=terms, actor=morgan.actor, now=NOW)

    sent = {"action": "publish", "pick": [str(own.pk)]}
    text = text_of(manager.post("/console/rules/", sent, follow=True))

    assert "was left as before" in text
    assert RuleVersion.objects.get(pk=own.pk).published_at is None


def test_picked_webhooks_are_paused_and_resumed_but_for_disabled_ones(manager, in_tenant):
    one, gone = endpoint(1), endpoint(2)
    WebhookEndpoint.objects.filter(pk=gone.pk).update(state="disabled", reason="It is gone.")
    picks = [str(one.pk), str(gone.pk)]

    sent = {"action": "pause", "pick": picks}
    text = text_of(manager.post("/console/webhooks/", sent, follow=True))
    assert f"{one.url} is paused." in text
    assert f"{gone.url} was left as before: It is disabled already" in text
    states = WebhookEndpoint.objects.order_by("url").values_list("state", flat=True)
    assert list(states) == ["paused", "disabled"]
    manager.post("/console/webhooks/", {"action": "resume", "pick": picks[:1]})
    assert list(states.all()) == ["active", "disabled"]


def test_a_new_key_is_shown_on_a_list_that_is_filtered_to_nothing(manager, in_tenant):
    made = {"name": "CRM", "scopes": ["accounts:read"]}
    text = text_of(manager.post("/console/keys/?q=&state=revoked", made))

    assert "Copy the new key now" in text
    assert "loy_" in text
    assert ApiKey.objects.get().name == "CRM"
