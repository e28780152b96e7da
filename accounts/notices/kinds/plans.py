"""Joint plans."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import ADMINS_AND_REP
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import ACCOUNT, COMPANY, PERSON

PLANS = (
    Kind(
        code="plan_news",
        name=_("Joint plans"),
        says=_("A joint plan of your account waits for an answer, or was answered."),
        audience=ADMINS_AND_REP,
        subject=_("{{ plan }}: there is news"),
        body=_(
            "Hello {{ name }},\n\nabout the joint plan “{{ plan }}” of {{ company }} and "
            "{{ account }} there is news in the portal.\n\n{{ note }}"
        ),
        placeholders=(
            PERSON,
            ACCOUNT,
            COMPANY,
            Placeholder("plan", "The plan's name", Value.TEXT, "2026"),
            Placeholder("note", "What was noted for the reader", Value.TEXT, "As we discussed."),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
)
