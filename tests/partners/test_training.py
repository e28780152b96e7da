"""A course from its first page to a certificate that ends: what counts when, for whom, once."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts.books_of_rollups import ROLL_UPS
from accounts.declaring import catalogue
from accounts.invitations import accept, invite_member
from accounts.models import Activity, Event, JobRun, Validity
from accounts.postgres.statements import ask, run
from accounts.readings import Reading, as_of, reading_sql, values_of
from accounts.staffing import change_member
from accounts.windows import Window
from partners.models import Certificate, Completion, CourseAttempt, CourseVersion
from partners.training import certifying, clock, courses, taking
from partners.training.books import TRAINING
from partners.training.courses import BadCourse, Content
from partners.training.quiz import right_answers, shuffled
from partners.training.steps import CannotDo, OtherContent, months_after
from rewards import clock as time
from tests.factories import MemberFactory, ProgramFactory, StaffFactory, enrolled_account
from tests.partners.courses import (
    LONG_AGO,
    QUESTIONS,
    RIGHT,
    WRONG,
    ZONE,
    a_course,
    a_path,
    certificates_earn,
    certifies,
    completed,
    issued,
    revoked,
)
from tests.rewards.stories import accepted, at, purchase, wallet_of
from tests.tiers.climbing import published, rung, tier_of


@pytest.fixture
def program(in_tenant):
    program = ProgramFactory()
    certificates_earn(program)
    return program


@pytest.fixture
def harbor(program):
    return enrolled_account(program, number="H-1", name="Harbor IT")


@pytest.fixture
def pat(harbor):
    return MemberFactory(account=harbor, name="Pat")


def wrong() -> list[str]:
    """Which claims about certificates and training do not hold in the open tenant."""
    return [one.claim for one in (*ROLL_UPS, *TRAINING) if run(one.query, {"places": 2})]


def valid_now(account, on: str) -> int:
    """What the measure `certificates` reads for the account at an instant."""
    reading = Reading("certificates", Window("valid_now"))
    asked = reading_sql(
        [reading],
        catalogue=catalogue(),
        as_of=as_of(at(on), ZONE),
        zone=ZONE,
        fiscal_year_starts=1,
        accounts=[account.pk],
    )
    (values,) = ask(values_of(asked))
    return values[account.pk][reading].value


def took(course, member, answers, on: str) -> CourseAttempt:
    attempt = taking.begin(course.pk, member_id=member.pk, zone=ZONE, now=at(on))
    return taking.answer(attempt.pk, member_id=member.pk, answers=answers, zone=ZONE, now=at(on))


def told(certificate: Certificate) -> list[str]:
    found = Event.objects.filter(subject=f"certificate:{certificate.pk}").order_by("id")
    return [kind.removeprefix("certificate.") for kind in found.values_list("kind", flat=True)]


def moves(member, staff, *, works: bool, on: str) -> None:
    change_member(
        member=member,
        portal_role=member.portal_role,
        business_role="",
        is_active=works,
        actor=staff,
        now=at(on),
    )


def test_a_passed_quiz_is_a_certificate_with_points_and_tier_in_the_same_second(
    program, harbor, pat
):
    least_one = {"measure": "certificates", "window": {"window": "valid_now"}}
    published(program, rung("Bronze"), rung("Silver", least_one | {"op": "gte", "threshold": 1}))
    course = a_course()
    certifies(course)

    failed = took(course, pat, WRONG, "2026-03-02")
    assert (failed.percent, failed.passed, wallet_count(harbor)) == (50, False, 0)

    passed = took(course, pat, RIGHT, "2026-03-02 14:00")

    certificate = Certificate.objects.get()
    assert (passed.percent, passed.number) == (100, 2)
    assert (certificate.user_id, certificate.valid_until) == (pat.user_id, date(2027, 3, 2))
    assert wallet_of(harbor, program).available == 110
    assert (tier_of(harbor), valid_now(harbor, "2026-03-02 14:00")) == ("Silver", 1)
    fact = certificate.activity
    assert (fact.kind, fact.source, fact.attributes, fact.member_id) == (
        "certificate",
        "system:training",
        {"certificate": "Expert", "valid_until": "2027-03-02"},
        pat.pk,
    )
    with pytest.raises(CannotDo, match="handed in before"):
        taking.answer(passed.pk, member_id=pat.pk, answers=RIGHT, zone=ZONE, now=at("2026-03-03"))
    assert (Completion.objects.count(), Activity.objects.count()) == (1, 2)

    revoked(certificate, at("2026-03-10"))

    assert wallet_of(harbor, program).available == 10  # the course was taken all the same
    assert (valid_now(harbor, "2026-03-09"), valid_now(harbor, "2026-03-10")) == (1, 0)
    assert told(certificate) == ["earned", "revoked"]
    with pytest.raises(CannotDo, match="revoked before"):
        revoked(certificate, at("2026-03-11"))
    assert wrong() == []


def wallet_count(account) -> int:
    return account.wallets.count()


def test_attempts_run_out_wait_and_are_shuffled_the_same_way_each_time(program, pat):
    course = a_course(terms={"most_attempts": 2, "wait_hours": 24})
    first = took(course, pat, WRONG, "2026-03-02")
    with pytest.raises(CannotDo, match="later"):
        taking.begin(course.pk, member_id=pat.pk, zone=ZONE, now=at("2026-03-03 11:59"))
    second = taking.begin(course.pk, member_id=pat.pk, zone=ZONE, now=at("2026-03-03"))
    assert taking.begin(course.pk, member_id=pat.pk, zone=ZONE, now=at("2026-03-09")) == second
    orders = [[one.place for one in shuffled(QUESTIONS * 20, seed=a.seed)] for a in (first, second)]
    assert orders[0] != orders[1]
    assert orders[1] == [one.place for one in shuffled(QUESTIONS * 20, seed=second.seed)]
    taking.answer(second.pk, member_id=pat.pk, answers={}, zone=ZONE, now=at("2026-03-09"))
    with pytest.raises(CannotDo, match="all attempts"):
        taking.begin(course.pk, member_id=pat.pk, zone=ZONE, now=at("2026-06-01"))
    stranger = MemberFactory(account=pat.account)
    assert (
        taking.begin(course.pk, member_id=stranger.pk, zone=ZONE, now=at("2026-03-09")).number == 1
    )
    assert right_answers(QUESTIONS, {"0": [0], "1": [1, 0]}) == 2
    assert right_answers(QUESTIONS, {"0": [0, 1], "1": [0, 1, 2]}) == 0


def test_what_is_passed_is_taken_again_only_to_renew_it(program, harbor, pat):
    course = a_course()
    took(course, pat, RIGHT, "2026-03-02")
    with pytest.raises(CannotDo, match="taken again to renew"):
        took(course, pat, RIGHT, "2026-03-03")
    certifies(course, renew_days=30)
    completed(course, pat, "2026-03-04")
    with pytest.raises(CannotDo, match="taken again to renew"):
        took(course, pat, RIGHT, "2027-02-01")
    assert took(course, pat, RIGHT, "2027-02-02").passed
    with pytest.raises(CannotDo, match="taken again to renew"):
        took(course, pat, RIGHT, "2027-02-03")
    revoked(Certificate.objects.get(is_renewed=False), at("2027-03-01"))
    assert took(course, pat, RIGHT, "2027-03-02").passed
    assert wallet_of(harbor, program).available == 240  # four times 10, three certificates less one
    assert [one.valid_until for one in Certificate.objects.order_by("issued_at")] == [
        date(2027, 3, 4),
        date(2028, 3, 4),
        date(2028, 3, 2),
    ]


def test_what_is_published_stays_and_the_next_version_is_another(program):
    course = a_course()
    first = CourseVersion.objects.get()
    with pytest.raises(IntegrityError, match="published stays"), transaction.atomic():
        CourseVersion.objects.filter(pk=first.pk).update(pass_percent=1)
    content = Content(sections=[{"title": "New", "text": "Read."}], questions=QUESTIONS)
    courses.write_draft(course=course, content=content, actor="system", now=LONG_AGO)
    assert courses.in_force(course.pk) == first
    second = courses.publish(course=course, actor="system", now=LONG_AGO)
    assert (second.number, courses.in_force(course.pk)) == (2, second)
    with pytest.raises(BadCourse, match="no draft"):
        courses.publish(course=course, actor="system", now=LONG_AGO)


def test_what_is_completed_elsewhere_counts_once_and_not_for_oneself(program, harbor, pat):
    course = a_course(is_elsewhere=True)
    said = {"external_id": "LMS-1", "score": 90}
    first = completed(course, pat, "2026-03-02", **said)
    assert completed(course, pat, "2026-03-02", **said) == first
    with pytest.raises(OtherContent):
        completed(course, pat, "2026-03-02", **said | {"score": 91})
    with pytest.raises(CannotDo, match="later than now"):
        completed(course, pat, "2026-03-03", now="2026-03-02")
    assert (Completion.objects.count(), wallet_of(harbor, program).available) == (1, 10)


def test_a_path_certifies_when_enough_of_it_is_done_and_is_renewed_by_doing_it_anew(
    program, harbor, pat
):
    one, two, three = (a_course(code) for code in ("one", "two", "three"))
    credential = certifies(path=a_path(one, two, three, least=2), renew_days=30)
    completed(one, pat, "2026-02-01")
    assert not Certificate.objects.exists()
    completed(three, pat, "2026-02-10")
    first = Certificate.objects.get()
    assert (first.credential, first.valid_until) == (credential, date(2027, 2, 10))
    completed(two, pat, "2026-02-11")  # it is certified already
    completed(one, pat, "2027-01-10")  # one day before the renewal begins
    completed(two, pat, "2027-01-12")
    assert Certificate.objects.count() == 1

    completed(one, pat, "2027-01-20", now="2027-01-25")  # its system was late to say so

    second = Certificate.objects.exclude(pk=first.pk).get()
    assert (second.renews, second.valid_until) == (first, date(2028, 2, 10))
    assert [valid_now(harbor, day) for day in ("2027-01-19", "2027-01-20", "2027-02-12")] == [1] * 3
    assert wallet_of(harbor, program).available == 260
    assert wrong() == []


def test_t2_a_certificate_leaves_with_its_person_and_counts_where_they_go(program, harbor):
    """T2: 250k in 12 months and 6 valid certificates; then one of the six leaves."""
    six = {"measure": "certificates", "window": {"window": "valid_now"}, "op": "gte"}
    revenue = {"measure": "revenue", "window": {"window": "rolling", "months": 12}, "op": "gte"}
    gold = {"all": [revenue | {"threshold": 250_000_00}, six | {"threshold": 6}]}
    published(program, rung("Bronze"), rung("Gold", gold), kept_periods=0)
    bay = enrolled_account(program, number="B-1", name="Bay Systems")
    staff = StaffFactory()
    credential = certifies(months=None)
    people = [MemberFactory(account=harbor) for _ in range(6)]
    accepted(purchase(harbor, "400000", at("2026-01-10")), as_of=at("2026-01-10"))
    for person in people[:5]:
        issued(credential, person, "2026-01-20")
    assert (tier_of(harbor), valid_now(harbor, "2026-01-20")) == ("Bronze", 5)
    last = issued(credential, people[5], "2026-01-21")
    assert tier_of(harbor) == "Gold"

    moves(people[5], staff, works=False, on="2026-02-10")

    assert tier_of(harbor) == "Gold"  # until the next evaluation
    assert [valid_now(harbor, day) for day in ("2026-02-09", "2026-02-10")] == [6, 5]
    invitation = invite_member(
        email=people[5].user.email,
        name="",
        account=bay,
        portal_role="member",
        business_role="",
        actor=staff,
        now=at("2026-02-11"),
    )
    there = accept(invitation=invitation, user=people[5].user, name="Sam", now=at("2026-02-12"))
    assert [valid_now(bay, day) for day in ("2026-02-11", "2026-02-12")] == [0, 1]
    assert not bay.wallets.exists()  # what it earned stays where it was earned
    time.advance(upto=at("2026-04-01 00:00"))
    assert tier_of(harbor) == "Bronze"
    assert valid_now(harbor, "2026-02-09") == 6  # nothing is written anew
    assert wallet_of(harbor, program).available == 600

    moves(people[5], staff, works=True, on="2026-04-10")  # works for both: it stays at one
    assert (valid_now(harbor, "2026-04-10"), valid_now(bay, "2026-04-10")) == (5, 1)
    moves(there, staff, works=False, on="2026-04-12")
    assert (valid_now(harbor, "2026-04-12"), valid_now(bay, "2026-04-12")) == (6, 0)
    assert tier_of(harbor) == "Gold"  # at once, by the one that came back
    assert wrong() == []

    revoked(last, at("2026-04-13"))
    assert valid_now(harbor, "2026-04-13") == 5
    assert wallet_of(harbor, program).available == 500
    assert wrong() == []


def test_who_moves_rises_the_new_account_at_once(program, harbor, pat):
    least_one = {"measure": "certificates", "window": {"window": "valid_now"}}
    published(program, rung("Bronze"), rung("Silver", least_one | {"op": "gte", "threshold": 1}))
    bay = enrolled_account(program, number="B-1", name="Bay Systems")
    there = MemberFactory(account=bay, user=pat.user)
    issued(certifies(), pat, "2026-01-20")
    assert (tier_of(harbor), tier_of(bay)) == ("Silver", "Bronze")
    moves(pat, StaffFactory(), works=False, on="2026-02-10")
    assert (tier_of(harbor), tier_of(bay)) == ("Silver", "Silver")
    assert Validity.objects.get(account=bay).member == there
    assert wrong() == []


def test_the_clock_reminds_once_and_says_when_it_is_over(program, pat):
    certificate = issued(certifies(renew_days=30), pat, "2026-01-31")
    assert certificate.valid_until == date(2027, 1, 31)
    for day in ("2027-01-01", "2027-01-01", "2027-01-02", "2027-01-31", "2027-02-01", "2027-02-01"):
        clock.advance(today=date.fromisoformat(day), now=at(day))
    assert told(certificate) == ["earned", "expiring", "expired"]
    again = issued(certificate.credential, pat, "2027-03-01")
    assert (again.renews, again.valid_until) == (None, date(2028, 3, 1))
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert wrong() == []


def test_nobody_certifies_themselves_or_twice(program, harbor):
    owner = StaffFactory()
    own = MemberFactory(account=harbor, user=owner.user)
    colleague = MemberFactory(account=harbor)
    credential = certifies()
    about = {"issued_at": at("2026-03-02"), "by": owner.actor, "key": "k", "zone": ZONE}
    for member in (own, colleague):
        with pytest.raises(CannotDo, match="somebody else"):
            certifying.issue(credential.pk, member_id=member.pk, **about, now=at("2026-03-02"))
    first = issued(credential, colleague, "2026-03-02", key="k")
    assert issued(credential, colleague, "2026-03-02", key="k") == first
    with pytest.raises(OtherContent):
        issued(credential, own, "2026-03-02", key="k")
    with pytest.raises(CannotDo, match="already"):
        issued(credential, colleague, "2026-03-03")
    assert Certificate.objects.count() == 1


DAMAGE = {
    "a certificate is an activity of its holder, once, and returned if it is revoked": (
        lambda held: Certificate.objects.filter(pk=held.pk).update(
            revoked_at=held.issued_at, revoked_by="system", reason="Damage", address="moved"
        )
    ),
    "a completed course is an activity of the person, once": (
        lambda held: Completion.objects.update(completed_at=LONG_AGO)
    ),
    "of the same certificate a person has one that counts, where they work, and no other": (
        lambda held: Validity.objects.filter(ends_at=None).update(
            ended_at=held.issued_at, ended_as="left"
        )
    ),
    "a certificate renews one of the same person, which does not count any more": (
        lambda held: Certificate.objects.filter(pk=held.pk).update(renews=None)
    ),
    "who passed a quiz here has completed the course, and nobody else by a quiz": (
        lambda held: CourseAttempt.objects.update(percent=99)
    ),
    "a certificate's last event tells whether it was revoked, and its end is told on its day": (
        lambda held: JobRun.objects.create(
            job="advance_training", period="x", state="done", started_at=at("2099-01-01")
        )
    ),
    "a certificate counts for one account at a time, for which its person works": (
        lambda held: held.member.__class__.objects.filter(pk=held.member_id).update(is_active=False)
    ),
}


def test_each_damage_to_training_is_found(program, pat):
    course = a_course()
    certifies(course, renew_days=365)
    took(course, pat, RIGHT, "2026-03-02")
    took(course, pat, RIGHT, "2026-03-05")
    held = Certificate.objects.get(is_renewed=False)
    issued(certifies(months=None), pat, "2026-03-06")  # valid whenever this is run
    assert (wrong(), held.valid_until) == ([], date(2028, 3, 2))
    assert {one.claim for one in TRAINING} < set(DAMAGE)
    for claim, damage in DAMAGE.items():
        with transaction.atomic():
            damage(held)
            assert claim in wrong()
            transaction.set_rollback(True)
