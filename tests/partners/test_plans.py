"""Joint plans: nothing holds before both have agreed, and progress is what the measures say."""

from datetime import date

import pytest

from accounts.declaring import catalogue
from accounts.ids import uuid7
from loyalty.books import verify_tenant
from partners.models import Plan, PlanGoal, PlanState, PlanVersion, Side
from partners.plans import agreeing, keeping
from partners.plans.agreeing import Goal, NotNow
from partners.plans.progress import courses_of
from tests.factories import MemberFactory, ProgramFactory, StaffFactory, enrolled_account
from tests.partners.stories import NOON, ZONE
from tests.rewards.stories import accepted, at, purchase

GOALS = (
    Goal(title="Revenue", measure="revenue", target=10_000_00),
    Goal(title="Hire an engineer", due_on=date(2026, 6, 30)),
    Goal(title="Train them", side=Side.COMPANY, due_on=date(2026, 5, 1)),
)


def agreed_version(plan: Plan) -> PlanVersion | None:
    return plan.versions.filter(state=PlanState.AGREED).first()


class Table:
    """An account with Kim, and Jordan who looks after it; Both is staff and works there, too."""

    def __init__(self) -> None:
        self.account = enrolled_account(ProgramFactory(), number="D-1")
        self.kim = MemberFactory(account=self.account, name="Kim")
        self.jordan = StaffFactory(name="Jordan")
        self.both = StaffFactory(name="Both", user=self.kim.user)

    def plan(self, name: str = "2026", **more) -> Plan:
        said = {"starts_on": date(2026, 4, 1), "months": 6, "goals": GOALS, "note": ""} | more
        return agreeing.draw_up(self.account, name=name, by=self.jordan.actor, now=NOON, **said)

    def agreed(self, plan: Plan) -> PlanVersion:
        version = plan.versions.get(state="proposed")
        side, by = Side.PARTNER, self.kim.actor
        if version.side == Side.PARTNER:
            side, by = Side.COMPANY, self.jordan.actor
        return agreeing.agree(version.pk, side=side, by=by, now=NOON)


@pytest.fixture
def table(in_tenant) -> Table:
    return Table()


def test_a_change_needs_both_and_until_then_the_plan_stays(table):
    plan = table.plan()
    first = plan.versions.get()
    assert (plan.ends_on, first.side, agreed_version(plan)) == (
        date(2026, 9, 30), Side.COMPANY, None,
    )  # fmt: skip
    kim, jordan = table.kim.actor, table.jordan.actor
    for side, by, why in (
        (Side.COMPANY, jordan, "Your side has proposed it"),
        (Side.COMPANY, table.both.actor, "a colleague speaks for the company"),
        (Side.PARTNER, jordan, "Your side has proposed it"),
    ):
        with pytest.raises(NotNow, match=why):
            agreeing.agree(first.pk, side=side, by=by, now=NOON)
    with pytest.raises(NotNow, match="waits for an answer already"):
        agreeing.propose(plan.pk, goals=GOALS, note="", side=Side.PARTNER, by=kim, now=NOON)
    table.agreed(plan)
    with pytest.raises(NotNow, match="“Agreed” meanwhile"):
        agreeing.agree(first.pk, side=Side.PARTNER, by=kim, now=NOON)

    fewer = [Goal(title="Revenue", measure="revenue", target=8_000_00, key=GOALS[0].key), GOALS[1]]
    about = {"goals": fewer, "note": "Supply is late", "side": Side.PARTNER, "by": kim, "now": NOON}
    second = agreeing.propose(plan.pk, **about)
    assert agreed_version(plan) == first
    with pytest.raises(NotNow, match="Say why"):
        agreeing.reject(second.pk, side=Side.COMPANY, reason="", by=jordan, now=NOON)
    agreeing.reject(second.pk, side=Side.COMPANY, reason="Too little", by=jordan, now=NOON)
    third = agreeing.propose(plan.pk, **about)
    with pytest.raises(NotNow, match="The other side has proposed it"):
        agreeing.withdraw(third.pk, side=Side.COMPANY, by=jordan, now=NOON)
    agreeing.withdraw(third.pk, side=Side.PARTNER, by=kim, now=NOON)
    agreeing.propose(plan.pk, **about)
    table.agreed(plan)
    assert list(plan.versions.order_by("number").values_list("state", flat=True)) == [
        PlanState.REPLACED, PlanState.REJECTED, PlanState.WITHDRAWN, PlanState.AGREED,
    ]  # fmt: skip
    assert [goal.target for goal in agreed_version(plan).goals.order_by("place")] == [800_000, None]
    with pytest.raises(NotNow, match="Say why"):
        agreeing.end(plan.pk, note="", by=jordan, now=NOON)
    agreeing.end(plan.pk, note="They were sold", by=jordan, now=NOON)
    with pytest.raises(NotNow, match="The plan has ended"):
        agreeing.propose(plan.pk, **about)
    assert [found for found in verify_tenant() if found.violations] == []
    PlanVersion.objects.filter(number=4).update(decided_by=kim, proposed_by=jordan)
    damaged = [found.invariant.claim for found in verify_tenant() if found.violations]
    assert damaged == ["what a plan holds both sides have said"]


