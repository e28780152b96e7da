"""Questions to the demo’s partners, support they asked for, and a plan with one of them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from accounts.models import Account, Member, Staff
from accounts.models.people import PortalRole
from accounts.periods import add_months, quarter_around, start_of
from loyalty.demo.businesses import Business
from loyalty.demo.company import ZONE
from loyalty.demo.people import MANAGER, STAFF
from partners.models import Occasion, Scale, Side, SupportType, SurveyAsked
from partners.plans.agreeing import Goal, agree, draw_up
from partners.plans.keeping import add_note
from partners.support import caring
from partners.support.asking import Wish, ask_support
from partners.support.types import Terms as TypeTerms
from partners.support.types import add_type
from partners.surveys.answering import answer
from partners.surveys.asking import send_by_hand
from partners.surveys.drafting import Terms as SurveyTerms
from partners.surveys.drafting import add_survey

ASKED_AGO = 9  # days
# what some of those asked answered; the others have not yet
ANSWERS = (
    (10, "Orders arrive when they are promised. That is all we ask."),
    (9, ""),
    (8, "Good products; the price list could be easier to read."),
    (4, "Two returns took five weeks to be credited."),
)
KINDS = (
    ("demo-unit", "Demo unit", "A machine on loan for four weeks.", 1),
    ("expert-hour", "Hour with an expert", "For a customer’s question, by video.", 2),
)


def add_together(people: Sequence[Business], *, today: date) -> None:
    staff = Staff.objects.get(name=STAFF[MANAGER][0])
    members = [
        Member.objects.select_related("account").get(
            account__number=business.number, portal_role=PortalRole.ADMIN
        )
        for business in sorted(people, key=lambda one: one.place)
    ]
    now = start_of(today - timedelta(days=1), ZONE) + timedelta(hours=15)
    _ask(members, staff, today=today)
    _support(members, staff, now=now)
    _plan(members[0].account, members[0], staff, today=today, now=now)


def _ask(members: Sequence[Member], staff: Staff, *, today: date) -> None:
    """A survey that was sent some days ago; answers come in last of all, as wins of deals do: what
    was known on the days before stays what it was."""
    at = start_of(today - timedelta(days=ASKED_AGO), ZONE) + timedelta(hours=9)
    made = add_survey(
        SurveyTerms(
            name="How we do",
            scale=Scale.NPS,
            question="How likely are you to recommend us to a colleague?",
            follow_up="What is the main reason?",
            occasion=Occasion.HAND,
        ),
        actor=staff.actor,
        now=at,
    )
    send_by_hand(made.pk, key="demo", actor=staff.actor, zone=ZONE, now=at)
    add_survey(
        SurveyTerms(
            name="After a deal",
            scale=Scale.CSAT,
            question="How content are you with how we helped you to win?",
            occasion=Occasion.DEAL,
        ),
        actor=staff.actor,
        now=start_of(today, ZONE),
    )
    last = start_of(today - timedelta(days=1), ZONE) + timedelta(hours=21)
    asked = {one.member_id: one for one in SurveyAsked.objects.filter(survey=made)}
    for member, (value, comment) in zip(members[1:], ANSWERS, strict=False):
        answer(
            asked[member.pk].pk,
            member=member,
            value=value,
            comment=comment,
            zone=ZONE,
            now=last,
        )


def _support(members: Sequence[Member], staff: Staff, *, now: datetime) -> None:
    kinds: list[SupportType] = []
    for code, name, says, each in KINDS:
        terms = TypeTerms(name=name, says=says, each_quarter=each)
        kinds.append(add_type(code=code, terms=terms, actor=staff.actor, now=now))
    first, second = members[0], members[:3][-1]
    wish = _wish(kinds[0], first, "A demo unit for our open day")
    ask_support(wish, zone=ZONE, now=now)
    taken = ask_support(_wish(kinds[1], second, "Wiring for a school"), zone=ZONE, now=now)
    later = now + timedelta(hours=1)
    caring.take_on(taken.pk, staff=staff, by=staff.actor, now=later)
    text = "Our engineer calls you on Thursday at ten."
    caring.answer(taken.pk, text=text, by=staff.actor, now=later)


def _wish(kind: SupportType, member: Member, subject: str) -> Wish:
    return Wish(
        type=kind,
        account=member.account,
        member=member,
        subject=subject,
        key=f"demo {subject}",
        actor=member.actor,
    )


def _plan(account: Account, member: Member, staff: Staff, *, today: date, now: datetime) -> None:
    first = quarter_around(today)
    last = add_months(first, 6) - timedelta(days=1)
    goals = [
        Goal(title="Grow with existing customers", measure="revenue", target=150_000_00),
        Goal(title="Hire a second technician", due_on=last),
        Goal(title="Two visits by our engineer", side=Side.COMPANY, due_on=last),
    ]
    plan = draw_up(
        account,
        name=f"{first.year}, half a year",
        starts_on=first,
        months=6,
        goals=goals,
        note="As we discussed at the partner day.",
        by=staff.actor,
        now=now,
    )
    agree(plan.versions.get().pk, side=Side.PARTNER, by=member.actor, now=now)
    text = "Looked at together: the open day brings new customers."
    add_note(plan.pk, text=text, side=Side.COMPANY, by=staff.actor, now=now)
