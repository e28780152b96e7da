"""Companies that were referred."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import THOSE_WHO_REPORT
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import ACCOUNT, COMPANY, PERSON

REFERRALS = (
    Kind(
        code="referral_decided",
        name=_("Referrals"),
        says=_("What became of a company that you have referred."),
        audience=THOSE_WHO_REPORT,
        subject=_("{{ customer }}: {{ outcome }}"),
        body=_(
            "Hello {{ name }},\n\nyour referral {{ reference }} of {{ customer }} is "
            "{{ outcome }}. In the portal you see why, and when your reward can be used."
        ),
        placeholders=(
            PERSON,
            ACCOUNT,
            COMPANY,
            Placeholder("customer", "Who was referred", Value.TEXT, "Nordstern Logistik"),
            Placeholder("reference", "The referral’s number", Value.TEXT, "E-1A2B3C4D"),
            Placeholder("outcome", "What became of it", Value.OUTCOME, "won"),
        ),
        often=Frequency.AT_ONCE,
    ),
)