def test_progress_is_what_the_measures_say_since_it_began(table):
    plan = table.plan()
    table.agreed(plan)
    early, late = at("2026-03-31 23:30"), at("2026-04-01 00:30")
    accepted(
        purchase(table.account, "900.00", early, "A"),
        purchase(table.account, "2500.50", late, "B"),
        purchase(table.account, "500.00", at("2026-05-19"), "C"),
        as_of=at("2026-05-19 18:00"),
    )

    def seen(now) -> list[tuple[int | None, int, bool]]:
        goals = courses_of([plan], catalogue=catalogue(), zone=ZONE, now=now)[plan.pk].goals
        return [(one.value, one.percent, one.is_late) for one in goals]

    assert seen(NOON) == [(3_000_50, 30, False), (None, 0, False), (None, 0, True)]
    keys = [goal.key for goal in agreed_version(plan).goals.order_by("place")]
    with pytest.raises(NotNow, match="The other side says"):
        keeping.mark_done(plan.pk, key=keys[1], side=Side.COMPANY, by=table.jordan.actor, now=NOON)
    for key in (keys[0], uuid7()):
        with pytest.raises(NotNow, match="no task of the plan"):
            keeping.mark_done(plan.pk, key=key, side=Side.PARTNER, by=table.kim.actor, now=NOON)
    first = keeping.mark_done(plan.pk, key=keys[1], side=Side.PARTNER, by=table.kim.actor, now=NOON)
    assert first == keeping.mark_done(
        plan.pk, key=keys[1], side=Side.PARTNER, by=table.kim.actor, now=at("2026-05-21")
    )
    assert seen(NOON)[1] == (None, 100, False)
    # what comes after its end counts no more; what came before still does
    accepted(purchase(table.account, "50000.00", at("2026-10-02"), "D"), as_of=at("2026-10-02"))
    assert seen(at("2026-12-01"))[0] == (3_000_50, 30, False)
    assert seen(at("2026-03-01"))[0] == (None, 0, False)  # not begun
    keeping.add_note(plan.pk, text="On track", side=Side.PARTNER, by=table.kim.actor, now=NOON)
    assert [found for found in verify_tenant() if found.violations] == []
    PlanGoal.objects.filter(key=keys[1]).update(key=uuid7())
    damaged = [found.invariant.claim for found in verify_tenant() if found.violations]
    assert damaged == ["a task that is done is one of its plan"]


def test_what_makes_no_sense_is_refused(table):
    for wrong in (
        {"name": " "},
        {"starts_on": date(2026, 4, 2)},
        {"months": 0},
        {"months": 25},
        {"goals": ()},
        {"goals": (Goal(title=" ", due_on=date(2026, 5, 1)),)},
        {"goals": (Goal(title="T", measure="revenue", target=0),)},
        {"goals": (Goal(title="T"),)},
        {"goals": (Goal(title="T", due_on=date(2026, 10, 1)),)},
        {"goals": (GOALS[0], GOALS[0])},
        {"note": "x" * 301},
    ):
        with pytest.raises(NotNow):
            table.plan(**wrong)
    assert Plan.objects.count() == 0
    table.plan()
    with pytest.raises(NotNow, match="of this name already"):
        table.plan()
