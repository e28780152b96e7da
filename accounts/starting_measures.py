"""The measures that every tenant has, by their codes; those it declares come beside them."""

from dataclasses import dataclass

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
    "revenue": Starting("Revenue", Counting(AMOUNT, _SOLD)),
    "orders": Starting("Purchases", Counting(FACTS, _SOLD)),
    "units": Starting("Units bought", Counting(QUANTITY, _SOLD)),
    "units_acquired": Starting("Units ever bought", Counting(QUANTITY, _SOLD, returns=IGNORED)),
    "units_retained": Starting(
        "Units bought and not given back", Counting(QUANTITY, _SOLD, returns=WITH_THE_ORIGINAL)
    ),
    "retention": Starting("Retention", Counting(RATIO, of="units_retained", to="units_acquired")),
    "status_credits": Starting("Status credits", Counting(AMOUNT, (STATUS_CREDITS,))),
    "points_earned": Starting("Points earned", Counting(POINTS)),
    "certificates": Starting("Valid certificates", Counting(VALID_NOW, ("certificate",))),
    "certified_people": Starting(
        "Certified people", Counting(VALID_NOW, ("certificate",), per_person=1)
    ),
    "trainings": Starting("Trainings completed", Counting(FACTS, ("training",))),
    "trained_people": Starting("People trained", Counting(PEOPLE, ("training",))),
    "satisfaction": Starting(
        "Satisfaction", Counting(AVERAGE, ("satisfaction",), attribute="score")
    ),
    "deals": Starting("Deals registered", Counting(FACTS, ("deal",))),
    "deal_value": Starting("Value of deals registered", Counting(AMOUNT, ("deal",))),
    "pipeline": Starting("Pipeline contributed", Counting(AMOUNT, ("pipeline",))),
    "renewals": Starting("Contract renewals", Counting(FACTS, ("renewal",))),
    "renewal_value": Starting("Value of contract renewals", Counting(AMOUNT, ("renewal",))),
    "referrals": Starting("Referrals", Counting(FACTS, ("referral",))),
    "events": Starting("Events attended", Counting(FACTS, ("event",))),
    "co_marketing": Starting("Co-marketing activities", Counting(FACTS, ("co_marketing",))),
    "advocacy": Starting("Case studies and references", Counting(FACTS, ("advocacy",))),
}


def starting_catalogue() -> Catalogue:
    """The terms of the starting measures."""
    return {code: one.counting for code, one in STARTING_MEASURES.items()}
