"""Terms of SPIFFs: drafted, published from a day on, and never changed after that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.dates import said_day
from accounts.drafts import changed_since
from accounts.facts import MAX_AMOUNT
from accounts.hands import why_not_alone
from accounts.models import Product, Program
from partners.models import Spiff, SpiffVersion
from partners.spiffs.telling import tell_spiff

MOST_ITEMS = 200
LONGEST = 3 * 366  # days of a SPIFF
LATEST = date(2999, 12, 31)  # beyond, days to claim would lead out of the calendar
MOST_CLAIM_DAYS = 366


class BadTerms(ValueError):
    """Its text says what to change, in `field` where it is one; nothing was written."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class NotADraft(BadTerms):
    def __init__(self) -> None:
        super().__init__(_("It is published already, and stays as it is."))


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
    """What a version says; see SpiffVersion. `items` maps a SKU, or the name of a line after “line:
    ”, to what each unit gives in the smallest unit."""

    starts_on: date
    ends_on: date
    items: Mapping[str, int]
    valid_from: date | None = None
    claim_days: int = 30
    beneficiary: str = "member"
    cap_person: int | None = None
    budget: int | None = None
    needs_consent: bool = False
    needs_proof: bool = True
    needs_serials: bool = False
    allows_earlier: bool = False


LINE = "line:"


def add_spiff(
    *, program: Program, name: str, unit: str, terms: Terms, actor: str, now: datetime
) -> SpiffVersion:
    """A SPIFF with its first version as a draft. Raises BadTerms."""
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise BadTerms(_("Give it a name."), "name")
    said = _checked(terms)
    try:
        with transaction.atomic():
            spiff = Spiff.objects.create(
                program=program, name=name, unit=unit, created_at=now, created_by=actor
            )
            made = SpiffVersion.objects.create(
                spiff=spiff, number=1, drafted_at=now, drafted_by=actor, **said
            )
            tell_spiff(spiff, "drafted", actor=actor, now=now, version=1)
    except IntegrityError as error:
        if "spiff_name_once" not in str(error):
            raise
        raise BadTerms(_("There is a SPIFF of this name already."), "name") from None
    return made


def draft(*, spiff_id: UUID, terms: Terms, actor: str, now: datetime) -> SpiffVersion:
    """Write the draft of the next version, or write the one that is there anew. Raises BadTerms,
    Discarded of a SPIFF that is."""
    said = _checked(terms)
    with transaction.atomic():
        spiff = Spiff.objects.select_for_update().get(pk=spiff_id)
        if spiff.discarded_at is not None:
            raise Discarded
        last = spiff.versions.order_by("-number").first()
        is_new = last is None or bool(last.published_at or last.discarded_at)
        version = last if last and not is_new else SpiffVersion(spiff=spiff)
        if is_new:
            version.number = (last.number if last else 0) + 1
        for name, value in said.items():
            setattr(version, name, value)
        version.drafted_at, version.drafted_by = now, actor
        version.save(force_insert=is_new)
        tell_spiff(spiff, "drafted", actor=actor, now=now, version=version.number)
    return version


def publish(
    version_id: UUID, *, seen: datetime | None, actor: str, today: date, now: datetime
) -> SpiffVersion:
    """From its day on these are the terms; what was sold before stays under those before. `seen` is
    when what was read was drafted. Raises BadTerms for what would change what is past; NotADraft,
    Discarded, DraftChanged, NeedsSecondPair."""
    with transaction.atomic():
        spiff, version = _locked_draft(version_id)
        if version.drafted_at != seen:
            raise DraftChanged
        if why_not := why_not_alone(actor, authors=[version.drafted_by]):
            raise NeedsSecondPair(why_not)
        before = published(spiff).order_by("-number").first()
        if before is not None and version.valid_from < today:
            raise BadTerms(
                _("New terms hold from today on at the earliest: earlier sales keep theirs."),
                "valid_from",
            )
        if before is not None and version.valid_from < before.valid_from:
            raise BadTerms(
                _("Version %(number)d holds from %(day)s on only; begin no earlier.")
                % {"number": before.number, "day": said_day(before.valid_from)},
                "valid_from",
            )
        if version.budget is not None and version.budget < spiff.claimed:
            raise BadTerms(_("More than this budget was claimed already."), "budget")
        version.published_at, version.published_by = now, actor
        version.save(update_fields=["published_at", "published_by"])
        tell_spiff(spiff, "published", actor=actor, now=now, version=version.number)
    return version


def discard(version_id: UUID, *, actor: str, now: datetime) -> Spiff:
    """Put a draft away for good, and with its first one the SPIFF; what holds stays. Raises
    NotADraft, Discarded."""
    with transaction.atomic():
        spiff, version = _locked_draft(version_id)
        version.discarded_at = now
        version.save(update_fields=["discarded_at"])
        if not published(spiff).exists():
            spiff.discarded_at = now
            spiff.save(update_fields=["discarded_at"])
        tell_spiff(spiff, "draft_discarded", actor=actor, now=now, version=version.number)
    return spiff


