"""A sale is claimed: checked against the terms of its day, counted against the caps, kept.

What waits counts against caps already, so that nobody is promised what is used up when somebody
decides; what is rejected or withdrawn gives its share back.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.dates import said_day
from accounts.facts import MAX_AMOUNT
from accounts.files import Upload, keep_upload
from accounts.ids import uuid7
from accounts.models import Enrollment, Member, Product
from accounts.models.directory import EnrollmentState
from accounts.periods import day_of
from partners.models import Spiff, SpiffClaim, SpiffClaimState, SpiffSerial, SpiffVersion
from partners.spiffs.checks import examine
from partners.spiffs.consents import has_consent
from partners.spiffs.telling import tell_claim
from partners.spiffs.terms import newest, published, rate_of, version_on

LIVE = (SpiffClaimState.OPEN, SpiffClaimState.APPROVED)
MOST_UNITS = 10_000
LONGEST_NUMBER = 64
_OTHER = gettext_lazy("This was claimed before with other content. Nothing was changed.")


class CannotClaim(ValueError):
    """Its text says what to change, in `field` where it is one; nothing was claimed."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class OtherClaim(ValueError):
    """The same key has claimed something else before; nothing was claimed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What is claimed: `member` sold `quantity` of the product `sku` on `sold_on`. `key` is the
    permanent identity of the request, by `actor`."""

    spiff_id: UUID
    member: Member
    sku: str
    quantity: int
    sold_on: date
    document: str
    serials: Sequence[str] = ()
    customer: str = ""
    note: str = ""
    proof: Upload | None = None
    key: str
    actor: str


def claim(sale: Sale, *, zone: ZoneInfo, now: datetime) -> SpiffClaim:
    """Keep the claim for whoever decides. The same asker's same key claims once: again, it is
    answered with the first. Raises CannotClaim, OtherClaim, and CannotKeep for the proof."""
    with transaction.atomic():
        spiff = Spiff.objects.select_for_update().filter(pk=sale.spiff_id).first()
        if spiff is None:
            raise CannotClaim(_("There is no such SPIFF."), "spiff")
        earlier = _earlier(sale)
        if earlier is not None:
            return earlier
        version = _terms(spiff, sale, zone=zone, now=now)
        product = _product(sale, version)
        serials = _serials(sale, version)
        made = SpiffClaim(
            id=uuid7(),
            spiff=spiff,
            version=version,
            account=sale.member.account,
            member=sale.member,
            product=product,
            claimed_by=sale.actor,
            claimed_at=now,
            request_key=sale.key,
            sold_on=sale.sold_on,
            quantity=sale.quantity,
            document=_document(sale.document),
            document_key=key_of(sale.document),
            customer=_text(sale.customer, 200, "customer"),
            note=_text(sale.note, 300, "note"),
            wanted=rate_of(version, product) * sale.quantity,
        )
        made.granted, made.limited_by = _granted(made)
        if sale.proof is not None:
            account_id = made.account_id
            made.proof = keep_upload(sale.proof, account_id=account_id, actor=sale.actor, now=now)
        elif version.needs_proof:
            raise CannotClaim(_("Hand in the invoice or another proof of the sale."), "proof")
        _keep(made, serials)
        tell_claim(made, "claimed", actor=sale.actor, now=now)
    return made


def key_of(text: str) -> str:
    """A number as it is compared: “inv 10-7” is INV10-7."""
    return re.sub(r"\s+", "", text).upper()


def _keep(made: SpiffClaim, serials: Sequence[str]) -> None:
    made.activity_id, made.flags = examine(made, serials)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            SpiffSerial.objects.bulk_create(
                SpiffSerial(spiff=made.spiff, claim=made, serial=serial) for serial in serials
            )
    except IntegrityError as error:
        if "spiff_claimed_once" in str(error):
            # The key came at the same time for another SPIFF, which nobody here waits for.
            raise OtherClaim(_OTHER) from None
        if "spiff_document_once" in str(error):
            said = _("This product on %s was claimed before.") % made.document
            raise CannotClaim(said, "document") from None
        if "spiff_serial_once" not in str(error):
            raise
        taken = SpiffSerial.objects.filter(spiff=made.spiff, is_live=True, serial__in=serials)
        said = _("Claimed before: %s.") % ", ".join(taken.values_list("serial", flat=True)[:5])
        raise CannotClaim(said, "serials") from None
    spiff = made.spiff
    spiff.claimed += made.granted
    spiff.save(update_fields=["claimed"])


def _earlier(sale: Sale) -> SpiffClaim | None:
    """What this key claimed before. Raises OtherClaim when it was something else."""
    rows = SpiffClaim.objects.select_related("spiff", "account", "member", "product")
    earlier = rows.filter(claimed_by=sale.actor, request_key=sale.key).first()
    if earlier is None:
        return None
    said = (earlier.spiff_id, earlier.member_id, earlier.product.sku, earlier.quantity)
    more = (earlier.sold_on, earlier.document_key)
    if (*said, *more) != (
        sale.spiff_id, sale.member.pk, sale.sku, sale.quantity, sale.sold_on, key_of(sale.document)
    ):  # fmt: skip
        raise OtherClaim(_OTHER)
    return earlier


