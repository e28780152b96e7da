"""Sales that sellers claim for themselves."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import THOSE_WHO_REPORT
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import ACCOUNT, COMPANY, PERSON

SPIFFS = (
    Kind(
        code="spiff_decided",
        name=_("SPIFFs"),
        says=_("What became of a sale that you have claimed."),
        audience=THOSE_WHO_REPORT,
        subject=_("{{ spiff }}: {{ reference }} {{ outcome }}"),
        body=_(
            "Hello {{ name }},\n\nyour claim {{ reference }} for {{ spiff }} is {{ outcome }}.\n\n"
            "{{ note }}"
        ),
        placeholders=(
            PERSON,
            ACCOUNT,
            COMPANY,
            Placeholder("spiff", "The SPIFF’s name", Value.TEXT, "Router push"),
            Placeholder("reference", "The claim’s number", Value.TEXT, "S-1A2B3C4D"),
            Placeholder("outcome", "What became of it", Value.OUTCOME, "approved"),
            Placeholder("note", "What was noted for the reader", Value.TEXT, "Thank you!"),
        ),
        often=Frequency.AT_ONCE,
    ),
)
