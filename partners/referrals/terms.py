"""What a program gives for referrals, and the links by which people refer."""

from dataclasses import asdict, dataclass
from datetime import datetime
from secrets import token_urlsafe
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.drafts import changed_since
from accounts.events import record
from accounts.facts import MAX_AMOUNT
from accounts.hands import why_not_alone
from accounts.models import Member, Program
from partners.models import ReferralLink, ReferralTerms

BOUNDS = {"hold_days": (0, 366), "protect_days": (1, 1095)}


class BadTerms(ValueError):
    """Its text says what to change, in `field` where it is one; nothing was written."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class NotADraft(BadTerms):
    def __init__(self) -> None:
        super().__init__(_("These terms are published already, and stay as they are."))


class Discarded(BadTerms):
    def __init__(self) -> None:
        super().__init__(_("This draft was discarded."))


class DraftChanged(BadTerms):
    def __init__(self) -> None:
        super().__init__(changed_since())


class NeedsSecondPair(BadTerms):
    """Who wrote the draft does not publish it."""


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


def draft(*, program: Program, terms: Terms, actor: str, now: datetime) -> ReferralTerms:
    """Write the draft of the program's next terms, or write the one that is there anew. Raises
    BadTerms."""
    _check(terms)
    with transaction.atomic():
        _lock(program.pk)
        made = draft_of(program.pk) or ReferralTerms(program=program)
        is_new = made._state.adding
        for name, value in asdict(terms).items():
            setattr(made, name, value)
        made.drafted_at, made.drafted_by = now, actor
        made.save(force_insert=is_new)
        _tell(made, "drafted", terms=terms, actor=actor, now=now)
    return made


def publish(terms_id: UUID, *, seen: datetime | None, actor: str, now: datetime) -> ReferralTerms:
    """From now on these hold for what is referred; earlier referrals keep theirs. `seen` is when
    what was read was drafted. Raises NotADraft, Discarded, DraftChanged, NeedsSecondPair."""
    with transaction.atomic():
        made = _locked_draft(terms_id)
        if made.drafted_at != seen:
            raise DraftChanged
        if why_not := why_not_alone(actor, authors=[made.drafted_by]):
            raise NeedsSecondPair(why_not)
        made.published_at, made.published_by = now, actor
        made.save(update_fields=["published_at", "published_by"])
        _tell(made, "published", terms=said_by(made), actor=actor, now=now)
    return made


def discard(terms_id: UUID, *, actor: str, now: datetime) -> ReferralTerms:
    """Put a draft away for good; what holds stays. Raises NotADraft, Discarded."""
    with transaction.atomic():
        made = _locked_draft(terms_id)
        made.discarded_at = now
        made.save(update_fields=["discarded_at"])
        _tell(made, "draft_discarded", terms=said_by(made), actor=actor, now=now)
    return made


def draft_of(program_id: UUID) -> ReferralTerms | None:
    """What is being written for the program, and holds for nobody yet."""
    found = ReferralTerms.objects.filter(program_id=program_id, published_at=None)
    return found.filter(discarded_at=None).first()


def terms_of(program_id: UUID) -> ReferralTerms | None:
    """The newest; None where there are none, or they say that nobody refers any more."""
    found = ReferralTerms.objects.filter(program_id=program_id, published_at__isnull=False)
    newest = found.order_by("-published_at", "-id").first()
    return newest if newest is not None and newest.is_open else None


def drafts_and_terms() -> list[ReferralTerms]:
    """Of all programs, by name: what is being written, then what holds; with their programs."""
    kept = ReferralTerms.objects.filter(discarded_at=None).select_related("program")
    told = kept.annotate(is_draft=Q(published_at__isnull=True))
    newest = told.order_by("program_id", "is_draft", "-published_at", "-id").distinct(
        "program_id", "is_draft"
    )
    shown = [one for one in newest if one.is_draft or one.is_open]
    return sorted(shown, key=lambda one: (one.program.name, one.program_id, not one.is_draft))


def said_by(terms: ReferralTerms) -> Terms:
    return Terms(**{name: getattr(terms, name) for name in Terms.__dataclass_fields__})


def _lock(program_id: UUID) -> None:
    """Two who write or publish at the same moment do it one after the other."""
    Program.objects.select_for_update(no_key=True).get(pk=program_id)


def _locked_draft(terms_id: UUID) -> ReferralTerms:
    """Raises NotADraft, Discarded."""
    _lock(ReferralTerms.objects.values_list("program_id", flat=True).get(pk=terms_id))
    found = ReferralTerms.objects.select_related("program").get(pk=terms_id)
    if found.published_at is not None:
        raise NotADraft
    if found.discarded_at is not None:
        raise Discarded
    return found


def _check(terms: Terms) -> None:
    """Raises BadTerms."""
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


def _tell(made: ReferralTerms, what: str, *, terms: Terms, actor: str, now: datetime) -> None:
    record(
        kind=f"referral_terms.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"referral_terms:{made.pk}",
        payload={"program": str(made.program_id)} | asdict(terms),
    )


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
