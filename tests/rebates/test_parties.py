"""With whom agreements are, and what else they may promise: one year of sales, to the cent."""

from datetime import date

import pytest

from accounts.models import Segment
from rebates import answering, clock, drafting, of_group, offering, settling
from rebates.drafting import AgreementRefused
from rebates.models import Accrual, Agreement, Statement
from rebates.nearness import nearest
from rebates.stating import line_of
from tests.factories import (
    LONG_AGO,
    AccountFactory,
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    enrolled_account,
    publish_scheme,
)
from tests.rebates.deals import (
    CHECKER,
    MAKER,
    PARTNER,
    SECOND,
    agreed,
    bands,
    drafted,
    owed,
    statements_of,
    violations,
)
from tests.rewards.stories import accepted, at, purchase, taken_back

ONE_PERCENT = {"bands": bands((0, "1"))}


@pytest.fixture
def program(in_tenant):
    return ProgramFactory()


def sold(account, amount: str, when: str, document: str, **more) -> None:
    accepted(purchase(account, amount, at(when), document, **more), as_of=at(when))


def test_each_of_a_segment_accepts_and_earns_by_itself(in_tenant, program):
    """Whoever leaves the segment keeps nothing of the running period, and all of a closed one."""
    north = Segment.objects.create(
        code="north", name="North", condition={"field": "region", "op": "eq", "value": "North"}
    )
    yes, silent, south = (
        enrolled_account(program, number=f"D-{n}", region=region)
        for n, region in enumerate(("North", "North", "South"))
    )
    version = drafted(
        program, None, code="north", party="segment", segment=north, terms=ONE_PERCENT
    )
    offering.offer_version(version=version, valid_from=None, actor=MAKER, now=LONG_AGO)
    offering.accept_version(version=version, account=yes, actor=PARTNER, now=LONG_AGO)
    with pytest.raises(offering.NotOffered):
        offering.accept_version(version=version, account=south, actor=PARTNER, now=LONG_AGO)
    for one in (yes, silent, south):
        sold(one, "1000.00", "2026-01-10", f"A-{one.number}")
    agreement = version.agreement
    assert owed(agreement, at=at("2026-04-10")) == [10_00, 0]  # and the quarter that has begun
    offering.accept_version(version=version, account=silent, actor=PARTNER, now=at("2026-04-11"))
    for one in (yes, silent):
        sold(one, "3000.00", "2026-04-12", f"B-{one.number}")
    assert owed(agreement, at=at("2026-04-13"), account=silent) == [30_00]
    yes.region = "South"
    yes.save()
    assert owed(agreement, at=at("2026-04-14"), account=yes) == [10_00, 0]
    assert violations(in_tenant) == []


def test_a_tier_earns_while_it_is_held_and_cashback_grows_with_the_tier(in_tenant, program):
    """Gold from 10,000.00 a quarter; cashback 2 %, for gold 1.5 times as much."""
    publish_scheme(program, ("base", 0, "1"), ("gold", 10_000_00, "1"))
    climber = enrolled_account(program, number="D-1")
    club = agreed(program, None, code="club", party="tier", tier_code="gold", terms=ONE_PERCENT)
    cashback = {"bands": bands((0, "2")), "tier_multipliers": {"gold": "1.5"}}
    back = agreed(program, climber, code="cash", terms=cashback)
    sold(climber, "4000.00", "2026-01-10", "A")
    assert (owed(club, at=at("2026-01-11")), owed(back, at=at("2026-01-11"))) == ([], [80_00])
    sold(climber, "6000.00", "2026-02-10", "B")
    assert owed(club, at=at("2026-02-11")) == [100_00]
    assert owed(back, at=at("2026-02-11")) == [300_00]
    kept = Accrual.objects.get(agreement=back)
    assert (kept.tier_code, kept.multiplier) == ("gold", 1.5)
    assert violations(in_tenant) == []


def test_guaranteed_rate_with_a_target_on_top_and_an_amount_per_unit(in_tenant, program):
    dealer = enrolled_account(program, number="D-1")
    target = {
        "method": "guaranteed",
        "guaranteed": "1",
        "position": "target",
        "base": {"given": 10_000_00},
        "bands": bands(("100", "2"), ("120", "3")),
    }
    both = agreed(program, dealer, code="both", terms=target)
    per_unit = {"measure": "quantity", "bands": bands((1, 25), (10 * 10_000, 40))}
    each = agreed(program, dealer, code="each", period="month", terms=per_unit)
    steps = (("9999.99", 9, 100_00, 2_25), ("0.01", 1, 300_00, 4_00), ("2000.00", 5, 480_00, 6_00))
    for n, (amount, units, of_target, of_units) in enumerate(steps):
        sold(dealer, amount, "2026-01-10", f"S-{n}", quantity=units)
        assert owed(both, at=at("2026-01-11")) == [of_target]
        assert owed(each, at=at("2026-01-11")) == [of_units]
    accepted(
        taken_back(dealer, "2000.00", at("2026-01-12"), of="S-2", document="R", quantity=5),
        as_of=at("2026-01-12"),
    )
    assert owed(both, at=at("2026-01-13")) == [300_00]
    assert owed(each, at=at("2026-01-13")) == [4_00]
    assert violations(in_tenant) == []


