"""What became of things, in the words that notices have for it."""

from django.utils.translation import gettext_noop as _

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
