"""A lead from its arrival to its end: who gets it and why, what time does, who may read whom."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from accounts.models import Account, Event, JobRun
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from partners.leads import assigning, clock, persons, reporting
from partners.leads.answering import accept, decline
from partners.leads.books import LEADS
from partners.leads.desk import NotNow, explained, open_desk
from partners.leads.limits import set_limit
from partners.leads.receiving import CannotReceive, OtherLead
from partners.leads.rules import BadRule, Ruling, change_rule
from partners.leads.statistics import figures
from partners.models import Lead, LeadOffer, LeadRule
from tests.factories import (
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    UserFactory,
    enrolled_account,
    publish_scheme,
)
from tests.partners.lead_stories import (
    HOUR,
    NOON,
    ZONE,
    all_received,
    partner,
    received,
    rule,
    steps_of,
    terms,
    turns_of,
)
from tests.rewards.stories import accepted, at, purchase


@pytest.fixture
def program(in_tenant):
    terms()
    return ProgramFactory()


def wrong(tenant) -> dict[str, int]:
    return {one.invariant.claim: one.violations for one in verify([tenant.id]) if one.violations}


def said(lead: Lead, account: Account, **more) -> dict:
    return {"lead_id": lead.pk, "account_id": account.pk, "actor": "system"} | more


def test_leads_go_in_turn_and_a_full_partner_is_passed_over(program):
    for number in ("P-1", "P-2", "P-3"):
        partner(program, number)
    set_limit(Account.objects.get(number="P-2"), most=2, by_partner=True, actor="system", now=NOON)
    rule()
    leads = all_received(8)

    assert [lead.account.number for lead in leads] == [
        "P-1", "P-2", "P-3", "P-1", "P-2", "P-3", "P-1", "P-3",
    ]  # fmt: skip
    again = received("9")
    assert (again.account.number, again.answer_by) == ("P-1", NOON + 24 * HOUR)
    others = again.offers.get().why["others"]
    assert others == [
        {"number": "P-3", "name": "Partner P-3", "code": "turn"},
        {"number": "P-2", "name": "Partner P-2", "code": "full", "open": 2, "limit": 2,
         "by": "partner"},
    ]  # fmt: skip
    assert LeadRule.objects.get().served == "P-1"


def test_who_is_silent_loses_it_to_the_next_never_twice_and_at_last_it_comes_back(
    in_tenant, program
):
    for number in ("P-1", "P-2"):
        partner(program, number)
    rule()
    lead = received()
    one, two = (Account.objects.get(number=number) for number in ("P-1", "P-2"))
    late = NOON + 24 * HOUR
    assert clock.advance(now=late - timedelta(seconds=1)).passed_on == 0
    with pytest.raises(NotNow, match="time to answer is over"):
        accept(**said(lead, one), now=late)  # the clock has not come by yet
    assert clock.advance(now=late).passed_on == 1
    assert clock.advance(now=late).passed_on == 0
    assert turns_of(lead) == [("P-1", "expired"), ("P-2", "open")]
    with pytest.raises(NotNow, match="not with you any more"):
        accept(**said(lead, one), now=late)
    with pytest.raises(Lead.DoesNotExist):
        accept(**said(lead, enrolled_account(program)), now=late)

    accept(**said(lead, two), now=late + HOUR)
    with pytest.raises(NotNow, match="Say why"):
        decline(**said(lead, two, reason=" "), now=late + HOUR)
    decline(**said(lead, two, reason="No time"), now=late + 2 * HOUR)
    lead = Lead.objects.get()
    assert turns_of(lead) == [("P-1", "expired"), ("P-2", "returned")]
    assert (lead.state, lead.account, lead.answer_by) == ("open", None, None)
    assert steps_of(lead) == [
        "received", "offered", "expired", "offered", "accepted", "returned", "left_over",
    ]  # fmt: skip
    assert assigning.distribute(lead.pk, by="system", now=late + 3 * HOUR).state == "open"


def test_rules_look_at_territory_tier_skill_and_say_why_not(program):
    publish_scheme(program, ("Member", 0, "1"), ("Silver", 100_00, "1"), ("Gold", 1_000_00, "1"))
    gold = partner(program, "P-GOLD", attributes={"focus": "Cargo"})
    partner(program, "P-BASE")
    partner(program, "P-TYPE", partner_type="Shop", attributes={"focus": "cargo"})
    idle = enrolled_account(program, number="P-IDLE")
    day = at("2026-05-01")
    for account in (gold, Account.objects.get(number="P-TYPE")):
        accepted(purchase(account, "5000.00", day, account.number), as_of=day)
    south = rule(
        "South", position=1, countries=["DE"], postcodes=["80", "81 2"], lines=["Bikes"],
        tier_code="gold", attribute="focus", attribute_value="cargo",
    )  # fmt: skip
    rest = rule("Rest", position=2, accounts=["P-BASE", "P-IDLE"], method="best_fit")
    lead = received(country="de", postcode="80331", lines=["Bikes", "Parts"])
    assert lead.account.number == "P-GOLD"

    elsewhere = [
        received("2", country="DE", postcode="90402", lines=["Bikes"]),
        received("3", country="AT", postcode="80331", lines=["Bikes"]),
        received("4", country="DE", postcode="812 99", lines=["Parts"]),
    ]
    assert [one.account.number for one in elsewhere] == ["P-BASE"] * 3
    assert elsewhere[2].offers.get().why["others"] == [
        {"number": "P-IDLE", "name": idle.name, "code": "nobody"}
    ]
    told = explained(open_desk(now=NOON), Lead(country="DE", postcode="81299", lines=["Bikes"]))
    assert [(one.name, misfit) for one, misfit, _ in told] == [("South", ""), ("Rest", "")]
    assert [(v.candidate.account.number, v.against) for v in told[0][2]] == [
        ("P-TYPE", None),
        ("P-GOLD", None),  # the one served last comes last
        ("P-BASE", {"code": "tier", "wanted": "gold", "has": "Member"}),
        ("P-IDLE", {"code": "nobody"}),
    ]
    assert explained(open_desk(now=NOON), Lead(country="FR"))[0][1] == "country"
    change_rule(south, Ruling(name="South", is_active=False), actor="system", now=NOON)
    change_rule(rest, Ruling(name="Rest", accounts=["P-GOLD"]), actor="system", now=NOON)
    assert received("5", country="DE", postcode="80331").account.number == "P-GOLD"
    with pytest.raises(BadRule) as refused:
        change_rule(rest, Ruling(name="Rest", accounts=["NONE"]), actor="system", now=NOON)
    assert refused.value.field == "accounts"


def test_the_best_fit_wins_with_its_reasons_and_ties_go_to_who_waited_longest(program):
    near = partner(program, "P-1", country="DE", region="Bavaria")
    partner(program, "P-2", country="DE", region="Hesse")
    partner(program, "P-3", country="DE", region="Hesse")
    rule(method="best_fit")
    lead = received(country="DE", region="bavaria")
    assert lead.account == near
    assert lead.offers.get().why["points"] == [
        {"code": "lines", "points": 0, "most": 35, "known": []},
        {"code": "territory", "points": 20, "most": 20, "where": "region"},
        {"code": "tier", "points": 0, "most": 20, "tier": ""},
        {"code": "capacity", "points": 15, "most": 15, "open": 0, "limit": 10},
        {"code": "record", "points": 5, "most": 10, "won": 0, "ended": 0},
    ]
    turns = [received(str(number), country="DE").account.number for number in range(2, 6)]
    assert turns == ["P-2", "P-3", "P-1", "P-2"]


def test_a_lead_comes_in_once_and_says_what_is_wrong_with_it(program):
    partner(program, "P-1")
    rule()
    first = received(country="de", postcode=" 80 331 ")
    assert (first.country, first.postcode) == ("DE", "80 331")
    assert received(country="de", postcode=" 80 331 ") == first
    with pytest.raises(OtherLead):
        received(country="AT")
    for field, value in (
        ("company", " "),
        ("country", "Germany"),
        ("email", "nobody"),
        ("amount", 0),
        ("need", "\x00"),
        ("lines", ["x" * 81]),
    ):
        with pytest.raises(CannotReceive) as refused:
            received("2", **{field: value})
        assert refused.value.field == field
    assert (Lead.objects.count(), LeadOffer.objects.count()) == (1, 1)


def test_the_partner_reports_is_reminded_and_wins(in_tenant, program):
    account = partner(program, "P-1")
    rule()
    lead, other = received(), received("2")
    accept(**said(lead, account), now=NOON + HOUR)
    accept(**said(other, account), now=NOON + 3 * HOUR)
    week = NOON + timedelta(days=7)
    assert clock.advance(now=week).reminded == 0
    assert clock.advance(now=week + HOUR).reminded == 1
    assert clock.advance(now=week + 2 * HOUR).reminded == 0
    reporting.report(
        lead.pk, state="contacted", note="Called", account_id=account.pk, actor="system",
        now=week + 2 * HOUR,
    )  # fmt: skip
    assert clock.advance(now=week + 3 * HOUR).reminded == 1  # the other one
    with pytest.raises(NotNow, match="above zero"):
        reporting.win(
            **said(lead, account), amount=0, won_on=date(2026, 5, 28), zone=ZONE, now=week
        )
    won = reporting.win(
        **said(lead, account), amount=12_345, won_on=date(2026, 5, 27), zone=ZONE,
        now=week + 4 * HOUR,
    )  # fmt: skip
    assert (won.state, won.won_amount) == ("won", 12_345)
    reporting.lose(**said(other, account), reason="Too dear", now=week + 5 * HOUR)
    with pytest.raises(NotNow, match="Lost"):
        reporting.lose(**said(other, account), reason="Again", now=week + 6 * HOUR)
    [told] = figures()
    assert (told.offered, told.accepted, told.answered_in) == (2, 2, 2 * HOUR)
    assert (told.won, told.lost, told.won_amount, told.conversion) == (1, 1, 12_345, 50)


def test_a_person_is_read_by_who_holds_the_lead_and_forgotten_for_good(program):
    account = partner(program, "P-1")
    partner(program, "P-2")
    rule()
    lead = received()
    assert not persons.may_read_contact(lead, account_id=account.pk)  # not before the yes
    lead = accept(**said(lead, account), now=NOON)
    assert persons.may_read_contact(lead, account_id=account.pk)
    for hours in (0, 1, 25):
        persons.note_reading(lead, actor="member:x", now=NOON + hours * HOUR)
    assert Event.objects.filter(kind=persons.READ).count() == 2
    lead = decline(**said(lead, account, reason="Too far"), now=NOON)
    assert not persons.may_read_contact(lead, account_id=account.pk)

    for _ in range(2):
        gone = persons.forget_person(lead.pk, by="system", now=NOON)
    assert (gone.contact, gone.email, gone.phone, gone.need) == ("",) * 4
    assert Event.objects.filter(kind="lead.person_erased").count() == 1
    assert received() == lead  # the same row again brings nobody back
    assert Lead.objects.get().email == ""


def test_by_hand_it_goes_to_anybody_but_ones_own(in_tenant, program):
    first = partner(program, "P-1")
    second = partner(program, "P-2")
    insider = StaffFactory(user=MemberFactory(account=second, user=UserFactory()).user)
    rule(accounts=["P-1"])
    lead = received()
    with pytest.raises(NotNow, match="You belong to this partner"):
        assigning.assign(lead.pk, account=second, note="Mine", by=insider.actor, now=NOON)
    with pytest.raises(NotNow, match="has it already"):
        assigning.assign(lead.pk, account=first, note="You", by="system", now=NOON)
    set_limit(second, most=0, by_partner=False, actor="system", now=NOON)
    assigning.assign(lead.pk, account=second, note="Asked for them", by="system", now=NOON + HOUR)
    assert turns_of(lead) == [("P-1", "withdrawn"), ("P-2", "open")]
    assigning.assign(lead.pk, account=first, note="Back", by="system", now=NOON + 2 * HOUR)
    closed = assigning.close(lead.pk, reason="Spam", by="system", now=NOON + 3 * HOUR)
    assert (closed.state, closed.account, Lead.objects.get().end_note) == ("closed", None, "Spam")
    wished = received("2", wished=first)
    assert (wished.account, wished.offers.get().why) == (first, {"method": "wished"})


DAMAGE = {
    "a lead is with whom its one open offer names, and with nobody without one": (
        lambda told: Lead.objects.filter(pk=told["held"].pk).update(account=told["other"])
    ),
    "the offers of a lead follow each other, and each tells why": (
        lambda told: LeadOffer.objects.filter(lead=told["held"]).update(why={})
    ),
    "no offer of a lead waits beyond its time": (
        lambda told: JobRun.objects.create(
            job="advance_leads", period="x", state="done", started_at=NOON + 48 * HOUR
        )
    ),
    "a lead's last event tells its state": (
        lambda told: Lead.objects.filter(pk=told["held"].pk).update(state="contacted")
    ),
    "no event of a lead names its person, who may have to be forgotten": (
        lambda told: Lead.objects.filter(pk=told["held"].pk).update(email="Company")
    ),
    "nobody handed a lead to an account of their own": (
        lambda told: LeadOffer.objects.filter(lead=told["held"]).update(
            by_hand=True, offered_by=told["insider"].actor, offered_at=at("2030-01-01")
        )
    ),
}


def test_the_books_of_leads_are_sound_and_each_damage_is_found(tenant):
    with tenant_scope(tenant.id):
        terms()
        program = ProgramFactory()
        account, other = partner(program, "P-1"), partner(program, "P-2")
        insider = StaffFactory(user=account.members.first().user)
        rule()
        held = accept(**said(received(), account), now=NOON)
        received("2")
        JobRun.objects.create(job="advance_leads", period="d", state="done", started_at=NOON)
    told = {"held": held, "other": other, "insider": insider}
    assert wrong(tenant) == {}
    assert set(DAMAGE) == {one.claim for one in LEADS}
    for claim, damage in DAMAGE.items():
        with transaction.atomic():
            with tenant_scope(tenant.id):
                damage(told)
            assert set(wrong(tenant)) == {claim}
            transaction.set_rollback(True)