def test_a_condition_tells_who_of_a_group_takes_part(in_tenant, program):
    parent = enrolled_account(program, number="G-1", region="North")
    child = AccountFactory(number="G-2", parent=parent, region="South")
    only_north = {"condition": {"field": "region", "op": "eq", "value": "North"}}
    group = agreed(program, parent, code="g", party="family", terms=ONE_PERCENT, said=only_north)
    sold(parent, "1000.00", "2026-01-10", "A")
    sold(child, "5000.00", "2026-01-10", "B")
    assert owed(group, at=at("2026-01-11")) == [10_00]
    child.region = "North"
    child.save()
    assert owed(group, at=at("2026-01-12")) == [60_00]
    assert violations(in_tenant) == []


def test_a_new_version_changes_the_next_period_and_an_early_end_is_the_last(in_tenant, program):
    dealer = enrolled_account(program, number="D-1")
    agreement = agreed(program, dealer, terms=ONE_PERCENT)
    for month in ("01", "04", "07", "10"):
        sold(dealer, "1000.00", f"2026-{month}-10", f"S-{month}")
        clock.advance(at=at(f"2026-{month}-11"))
        if month == "04":
            second = drafted_next(agreement, {"bands": bands((0, "2.5"))})
            about = {"version": second, "actor": CHECKER, "now": at("2026-04-11")}
            with pytest.raises(AgreementRefused, match="accrued already"):
                offering.offer_version(valid_from=date(2026, 4, 1), **about)
            offering.offer_version(valid_from=date(2026, 7, 1), **about)
        if month == "07":
            assert owed(agreement, at=at("2026-07-11")) == [10_00, 10_00, 25_00]
            end = {"agreement": agreement, "actor": CHECKER, "now": at("2026-07-12")}
            with pytest.raises(AgreementRefused, match="what is promised there stays"):
                offering.end_agreement(on=date(2026, 7, 1), **end)
            with pytest.raises(AgreementRefused, match="the first day of the next"):
                offering.end_agreement(on=date(2026, 9, 1), **end)
            offering.end_agreement(on=date(2026, 10, 1), **end)
    assert owed(agreement, at=at("2026-10-20")) == [10_00, 10_00, 25_00]
    assert Agreement.objects.get(pk=agreement.pk).state == "closed"
    assert [one.total for one in statements_of(agreement)] == [10_00, 10_00, 25_00]
    # What comes back of its last period is still corrected.
    back = taken_back(dealer, "400.00", at("2026-10-21"), of="S-07", document="R")
    accepted(back, as_of=at("2026-10-21"))
    assert owed(agreement, at=at("2026-10-22")) == [10_00, 10_00, 15_00]
    clock.advance(at=at("2026-11-02"))  # such corrections are stated once a month
    assert [one.total for one in statements_of(agreement)] == [10_00, 10_00, 25_00, -10_00]
    assert violations(in_tenant) == []


def drafted_next(agreement: Agreement, terms: dict):
    return drafting.draft_version(
        agreement=agreement,
        said={"terms": terms, "needs_acceptance": False},
        actor=MAKER,
        now=at("2026-04-11"),
    )


def test_a_child_of_a_paid_parent_sees_its_own_part_and_nothing_of_the_group(in_tenant, program):
    parent = enrolled_account(program, number="G-1")
    child = enrolled_account(program, number="G-2", parent=parent)
    grandchild = enrolled_account(program, number="G-3", parent=child)
    group = agreed(program, parent, code="g", party="family", terms=ONE_PERCENT)
    each = agreed(program, parent, code="e", party="family", paid_to="each", terms=ONE_PERCENT)
    for one, amount in ((parent, "1000.00"), (child, "200.00"), (grandchild, "30.00")):
        sold(one, amount, "2026-01-10", f"S-{one.number}")
    assert owed(group, at=at("2026-01-11")) == [12_30]
    assert owed(each, at=at("2026-01-11")) == [10_00, 2_00, 30]

    def seen_by(account, day="2026-01-11") -> list[tuple[str, int, int]]:
        about = {"program_id": program.pk, "tenant": in_tenant, "at": at(day)}
        parts = of_group.own_parts(account, day=at(day).date(), **about)
        return [(one.agreement.code, one.sold, one.earning) for one in parts]

    assert [seen_by(one) for one in (parent, child, grandchild)] == [
        [],
        [("g", 200_00, 200_00)],
        [("g", 30_00, 30_00)],
    ]
    assert seen_by(enrolled_account(program)) == []
    assert seen_by(child, "2026-04-01") == []  # nothing is counted of that quarter yet


