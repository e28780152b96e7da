"""Rules are drafted, tried out and published; what is published stays; and why nothing came."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction

from accounts.conditions import BadCondition
from accounts.models import Account, Activity, ApiKey, Event, Program, Tenant
from accounts.segments import change_segment, define_segment
from rewards import publishing
from rewards.budgets import set_budget
from rewards.models import Entry, RuleVersion, Wallet
from rewards.trying import Sample, try_on_past, try_on_sample
from rewards.voice import voice_of
from rewards.why_not import why_not
from tests.factories import (
    LONG_AGO,
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    enrolled_account,
    publish_rule,
    publish_scheme,
)
from tests.rewards.stories import accepted, at, purchase, taken_back

NOW = at("2026-03-01")
TERMS = {"kind": "purchase", "basis": "per_amount", "rate": Decimal(2)}
BIKES = {"field": "line", "op": "eq", "value": "Bikes"}


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    return ProgramFactory()


@pytest.fixture
def dealer(program: Program) -> Account:
    return enrolled_account(program, number="D1", region="North")


def draft(program: Program, code: str = "twice", actor: str = "staff:a", **terms) -> RuleVersion:
    return publishing.draft_rule(
        program=program,
        code=code,
        name=code.title(),
        exclusive_group=terms.pop("exclusive_group", ""),
        terms=TERMS | terms,
        actor=actor,
        now=NOW,
    )


def publish(version: RuleVersion, *, on=None, actor: str = "staff:a", now=NOW) -> RuleVersion:
    return publishing.publish_version(version=version, valid_from=on, actor=actor, now=now)


def test_a_draft_gives_nothing_until_it_is_published(program: Program, dealer: Account):
    version = draft(program)
    [before] = accepted(purchase(dealer, "10.00", at("2026-03-02"), "A"), as_of=at("2026-03-03"))
    publish(version, now=at("2026-03-04"))
    [after] = accepted(purchase(dealer, "10.00", at("2026-03-05"), "B"), as_of=at("2026-03-06"))
    assert (before.grants, after.grants[0].granted) == ((), 20)
    kinds = Event.objects.order_by("id").values_list("kind", flat=True)
    assert [kind for kind in kinds if kind.startswith("rule.")] == [
        "rule.drafted",
        "rule.published",
    ]


def test_a_new_version_takes_over_on_its_day(program: Program, dealer: Account):
    publish(draft(program))
    rule = RuleVersion.objects.get().rule
    second = publishing.draft_version(
        rule=rule, terms=TERMS | {"rate": Decimal(3)}, actor="staff:a", now=at("2026-03-02")
    )
    publish(second, on=at("2026-04-01 00:00"), now=at("2026-03-02"))
    outcomes = accepted(
        purchase(dealer, "10.00", at("2026-03-31 23:59"), "A"),
        purchase(dealer, "10.00", at("2026-04-01 00:00"), "B"),
        as_of=at("2026-04-02"),
    )
    assert [(one.grants[0].rule_version, one.grants[0].granted) for one in outcomes] == [
        (1, 20),
        (2, 30),
    ]
    first = RuleVersion.objects.get(number=1)
    assert first.valid_to == at("2026-04-01 00:00")


def test_what_was_earned_is_not_reached_by_a_new_version(program: Program):
    publish(draft(program))
    rule = RuleVersion.objects.get().rule
    second = publishing.draft_version(rule=rule, terms=TERMS, actor="staff:a", now=NOW)
    with pytest.raises(publishing.CannotPublish, match="now or later"):
        publish(second, on=at("2026-02-01"), now=at("2026-03-02"))
    publish(second, on=at("2026-05-01"), now=at("2026-03-02"))
    third = publishing.draft_version(rule=rule, terms=TERMS, actor="staff:a", now=NOW)
    with pytest.raises(publishing.CannotPublish, match="Version 2 begins on May 1, 2026;"):
        publish(third, on=at("2026-04-01"), now=at("2026-03-03"))
    assert RuleVersion.objects.get(number=3).published_at is None


def test_two_pairs_of_eyes(program: Program):
    version = draft(program, actor="staff:a")
    publishing.change_draft(
        version=version, terms={"rate": Decimal(3)}, actor="staff:b", now=at("2026-03-02")
    )
    publishing.set_second_pair(needed=True, actor="staff:o", now=NOW)
    for author in ("staff:a", "staff:b"):
        with pytest.raises(publishing.NeedsSecondPair):
            publish(version, actor=author)
    assert RuleVersion.objects.get().published_at is None
    assert publish(version, actor="staff:c").published_by == "staff:c"


def test_who_drafted_through_their_key_does_not_publish_in_person(program: Program):
    author, other = StaffFactory(), StaffFactory()
    secret = {"hint": "loy_", "secret_hash": "1", "scopes": [], "created_at": NOW}
    key = ApiKey.objects.create(name="ERP", created_by=author.actor, **secret)
    version = draft(program, actor=key.actor)
    publishing.set_second_pair(needed=True, actor="staff:o", now=NOW)
    with pytest.raises(publishing.NeedsSecondPair, match="You wrote this draft"):
        publish(version, actor=author.actor)
    assert publish(version, actor=other.actor).published_by == other.actor


def test_published_versions_never_change_not_even_for_the_owner(program: Program):
    version = publish(draft(program))
    with pytest.raises(publishing.NotADraft):
        publishing.change_draft(version=version, terms={}, actor="staff:a", now=NOW)
    with pytest.raises(publishing.NotADraft):
        publishing.discard_draft(version=version, actor="staff:a", now=NOW)
    for change in ({"rate": 5}, {"published_at": None}, {"condition": BIKES}):
        with pytest.raises(IntegrityError, match="what is published stays"), transaction.atomic():
            RuleVersion.objects.filter(pk=version.pk).update(**change)


def test_the_owner_of_the_table_is_bound_too(committed):
    from accounts.tenancy import tenant_scope
    from tests.factories import TenantFactory

    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        publish(draft(ProgramFactory()))
    with (
        pytest.raises(IntegrityError, match="what is published stays"),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute("UPDATE rewards_ruleversion SET rate = 9")
    connections["owner"].close()


def test_a_rule_ends(program: Program, dealer: Account):
    version = publish(draft(program))
    publishing.end_rule(rule=version.rule, at=None, actor="staff:a", now=at("2026-03-10"))
    outcomes = accepted(
        purchase(dealer, "10.00", at("2026-03-09"), "A"),
        purchase(dealer, "10.00", at("2026-03-11"), "B"),
        as_of=at("2026-03-12"),
    )
    assert [len(one.grants) for one in outcomes] == [1, 0]
    with pytest.raises(publishing.CannotPublish, match="in force"):
        publishing.end_rule(rule=version.rule, at=None, actor="staff:a", now=at("2026-03-12"))


def test_what_is_to_begin_later_is_called_off_and_the_version_before_goes_on(program, dealer):
    first = publish(draft(program))
    about = {"actor": "staff:a", "now": at("2026-03-10")}
    second = publishing.draft_version(
        rule=first.rule, terms={"kind": "purchase", "basis": "per_amount", "rate": 5}, **about
    )
    second = publish(second, on=at("2026-04-01 00:00"), now=at("2026-03-10"))
    with pytest.raises(publishing.CannotPublish, match="begin later"):
        publishing.call_off(version=first, **about)

    publishing.end_version(version=second, **about)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.valid_to, second.valid_to) == (None, at("2026-04-01 00:00"))
    [outcome] = accepted(purchase(dealer, "10.00", at("2026-04-01 00:00")), as_of=at("2026-04-02"))
    assert [grant.granted for grant in outcome.grants] == [20]  # by the first
    with pytest.raises(publishing.CannotPublish, match="begin later"):
        publishing.call_off(version=second, **about)
    third = publishing.draft_version(
        rule=first.rule, terms={"kind": "purchase", "basis": "per_amount", "rate": 3}, **about
    )
    publish(third, on=at("2026-03-20 00:00"), now=at("2026-03-10"))  # before it would have begun
    publishing.end_rule(rule=first.rule, at=None, **about)  # with what is to come
    ends = list(first.rule.versions.order_by("number").values_list("valid_from", "valid_to"))
    assert ends[1:] == [(at("2026-04-01 00:00"),) * 2, (at("2026-03-20 00:00"),) * 2]
    assert ends[0][1] == at("2026-03-10")


@pytest.mark.parametrize(
    ("terms", "error", "why"),
    [
        ({"condition": {"field": "colour", "op": "eq", "value": 1}}, BadCondition, "no field"),
        ({"condition": {"field": "line"}}, BadCondition, "this one has field"),
        (
            {"condition": {"field": "segment", "op": "eq", "value": "vip"}},
            BadCondition,
            "no segment “vip”",
        ),
        ({"kind": "nothing"}, BadCondition, "no activity kind"),
        ({"rate": Decimal(0)}, ValidationError, "above zero"),
        ({"cap": 5}, ValidationError, "an amount and a window"),
        ({"basis": "sometimes"}, ValidationError, "not a valid choice"),
    ],
)
def test_drafts_that_make_no_sense_are_refused(program: Program, terms, error, why):
    with pytest.raises(error, match=why), transaction.atomic():
        draft(program, **terms)
    assert not RuleVersion.objects.exists()


def test_a_code_is_taken_once(program: Program):
    draft(program)
    with pytest.raises(publishing.CodeTaken):
        draft(program)


def test_a_rule_keeps_its_segment_as_it_was_published(program: Program, dealer: Account):
    segment = define_segment(
        code="north",
        name="North",
        condition={"field": "region", "op": "eq", "value": "North"},
        actor="staff:a",
        now=NOW,
    )
    publish(draft(program, condition={"field": "segment", "op": "eq", "value": "north"}))
    change_segment(
        segment=segment,
        name="North",
        condition={"field": "region", "op": "eq", "value": "South"},
        actor="staff:a",
        now=NOW,
    )
    south = enrolled_account(program, number="D2", region="South")
    outcomes = accepted(
        purchase(dealer, "10.00", at("2026-03-09"), "A"),
        purchase(south, "10.00", at("2026-03-09"), "B"),
        as_of=at("2026-03-12"),
    )
    assert [len(one.grants) for one in outcomes] == [1, 0]


def test_tier_date_and_account_attributes_are_filters(program: Program):
    publish_scheme(program, ("Silver", 0, "1"), ("Gold", 1_000_00, "1"))
    account = enrolled_account(program, attributes={"city": "Bonn"})
    both = {
        "all": [
            {"field": "tier", "op": "eq", "value": "Gold"},
            {"field": "account.city", "op": "in", "value": ["Bonn"]},
            {"field": "occurred_on", "op": "gte", "value": "2026-03-10"},
            {"field": "occurred_on", "op": "lt", "value": "2026-03-11"},
        ]
    }
    publish_rule(program, code="gold", condition=both)
    accepted(purchase(account, "1000.00", at("2026-03-09"), "A"), as_of=at("2026-03-09"))
    outcomes = accepted(
        purchase(account, "1.00", at("2026-03-09 23:59"), "B"),
        purchase(account, "1.00", at("2026-03-10 00:01"), "C"),
        purchase(account, "1.00", at("2026-03-11 00:01"), "D"),
        as_of=at("2026-03-12"),
    )
    assert [len(one.grants) for one in outcomes] == [0, 1, 0]


# ── Trying out ───────────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_tried_on_a_sample(program: Program, dealer: Account):
    publish_scheme(program, ("Gold", 0, "1.5"))
    account = enrolled_account(program, number="D2")
    version = draft(program, condition=BIKES, cap=10, cap_window="activity")
    about = {"account": account, "occurred_at": NOW, "amount": 12_34, "quantity": Decimal(1)}
    tried = try_on_sample(version, Sample(line="Bikes", **about))
    assert tried.grant is not None
    assert (tried.grant.desired, tried.grant.granted, tried.held) == (37, 10, "Gold")
    refused = try_on_sample(version, Sample(line="Parts", **about))
    assert (refused.grant, refused.reason, refused.unmet) == (None, "condition", (BIKES,))
    assert not Entry.objects.exists()
    assert not Activity.objects.exists()


def test_a_draft_is_tried_on_past_facts_beside_what_was_given(program: Program, dealer: Account):
    publish(draft(program))
    accepted(
        purchase(dealer, "10.00", at("2026-03-02"), "A"),
        purchase(dealer, "20.00", at("2026-03-03"), "B"),
        as_of=at("2026-03-04"),
    )
    accepted(
        taken_back(dealer, "10.00", at("2026-03-05"), of="A", document="R"), as_of=at("2026-03-06")
    )
    moved = list(Wallet.objects.values_list("available"))
    rule = RuleVersion.objects.get().rule
    second = publishing.draft_version(
        rule=rule,
        terms=TERMS | {"rate": Decimal(3), "cap": 80, "cap_window": "month"},
        actor="staff:a",
        now=NOW,
    )
    replayed = try_on_past(second, since=at("2026-03-01"), until=at("2026-04-01"))
    assert [(one.activity.external_id, one.would, one.was) for one in replayed.compared] == [
        ("B", 50, 40),
        ("A", 30, 20),
    ]
    assert (replayed.would, replayed.was, replayed.is_all) == (80, 60, True)
    assert list(Wallet.objects.values_list("available")) == moved


# ── Why not ──────────────────────────────────────────────────────────────────────────────────────


def reasons(document: str) -> dict[str, tuple[str, str]]:
    voice = voice_of(Tenant.objects.get())
    activity = Activity.objects.get(external_id=document)
    return {one.rule: (one.reason, one.sentence) for one in why_not(activity, voice=voice)}


def test_every_reason_why_nothing_came(program: Program, dealer: Account):
    publish_rule(program, code="bikes", condition=BIKES)
    publish_rule(program, code="big", condition={"field": "amount", "op": "gte", "value": 100_00})
    publish_rule(program, code="over", valid_to=at("2026-01-01"))
    publish_rule(program, code="person", beneficiary="member")
    publish_rule(program, code="tiny", rate=Decimal("0.01"), tier_multiplies=False)
    publish_rule(program, code="less", exclusive_group="g")
    publish_rule(program, code="more", exclusive_group="g", rate=2)
    publish_rule(program, code="capped", cap=15, cap_window="month")
    first = purchase(dealer, "15.00", at("2026-03-02"), "A")
    accepted(first, purchase(dealer, "12.00", at("2026-03-03"), "B"), as_of=at("2026-03-04"))
    publish_rule(program, code="new")
    assert reasons("B") == {
        "bikes": ("condition", "Bikes: asks that the product line is Bikes (it was nothing)."),
        "big": ("condition", "Big: asks that the amount is at least $100.00 (it was $12.00)."),
        "over": ("not_valid", "Over: version 1 is for Dec 31, 1999 to Jan 1, 2026."),
        "person": ("no_member", "Person: gives to a member, and the fact names none."),
        "tiny": ("nothing", "Tiny: amount and quantity are too small for a whole unit."),
        "less": ("exclusive", "Less: another rule of the same group gave more."),
        "capped": ("cap", "Capped: its cap was reached before."),
        "new": ("published_later", "New: was published after the fact had come in."),
    }


def test_budget_is_a_reason_too(program: Program, dealer: Account):
    publish_rule(program)
    set_budget(
        program=program,
        unit="points",
        amount=10,
        starts_at=NOW,
        ends_at=at("2026-04-01"),
        actor="system",
        now=NOW,
    )
    accepted(
        purchase(dealer, "10.00", at("2026-03-02"), "A"),
        purchase(dealer, "10.00", at("2026-03-02"), "B"),
        as_of=at("2026-03-04"),
    )
    assert reasons("B") == {"purchases": ("budget", "Purchases: the program's budget was used up.")}
    assert reasons("A") == {}


def test_outside_of_a_program_nothing_comes(program: Program):
    publish_rule(program)
    account = enrolled_account(program, on=at("2026-03-10"))
    accepted(
        purchase(account, "10.00", at("2026-03-02"), "A"),
        purchase(account, "0.00", at("2026-03-12"), "B", kind="training"),
        as_of=at("2026-03-13"),
    )
    assert reasons("A")[""] == (
        "too_early",
        "It happened before the account joined on Mar 10, 2026.",
    )
    assert reasons("B")[""] == (
        "no_rules",
        "Acme Rewards has no rule for this kind of activity.",
    )


def test_members_role_is_named(program: Program, dealer: Account):
    MemberFactory(account=dealer)
    publish_rule(
        program, code="sales", condition={"field": "member_role", "op": "eq", "value": "sales"}
    )
    accepted(purchase(dealer, "10.00", at("2026-03-02"), "A"), as_of=LONG_AGO.replace(year=2026))
    assert reasons("A")["sales"][1] == (
        "Sales: asks that the member's role is sales (it was nothing)."
    )
