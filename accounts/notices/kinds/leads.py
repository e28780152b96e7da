"""Leads: offered, passed on, taken back, without news."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import THOSE_WHO_SELL
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import ACCOUNT, COMPANY, PERSON

OF_A_LEAD = (
    PERSON,
    ACCOUNT,
    COMPANY,
    Placeholder("customer", "The company that may buy", Value.TEXT, "Nordstern Logistik"),
    Placeholder("reference", "The lead's number", Value.TEXT, "L-1A2B3C4D"),
)
LEAD_UNTIL = Placeholder(
    "until", "When the time to accept ends", Value.MINUTE, "2026-06-30 14:00 (America/New_York)"
)

LEADS = (
    Kind(
        code="lead_offered",
        name=_("Leads for you"),
        says=_("A lead waits for your account to accept it."),
        audience=THOSE_WHO_SELL,
        subject=_("{{ customer }}: a lead for {{ account }}"),
        body=_(
            "Hello {{ name }},\n\n{{ company }} has a lead for {{ account }}: {{ customer }} "
            "({{ reference }}). Accept it in the portal until {{ until }}; after that it goes to "
            "another partner."
        ),
        placeholders=(*OF_A_LEAD, LEAD_UNTIL),
        often=Frequency.AT_ONCE,
        choices=(Frequency.AT_ONCE,),
    ),
    Kind(
        code="lead_expired",
        name=_("Leads passed on"),
        says=_("A lead was not accepted in time and has gone to another partner."),
        audience=THOSE_WHO_SELL,
        subject=_("{{ customer }}: the lead has gone on"),
        body=_(
            "The lead {{ reference }} for {{ customer }} was with {{ account }} until {{ until }}. "
            "Nobody accepted it by then, so it is not with you any more. In the portal you can say "
            "how many leads you want at a time."
        ),
        placeholders=(*OF_A_LEAD, LEAD_UNTIL),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
    Kind(
        code="lead_withdrawn",
        name=_("Leads taken back"),
        says=_("A lead of your account was taken back."),
        audience=THOSE_WHO_SELL,
        subject=_("{{ customer }}: the lead was taken back"),
        body=_(
            "{{ company }} has taken the lead {{ reference }} for {{ customer }} back from "
            "{{ account }}.\n\n{{ note }}"
        ),
        placeholders=(
            *OF_A_LEAD,
            Placeholder("note", "What was noted for the reader", Value.TEXT, "They called us."),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
    Kind(
        code="lead_silent",
        name=_("Leads without news"),
        says=_("Your account has said nothing of a lead for some time."),
        audience=THOSE_WHO_SELL,
        subject=_("{{ customer }}: how does it stand?"),
        body=_(
            "{{ account }} has said nothing of the lead {{ reference }} for {{ customer }} for "
            "some time. Please say in the portal how it stands, or give it back."
        ),
        placeholders=OF_A_LEAD,
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
)