def test_the_nearest_bands_are_those_that_python_would_find(in_tenant, program):
    """Found by the database, however many accruals are open; worth most first."""
    rep = StaffFactory()
    steps = {"bands": bands((0, "1"), (1_000_00, "2"), (2_000_00, "4"))}
    growth = {
        "method": "growth",
        "position": "baseline",
        "base": {"given": 1_000_00},
        "bands": bands(("10", "5")),
    }
    for n, (terms, amount) in enumerate(
        [(steps, "800.00"), (steps, "700.00"), (steps, "1900.00"), (steps, "2500.00"),
         (growth, "1000.00"), (growth, "800.00")]
    ):  # fmt: skip
        dealer = enrolled_account(program, number=f"N-{n}", rep=rep)
        agreed(program, dealer, code=f"n-{n}", terms=terms)
        sold(dealer, amount, "2026-01-10", f"S-{n}")
    clock.advance(at=at("2026-01-11"))
    about = {"rep_id": rep.pk, "program_id": program.pk, "day": date(2026, 1, 11)}
    near = nearest(percent=25, **about)
    assert [(one.account.number, step.missing, step.worth) for one, step in near] == [
        ("N-2", 100_00, 42_00),
        ("N-0", 200_00, 12_00),
        ("N-4", 100_00, 5_00),
    ]
    assert [one.account.number for one, _ in nearest(percent=10, **about)] == ["N-2", "N-4"]
    assert nearest(percent=25, **(about | {"rep_id": StaffFactory().pk})) == []


def test_nobody_accepts_what_they_wrote_or_offered_themselves(in_tenant, program):
    dealer = enrolled_account(program, number="D-1")
    people = [StaffFactory() for _ in range(3)]
    hands = [MemberFactory(account=dealer, user=one.user) for one in people]
    version = drafting.draft_agreement(
        program=program,
        account=dealer,
        code="own",
        name="Own",
        period="quarter",
        starts_on=date(2026, 1, 1),
        said={"terms": ONE_PERCENT},
        actor=people[0].actor,
        now=LONG_AGO,
    )
    in_tenant.two_pairs_of_eyes = True
    in_tenant.save()
    about = {"version": version, "now": LONG_AGO}
    with pytest.raises(offering.NeedsSecondPair):
        offering.offer_version(valid_from=None, actor=hands[0].actor, **about)
    offering.offer_version(valid_from=None, actor=people[1].actor, **about)
    for hand in hands[:2]:
        with pytest.raises(offering.OwnOffer):
            offering.accept_version(account=dealer, actor=hand.actor, **about)
    assert not version.acceptances.exists()
    accepted_by = offering.accept_version(account=dealer, actor=hands[2].actor, **about)
    assert accepted_by.accepted_by == hands[2].actor


def test_one_person_with_several_hands_decides_nothing_of_their_own(in_tenant, program):
    """Neither for the account they belong to, nor what they accepted or agreed on themselves."""
    dealer = enrolled_account(program, number="D-1")
    agreement = agreed(program, dealer, terms=ONE_PERCENT)
    sold(dealer, "1000.00", "2026-01-10", "A")
    clock.advance(at=at("2026-04-10"))
    [statement] = Statement.objects.filter(agreement=agreement)
    both = StaffFactory()
    hand = MemberFactory(account=dealer, user=both.user)
    line = line_of(statement, 1)
    dispute = answering.dispute_line(
        line=line, reason="Too little", actor=PARTNER, now=at("2026-04-11")
    )
    answer = {"dispute": dispute, "agreed": 999_00, "answer": "Yes", "now": at("2026-04-12")}
    with pytest.raises(answering.AnswerRefused, match="belong to the account"):
        answering.resolve_dispute(actor=both.actor, **answer)
    answering.resolve_dispute(actor=CHECKER, **answer)
    answering.accept_statement(statement=statement, actor=hand.actor, now=at("2026-04-12"))

    def refused(actor: str) -> str:
        with pytest.raises(settling.CannotApprove) as why:
            settling.approve_statement(statement=statement, actor=actor, now=at("2026-04-13"))
        return str(why.value)

    assert "belong to the account" in refused(both.actor)
    assert "agreed on an amount" in refused(CHECKER)
    assert "You alone wrote and offered its terms" in refused(MAKER)
    hand.account = enrolled_account(program)  # they have left the account
    hand.save()
    assert "accepted the statement" in refused(both.actor)
    assert not statement.settlements.exists()
    settled = settling.approve_statement(statement=statement, actor=SECOND, now=at("2026-04-13"))
    assert settled.amount == 999_00
    assert violations(in_tenant) == []
