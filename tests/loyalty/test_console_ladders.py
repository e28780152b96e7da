"""Program managers make ladders in the console, see who would move, and publish; no script runs."""

import time

import pytest

from accounts.models import Event, JobRun, Segment
from rewards import impact
from rewards.publishing import set_second_pair
from rewards.tasks import preview_tiers
from tests.factories import MemberFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, hidden, text_of
from tests.loyalty.ladder_forms import LADDERS, TIER, draft_of, rows
from tests.rewards.stories import accepted, at, purchase
from tests.tiers.climbing import published, revenue, rung
from tiers.models import Pin, Scheme, SchemeVersion, Standing, State, TierInvitation

pytestmark = pytest.mark.usefixtures("stopped_clock")


@pytest.fixture
def account(program):
    account = enrolled_account(program, name="Northwind", number="N1")
    accepted(purchase(account, "30000.00", at("2026-04-15"), "INV-1"), as_of=at("2026-04-15"))
    return account


def test_a_ready_made_scheme_shows_its_example_and_becomes_a_draft(manager, program):
    listed = text_of(manager.get(f"{LADDERS}ready-made/"))
    assert "Revenue and badges" in listed
    assert "Free club by active clients" in listed
    page = f"{LADDERS}ready-made/users-people-retention/"
    text = text_of(manager.get(page))
    assert "Large, but too many leave" in text
    assert "Users who stay: 79%" in text
    assert "These activity kinds are added: Users sold." in text

    sent = {"code": "resale", "name": "Resale"}
    answer = manager.post(page, sent)
    version = SchemeVersion.objects.get(scheme__code="resale")
    assert answer["Location"] == f"{LADDERS}{version.pk}/"
    assert (version.state, version.scheme.is_leading) == (State.DRAFT, False)
    text = text_of(manager.get(answer["Location"]))
    assert "Users who stay, the last 12 months: at least 70%" in text
    again = manager.post(page, sent)
    assert again.status_code == 422
    assert "“resale” already" in text_of(again)
    assert Scheme.objects.filter(code="resale").count() == 1


def test_a_tier_is_changed_in_rows(manager, program):
    draft = draft_of(manager, program)
    page = f"{LADDERS}{draft.pk}/tiers/1/"
    shown = manager.get(page).content.decode()
    assert 'value="25000"' in shown
    assert '<option value="revenue" selected>Revenue</option>' in shown

    sent = TIER | rows(of="revenue", window="rolling:12", take="product_line", wanted="40000.50")
    assert manager.post(page, sent | {"discount_percent": "2.5"}).status_code == 302
    draft.refresh_from_db()
    assert draft.rungs[1] == {
        "code": "silver",
        "name": "Silver",
        "multiplier": "1.25",
        "by_invitation": False,
        "benefits": {"discount_percent": "2.5"},
        "criteria": {
            "measure": "revenue",
            "window": {"window": "rolling", "months": 12},
            "take": {"best_of": "product_line"},
            "op": "gte",
            "threshold": 40_000_50,
        },
    }
    text = text_of(manager.get(f"{LADDERS}{draft.pk}/"))
    assert "Revenue of the best product line, the last 12 months: at least $40,000.50" in text
    assert "2.5% discount" in text


