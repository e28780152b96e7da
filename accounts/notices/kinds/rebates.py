"""Agreements, their statements, and the money that comes of them."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import ADMINS, ADMINS_AND_REP, THOSE_WHO_REPORT
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import ACCOUNT, COMPANY, EVERYWHERE, PERSON

AGREEMENT = Placeholder("agreement", "The agreement's name", Value.TEXT, "Growth 2026")
SETTLED = Placeholder("amount", "What it comes to", Value.MONEY, (547_62, "USD"))

REBATES = (
    Kind(
        code="sales_decided",
        name=_("Reported sales decided"),
        says=_("What became of the sales your account has reported."),
        audience=THOSE_WHO_REPORT,
        subject=_("“{{ report }}” is decided"),
        body=_(
            "Hello {{ name }},\n\nof the sales that {{ account }} reported in “{{ report }}”, "
            "{{ company }} approved {{ approved }} and rejected {{ rejected }}. The portal says "
            "why."
        ),
        placeholders=(
            PERSON,
            ACCOUNT,
            COMPANY,
            Placeholder("report", "What the report is called", Value.TEXT, "Sales of May.csv"),
            Placeholder("approved", "How many sales were approved", Value.NUMBER, 41),
            Placeholder("rejected", "How many were rejected", Value.NUMBER, 2),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="rebate_offered",
        name=_("Agreements offered"),
        says=_("An agreement on a rebate is offered to your company."),
        audience=ADMINS_AND_REP,
        subject=_("{{ agreement }}: an agreement for {{ account }}"),
        body=_(
            "{{ company }} offers {{ account }} the agreement “{{ agreement }}” from {{ day }} on. "
            "The portal shows its terms; where they need your acceptance, you give it there."
        ),
        placeholders=(
            *EVERYWHERE,
            AGREEMENT,
            Placeholder("day", "Its first day", Value.DAY, "2026-04-01"),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="rebate_statement",
        name=_("Rebate statements"),
        says=_("A statement of a rebate waits for your company's answer."),
        audience=ADMINS,
        subject=_("{{ agreement }}: {{ amount }} for you to check"),
        body=_(
            "The statement of “{{ agreement }}” for {{ account }} comes to {{ amount }}. Please "
            "accept it in the portal, or dispute single lines, until {{ day }}."
        ),
        placeholders=(
            *EVERYWHERE,
            AGREEMENT,
            Placeholder("amount", "What it comes to", Value.MONEY, (547_62, "USD")),
            Placeholder("day", "The last day to answer", Value.DAY, "2026-07-20"),
        ),
        often=Frequency.AT_ONCE,
        may_unsubscribe=False,
    ),
    Kind(
        code="rebate_dispute_over",
        name=_("Disputes answered"),
        says=_("A line of a rebate statement that your company disputed was answered."),
        audience=ADMINS,
        subject=_("{{ agreement }}: your dispute is answered"),
        body=_(
            "About the statement of “{{ agreement }}” for {{ account }}:\n\n{{ note }}\n\nThe "
            "portal shows what is settled."
        ),
        placeholders=(
            *EVERYWHERE,
            AGREEMENT,
            Placeholder("note", "The answer", Value.TEXT, "The invoice is in now."),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="rebate_approved",
        name=_("Rebates approved"),
        says=_("A rebate was approved and is on its way to your company."),
        audience=ADMINS,
        subject=_("{{ agreement }}: {{ amount }} approved"),
        body=_(
            "{{ amount }} of “{{ agreement }}” are approved for {{ account }} and on their way."
        ),
        placeholders=(
            *EVERYWHERE,
            AGREEMENT,
            Placeholder("amount", "What was approved", Value.MONEY, (547_62, "USD")),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="rebate_taken_back",
        name=_("Rebates taken back"),
        says=_("Corrections took back more of a rebate than was due to your company."),
        audience=ADMINS,
        subject=_("{{ agreement }}: {{ amount }} by corrections"),
        body=_(
            "Corrections of “{{ agreement }}” for {{ account }} come to {{ amount }}. Nothing is "
            "to be paid to us: it is set off against your rebates, and carried to the next one "
            "while none is due. The portal shows against which."
        ),
        placeholders=(
            *EVERYWHERE,
            AGREEMENT,
            Placeholder("amount", "What they come to", Value.MONEY, (-120_00, "USD")),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="rebate_set_off",
        name=_("Rebates set off"),
        says=_("Part of a rebate was set off against what corrections took back."),
        audience=ADMINS,
        subject=_("{{ agreement }}: {{ amount }} set off"),
        body=_(
            "Of what was approved of “{{ agreement }}” for {{ account }}, {{ amount }} are set off "
            "against earlier corrections; {{ left }} are still to be paid. The portal shows both."
        ),
        placeholders=(
            *EVERYWHERE,
            AGREEMENT,
            Placeholder("amount", "What is set off", Value.MONEY, (120_00, "USD")),
            Placeholder("left", "What is still to be paid", Value.MONEY, (427_62, "USD")),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="rebate_paid",
        name=_("Rebates paid"),
        says=_("A rebate was transferred to your company's bank account."),
        audience=ADMINS,
        subject=_("{{ agreement }}: {{ amount }} paid"),
        body=_(
            "The bank has transferred {{ amount }} of “{{ agreement }}” to {{ account }}. The "
            "portal shows each payment, and why one is less than was approved."
        ),
        placeholders=(*EVERYWHERE, AGREEMENT, SETTLED),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="rebate_returned",
        name=_("Rebates returned by the bank"),
        says=_("The bank could not transfer a rebate to your company."),
        audience=ADMINS,
        subject=_("{{ agreement }}: the bank returned the payment"),
        body=_(
            "The bank has returned the payment of “{{ agreement }}” to {{ account }} "
            "({{ amount }}). The money is still yours, and is paid once more. Please check your "
            "bank details in the portal."
        ),
        placeholders=(*EVERYWHERE, AGREEMENT, SETTLED),
        often=Frequency.AT_ONCE,
        may_unsubscribe=False,
    ),
    Kind(
        code="rebate_credited",
        name=_("Rebates credited"),
        says=_("A rebate was handed over as a credit note, a credit or points."),
        audience=ADMINS,
        subject=_("{{ agreement }}: {{ amount }} credited"),
        body=_(
            "{{ amount }} of “{{ agreement }}” are credited to {{ account }}. The portal shows "
            "how, and has the credit note where there is one."
        ),
        placeholders=(*EVERYWHERE, AGREEMENT, SETTLED),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="bank_details",
        name=_("Bank details changed"),
        says=_("The bank details of your company were changed."),
        audience=ADMINS,
        subject=_("New bank details for {{ account }}"),
        body=_(
            "Hello {{ name }},\n\n{{ company }} will pay {{ account }} to {{ number }} from now "
            "on, and to nowhere before {{ day }}. If nobody of you has changed that, tell "
            "{{ company }} at once, and sign in to enter the right ones."
        ),
        placeholders=(
            PERSON,
            ACCOUNT,
            COMPANY,
            Placeholder("number", "The number, masked", Value.TEXT, "DE•• … 3000"),
            Placeholder("day", "From when on they are used", Value.DAY, "2026-07-08"),
        ),
        often=Frequency.AT_ONCE,
        choices=(Frequency.AT_ONCE,),
        may_unsubscribe=False,
    ),
)
