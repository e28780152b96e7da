"""Money of SPIFFs and referrals that was paid out."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import THOSE_WHO_REPORT
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import EVERYWHERE

AWARDS = (
    Kind(
        code="award_paid",
        name=_("Money paid to you"),
        says=_("Money that SPIFFs or referrals gave was paid out."),
        audience=THOSE_WHO_REPORT,
        subject=_("{{ amount }} paid: {{ reference }}"),
        body=_(
            "Hello {{ name }},\n\n{{ company }} has paid {{ amount }} to {{ holder }}, for SPIFFs "
            "and referrals in {{ program }}: on {{ day }}, under the reference {{ reference }}. "
            "The portal shows what was paid and what is still to be."
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("holder", "Who was paid: the person or the account", Value.TEXT, "Pat"),
            Placeholder("amount", "What was paid", Value.MONEY, (240_00, "USD")),
            Placeholder("day", "The day of the payment", Value.DAY, "2026-03-31"),
            Placeholder("reference", "The payment’s reference", Value.TEXT, "PAY 03/2026"),
        ),
        often=Frequency.AT_ONCE,
    ),
)
