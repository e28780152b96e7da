"""What a program gives for referrals, and the links by which people refer."""

from dataclasses import asdict, dataclass
from datetime import datetime
from secrets import token_urlsafe
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record
from accounts.facts import MAX_AMOUNT
from accounts.models import Member, Program
from partners.models import ReferralLink, ReferralTerms

BOUNDS = {"hold_days": (0, 366), "protect_days": (1, 1095)}


class BadTerms(ValueError):
    """Its text says what to change, in `field` where it is one; nothing was written."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What terms say; see ReferralTerms."""

    unit: str
    referrer_amount: int
    referred_amount: int = 0
    beneficiary: str = "account"
    won_by: str = "purchase"
    least_amount: int = 0
    hold_days: int = 30
    protect_days: int = 180
    consent_text: str
    is_open: bool = True


def publish(*, program: Program, terms: Terms, actor: str, now: datetime) -> ReferralTerms:
    """From now on these hold for what is referred; earlier referrals keep theirs. Raises
    BadTerms."""
    for name in ("referrer_amount", "referred_amount", "least_amount"):
        if not 0 <= getattr(terms, name) <= MAX_AMOUNT:
            raise BadTerms(_("Write an amount that is not below zero."), name)
    if not terms.referrer_amount and not terms.referred_amount:
        raise BadTerms(_("One of the two sides gets something."), "referrer_amount")
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(terms, name) <= most:
            said = _("A whole number from %(least)d to %(most)d.")
            raise BadTerms(said % {"least": least, "most": most}, name)
    if not terms.consent_text.strip():
        raise BadTerms(_("Say what the person who is referred agrees to."), "consent_text")
    with transaction.atomic():
        Program.objects.select_for_update(no_key=True).get(pk=program.pk)
        made = ReferralTerms.objects.create(
            program=program, published_at=now, published_by=actor, **asdict(terms)
        )
        record(
            kind="referral_terms.published",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"referral_terms:{made.pk}",
            payload={"program": str(program.pk)} | asdict(terms),
        )
    return made


def terms_of(program_id: UUID) -> ReferralTerms | None:
    """The newest; None where there are none, or they say that nobody refers any more."""
    found = ReferralTerms.objects.filter(program_id=program_id)
    newest = found.order_by("-published_at", "-id").first()
    return newest if newest is not None and newest.is_open else None


def link_of(*, member: Member, program_id: UUID, now: datetime) -> ReferralLink:
    """The person's link for the program, made when they first ask."""
    made, _is_new = ReferralLink.objects.get_or_create(
        member=member,
        program_id=program_id,
        defaults={"token": token_urlsafe(32), "created_at": now},
    )
    return made


def link_by(token: str) -> ReferralLink | None:
    """Whose link it is, while they may use it and somebody can be referred."""
    links = ReferralLink.objects.select_related("member__account", "program")
    found = links.filter(token=token, member__is_active=True).first()
    return found if found is not None and terms_of(found.program_id) is not None else None
