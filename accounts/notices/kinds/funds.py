"""Marketing funds: decided, to be proven, about to end."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import THOSE_WHO_SELL
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import ACCOUNT, COMPANY, PERSON, PROGRAM

OF_FUNDS = (
    PERSON,
    ACCOUNT,
    COMPANY,
    PROGRAM,
    Placeholder("title", "What the funds were asked for", Value.TEXT, "Summer roadshow"),
    Placeholder("reference", "The request's number", Value.TEXT, "F-1A2B3C4D"),
)

FUNDS = (
    Kind(
        code="fund_decided",
        name=_("Funds asked for"),
        says=_("What became of marketing funds that your account has asked for, or claimed."),
        audience=THOSE_WHO_SELL,
        subject=_("{{ title }}: {{ step }}"),
        body=_(
            "Hello {{ name }},\n\n“{{ title }}” of {{ account }} ({{ reference }}, {{ amount }}): "
            "{{ step }}.\n\n{{ note }}"
        ),
        placeholders=(
            *OF_FUNDS,
            Placeholder("step", "What became of it", Value.FUND_STEP, "approved"),
            Placeholder("amount", "What it is about", Value.MONEY, (400_00, "USD")),
            Placeholder("note", "What was noted for the reader", Value.TEXT, "Good luck!"),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
    Kind(
        code="fund_proof",
        name=_("Proof for funds"),
        says=_("A claim for marketing funds is still to come, or its proof is not complete."),
        audience=THOSE_WHO_SELL,
        subject=_("{{ title }}: proof until {{ day }}"),
        body=_(
            "“{{ title }}” of {{ account }} ({{ reference }}) can be claimed with its proof until "
            "{{ day }}; after that nothing is paid for it.\n\n{{ note }}"
        ),
        placeholders=(
            *OF_FUNDS,
            Placeholder("day", "The last day for it", Value.DAY, "2026-06-30"),
            Placeholder("note", "What was noted for the reader", Value.TEXT, "A photo is missing."),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
    Kind(
        code="fund_ending",
        name=_("Funds about to end"),
        says=_("Marketing funds of your account are about to end unused."),
        audience=THOSE_WHO_SELL,
        subject=_("{{ amount }} of {{ budget }} until {{ day }}"),
        body=_(
            "{{ account }} has {{ amount }} of “{{ budget }}” left that nothing is planned for. "
            "They are over after {{ day }}. In the portal you ask for them."
        ),
        placeholders=(
            PERSON,
            ACCOUNT,
            COMPANY,
            PROGRAM,
            Placeholder("budget", "Of which budget they are", Value.TEXT, "MDF 2026"),
            Placeholder("amount", "What is left", Value.MONEY, (1_200_00, "USD")),
            Placeholder("day", "The last day", Value.DAY, "2026-12-31"),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
)
