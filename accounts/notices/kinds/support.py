"""Support that was asked for."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import THOSE_WHO_SELL
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import ACCOUNT, COMPANY, PERSON

SUPPORT = (
    Kind(
        code="support_news",
        name=_("Support you asked for"),
        says=_("Who looks after a request for support of your account, and what came of it."),
        audience=THOSE_WHO_SELL,
        subject=_("{{ subject }}: there is news"),
        body=_(
            "Hello {{ name }},\n\nabout “{{ subject }}” ({{ reference }}) of {{ account }} there "
            "is news in the portal.\n\n{{ person }}\n\n{{ note }}"
        ),
        placeholders=(
            PERSON,
            ACCOUNT,
            COMPANY,
            Placeholder("subject", "What it is about", Value.TEXT, "A demo unit in May"),
            Placeholder("reference", "Its number", Value.TEXT, "H-1A2B3C4D"),
            Placeholder("person", "Who looks after it", Value.TEXT, "Jordan Manager"),
            Placeholder("note", "What was answered", Value.TEXT, "It ships on Friday."),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
)