def _locked_draft(version_id: UUID) -> tuple[Spiff, SpiffVersion]:
    """Raises NotADraft, Discarded."""
    spiff_id = SpiffVersion.objects.values_list("spiff_id", flat=True).get(pk=version_id)
    spiff = Spiff.objects.select_for_update().get(pk=spiff_id)
    version = SpiffVersion.objects.get(pk=version_id)
    if version.published_at is not None:
        raise NotADraft
    if version.discarded_at is not None:
        raise Discarded
    return spiff, version


def published(spiff: Spiff) -> Any:
    return SpiffVersion.objects.filter(spiff=spiff, published_at__isnull=False)


def version_on(spiff: Spiff, day: date) -> SpiffVersion | None:
    """The terms for what was sold on `day`; None where none hold then."""
    found = published(spiff).filter(valid_from__lte=day)
    return found.order_by("-valid_from", "-number").first()


def newest(spiff: Spiff) -> SpiffVersion | None:
    return published(spiff).order_by("-number").first()


def open_on(program_id: UUID, day: date) -> list[tuple[Spiff, SpiffVersion]]:
    """The program's SPIFFs for which something sold by `day` can still be claimed, with the terms
    of that day or of their last; those that end first come first."""
    versions = SpiffVersion.objects.filter(
        spiff__program_id=program_id, published_at__isnull=False
    ).select_related("spiff")
    by_spiff: dict[UUID, SpiffVersion] = {}
    for version in versions.order_by("valid_from", "number"):
        if version.valid_from <= day or version.spiff_id not in by_spiff:
            by_spiff[version.spiff_id] = version
    found = [
        (one.spiff, one)
        for one in by_spiff.values()
        if one.starts_on <= day <= one.ends_on + timedelta(days=one.claim_days)
    ]
    return sorted(found, key=lambda pair: (pair[1].ends_on, pair[0].name))


def rate_of(version: SpiffVersion, product: Product) -> int:
    """What a unit of the product gives: its own amount goes before its line's; 0 for none."""
    of_line = 0
    for item in version.items:
        if item.get("product") == str(product.pk):
            return item["amount"]
        if product.line and item.get("line") == product.line:
            of_line = item["amount"]
    return of_line


def items_of(version: SpiffVersion) -> dict[str, int]:
    """The items as `Terms` has them."""
    ids = [item["product"] for item in version.items if "product" in item]
    skus = {str(pk): sku for pk, sku in Product.objects.filter(pk__in=ids).values_list("pk", "sku")}
    return {
        skus[item["product"]] if "product" in item else f"{LINE} {item['line']}": item["amount"]
        for item in version.items
    }


def _checked(terms: Terms) -> dict[str, Any]:
    """The version's fields. Raises BadTerms."""
    length = (terms.ends_on - terms.starts_on).days
    if not 0 <= length <= LONGEST or terms.ends_on > LATEST:
        raise BadTerms(_("It ends on a day after it begins, within three years."), "ends_on")
    if not 1 <= terms.claim_days <= MOST_CLAIM_DAYS:
        raise BadTerms(_("Sales are claimed within 1 to 366 days."), "claim_days")
    for name in ("cap_person", "budget"):
        most = getattr(terms, name)
        if most is not None and not 0 < most <= MAX_AMOUNT:
            raise BadTerms(_("Write an amount above zero, or leave it empty."), name)
    valid_from = terms.valid_from or terms.starts_on
    if valid_from > terms.ends_on:
        raise BadTerms(_("These terms would begin after the SPIFF has ended."), "valid_from")
    names = ("starts_on", "ends_on", "claim_days", "beneficiary", "cap_person", "budget")
    needs = ("needs_consent", "needs_proof", "needs_serials", "allows_earlier")
    return {name: getattr(terms, name) for name in (*names, *needs)} | {
        "valid_from": valid_from,
        "items": _items(terms.items),
    }


def _items(asked: Mapping[str, int]) -> list[dict[str, Any]]:
    if not 1 <= len(asked) <= MOST_ITEMS:
        raise BadTerms(_("Name 1 to %d products or lines.") % MOST_ITEMS, "items")
    skus = [name for name in asked if not name.startswith(LINE)]
    products = dict(Product.objects.filter(sku__in=skus).values_list("sku", "pk"))
    lines = _lines(asked)
    found: list[dict[str, Any]] = []
    for name, amount in asked.items():
        if not 0 < amount <= MAX_AMOUNT:
            raise BadTerms(_("What a unit gives is above zero: “%s”.") % name[:80], "items")
        line = name.removeprefix(LINE).strip()
        if name.startswith(LINE):
            if line not in lines:
                raise BadTerms(_("No product is of the line “%s”.") % line[:80], "items")
            found.append({"line": line, "amount": amount})
        elif name in products:
            found.append({"product": str(products[name]), "amount": amount})
        else:
            raise BadTerms(_("There is no product “%s”.") % name[:64], "items")
    return found


def _lines(asked: Sequence[str] | Mapping[str, int]) -> set[str]:
    named = {name.removeprefix(LINE).strip() for name in asked if name.startswith(LINE)}
    return set(Product.objects.filter(line__in=named - {""}).values_list("line", flat=True))