def _terms(spiff: Spiff, sale: Sale, *, zone: ZoneInfo, now: datetime) -> SpiffVersion:
    """The terms of the day of the sale. Raises CannotClaim where they, or the clock, are against
    it."""
    today, sold_on = day_of(now, zone), sale.sold_on
    if sold_on > today:
        raise CannotClaim(_("That day is still to come; look at the invoice again."), "sold_on")
    if not Enrollment.objects.filter(
        account_id=sale.member.account_id,
        program_id=spiff.program_id,
        state=EnrollmentState.ACTIVE,
    ).exists():
        raise CannotClaim(_("Your company does not take part in this program."))
    version = version_on(spiff, sold_on)
    if version is None or not version.starts_on <= sold_on <= version.ends_on:
        raise CannotClaim(_("Nothing sold on that day counts for “%s”.") % spiff.name, "sold_on")
    first = published(spiff).order_by("published_at").values_list("published_at", flat=True)[0]
    if not version.allows_earlier and sold_on < day_of(first, zone):
        raise CannotClaim(
            _("It was announced on %s; what was sold before does not count.")
            % said_day(day_of(first, zone)),
            "sold_on",
        )
    last = sold_on + timedelta(days=version.claim_days)
    if today > last:
        raise CannotClaim(_("This sale could be claimed until %s.") % said_day(last), "sold_on")
    if version.needs_consent and not has_consent(sale.member.pk):
        raise CannotClaim(
            _("Your employer’s consent is not on file. Ask them to send it, then claim again.")
        )
    return version


def _product(sale: Sale, version: SpiffVersion) -> Product:
    product = Product.objects.filter(sku=sale.sku).first()
    if product is None or not rate_of(version, product):
        raise CannotClaim(_("This product does not count: “%s”.") % sale.sku[:64], "product")
    if not 1 <= sale.quantity <= MOST_UNITS:
        raise CannotClaim(_("Say how many units, from 1 to %d.") % MOST_UNITS, "quantity")
    if rate_of(version, product) * sale.quantity > MAX_AMOUNT:
        raise CannotClaim(_("These are more units than can be claimed at once."), "quantity")
    return product


def _serials(sale: Sale, version: SpiffVersion) -> list[str]:
    found = list(dict.fromkeys(filter(None, map(key_of, sale.serials))))
    if any(len(one) > LONGEST_NUMBER or not one.isprintable() for one in found):
        raise CannotClaim(_("A serial number has at most 64 letters and digits."), "serials")
    if version.needs_serials and len(found) != sale.quantity:
        raise CannotClaim(
            _("Write one serial number for each unit: %(needed)d, not %(given)d.")
            % {"needed": sale.quantity, "given": len(found)},
            "serials",
        )
    if len(found) > sale.quantity:
        raise CannotClaim(_("These are more serial numbers than units."), "serials")
    return found


def _document(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > LONGEST_NUMBER or not text.isprintable():
        raise CannotClaim(_("Write the invoice’s number as it stands on it."), "document")
    return text


def _text(text: str, most: int, field: str) -> str:
    text = " ".join(text.split())
    if len(text) > most or not text.isprintable():
        raise CannotClaim(_("Write it in one line of at most %d characters.") % most, field)
    return text


def _granted(made: SpiffClaim) -> tuple[int, str]:
    """(amount, which cap lowered it), the SPIFF's row being locked. Raises CannotClaim where
    nothing is left."""
    granted, limited_by = made.wanted, ""
    if made.version.cap_person is not None:
        left = max(made.version.cap_person - _of_person(made), 0)
        if left < granted:
            granted, limited_by = left, "person"
    now = newest(made.spiff)
    if now is not None and now.budget is not None:
        left = max(now.budget - made.spiff.claimed, 0)
        if left < granted:
            granted, limited_by = left, "budget"
    if granted <= 0 and limited_by == "person":
        raise CannotClaim(_("You have claimed as much this year as one person can."))
    if granted <= 0:
        raise CannotClaim(_("The budget of “%s” is used up.") % made.spiff.name)
    return granted, limited_by


def _of_person(made: SpiffClaim) -> int:
    """What the person, at whichever accounts, has claimed of the SPIFF for sales of that year."""
    theirs = SpiffClaim.objects.filter(
        spiff=made.spiff,
        member__user_id=made.member.user_id,
        sold_on__year=made.sold_on.year,
        state__in=LIVE,
    )
    return theirs.aggregate(sum=Sum(F("granted") - F("recalled")))["sum"] or 0
