"""Questions to partners."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import EVERYBODY
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import ACCOUNT, COMPANY, PERSON

SURVEYS = (
    Kind(
        code="survey_asked",
        name=_("Surveys"),
        says=_("A short question to you on how it goes; once more where you have not answered."),
        audience=EVERYBODY,
        subject=_("{{ survey }}: a question to you"),
        body=_(
            "Hello {{ name }},\n\n{{ company }} asks you: {{ question }}\n\nIt takes a minute in "
            "the portal, until {{ day }}. Your answer is not anonymous: {{ company }} reads it "
            "with your name."
        ),
        placeholders=(
            PERSON,
            ACCOUNT,
            COMPANY,
            Placeholder("survey", "The survey's name", Value.TEXT, "How was it?"),
            Placeholder("question", "What is asked", Value.TEXT, "Would you recommend us?"),
            Placeholder("day", "The last day to answer", Value.DAY, "2026-06-30"),
        ),
        often=Frequency.AT_ONCE,
    ),
)
