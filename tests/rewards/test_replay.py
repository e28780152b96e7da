"""A stretch of history is run again under a draft, and nothing of it stays."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from accounts.attributes import Attribute
from accounts.ids import uuid7
from accounts.models import Account, ActivityKind, Program, Tenant
from rewards import ledger, publishing
from rewards.history import Past, take_in_history
from rewards.models import Unit
from rewards.replay import Draft, Figures, TooLong, figures_of, jobs, rerun, scratch
from tests.factories import (
    MemberFactory,
    ProgramFactory,
    enrolled_account,
    publish_rule,
    publish_scheme,
)
from tests.rewards.stories import NEW_YORK, accepted, at, purchase, taken_back, wallet_of
from tiers import pinning
from tiers import publishing as ladders
from tiers.first_ladder import Rung, simple_rungs

SINCE, UNTIL = date(2026, 3, 1), date(2026, 7, 2)
TABLES = (
    "accounts_tenant",
    "accounts_account",
    "accounts_activity",
    "accounts_event",
    "accounts_measure",
    "rewards_entry",
    "rewards_lot",
    "rewards_ruleversion",
    "rewards_wallet",
    "tiers_standing",
)


@pytest.fixture
def program(in_tenant) -> Program:
    program = ProgramFactory(points_expiry={"policy": "quarter_end", "plus": 0})
    publish_rule(program)
    publish_scheme(program, ("Member", 0, "1"), ("Gold", 1_000_00, "1.5"))
    return program


@pytest.fixture
def account(program) -> Account:
    account = enrolled_account(program, number="A1", name="Ada", on=at("2026-01-01 00:00"))
    facts = [
        purchase(account, "1200.00", at("2026-02-10"), "INV-1"),
        purchase(account, "100.00", at("2026-03-10"), "INV-2"),
        taken_back(
            account, "40.00", at("2026-03-20"), of="INV-2", document="RET-1", quantity="0.4"
        ),
        purchase(account, "200.00", at("2026-04-10"), "INV-3"),
        purchase(account, "10.00", at("2026-07-01"), "INV-4"),
    ]

    def after_day(day, outcomes):
        assert [outcome.reason for outcome in outcomes] == [""] * len(outcomes)
        if day == date(2026, 3, 10):
            spend(account, program, 300, "2026-03-11")

    past = Past(zone=NEW_YORK, holder="test", at=at("2026-07-02 00:00"), until=date(2026, 7, 1))
    take_in_history(facts, source="erp", actor="system", past=past, after_day=after_day)
    return account


def spend(account: Account, program: Program, amount: int, day: str) -> None:
    ledger.spend(
        wallet_id=wallet_of(account, program).id,
        amount=amount,
        cause=uuid7(),
        actor="system",
        occurred_at=at(day),
        recorded_at=at(day),
    )


def replayed(tenant: Tenant, program: Program, **draft) -> Figures:
    found = rerun(tenant=tenant, program=program, draft=Draft(**draft), since=SINCE, until=UNTIL)
    assert (found.refused, found.pins_left_out) == ({}, 0)
    return found.figures["A1"][1]


def happened(program: Program) -> Figures:
    since, until = at(f"{SINCE} 00:00"), at(f"{UNTIL} 00:00")
    return figures_of(program_id=program.id, since=since, until=until)["A1"][1]


def rows() -> dict[str, tuple]:
    """How many rows each table has, and a sum over all that is in them."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {table} t")
            found[table] = cursor.fetchone()
    return found


HAPPENED = Figures(
    opening=1_200,
    earned=150 + 300 + 10,
    taken_back=60,
    spent=300,
    expired=(1_200 - 300 + 90) + 300,
    closing=10,
    tier="Member",
)


def test_under_what_was_published_the_same_happens_again(in_tenant, program, account):
    assert happened(program) == HAPPENED
    before = rows()
    assert replayed(in_tenant, program) == HAPPENED
    assert rows() == before


