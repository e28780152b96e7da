"""Referrals as all faces show them: states with their look, why one does not qualify, rewards."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.models import Referral, ReferralState, ReferralTerms
from rewards.voice import Voice

LOOKS = {
    ReferralState.RECEIVED: ("clock", "warn"),
    ReferralState.QUALIFIED: ("shield-check", "brand"),
    ReferralState.REJECTED: ("x-circle", "bad"),
    ReferralState.WON: ("check-circle", "good"),
    ReferralState.EXPIRED: ("no-symbol", ""),
    ReferralState.RETURNED: ("arrow-uturn-left", "bad"),
}
STEPS: dict[str, Promise] = {
    "referral.received": gettext_lazy("Received"),
    "referral.qualified": gettext_lazy("Qualified"),
    "referral.rejected": gettext_lazy("Not qualified"),
    "referral.won": gettext_lazy("Won"),
    "referral.expired": gettext_lazy("Expired"),
    "referral.returned": gettext_lazy("Taken back"),
}
# As partners read them: nobody learns who else referred, or is a customer under which name.
REASONS: dict[str, Promise] = {
    "self": gettext_lazy("This is your own company, or one of its family"),
    "self_person": gettext_lazy("The contact is one of your own people"),
    "self_domain": gettext_lazy("The contact or the site has your own web domain"),
    "ring": gettext_lazy("This company has sent you, or who sent you"),
    "is_account": gettext_lazy("This company is a customer already"),
    "known_person": gettext_lazy("The contact is known already"),
    "duplicate": gettext_lazy("Somebody else was first to refer this company"),
    "not_enrolled": gettext_lazy("This company has bought, and takes no part in the program"),
}


@dataclass(frozen=True, slots=True)
class ReferralWords:
    """`reason` as the partner reads it; `reward` what who refers gets, and `clears` when."""

    referral: Referral
    state: str
    icon: str
    tone: str
    reason: str
    reward: str
    clears: str


def referral_words(referrals: Iterable[Referral], *, voice: Voice) -> list[ReferralWords]:
    return [
        ReferralWords(
            one,
            one.get_state_display(),
            *LOOKS[ReferralState(one.state)],
            reason_words(one),
            voice.amount(one.terms.referrer_amount, one.terms.unit),
            voice.day(one.held_until) if one.state == ReferralState.WON and one.held_until else "",
        )
        for one in referrals
    ]


def reason_words(one: Referral) -> str:
    """What disqualified it by itself, or what somebody wrote."""
    return str(REASONS.get(one.reason, one.reason))


def note_words(note: str) -> str:
    return str(REASONS.get(note, note))


def flag_words(flag: dict[str, Any]) -> str:
    """As who decides reads it, with names."""
    names = {
        "self": _("Their own company or its family: %s"),
        "ring": _("On the way to who refers it: %s"),
        "is_account": _("May be an account: %s"),
        "known_person": _("The contact is a person of %s"),
        "duplicate": _("May have been referred before: %s"),
    }
    about = flag.get("account") or flag.get("reference") or ""
    return names[flag["code"]] % about if flag["code"] in names else str(REASONS[flag["code"]])


def terms_words(terms: ReferralTerms, *, voice: Voice) -> dict[str, str]:
    return {
        "referrer": voice.amount(terms.referrer_amount, terms.unit),
        "referred": voice.amount(terms.referred_amount, terms.unit)
        if terms.referred_amount
        else "",
        "least": voice.exact_money(terms.least_amount) if terms.least_amount else "",
    }
