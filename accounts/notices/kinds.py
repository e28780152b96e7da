"""The kinds of notices: what each says, to whom, how often, and whether it may be turned off.

Texts are English and are marked for translation; `accounts/locale` has the other languages.
"""

from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.models.people import BusinessRole, PortalRole


class Value(Enum):
    """How a placeholder's value is kept in a notice's details, and so how it is written."""

    TEXT = "text"  # as it is
    POINTS = "points"  # a whole number; written with the program's word for points
    NUMBER = "number"  # a whole number
    DAY = "day"  # 2026-03-31
    MINUTE = "minute"  # 2026-03-31 14:00 (America/New_York), in the zone that it names
    MONTH = "month"  # 2026-03-01, the month that begins then
    MONEY = "money"  # [smallest units, currency]: [54762, "USD"] is $547.62
    STATE = "state"  # what became of a redemption: a key of STATES
    STEP = "step"  # what became of a deal: a key of STEPS
    FUND_STEP = "fund_step"  # what became of a request for funds: a key of FUND_STEPS
    OUTCOME = "outcome"  # what became of a claimed sale or a referral: a key of OUTCOMES


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`example` stands in previews where nothing real is there yet."""

    name: str
    meaning: str
    value: Value
    example: str | int | tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom of an account a kind is for: its members with these roles (none named: any), and the
    sales rep. Where a notice is about one person, only that one."""

    portal_roles: tuple[PortalRole, ...] = ()
    business_roles: tuple[BusinessRole, ...] = ()
    rep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`often` is how often its letters come while a person has chosen nothing, of `choices`."""

    code: str
    name: str
    says: str  # what it tells, for those who choose
    audience: Audience
    subject: str
    body: str
    placeholders: tuple[Placeholder, ...]
    often: Frequency
    often_to_rep: Frequency = Frequency.WEEKLY
    choices: tuple[Frequency, ...] = (Frequency.AT_ONCE, Frequency.DAILY, Frequency.WEEKLY)
    may_unsubscribe: bool = True
    # Whether what is said of the same thing adds up while it goes on: a day's earnings.
    gathers: bool = False

    @property
    def may_choose(self) -> tuple[Frequency, ...]:
        return (*self.choices, Frequency.NEVER) if self.may_unsubscribe else self.choices


PERSON = Placeholder("name", "The reader's name", Value.TEXT, "Pat Partner")
ACCOUNT = Placeholder("account", "The account's name", Value.TEXT, "Harbor Bikes")
COMPANY = Placeholder("company", "Your company's name", Value.TEXT, "Acme Corp.")
PROGRAM = Placeholder("program", "The program's name", Value.TEXT, "Acme Rewards")
EVERYWHERE = (PERSON, ACCOUNT, COMPANY, PROGRAM)
AGREEMENT = Placeholder("agreement", "The agreement's name", Value.TEXT, "Growth 2026")
SETTLED = Placeholder("amount", "What it comes to", Value.MONEY, (547_62, "USD"))

EVERYBODY = Audience()
EVERYBODY_AND_REP = Audience(rep=True)
THOSE_WHO_REDEEM = Audience(portal_roles=(PortalRole.ADMIN, PortalRole.MEMBER), rep=True)
THOSE_WHO_REPORT = Audience(portal_roles=(PortalRole.ADMIN, PortalRole.MEMBER))
ADMINS = Audience(portal_roles=(PortalRole.ADMIN,))
ADMINS_AND_REP = Audience(portal_roles=(PortalRole.ADMIN,), rep=True)
THOSE_WHO_SELL = Audience(portal_roles=(PortalRole.ADMIN, PortalRole.MEMBER), rep=True)
OF_A_DEAL = (
    PERSON,
    ACCOUNT,
    COMPANY,
    Placeholder("customer", "The customer of the deal", Value.TEXT, "Nordstern Logistik"),
    Placeholder("reference", "The deal's number", Value.TEXT, "D-1A2B3C4D"),
)

OF_FUNDS = (
    PERSON,
    ACCOUNT,
    COMPANY,
    PROGRAM,
    Placeholder("title", "What the funds were asked for", Value.TEXT, "Summer roadshow"),
    Placeholder("reference", "The request's number", Value.TEXT, "F-1A2B3C4D"),
)
OF_A_CERTIFICATE = (
    PERSON,
    ACCOUNT,
    COMPANY,
    Placeholder("certificate", "The certificate's name", Value.TEXT, "Certified seller"),
)
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

_KINDS = (
    Kind(
        code="welcome",
        name=_("Welcome"),
        says=_("Your account has joined a program."),
        audience=EVERYBODY,
        subject=_("Welcome to {{ program }}"),
        body=_(
            "Hello {{ name }},\n\n{{ company }} welcomes {{ account }} to {{ program }}. In the "
            "portal you see your points, what you can have for them, and the way to the next tier."
        ),
        placeholders=EVERYWHERE,
        often=Frequency.AT_ONCE,
        choices=(Frequency.AT_ONCE,),
        may_unsubscribe=False,
    ),
    Kind(
        code="points_earned",
        name=_("Points earned"),
        says=_("What your account has earned, summed up for each day."),
        audience=EVERYBODY,
        subject=_("{{ points }} earned on {{ day }}"),
        body=_("{{ account }} earned {{ points }} in {{ program }} on {{ day }}."),
        placeholders=(
            *EVERYWHERE,
            Placeholder("points", "What was earned that day", Value.POINTS, 1860),
            Placeholder("day", "The day", Value.DAY, "2026-03-31"),
        ),
        often=Frequency.WEEKLY,
        choices=(Frequency.DAILY, Frequency.WEEKLY),
        gathers=True,
    ),
    Kind(
        code="tier_near",
        name=_("Near the next tier"),
        says=_("Your account is close to the next tier."),
        audience=EVERYBODY_AND_REP,
        subject=_("{{ tier }} is near"),
        body=_(
            "{{ account }} is close to {{ tier }} in {{ program }}: at least {{ percent }}% of "
            "the way, with time until {{ day }}. The portal shows what is still missing."
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("tier", "The next tier", Value.TEXT, "Gold"),
            Placeholder("percent", "How much of the way is done at least", Value.NUMBER, 85),
            Placeholder("day", "The last day to reach it", Value.DAY, "2026-06-30"),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
    Kind(
        code="tier_at_risk",
        name=_("About to lose a tier"),
        says=_("Your account will lose its tier unless something happens."),
        audience=EVERYBODY_AND_REP,
        subject=_("{{ tier }} is at risk"),
        body=_(
            "{{ account }} will lose {{ tier }} in {{ program }} on {{ day }}, unless it is earned "
            "again by then. The portal shows what it takes to keep it."
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("tier", "The tier at risk", Value.TEXT, "Gold"),
            Placeholder("day", "When it would be lost", Value.DAY, "2026-04-30"),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.AT_ONCE,
    ),
    Kind(
        code="tier_changed",
        name=_("Tier changed"),
        says=_("Your account has another tier."),
        audience=EVERYBODY_AND_REP,
        subject=_("{{ account }} is {{ tier }} now"),
        body=_(
            "{{ account }} has the tier {{ tier }} in {{ program }} since {{ day }}; before, it "
            "was {{ tier_before }}."
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("tier", "The tier it has now", Value.TEXT, "Gold"),
            Placeholder("tier_before", "The tier it had before", Value.TEXT, "Silver"),
            Placeholder("day", "Since when", Value.DAY, "2026-03-31"),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
    Kind(
        code="points_expiring",
        name=_("Points expiring"),
        says=_("Some of your points are about to expire."),
        audience=THOSE_WHO_REDEEM,
        subject=_("Expiring after {{ day }}: {{ points }}"),
        body=_(
            "To be used until {{ day }}: {{ points }} of {{ account }} in {{ program }}. The "
            "portal shows what you can have for them."
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("points", "What expires", Value.POINTS, 1200),
            Placeholder("day", "The last day they can be used", Value.DAY, "2026-06-30"),
            Placeholder("days", "How many days that is from now", Value.NUMBER, 30),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
    Kind(
        code="redemption_decided",
        name=_("Redemption decided"),
        says=_("What became of a reward you have asked for."),
        audience=ADMINS,
        subject=_("{{ reward }}: {{ state }}"),
        body=_(
            "Hello {{ name }},\n\n“{{ reward }}” for {{ points }} ({{ reference }}): {{ state }}."
            "\n\n{{ note }}"
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("reward", "What was asked for", Value.TEXT, "Gift card"),
            Placeholder("state", "What became of it", Value.STATE, "approved"),
            Placeholder("points", "What it costs", Value.POINTS, 2500),
            Placeholder("reference", "Its number", Value.TEXT, "R-1A2B3C4D"),
            Placeholder("note", "What was noted for the reader", Value.TEXT, "It ships on Friday."),
        ),
        often=Frequency.AT_ONCE,
        choices=(Frequency.AT_ONCE,),
        may_unsubscribe=False,
    ),
    Kind(
        code="offer",
        name=_("Offers for you"),
        says=_("A campaign raises what your account earns for some time."),
        audience=EVERYBODY,
        subject=_("{{ campaign }}: an offer for {{ account }}"),
        body=_(
            "“{{ campaign }}” raises what {{ account }} earns in {{ program }} from {{ since }} to "
            "{{ day }}. The portal says how."
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("campaign", "The campaign's name", Value.TEXT, "Spring double"),
            Placeholder("since", "Its first day", Value.DAY, "2026-03-01"),
            Placeholder("day", "Its last day", Value.DAY, "2026-03-31"),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="monthly_status",
        name=_("Monthly status"),
        says=_("What your account earned and used in a month, and what it has."),
        audience=EVERYBODY,
        subject=_("{{ program }} in {{ month }}"),
        body=_(
            "{{ account }} in {{ program }}, {{ month }}:\n\nEarned: {{ earned }}\nRedeemed: "
            "{{ redeemed }}\nExpired: {{ expired }}\nAt the end of the month: {{ points }}"
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("month", "The month", Value.MONTH, "2026-03-01"),
            Placeholder("earned", "What was earned, less returns", Value.POINTS, 5400),
            Placeholder("redeemed", "What was redeemed", Value.POINTS, 2500),
            Placeholder("expired", "What expired", Value.POINTS, 300),
            Placeholder("points", "What could be used at its end", Value.POINTS, 8120),
        ),
        often=Frequency.AT_ONCE,
        choices=(Frequency.AT_ONCE,),
    ),
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
    Kind(
        code="certificate_earned",
        name=_("Certificates earned"),
        says=_("You have earned or renewed a certificate."),
        audience=EVERYBODY,
        subject=_("You have earned “{{ certificate }}”"),
        body=_(
            "Hello {{ name }},\n\nyou have earned the certificate “{{ certificate }}”. In the "
            "portal you find your badge, and until when it is valid."
        ),
        placeholders=OF_A_CERTIFICATE,
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="certificate_expiring",
        name=_("Certificates about to end"),
        says=_("A certificate of yours can be renewed before it ends."),
        audience=EVERYBODY,
        subject=_("“{{ certificate }}” ends on {{ day }}"),
        body=_(
            "Hello {{ name }},\n\nyour certificate “{{ certificate }}” is valid until {{ day }}. "
            "Complete its training again until then: the new one begins where the old one ends."
        ),
        placeholders=(
            *OF_A_CERTIFICATE,
            Placeholder("day", "Its last day", Value.DAY, "2026-06-30"),
        ),
        often=Frequency.AT_ONCE,
    ),
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
    Kind(
        code="certificate_expired",
        name=_("Certificates ended"),
        says=_("A certificate of yours is not valid any more."),
        audience=EVERYBODY,
        subject=_("“{{ certificate }}” has ended"),
        body=_(
            "Hello {{ name }},\n\nyour certificate “{{ certificate }}” was valid until {{ day }} "
            "and counts for {{ account }} no more. Complete its training again to earn it anew."
        ),
        placeholders=(
            *OF_A_CERTIFICATE,
            Placeholder("day", "Its last day", Value.DAY, "2026-06-30"),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="certificate_revoked",
        name=_("Certificates revoked"),
        says=_("A certificate of yours was revoked."),
        audience=EVERYBODY,
        subject=_("“{{ certificate }}” was revoked"),
        body=_(
            "Hello {{ name }},\n\n{{ company }} has revoked your certificate “{{ certificate }}”."
            "\n\n{{ note }}"
        ),
        placeholders=(
            *OF_A_CERTIFICATE,
            Placeholder("note", "Why", Value.TEXT, "It was issued by mistake."),
        ),
        often=Frequency.AT_ONCE,
        may_unsubscribe=False,
    ),
    Kind(
        code="milestone",
        name=_("Milestones"),
        says=_("Your account has reached a milestone."),
        audience=EVERYBODY_AND_REP,
        subject=_("{{ account }} reached “{{ milestone }}”"),
        body=_("{{ account }} has reached the milestone “{{ milestone }}” in {{ program }}."),
        placeholders=(
            *EVERYWHERE,
            Placeholder("milestone", "The milestone's name", Value.TEXT, "First hundred orders"),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="milestone",
        name=_("Milestones"),
        says=_("Your account has reached a milestone."),
        audience=EVERYBODY_AND_REP,
        subject=_("{{ account }} reached “{{ milestone }}”"),
        body=_("{{ account }} has reached the milestone “{{ milestone }}” in {{ program }}."),
        placeholders=(
            *EVERYWHERE,
            Placeholder("milestone", "The milestone's name", Value.TEXT, "First hundred orders"),
        ),
        often=Frequency.AT_ONCE,
    ),
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
        says=_("An agreement on a rebate waits for your company's answer."),
        audience=ADMINS_AND_REP,
        subject=_("{{ agreement }}: an agreement for {{ account }}"),
        body=_(
            "{{ company }} offers {{ account }} the agreement “{{ agreement }}” from {{ day }} on. "
            "The portal shows its terms, and there it is accepted."
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

KINDS = {kind.code: kind for kind in _KINDS}

# What became of a redemption, as `state` says it.
STATES = {
    "approved": _("approved"),
    "rejected": _("not approved"),
    "fulfilled": _("done"),
    "refunded": _("refunded"),
}

# What became of a deal, as `step` says it: “the deal … is approved”.
STEPS = {
    "approved": _("approved"),
    "rejected": _("rejected"),
    "extended": _("extended"),
    "extension_refused": _("not extended"),
    "won": _("won"),
    "lost": _("lost"),
    "expired": _("expired"),
}

# What became of a request for funds, as `step` says it.
FUND_STEPS = {
    "approved": _("approved"),
    "rejected": _("rejected"),
    "accepted": _("claim accepted, to be paid"),
    "refused": _("claim refused"),
    "paid": _("paid"),
    "lapsed": _("not claimed in time"),
}


# What became of a claimed sale or of a referral, as `outcome` says it: “your claim … is approved”.
OUTCOMES = {
    "approved": _("approved"),
    "rejected": _("not approved"),
    "taken_back": _("taken back"),
    "qualified": _("qualified"),
    "won": _("won"),
    "expired": _("expired"),
    "returned": _("taken back"),
}


def kinds_for(*, is_rep: bool, portal_roles: frozenset[str]) -> list[Kind]:
    """The kinds that reach somebody with these roles: nobody is asked about others."""
    return [
        kind
        for kind in KINDS.values()
        if (is_rep and kind.audience.rep)
        or (
            portal_roles
            and (not kind.audience.portal_roles or portal_roles & {*kind.audience.portal_roles})
        )
    ]