def test_a_draft_of_a_rule_gives_from_the_first_day_on(in_tenant, program, account):
    rule = program.rules.get()
    version = rule.versions.get()
    terms = {name: getattr(version, name) for name in publishing.TERMS}
    draft = publishing.draft_version(
        rule=rule, terms=terms | {"rate": Decimal(2)}, actor="system", now=at("2026-07-02")
    )
    before = rows()
    would = replayed(in_tenant, program, rules=(draft.id,))
    assert (would.opening, would.earned, would.taken_back) == (1_200, 920, 120)
    assert (would.expired, would.spent, would.closing) == (1_200 - 300 + 180 + 600, 300, 20)
    assert rows() == before
    assert happened(program) == HAPPENED


def test_another_expiry_keeps_points_longer(in_tenant, program, account):
    would = replayed(in_tenant, program, expiry={"policy": "quarter_end", "plus": 4})
    # What was earned before that day keeps the end it was given.
    assert (would.expired, would.closing) == (1_200 - 300, 90 + 300 + 10)


def test_who_cannot_spend_as_much_spends_what_is_there(in_tenant, program, account):
    rule = program.rules.get()
    version = rule.versions.get()
    terms = {name: getattr(version, name) for name in publishing.TERMS}
    terms |= {"condition": {"field": "line", "op": "eq", "value": "Bikes"}}
    draft = publishing.draft_version(rule=rule, terms=terms, actor="system", now=at("2026-07-02"))
    everything = wallet_of(account, program, Unit.POINTS).available
    assert everything == 10
    spend(account, program, 10, "2026-07-01 23:00")
    would = replayed(in_tenant, program, rules=(draft.id,))
    assert (would.earned, would.spent, would.closing) == (0, 300, 0)
    assert happened(program).spent == 310


def test_a_history_that_is_too_long_is_refused(in_tenant, program, account, monkeypatch):
    monkeypatch.setattr(scratch, "MOST_FACTS", 4)
    before = rows()
    with pytest.raises(TooLong, match="by that day there are 1 and 5"):
        replayed(in_tenant, program)
    assert rows() == before


def test_how_far_it_is_can_be_seen_from_the_live_workspace(in_tenant, program, account):
    run = jobs.ask_for(
        program=program,
        name="As it was",
        draft=Draft(),
        since=SINCE,
        until=UNTIL,
        point_cost=Decimal("0.01"),
        actor="system",
        today=UNTIL,
        now=at("2026-07-02"),
    )
    jobs.carry_out(run.pk, now=lambda: at("2026-07-02 13:00"))
    run.refresh_from_db()
    assert (run.state, run.outcome["was"]) == ("done", run.outcome["would"])
    assert jobs.progress_of(run) == 1000


def test_what_people_did_who_have_left_since_is_lived_through_as_well(in_tenant, program, account):
    pat = MemberFactory(account=account)
    fact = purchase(account, "70.00", at("2026-07-01 13:00"), "INV-5", member=pat.user.email)
    accepted(fact, as_of=at("2026-07-02 00:00"))
    type(pat).objects.filter(pk=pat.pk).update(is_active=False)
    assert happened(program).earned == HAPPENED.earned + 70
    assert replayed(in_tenant, program).earned == HAPPENED.earned + 70


def test_tiers_set_by_hand_are_set_again_and_what_is_refused_is_counted(
    in_tenant, program, account
):
    about = {"reason": "A new partner", "actor": "system"}
    pinning.ask_for_pin(
        enrollment=account.enrollments.get(),
        scheme=program.schemes.get(),
        tier_code="gold",
        ends_at=at("2026-07-20 00:00"),
        now=at("2026-07-01 20:00"),
        **about,
    )
    fact = purchase(account, "100.00", at("2026-07-01 21:00"), "INV-5")
    accepted(fact, as_of=at("2026-07-02 00:00"))
    assert (happened(program).earned, happened(program).tier) == (HAPPENED.earned + 150, "Gold")
    assert replayed(in_tenant, program) == happened(program)

    draft = ladders.draft_version(
        scheme=program.schemes.get(),
        terms={"rungs": simple_rungs([Rung("Base", 0, Decimal(1))])},
        actor="system",
        now=at("2026-07-02"),
    )
    required = Attribute("project", required=True).as_json()
    ActivityKind.objects.filter(code="purchase").update(attributes=[required])
    found = rerun(
        tenant=in_tenant, program=program, draft=Draft(tiers=draft.pk), since=SINCE, until=UNTIL
    )
    assert found.pins_left_out == 1
    assert sorted(found.refused.values()) == [1, 5]  # a return, whose purchase is not there
