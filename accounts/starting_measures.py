"""The measures that every tenant has, by their codes; those it declares come beside them."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from accounts.counting import (
    AMOUNT,
    AVERAGE,
    FACTS,
    IGNORED,
    PEOPLE,
    POINTS,
    QUANTITY,
    RATIO,
    STATUS_CREDITS,
    VALID_NOW,
    WITH_THE_ORIGINAL,
    Catalogue,
    Counting,
)


@dataclass(frozen=True, slots=True)
class Starting:
    name: str
    counting: Counting


_SOLD = ("purchase",)
STARTING_MEASURES: dict[str, Starting] = {
    "revenue": Starting(_("Revenue"), Counting(AMOUNT, _SOLD)),
    "orders": Starting(_("Purchases"), Counting(FACTS, _SOLD)),
    "units": Starting(_("Units bought"), Counting(QUANTITY, _SOLD)),
    "units_acquired": Starting(_("Units ever bought"), Counting(QUANTITY, _SOLD, returns=IGNORED)),
    "units_retained": Starting(
        _("Units bought and not given back"), Counting(QUANTITY, _SOLD, returns=WITH_THE_ORIGINAL)
    ),
    "retention": Starting(
        _("Retention"), Counting(RATIO, of="units_retained", to="units_acquired")
    ),
    "status_credits": Starting(_("Status credits"), Counting(AMOUNT, (STATUS_CREDITS,))),
    "points_earned": Starting(_("Points earned"), Counting(POINTS)),
    "certificates": Starting(_("Valid certificates"), Counting(VALID_NOW, ("certificate",))),
    "certified_people": Starting(
        _("Certified people"), Counting(VALID_NOW, ("certificate",), per_person=1)
    ),
    "trainings": Starting(_("Trainings completed"), Counting(FACTS, ("training",))),
    "trained_people": Starting(_("People trained"), Counting(PEOPLE, ("training",))),
    "satisfaction": Starting(
        _("Satisfaction"), Counting(AVERAGE, ("satisfaction",), attribute="score")
    ),
    "deals": Starting(_("Deals registered"), Counting(FACTS, ("deal",))),
    "deal_value": Starting(_("Value of deals registered"), Counting(AMOUNT, ("deal",))),
    "pipeline": Starting(_("Pipeline contributed"), Counting(AMOUNT, ("pipeline",))),
    "renewals": Starting(_("Contract renewals"), Counting(FACTS, ("renewal",))),
    "renewal_value": Starting(_("Value of contract renewals"), Counting(AMOUNT, ("renewal",))),
    "referrals": Starting(_("Referrals"), Counting(FACTS, ("referral",))),
    "events": Starting(_("Events attended"), Counting(FACTS, ("event",))),
    "co_marketing": Starting(_("Co-marketing activities"), Counting(FACTS, ("co_marketing",))),
    "advocacy": Starting(_("Case studies and references"), Counting(FACTS, ("advocacy",))),
}


def starting_catalogue() -> Catalogue:
    """The terms of the starting measures."""
    return {code: one.counting for code, one in STARTING_MEASURES.items()}
