"""Measures of the tenant's own: checked, counted from the first fact on, fixed once used."""

import pytest

from accounts.counting import BadCounting, Counting, counting_of
from accounts.declaring import (
    BadCode,
    MeasureInUse,
    MeasureTaken,
    catalogue,
    change_measure,
    declare_measure,
    measures,
)
from accounts.models import DeclaredMeasure, Event
from accounts.postgres.statements import ask
from accounts.readings import Reading, as_of, reading_sql, values_of
from accounts.tenancy import tenant_scope
from accounts.windows import Window
from tests.factories import LONG_AGO, AccountFactory, ProgramFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, at, purchase, take, taken_back

ABOUT = {"actor": "staff:1", "now": LONG_AGO}
TRAININGS = Counting("facts", ("training",))


def declare(code: str = "learned", counting: Counting = TRAININGS) -> DeclaredMeasure:
    return declare_measure(code=code, name="Learned", counting=counting, **ABOUT)


def change(measure: DeclaredMeasure, counting: Counting, used_by=lambda codes: set(), name="New"):
    return change_measure(measure=measure, name=name, counting=counting, used_by=used_by, **ABOUT)


def value(tenant, account, code: str, when: str, window: Window | None = None) -> int:
    reading = Reading(code, window or Window("quarter"))
    query = reading_sql(
        [reading],
        catalogue=catalogue(),
        as_of=as_of(at(when), tenant.zone),
        zone=tenant.zone,
        fiscal_year_starts=1,
        accounts=[account.pk],
    )
    (found,) = ask(values_of(query))
    return found[account.pk][reading].value


def test_a_declared_measure_counts_what_happened_before_it(in_tenant, other_tenant):
    account = AccountFactory()
    scored = purchase(account, "0.00", at("2026-02-01"), kind="training", attributes={"score": 4.5})
    accepted(scored, as_of=at("2026-02-01"))

    made = declare("score", Counting("average", ("training",), attribute="score"))

    assert value(in_tenant, account, "score", "2026-03-31") == 450
    assert measures()["score"].declared == made
    told = Event.objects.get(kind="measure.declared")
    assert (told.subject, told.payload["counts"]) == (f"measure:{made.pk}", made.terms)
    with tenant_scope(other_tenant.pk):
        assert "score" not in catalogue()


@pytest.mark.parametrize(
    ("counting", "said"),
    [
        (Counting("guesses"), "counts one of"),
        (Counting("facts", ("nothing",)), "no activity kind “nothing”"),
        (Counting("facts", ("status_credits",)), "apart from other kinds"),
        (Counting("average", ("training",)), "“attribute” belongs to “average”"),
        (Counting("facts", ("training",), attribute="score"), "“attribute” belongs"),
        (Counting("ratio", of="orders"), "“to” belongs to “ratio”"),
        (Counting("ratio", of="orders", to="nothing"), "no measure “nothing”"),
        (Counting("ratio", of="retention", to="orders"), "is a ratio itself"),
        (Counting("ratio", of="certificates", to="orders"), "valid now"),
        (Counting("ratio", ("training",), of="orders", to="units"), "from its two measures"),
        (Counting("people", returns="ignored"), "treat returns otherwise"),
        (Counting("facts", per_person=1), "at most so often per person"),
        (Counting("valid_now", per_person=21), "1 to 20"),
        (Counting("amount", lines=("",)), "1 to 80 characters"),
    ],
)
def test_what_cannot_be_counted_is_refused(in_tenant, counting, said):
    with pytest.raises(BadCounting, match=said):
        declare(counting=counting)
    assert not DeclaredMeasure.objects.exists()


def test_a_code_is_taken_once(in_tenant):
    declare()
    for code, refusal in (("learned", MeasureTaken), ("revenue", MeasureTaken), ("É", BadCode)):
        with pytest.raises(refusal):
            declare(code)
    assert DeclaredMeasure.objects.count() == 1


def test_what_a_used_measure_counts_is_fixed_and_its_name_is_not(in_tenant):
    made = declare()

    with pytest.raises(MeasureInUse, match="Partner levels was published with it"):
        change(made, Counting("facts"), used_by=lambda codes: {"Partner levels"})
    assert measures()["learned"].counting == TRAININGS

    change(made, TRAININGS, used_by=lambda codes: {"Partner levels"}, name="Trainings done")
    assert measures()["learned"].name == "Trainings done"


def test_a_measure_is_used_where_a_ratio_of_it_is(in_tenant):
    made = declare()
    declare("share", Counting("ratio", of="learned", to="orders"))

    with pytest.raises(MeasureInUse):
        change(made, Counting("facts"), used_by=lambda codes: codes & {"share"})
    for part, said in (
        (Counting("ratio", of="orders", to="units"), "“learned” is a ratio itself"),
        (Counting("valid_now"), "What is valid now"),
    ):
        with pytest.raises(BadCounting, match=said):
            change(made, part)

    change(made, Counting("people", ("training",)))
    assert counting_of(DeclaredMeasure.objects.get(code="learned").terms).counts == "people"


def test_points_are_measured_where_their_facts_are_and_returns_take_them_off(in_tenant):
    program = ProgramFactory()
    publish_rule(program)
    publish_rule(program, code="learning", kind="training", basis="fixed", rate=50)
    account = enrolled_account(program)
    bought = purchase(account, "300.00", at("2026-02-10"), "P")
    learned = purchase(account, "0.00", at("2026-02-10"), "T", kind="training")
    accepted(bought, learned, as_of=at("2026-02-10"))
    declare("learning", Counting("points", ("training",)))

    assert value(in_tenant, account, "points_earned", "2026-03-31") == 350
    assert value(in_tenant, account, "learning", "2026-03-31") == 50

    back = taken_back(account, "100.00", at("2026-04-02"), of="P", document="R", quantity=0)
    accepted(back, as_of=at("2026-04-02"))

    assert value(in_tenant, account, "points_earned", "2026-03-31") == 350
    assert value(in_tenant, account, "points_earned", "2026-06-30") == -100


def test_a_certificate_can_be_taken_back_whole_and_once(in_tenant):
    account = AccountFactory()
    now = Window("valid_now")
    stated = {"valid_until": "2026-12-31"}
    earned = purchase(
        account, "0.00", at("2026-02-10"), "C", quantity=0, kind="training", attributes=stated
    )
    accepted(earned, as_of=at("2026-02-10"))
    declare("valid", Counting("valid_now"))
    assert value(in_tenant, account, "valid", "2026-12-31 23:59", now) == 1
    assert value(in_tenant, account, "valid", "2027-01-01 00:00", now) == 0

    back = taken_back(account, "0.00", at("2026-05-01"), of="C", document="R", quantity=0)
    accepted(back, as_of=at("2026-05-01"))

    assert value(in_tenant, account, "valid", "2026-04-30", now) == 1
    assert value(in_tenant, account, "valid", "2026-05-01", now) == 0
    again = taken_back(account, "0.00", at("2026-05-02"), of="C", document="R2", quantity=0)
    [outcome] = take(again, as_of=at("2026-05-02"))
    assert (outcome.status, outcome.reason) == ("rejected", "It was taken back before.")
