"""Surveys: asked once, answered once and in time, and a measure that moves tiers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounts.models import Activity, Event, JobRun, Notice, Segment
from accounts.notices.noting import note
from accounts.postgres.statements import ask
from accounts.readings import Reading, as_of, reading_sql, values_of
from accounts.starting_measures import starting_catalogue
from accounts.tenancy import tenant_scope
from accounts.windows import Window
from loyalty.books import verify_tenant
from partners.models import Survey, SurveyAsked
from partners.surveys import clock, results
from partners.surveys.answering import CannotAnswer, answer, score_of
from partners.surveys.asking import CannotAsk, send_by_hand
from partners.surveys.books import SURVEYS
from partners.surveys.drafting import BadSurvey, Terms, add_survey, change_survey
from partners.tasks import advance_surveys
from tests.factories import (
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    enrolled_account,
    publish_scheme,
)
from tests.partners.stories import ZONE, approved, deal_form, deals_earn, registered, won
from tests.rewards.stories import at

JUNE = at("2026-06-20")


def survey(name: str = "Quarter", **terms) -> Survey:
    values = {"name": name, "scale": "nps", "question": "Would you recommend us?"} | terms
    return add_survey(Terms(**values), actor="system", now=at("2026-05-01"))


def people(program, *numbers: str, **account):
    return [
        MemberFactory(account=enrolled_account(program, number=number, **account), name=number)
        for number in numbers
    ]


def sent(made: Survey, key: str = "1", now=JUNE) -> int:
    return send_by_hand(made.pk, key=key, actor="system", zone=ZONE, now=now)


def says(asked: SurveyAsked, value: int, comment: str = "", now=JUNE) -> SurveyAsked:
    return answer(asked.pk, member=asked.member, value=value, comment=comment, zone=ZONE, now=now)


def satisfaction(account) -> int:
    """Over the year, in hundredths."""
    reading = Reading("satisfaction", Window("year"))
    read = reading_sql(
        [reading],
        catalogue=starting_catalogue(),
        as_of=as_of(JUNE, ZONE),
        zone=ZONE,
        fiscal_year_starts=1,
        accounts=[account.pk],
    )
    (found,) = ask(values_of(read))
    return found[account.pk][reading].value


def test_an_answer_is_a_fact_that_moves_the_measure_and_the_tier(in_tenant):
    program = ProgramFactory()
    publish_scheme(program, ("Member", 0, "1"), ("Silver", 100_000, "1"))
    kim, lou = people(program, "D-1", "D-2")
    first, second = survey(), survey("Deal", scale="csat", follow_up="Why?")
    assert (sent(first), sent(first), sent(second)) == (2, 0, 2)  # the same key asks nobody again
    mine = {one.survey.name: one for one in SurveyAsked.objects.filter(member=kim)}
    says(mine["Quarter"], 9, " Quick answers ")
    says(mine["Deal"], 2)
    assert score_of("csat", 2) == Decimal("2.5")
    assert satisfaction(kim.account) == 575  # the mean of 9 and 2.5
    fact = Activity.objects.get(external_id=str(mine["Quarter"].pk))
    assert (fact.kind, fact.member_id, fact.attributes) == (
        "satisfaction", kim.pk, {"score": 9, "survey": "Quarter"},
    )  # fmt: skip
    told = Event.objects.filter(kind="survey.answered").order_by("id").first().payload
    assert (told["answer"], told["score"], told["comment"]) == (9, "9", "Quick answers")

    assert says(mine["Quarter"], 9, "Quick answers").answer == 9  # the same again: the first one
    for value in (3, 9):
        with pytest.raises(CannotAnswer, match="answered already"):
            says(mine["Quarter"], value, "Other words")
    with pytest.raises(SurveyAsked.DoesNotExist):  # what another was asked
        answer(mine["Deal"].pk, member=lou, value=5, comment="", zone=ZONE, now=JUNE)
    theirs = {one.survey.name: one for one in SurveyAsked.objects.filter(member=lou)}
    for name, value in (("Quarter", 11), ("Quarter", -1), ("Deal", 0), ("Deal", 6)):
        with pytest.raises(CannotAnswer, match="Choose a number from"):
            says(theirs[name], value)
    with pytest.raises(CannotAnswer, match="at most 1000"):
        says(theirs["Deal"], 5, "x" * 1001)
    with pytest.raises(CannotAnswer, match="closed meanwhile"):
        says(theirs["Deal"], 5, now=theirs["Deal"].closes_at)
    assert Activity.objects.count() == 2
    assert [found for found in verify_tenant() if found.violations] == []


def test_two_answers_at_once_are_one(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.pk), transaction.atomic():
        people(ProgramFactory(), "D-1")
        sent(survey())
        asked = SurveyAsked.objects.get()

    def once(value: int) -> str:
        try:
            with tenant_scope(tenant.pk), transaction.atomic():
                says(asked, value)
        except CannotAnswer:
            return "refused"
        finally:
            connection.close()
        return "taken"

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(once, (1, 2, 3, 4))) == ["refused"] * 3 + ["taken"]
    with tenant_scope(tenant.pk), transaction.atomic():
        assert Activity.objects.count() == 1


def test_the_clock_asks_after_deals_and_quarters_and_reminds_once(in_tenant):
    program = ProgramFactory()
    deals_earn(program)
    kim, _lou = people(program, "D-1", "D-2")
    MemberFactory(account=kim.account, is_active=False)
    deal_form()
    survey("Deal", occasion="deal", scale="csat", remind_days=5, open_days=10)
    survey("Quarter", occasion="quarter", remind_days=0)
    deal = approved(registered(kim.account), StaffFactory())
    won(deal, amount=1_000_00, on=date(2026, 6, 19), now=at("2026-06-19"))

    def advanced(when: str) -> tuple[int, int]:
        done = clock.advance(zone=ZONE, now=at(when))
        return done.asked, done.reminded

    assert advanced("2026-06-20") == (1, 0)
    assert advanced("2026-06-20 18:00") == (0, 0)
    assert advanced("2026-06-25 11:59") == (0, 0)
    assert advanced("2026-06-25") == (0, 1)
    assert advanced("2026-06-26") == (0, 0)
    assert advanced("2026-07-01 00:00") == (2, 0)  # the quarter, in New York
    assert advanced("2026-07-20") == (0, 0)
    assert sorted(SurveyAsked.objects.values_list("about", "member__name")) == [
        (f"deal:{deal.pk}", "D-1"),
        ("quarter:2026-07-01", "D-1"),
        ("quarter:2026-07-01", "D-2"),
    ]
    asked = SurveyAsked.objects.get(about=f"deal:{deal.pk}")
    assert asked.closes_at == at("2026-07-01 00:00")  # ten days: through the end of June 30
    # what is older than a week is no news
    note(list(Event.objects.filter(kind__startswith="survey.")), now=at("2026-07-01"))
    assert sorted(Notice.objects.values_list("member__name", "details__survey")) == [
        ("D-1", "Deal"), ("D-1", "Quarter"), ("D-2", "Quarter"),
    ]  # fmt: skip


def test_a_segment_limits_who_is_asked_and_results_add_up(in_tenant):
    program = ProgramFactory()
    publish_scheme(program, ("Member", 0, "1"), ("Silver", 100_000, "1"))
    west = people(program, "W-1", "W-2", "W-3", "W-4", region="west")
    people(program, "E-1", region="east")
    segment = Segment.objects.create(
        code="west", name="West", condition={"field": "region", "op": "eq", "value": "west"}
    )
    made = survey(segment=segment)
    assert sent(made) == 4
    for member, value in zip(west, (10, 9, 7), strict=False):
        says(SurveyAsked.objects.get(member=member), value, "Fine" if value == 10 else "")
    whole = results.result_of(made)
    assert (whole.asked, whole.answered, whole.promoters, whole.passives, whole.detractors) == (
        4, 3, 2, 1, 0,
    )  # fmt: skip
    assert (whole.score, whole.rate, whole.average) == (67, 75, Decimal("8.7"))
    says(SurveyAsked.objects.get(member=west[3]), 0)
    assert results.result_of(made).score == 25
    assert [(one.label, one.score) for one in results.by_region(made)] == [("west", 25)]
    assert [one.comment for one in results.comments_of(made)] == ["Fine"]
    assert results.last_of(west[3].account).answer == 0
    months = results.by_month(made, since=date(2026, 1, 1), zone=ZONE)
    assert {month: one.score for month, one in months.items()} == {date(2026, 6, 1): 25}
    change_survey(made, Terms(name="Quarter", scale="nps", question="Q?", is_active=False),
                  actor="system", now=JUNE)  # fmt: skip
    with pytest.raises(CannotAsk, match="switched off"):
        sent(made, "2")
    with pytest.raises(BadSurvey, match="this scale already"):
        change_survey(made, Terms(name="Quarter", scale="csat", question="Q?"),
                      actor="system", now=JUNE)  # fmt: skip
    for wrong in ({"open_days": 0}, {"remind_days": 21}, {"question": " "}, {"name": "Quarter"}):
        with pytest.raises(BadSurvey):
            survey(**({"name": "Other"} | wrong))
    assert Survey.objects.count() == 1


def test_damage_to_answers_is_found(in_tenant):
    kim, lou = people(ProgramFactory(), "D-1", "D-2")
    sent(survey())
    says(SurveyAsked.objects.get(member=kim), 9)
    own, theirs = (SurveyAsked.objects.filter(member=one) for one in (kim, lou))

    def damaged() -> list[str]:
        return [one.invariant.claim for one in verify_tenant() if one.violations]

    answers, belonging = (one.claim for one in SURVEYS)
    own.update(answer=3)
    assert damaged() == [answers]
    own.update(answer=9, answered_at=JUNE - timedelta(hours=1))
    assert damaged() == [answers]
    own.update(answered_at=JUNE)
    theirs.update(account=kim.account)
    assert damaged() == [belonging]
    theirs.update(account=lou.account)
    assert damaged() == []


def test_the_job_asks_in_transactions_of_its_own(committed, monkeypatch):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.pk), transaction.atomic():
        people(ProgramFactory(), "D-1", region="west")
        west = {"field": "region", "op": "eq", "value": "west"}
        segment = Segment.objects.create(code="west", name="West", condition=west)
        survey(occasion="quarter", segment=segment)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at("2026-07-02"))
    for _again in range(2):
        advance_surveys(tenant_id=str(tenant.pk))
    with tenant_scope(tenant.pk), transaction.atomic():
        assert SurveyAsked.objects.get().about == "quarter:2026-07-01"
        assert JobRun.objects.get(job="advance_surveys").outcome["asked"] == 1
