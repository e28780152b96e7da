"""Programs: joining one, its points, offers and milestones."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import EVERYBODY, EVERYBODY_AND_REP, THOSE_WHO_REDEEM
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import EVERYWHERE

PROGRAMS = (
    Kind(
        code="welcome",
        name=_("Welcome"),
        says=_("Your account has joined a program."),
        audience=EVERYBODY,
        subject=_("Welcome to {{ program }}"),
        body=_(
            "Hello {{ name }},\n\n{{ company }} welcomes {{ account }} to {{ program }}. In the "
            "portal you see your points, what you can have for them, and the way to the next tier."
        ),
        placeholders=EVERYWHERE,
        often=Frequency.AT_ONCE,
        choices=(Frequency.AT_ONCE,),
        may_unsubscribe=False,
    ),
    Kind(
        code="points_earned",
        name=_("Points earned"),
        says=_("What your account has earned, summed up for each day."),
        audience=EVERYBODY,
        subject=_("{{ points }} earned on {{ day }}"),
        body=_("{{ account }} earned {{ points }} in {{ program }} on {{ day }}."),
        placeholders=(
            *EVERYWHERE,
            Placeholder("points", "What was earned that day", Value.POINTS, 1860),
            Placeholder("day", "The day", Value.DAY, "2026-03-31"),
        ),
        often=Frequency.WEEKLY,
        choices=(Frequency.DAILY, Frequency.WEEKLY),
        gathers=True,
    ),
    Kind(
        code="points_expiring",
        name=_("Points expiring"),
        says=_("Some of your points are about to expire."),
        audience=THOSE_WHO_REDEEM,
        subject=_("Expiring after {{ day }}: {{ points }}"),
        body=_(
            "To be used until {{ day }}: {{ points }} of {{ account }} in {{ program }}. The "
            "portal shows what you can have for them."
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("points", "What expires", Value.POINTS, 1200),
            Placeholder("day", "The last day they can be used", Value.DAY, "2026-06-30"),
            Placeholder("days", "How many days that is from now", Value.NUMBER, 30),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
    Kind(
        code="offer",
        name=_("Offers for you"),
        says=_("A campaign raises what your account earns for some time."),
        audience=EVERYBODY,
        subject=_("{{ campaign }}: an offer for {{ account }}"),
        body=_(
            "“{{ campaign }}” raises what {{ account }} earns in {{ program }} from {{ since }} to "
            "{{ day }}. The portal says how."
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("campaign", "The campaign's name", Value.TEXT, "Spring double"),
            Placeholder("since", "Its first day", Value.DAY, "2026-03-01"),
            Placeholder("day", "Its last day", Value.DAY, "2026-03-31"),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="milestone",
        name=_("Milestones"),
        says=_("Your account has reached a milestone."),
        audience=EVERYBODY_AND_REP,
        subject=_("{{ account }} reached “{{ milestone }}”"),
        body=_("{{ account }} has reached the milestone “{{ milestone }}” in {{ program }}."),
        placeholders=(
            *EVERYWHERE,
            Placeholder("milestone", "The milestone's name", Value.TEXT, "First hundred orders"),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="monthly_status",
        name=_("Monthly status"),
        says=_("What your account earned and used in a month, and what it has."),
        audience=EVERYBODY,
        subject=_("{{ program }} in {{ month }}"),
        body=_(
            "{{ account }} in {{ program }}, {{ month }}:\n\nEarned: {{ earned }}\nRedeemed: "
            "{{ redeemed }}\nExpired: {{ expired }}\nAt the end of the month: {{ points }}"
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("month", "The month", Value.MONTH, "2026-03-01"),
            Placeholder("earned", "What was earned, less returns", Value.POINTS, 5400),
            Placeholder("redeemed", "What was redeemed", Value.POINTS, 2500),
            Placeholder("expired", "What expired", Value.POINTS, 300),
            Placeholder("points", "What could be used at its end", Value.POINTS, 8120),
        ),
        often=Frequency.AT_ONCE,
        choices=(Frequency.AT_ONCE,),
    ),
)