def test_a_score_and_a_number_of_conditions_are_rows_too(manager, program):
    draft = draft_of(manager, program)
    page = f"{LADDERS}{draft.pk}/tiers/1/"
    score = TIER | {"match": "weighted", "number": "30"}
    sent = score | rows(of="revenue", wanted="1000", weight="60", least="10")
    assert manager.post(page, sent).status_code == 302
    draft.refresh_from_db()
    part = {"measure": "revenue", "window": {"window": "quarter"}}
    assert draft.rungs[1]["criteria"] == {
        "weighted": [{"reading": part, "full": 1_000_00, "weight": 60, "least": 10}],
        "score": 30,
    }
    shown = manager.get(page).content.decode()
    assert 'name="match" value="weighted" checked' in shown
    assert 'name="number" value="30"' in shown


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (rows(of="revenue", wanted="a lot"), "Row 1: “a lot” is no number"),
        (rows(of="nothing", wanted="1"), "Row 1: there is no measure “nothing”."),
        (rows(wanted="5"), "Row 1: choose a measure, or empty the row."),
        (rows(), "only the first tier is free"),
        (rows(of="revenue", wanted="1") | {"as_json": "{}"}, "Write rows or JSON, not both."),
        ({"as_json": "{"}, "This is no JSON"),
        ({"as_json": "[" * 50_000}, "This is no JSON"),
        ({"as_json": '{"every": []}'}, "these have every"),
        (
            rows(of="revenue", wanted="1") | {"match": "n_of"},
            "How many of them: is a whole number.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_and_stays_typed(manager, program, sent, why):
    draft = draft_of(manager, program)
    before = draft.rungs
    answer = manager.post(f"{LADDERS}{draft.pk}/tiers/1/", TIER | sent)
    assert answer.status_code == 422
    assert why in text_of(answer)
    draft.refresh_from_db()
    assert draft.rungs == before


def test_tiers_come_and_go_and_policies_change(manager, program):
    draft = draft_of(manager, program)
    top = TIER | {"name": "Diamond", "code": "diamond"} | rows(of="revenue", wanted="900000")
    assert manager.post(f"{LADDERS}{draft.pk}/tiers/3/", top).status_code == 302
    manager.post(f"{LADDERS}{draft.pk}/tiers/1/remove/")
    draft.refresh_from_db()
    assert [one["name"] for one in draft.rungs] == ["Member", "Gold", "Diamond"]
    assert manager.get(f"{LADDERS}{draft.pk}/tiers/4/").status_code == 404

    policies = {
        "evaluated": "fiscal_quarter",
        "rises": "at_evaluation",
        "kept_unit": "fiscal_year",
        "kept_periods": "1",
        "falls": "one_step",
        "grace_days": "30",
        "near_percent": "90",
    }
    assert manager.post(f"{LADDERS}{draft.pk}/edit/", policies).status_code == 302
    text = text_of(manager.get(f"{LADDERS}{draft.pk}/"))
    assert "You rise at the end of a fiscal quarter, one tier at a time." in text
    assert "until the end of that fiscal year, and through the next fiscal year." in text
    assert "After that you move by one tier at the end of a fiscal quarter, 30 days later." in text


def test_the_preview_names_who_would_move(manager, program, account):
    draft = draft_of(manager, program)
    manager.post(f"{LADDERS}{draft.pk}/tiers/1/", TIER | rows(of="revenue", wanted="40000"))
    page = f"{LADDERS}{draft.pk}/preview/"
    text = text_of(manager.get(page))
    assert "Would rise 0 Would fall 1 Accounts in all 1" in text
    assert "Silver Member Down 1 × 1.25 → × 1" in text
    assert "Northwind" not in text
    named = text_of(manager.get(f"{page}?from=Silver&to=Member"))
    assert "From Silver to Member 1 account Northwind N1" in named
    # 30,000 points at × 1 then; the tier held now would give 37,500, the draft's 30,000.
    assert "The same with the tiers held now 37,500" in text
    assert "Difference a year −7,500" in text
    assert Standing.objects.get(enrollment__account=account, ends_at=None).tier.name == "Silver"


def test_a_tier_being_written_says_who_would_move_and_keeps_nothing(manager, program, account):
    draft = draft_of(manager, program)
    before, page = draft.rungs, f"{LADDERS}{draft.pk}/tiers/1/impact/"

    text = text_of(manager.post(page, TIER | rows(of="revenue", wanted="40000")))
    assert "0 would rise, 1 would fall, of 1 in all." in text
    assert "Silver Member 1 Northwind" in text
    assert "In points: −7,500 a year, by the facts of the last twelve months." in text
    text = text_of(manager.post(page, TIER | rows(of="revenue", wanted="30000")))
    assert "0 would rise, 0 would fall, of 1 in all." in text
    unfinished = TIER | rows(of="revenue", wanted="40000") | {"name": ""}
    assert "Fill in the marked fields" in text_of(manager.post(page, unfinished))
    typo = text_of(manager.post(page, TIER | rows(of="revenue", wanted="much")))
    assert "would rise" not in typo
    assert SchemeVersion.objects.get(pk=draft.pk).rungs == before
    assert Standing.objects.get(enrollment__account=account, ends_at=None).tier.name == "Silver"
    published = SchemeVersion.objects.exclude(pk=draft.pk).get()
    assert manager.post(page.replace(str(draft.pk), str(published.pk)), TIER).status_code == 404


def test_of_many_accounts_a_worker_works_the_preview_out(
    manager, program, account, in_tenant, monkeypatch
):
    monkeypatch.setattr(impact, "MOST_AT_ONCE", 0)
    draft = draft_of(manager, program)
    manager.post(f"{LADDERS}{draft.pk}/tiers/1/", TIER | rows(of="revenue", wanted="40000"))
    page = f"{LADDERS}{draft.pk}/preview/"
    assert "It is being worked out" in text_of(manager.get(page))
    assert "It is being worked out" in text_of(manager.get(page))
    run = JobRun.objects.get(job=impact.JOB)
    preview_tiers(tenant_id=str(in_tenant.id), run_id=str(run.pk))
    named = text_of(manager.get(f"{page}?from=Silver&to=Member"))
    assert "As of May 20, 2026" in named
    assert "Would rise 0 Would fall 1 Accounts in all 1" in named
    assert "From Silver to Member 1 account Northwind N1" in named
    assert "Difference a year −7,500" in named
    assert manager.post(page)["Location"] == page
    assert "It is being worked out" in text_of(manager.get(page))
    assert JobRun.objects.filter(job=impact.JOB).count() == 2


def test_a_draft_says_whom_it_is_for_and_takes_the_lead(manager, colleague, program, in_tenant):
    north = {"field": "region", "op": "eq", "value": "North"}
    Segment.objects.create(code="north", name="In the north", condition=north)
    other = published(program, rung("Base"), rung("Expert", revenue(1)), code="experts")
    page = manager.post(f"{LADDERS}{other.pk}/next/")["Location"]
    form = manager.get(f"{page}edit/").content.decode()
    assert '<option value="" selected>All accounts</option>' in form
    said = {"evaluated": "quarter", "rises": "at_once", "kept_unit": "quarter", "falls": "one_step"}
    said |= {"kept_periods": "1", "grace_days": "0", "near_percent": "85", "takes_lead": "on"}
    assert manager.post(f"{page}edit/", said | {"audience": "segment:north"}).status_code == 302
    draft = SchemeVersion.objects.get(scheme=other.scheme, number=2)
    assert (draft.audience, draft.takes_lead) == ({"any": [north]}, True)
    # Saved once more it stays what it is, whatever the segment has become.
    Segment.objects.update(condition=north | {"value": "South"})
    assert manager.post(f"{page}edit/", said | {"audience": "kept"}).status_code == 302
    draft.refresh_from_db()
    assert draft.audience == {"any": [north]}
    text = text_of(manager.get(page))
    assert "For accounts where the region is North; others stay on the first tier." in text
    assert "It is to take the lead" in text

    answer = colleague.post(f"{page}publish/", {"grace_days": "0"})
    assert "It leads the program from May 20, 2026" in text_of(colleague.get(answer["Location"]))
    # The one that leads has no such choice: it passes on when another takes it.
    again = colleague.post(f"{page}next/")["Location"]
    assert "takes_lead" not in colleague.get(f"{again}edit/").content.decode()


def test_thresholds_are_proposed_and_written_into_the_draft(manager, program, account):
    draft = draft_of(manager, program)
    page = f"{LADDERS}{draft.pk}/propose/"
    asked = {"measure": "revenue", "window": "year", "take": "total", "shares": "50, 20"}
    text = text_of(manager.get(page, asked))
    assert "Proposed" in text
    wrong = manager.get(page, asked | {"shares": "5, 50"})
    assert wrong.status_code == 422
    assert "each smaller than the one before" in text_of(wrong)
    for endless in ("9e9999999", "1/0"):  # seconds to hours of a worker, if read
        began = time.monotonic()
        assert manager.get(page, asked | {"shares": endless}).status_code == 422
        assert time.monotonic() - began < 2
    assert manager.post(page, asked).status_code == 302
    draft.refresh_from_db()
    assert draft.rungs[1]["criteria"]["window"] == {"window": "year"}
    assert draft.rungs[0]["criteria"] == {}


def test_a_draft_is_published_by_another_person_where_the_tenant_asks(
    in_tenant, manager, colleague, program, account
):
    set_second_pair(needed=True, actor="staff:owner", now=NOW)
    draft = draft_of(manager, program)
    publish = f"{LADDERS}{draft.pk}/publish/"
    assert "Another owner or program manager" in text_of(manager.get(f"{LADDERS}{draft.pk}/"))
    refused = manager.post(publish, {"valid_from": "", "grace_days": "0"}, follow=True)
    assert "a second pair of eyes" in text_of(refused)
    draft.refresh_from_db()
    assert draft.state == State.DRAFT

    later = {"valid_from": "2026-07-01", "grace_days": "14"}
    done = colleague.post(publish, later, follow=True)
    assert "version 2 is published" in text_of(done)
    draft.refresh_from_db()
    assert (draft.state, draft.transition_days) == (State.PUBLISHED, 14)
    assert draft.valid_from == at("2026-07-01 00:00")
    assert "Version 2 Scheduled" in text_of(manager.get(LADDERS))
    changed = manager.post(f"{LADDERS}{draft.pk}/tiers/1/", TIER, follow=True)
    assert "This is no draft any more" in text_of(changed)


def test_a_draft_is_made_once_however_often_it_is_asked_for(manager, program):
    first = draft_of(manager, program)
    ask = f"{LADDERS}{first.scheme.versions.get(number=1).pk}/next/"
    assert manager.post(ask)["Location"] == f"{LADDERS}{first.pk}/"
    manager.post(f"{LADDERS}{first.pk}/tiers/1/", TIER | rows(of="revenue", wanted="40000"))
    manager.post(ask)
    assert sorted(first.scheme.versions.values_list("number", flat=True)) == [1, 2, 3]


def test_what_was_read_is_what_is_published(manager, program):
    draft = draft_of(manager, program)
    page = f"{LADDERS}{draft.pk}/"
    seen = hidden(manager.get(page))
    manager.post(f"{page}tiers/1/", TIER | rows(of="revenue", window="quarter", wanted="40000"))
    sent = {"valid_from": "", "grace_days": "0"} | seen
    assert "Somebody wrote at the draft since" in text_of(
        manager.post(f"{page}publish/", sent, follow=True)
    )
    draft.refresh_from_db()
    assert draft.state == State.DRAFT
    sent |= hidden(manager.get(page))
    assert "version 2 is published" in text_of(manager.post(f"{page}publish/", sent, follow=True))


def test_grace_is_proposed_as_long_as_accounts_were_told_that_they_keep_their_tier(
    manager, program
):
    draft = draft_of(manager, program)
    page = manager.get(f"{LADDERS}{draft.pk}/")
    said = "By the version in force nobody loses a tier before Jul 1, 2026 but whom it has told so."
    assert f"{said} With 42 days of grace from today that stays true." in text_of(page)
    assert 'name="grace_days" value="42"' in page.content.decode()


def tiers_page(account) -> str:
    return f"/console/enrollments/{account.enrollments.get().pk}/tiers/"


def test_the_history_says_why_condition_by_condition(manager, account):
    text = text_of(manager.get(tiers_page(account)))
    assert "Silver Apr 15, 2026 – now" in text
    assert "Met what the tier asks, in the second quarter of 2026" in text
    assert "Met: Revenue, this quarter: $30,000 at least $25,000" in text
    assert "For Gold there was: Not met: Revenue, this quarter: $30,000 at least $100,000" in text
    assert "Member Dec 31, 2019 – Apr 15, 2026 Joined the program" in text


def test_a_tier_is_set_by_hand_for_a_while(manager, account):
    sent = {"tier": "tiers/gold", "until": "2026-12-31", "reason": "Launch partner"}
    enrollment = account.enrollments.get()
    pin = f"/console/enrollments/{enrollment.pk}/pin/"
    wrong = manager.post(pin, sent | {"reason": ""})
    assert wrong.status_code == 422
    assert "2026-12-31" in wrong.content.decode()
    assert not Pin.objects.exists()

    done = manager.post(pin, sent, follow=True)
    text = text_of(done)
    assert "Gold is safe until Dec 31, 2026, whatever happens." in text
    assert "Launch partner" in text
    assert Standing.objects.get(enrollment=enrollment, ends_at=None).tier.name == "Gold"
    assert Event.objects.filter(kind="tier.pinned").exists()


def test_a_pin_waits_for_somebody_else_where_the_tenant_asks(manager, colleague, account):
    set_second_pair(needed=True, actor="staff:owner", now=NOW)
    enrollment = account.enrollments.get()
    sent = {"tier": "tiers/gold", "until": "2026-12-31", "reason": "Launch partner"}
    manager.post(f"/console/enrollments/{enrollment.pk}/pin/", sent)
    pin = Pin.objects.get()
    refused = manager.post(f"/console/pins/{pin.pk}/", {"decision": "approve"}, follow=True)
    assert "somebody else has to approve it" in text_of(refused)
    assert Standing.objects.get(enrollment=enrollment, ends_at=None).tier.name == "Silver"
    waiting = text_of(colleague.get(tiers_page(account)))
    assert "Launch partner Asked for by Ann Author on May 20, 2026 Approve" in waiting
    colleague.post(f"/console/pins/{pin.pk}/", {"decision": "approve"})
    assert Standing.objects.get(enrollment=enrollment, ends_at=None).tier.name == "Gold"
    told = "Asked for by Ann Author on May 20, 2026 · decided by Cole League on May 20, 2026"
    assert told in text_of(manager.get(tiers_page(account)))


def test_an_invitation_opens_a_tier_that_wants_one(manager, program, account):
    published(program, rung("Friend"), rung("Inner", revenue(1), by_invitation=True), code="circle")
    enrollment = account.enrollments.get()
    page = f"/console/enrollments/{enrollment.pk}/invite/"
    assert "An invitation to Inner" in text_of(manager.get(tiers_page(account)))
    manager.post(page, {"tier": "circle/inner"})
    held = Standing.objects.get(enrollment=enrollment, scheme__code="circle", ends_at=None)
    assert held.tier.name == "Inner"
    invitation = TierInvitation.objects.get()
    manager.post(f"/console/tier-invitations/{invitation.pk}/withdraw/")
    invitation.refresh_from_db()
    assert invitation.withdrawn_at == NOW


def test_partners_see_all_about_their_tier(in_tenant, program, account):
    member = MemberFactory(account=account)
    client = client_of(in_tenant, member.user)
    text = text_of(client.get(f"/portal/{account.enrollments.get().pk}/tiers/"))
    assert "Revenue, this quarter: $30,000 of $100,000" in text
    assert "$70,000 more by Jun 30, 2026 (New York time) reaches Gold" in text
    assert "Met what the tier asks, in the second quarter of 2026" in text
    assert "Silver Asks" not in text
    assert "You rise as soon as you meet what a tier asks." in text
