"""What the demo's partners learn: a course with a quiz, one elsewhere, a path, certificates."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from accounts.kinds import STARTING_KINDS, add_kind
from accounts.models import ActivityKind, Member, Staff
from accounts.models.people import PortalRole
from accounts.periods import start_of
from loyalty.demo.businesses import Business
from loyalty.demo.company import ZONE
from loyalty.demo.people import MANAGER, STAFF
from partners.models import Course, Credential
from partners.training import courses, taking
from partners.training.certifying import issue
from partners.training.courses import About, Content
from partners.training.paths import Certified, Route, save_credential, save_path
from partners.training.reporting import Report, report

SECTIONS = (
    {
        "title": "Why cutting fluids matter",
        "text": "Heat ends more tools than wear does. A fluid carries it away, and the chips with "
        "it.\n\nAsk what your customer cuts, how fast, and what happens to the fluid afterwards.",
    },
    {
        "title": "Three questions that sell",
        "text": "What does a tool change cost you? How often do you change the fluid? Who cleans "
        "the machine?",
    },
)
QUESTIONS = (
    {
        "text": "What ends most tools?",
        "options": ["Heat", "Rust", "Noise"],
        "right": [0],
    },
    {
        "text": "What do you ask a customer?",
        "options": ["What they cut", "How fast", "What they earn"],
        "right": [0, 1],
    },
)
RIGHT = {0: [0], 1: [0, 1]}
PASSED = (0, 2, 4)  # the places of businesses where somebody passed the quiz
ELSEWHERE = (0, 2)  # and of those where somebody took the other course
LONG_AGO = (1, 340)  # where somebody was certified so many days ago: it is about to end
LEARNED = 21  # o'clock on the day before the demo was made


def add_training(people: Sequence[Business], *, today: date) -> None:
    """Everything through the real rules."""
    by = Staff.objects.get(name=STAFF[MANAGER][0]).actor
    opened = start_of(today - timedelta(days=350), ZONE)
    _kind("certificate", by, opened)
    own = _own_course(by, opened)
    other = courses.add_course(
        code="safety-at-the-machine",
        about=About(
            name="Safety at the machine",
            track="Service",
            is_elsewhere=True,
            address="https://learn.example.com/safety-at-the-machine",
        ),
        actor=by,
        now=opened,
    )
    path = save_path(
        path=None,
        route=Route(name="Certified service partner", track="Service"),
        courses=[own, other],
        actor=by,
        now=opened,
    )
    about = {"credential": None, "actor": by, "now": opened}
    fluids = Certified(name="Cutting fluids advisor", level="Professional", months=12)
    advisor = save_credential(said=fluids, course=own, **about)
    save_credential(said=Certified(name="Service partner", months=24), path=path, **about)
    _learn(people, own, other, advisor, by=by, today=today)


def _learn(
    people: Sequence[Business],
    own: Course,
    other: Course,
    advisor: Credential,
    *,
    by: str,
    today: date,
) -> None:
    """It comes in last of all: what was known on the days before stays what it was."""
    now = start_of(today - timedelta(days=1), ZONE) + timedelta(hours=LEARNED)
    members = {business.place: _admin(business.number) for business in people[:5]}
    for place in PASSED:
        if place in members:
            _pass(own, members[place], now=now)
    for place in ELSEWHERE:
        if place in members:
            _report(other, members[place], now=now)
    place, ago = LONG_AGO
    if place in members:
        issued = start_of(today - timedelta(days=ago), ZONE)
        issue(
            advisor.pk,
            member_id=members[place].pk,
            issued_at=issued,
            by=by,
            key="demo",
            zone=ZONE,
            now=now,
        )


def _kind(code: str, by: str, now: datetime) -> None:
    if not ActivityKind.objects.filter(code=code).exists():
        kind = STARTING_KINDS[code]
        add_kind(code=code, name=kind.name, attributes=kind.attributes, actor=by, now=now)


def _own_course(by: str, now: datetime) -> Course:
    about = About(name="Selling cutting fluids", track="Sales")
    course = courses.add_course(code="cutting-fluids", about=about, actor=by, now=now)
    content = Content(
        about="Half an hour on what to ask, and what to say.",
        sections=SECTIONS,
        questions=QUESTIONS,
        pass_percent=80,
        wait_hours=1,
    )
    courses.write_draft(course=course, content=content, actor=by, now=now)
    courses.publish(course=course, actor=by, now=now)
    return course


def _pass(course: Course, member: Member, *, now: datetime) -> None:
    attempt = taking.begin(course.pk, member_id=member.pk, zone=ZONE, now=now)
    taking.answer(attempt.pk, member_id=member.pk, answers=RIGHT, zone=ZONE, now=now)


def _report(course: Course, member: Member, *, now: datetime) -> None:
    said = Report(
        course=course.code,
        member=member.user.email,
        account=member.account.number,
        completed_at=now,
        external_id=f"LMS-{member.account.number}",
        score=92,
    )
    report(said, source="api", actor="system", zone=ZONE, now=now)


def _admin(number: str) -> Member:
    people = Member.objects.select_related("user", "account").filter(account__number=number)
    return people.get(portal_role=PortalRole.ADMIN)
