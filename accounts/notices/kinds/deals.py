"""Registered deals: decided, and about to end."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import THOSE_WHO_SELL
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import ACCOUNT, COMPANY, PERSON

OF_A_DEAL = (
    PERSON,
    ACCOUNT,
    COMPANY,
    Placeholder("customer", "The customer of the deal", Value.TEXT, "Nordstern Logistik"),
    Placeholder("reference", "The deal's number", Value.TEXT, "D-1A2B3C4D"),
)

DEALS = (
    Kind(
        code="deal_decided",
        name=_("Deals"),
        says=_("What became of a deal that your account has registered."),
        audience=THOSE_WHO_SELL,
        subject=_("{{ customer }}: {{ step }}"),
        body=_(
            "Hello {{ name }},\n\nthe deal {{ reference }} of {{ account }} for {{ customer }} "
            "is {{ step }}.\n\n{{ note }}"
        ),
        placeholders=(
            *OF_A_DEAL,
            Placeholder("step", "What became of it", Value.STEP, "approved"),
            Placeholder("note", "What was noted for the reader", Value.TEXT, "Good luck!"),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
    Kind(
        code="deal_ending",
        name=_("Deals about to expire"),
        says=_("The exclusivity of a deal of your account is about to end."),
        audience=THOSE_WHO_SELL,
        subject=_("{{ customer }}: exclusive until {{ day }}"),
        body=_(
            "The deal {{ reference }} of {{ account }} for {{ customer }} is exclusive until "
            "{{ day }}. In the portal you ask for more days, or say how it ended."
        ),
        placeholders=(
            *OF_A_DEAL,
            Placeholder("day", "The last day of the exclusivity", Value.DAY, "2026-06-30"),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
)
