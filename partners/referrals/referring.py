"""A company is referred: by a form in the portal, by whoever came over a link, or by a system."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ids import uuid7
from accounts.models import Account, Enrollment, Member, Program
from accounts.models.directory import EnrollmentState
from partners.models import Referral, ReferralLink, ReferralState, ReferralTerms
from partners.referrals.suspecting import site_in, suspect
from partners.referrals.telling import tell
from partners.referrals.terms import terms_of
from partners.resemblance.comparing import tax_of
from partners.resemblance.domains import BadAddress, host_of, site_of
from partners.resemblance.names import words_of

SYSTEM = "system"
_OTHER = gettext_lazy("Another company was referred with this before.")


class CannotRefer(ValueError):
    """Its text says what to change, in `field` where it is one; nothing was kept."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class OtherReferral(ValueError):
    """The same key has referred somebody else before; nothing was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred:
    """Who is referred, by `account` and maybe its `member`. `consented` says that the contact
    agreed to be written to; `key` is the permanent identity of the request, by `actor`."""

    program: Program
    account: Account
    member: Member | None = None
    link: ReferralLink | None = None
    customer: str
    contact: str
    contact_email: str
    website: str = ""
    tax_number: str = ""
    country: str = ""
    note: str = ""
    consented: bool
    key: str
    actor: str


def refer(wanted: Referred, *, today: date, now: datetime) -> Referral:
    """Keep the referral. Who comes first goes first; what certainly is no new customer, or one's
    own, does not qualify, and says why. The same asker's same key refers once. Raises CannotRefer,
    OtherReferral."""
    with transaction.atomic():
        # One after the other: of two that name the same company at once, the second sees the first.
        Program.objects.select_for_update(no_key=True).get(pk=wanted.program.pk)
        made = _drafted(wanted, today=today, now=now)
        earlier = _earlier(made)
        if earlier is not None:
            return earlier
        made.flags = suspect(made)
        certain = [flag for flag in made.flags if flag["is_certain"]]
        if certain:
            made.state, made.decided_at, made.decided_by = ReferralState.REJECTED, now, SYSTEM
            made.reason = certain[0]["code"]
        _keep(made)
        tell(made, "received", actor=wanted.actor, now=now)
        if certain:
            tell(made, "rejected", actor=SYSTEM, now=now, note=made.reason)
    return made


def _keep(made: Referral) -> None:
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        if "referral_made_once" not in str(error):
            raise
        # The key came at the same time in another program, which nobody here waits for.
        raise OtherReferral(_OTHER) from None


def _drafted(wanted: Referred, *, today: date, now: datetime) -> Referral:
    """The referral as it would be kept. Raises CannotRefer."""
    terms = _terms(wanted)
    customer = _line(wanted.customer, 200, "customer")
    if not words_of(customer):
        raise CannotRefer(_("Write the company’s name in letters."), "customer")
    try:
        host = host_of(wanted.website)
    except BadAddress as bad:
        raise CannotRefer(str(bad), "website") from None
    if not wanted.consented:
        raise CannotRefer(_("Nobody is referred without their consent."), "consented")
    email = wanted.contact_email.strip().lower()
    if "@" not in email or len(email) > 254:
        raise CannotRefer(_("Write the e-mail of the person to talk to."), "contact_email")
    return Referral(
        id=uuid7(),
        program=wanted.program,
        terms=terms,
        account=wanted.account,
        member=wanted.member,
        link=wanted.link,
        referred_by=wanted.actor,
        referred_at=now,
        request_key=wanted.key,
        consented_at=now,
        customer=customer,
        website=host,
        tax_number=_line(wanted.tax_number, 40, "tax_number"),
        country=wanted.country.upper(),
        contact=_line(wanted.contact, 120, "contact"),
        contact_email=email,
        note=_line(wanted.note, 300, "note"),
        core=" ".join(words_of(customer))[:200],
        site=site_of(host) if host else "",
        mail_site=site_in(email),
        tax=tax_of(wanted.tax_number)[:40],
        protected_until=today + timedelta(days=terms.protect_days),
    )


def _terms(wanted: Referred) -> ReferralTerms:
    terms = terms_of(wanted.program.pk)
    takes_part = Enrollment.objects.filter(
        account=wanted.account, program=wanted.program, state=EnrollmentState.ACTIVE
    )
    if terms is None or not takes_part.exists():
        raise CannotRefer(_("Nobody can be referred in this program at the moment."))
    return terms


def _line(text: str, most: int, field: str) -> str:
    text = " ".join(text.split())
    if len(text) > most or not text.isprintable():
        raise CannotRefer(_("Write it in one line of at most %d characters.") % most, field)
    return text


def _earlier(made: Referral) -> Referral | None:
    """What this key referred before. Raises OtherReferral when it was somebody else."""
    rows = Referral.objects.select_related("account", "terms")
    earlier = rows.filter(referred_by=made.referred_by, request_key=made.request_key).first()
    if earlier is None:
        return None
    said = ("account_id", "program_id", "customer", "website", "tax_number", "contact_email")
    if any(getattr(earlier, name) != getattr(made, name) for name in said):
        raise OtherReferral(_OTHER)
    return earlier
