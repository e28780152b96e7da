"""SPIFFs as all faces show them: what a unit gives, states with their look, what speaks against a
claim, and what a cap has left of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Product
from partners.models import Spiff, SpiffClaim, SpiffClaimState, SpiffVersion
from rewards.voice import Voice

LOOKS = {
    SpiffClaimState.OPEN: ("clock", "warn"),
    SpiffClaimState.APPROVED: ("check-circle", "good"),
    SpiffClaimState.REJECTED: ("x-circle", "bad"),
    SpiffClaimState.WITHDRAWN: ("arrow-uturn-left", ""),
}
STEPS: dict[str, Promise] = {
    "spiff_claim.claimed": gettext_lazy("Claimed"),
    "spiff_claim.approved": gettext_lazy("Approved"),
    "spiff_claim.rejected": gettext_lazy("Rejected"),
    "spiff_claim.withdrawn": gettext_lazy("Withdrawn"),
    "spiff_claim.taken_back": gettext_lazy("Taken back"),
}


@dataclass(frozen=True, slots=True)
class ClaimWords:
    """`less` says what a cap or a return took off; "" where nothing did."""

    claim: SpiffClaim
    state: str
    icon: str
    tone: str
    amount: str
    less: str
    flags: list[str]


@dataclass(frozen=True, slots=True)
class OpenWords:
    """A SPIFF for which something can be claimed; `last` is the last day of its sales."""

    spiff: Spiff
    version: SpiffVersion
    items: list[tuple[str, str]]
    last: date
    claim_until: date
    needs: list[str]


def claim_words(claims: Iterable[SpiffClaim], *, voice: Voice) -> list[ClaimWords]:
    return [
        ClaimWords(
            claim,
            claim.get_state_display(),
            *LOOKS[SpiffClaimState(claim.state)],
            voice.amount(claim.value, claim.spiff.unit),
            less_words(claim, voice=voice),
            [flag_words(flag) for flag in claim.flags],
        )
        for claim in claims
    ]


def less_words(claim: SpiffClaim, *, voice: Voice) -> str:
    unit = claim.spiff.unit
    wanted = voice.amount(claim.wanted, unit)
    if claim.recalled:
        said = _("%(units)d of %(all)d came back: %(amount)s taken back")
        taken = voice.amount(claim.recalled, unit)
        return said % {"units": claim.returned, "all": claim.quantity, "amount": taken}
    if claim.limited_by == "person":
        return _("Of %s, as much as one person can get in a year") % wanted
    if claim.limited_by == "budget":
        return _("Of %s, as much as the budget had left") % wanted
    return ""


def flag_words(flag: dict[str, Any]) -> str:
    code = flag["code"]
    if code == "no_sale":
        return _("No fact of the account has this number and product")
    if code == "fewer_sold":
        return _("The account’s facts know of %s units only") % flag["sold"]
    if code == "same_document":
        return _("%(account)s has claimed with the same number: %(claim)s") % flag
    return _("Claimed before, and not approved: %s") % ", ".join(flag["serials"])


def item_words(version: SpiffVersion, *, unit: str, voice: Voice) -> list[tuple[str, str]]:
    """(product or line, what each unit gives), as the terms list them."""
    return _items(version, _product_names([version]), unit=unit, voice=voice)


def open_words(pairs: Iterable[tuple[Spiff, SpiffVersion]], *, voice: Voice) -> list[OpenWords]:
    pairs = list(pairs)
    names = _product_names(version for __, version in pairs)
    return [
        OpenWords(
            spiff,
            version,
            _items(version, names, unit=spiff.unit, voice=voice),
            version.ends_on,
            version.ends_on + timedelta(days=version.claim_days),
            needs_words(version),
        )
        for spiff, version in pairs
    ]


def _product_names(versions: Iterable[SpiffVersion]) -> dict[str, str]:
    ids = {item["product"] for one in versions for item in one.items if "product" in item}
    return {str(product.pk): product.name for product in Product.objects.filter(pk__in=ids)}


def _items(
    version: SpiffVersion, names: Mapping[str, str], *, unit: str, voice: Voice
) -> list[tuple[str, str]]:
    return [
        (
            names[item["product"]] if "product" in item else _("All of the line %s") % item["line"],
            voice.amount(item["amount"], unit),
        )
        for item in version.items
    ]


def needs_words(version: SpiffVersion) -> list[str]:
    told = (
        (version.needs_proof, _("The invoice or another proof")),
        (version.needs_serials, _("The serial number of each unit")),
        (version.needs_consent, _("Your employer’s consent on file")),
    )
    return [text for is_needed, text in told if is_needed]
