"""The ready-made schemes themselves, as data: see `tiers.ready_made`.

Thresholds are written as people say them: 25,000 of the currency, 70 %, 6 certificates.
"""

from typing import Any

from django.utils.translation import gettext_noop as _

from accounts.attributes import Attribute
from tiers.ready_made.scheme import Case, ReadyMade, Said, Step

QUARTER, YEAR = {"window": "quarter"}, {"window": "year"}
FISCAL_YEAR = {"window": "fiscal_year"}
TWELVE_MONTHS = {"window": "rolling", "months": 12}
NOW = {"window": "valid_now"}


def _least(measure: str, threshold: str, window: Said, **how: Any) -> Said:
    return {"measure": measure, "window": window, "op": "gte", "threshold": threshold, **how}


def _part(measure: str, full: str, weight: int, window: Said, least: int = 0) -> Said:
    reading = {"measure": measure, "window": window}
    return {"reading": reading, "full": full, "weight": weight, "least": least}


def _all(*parts: Said) -> Said:
    return {"all": list(parts)}


BY_QUARTER = {
    "evaluated": "quarter",
    "rises": "at_once",
    "kept_unit": "quarter",
    "kept_periods": 1,
    "falls": "to_what_is_met",
    "grace_days": 0,
    "skips_tiers": True,
}
BY_YEAR = BY_QUARTER | {"evaluated": "year", "kept_unit": "year", "kept_periods": 0}

STARTER = ReadyMade(
    code="starter",
    name=_("Two steps up"),
    suits=_(
        "A first program: what was bought in a quarter decides, and a tier reached is kept "
        "through the next quarter."
    ),
    policies=BY_QUARTER,
    steps=(
        Step("registered", "Registered", {}),
        Step("silver", "Silver", _least("revenue", "25000", QUARTER), "1.25"),
        Step(
            "gold", "Gold", _least("revenue", "100000", QUARTER), "1.5", {"discount_percent": "5"}
        ),
    ),
    example=(
        Case("A dealer who buys now and then", {"revenue": "24999.99"}, "Registered"),
        Case("A dealer with a steady quarter", {"revenue": "25000"}, "Silver"),
        Case("A dealer with a large project", {"revenue": "180000"}, "Gold"),
    ),
)


def _skilled(revenue: str, badges: str) -> Said:
    return _all(_least("revenue", revenue, TWELVE_MONTHS), _least("certificates", badges, NOW))


REVENUE_AND_BADGES = ReadyMade(
    code="revenue-and-badges",
    name=_("Revenue and badges"),
    suits=_(
        "Technical products: revenue of the last twelve months counts only together with "
        "certificates that are valid today."
    ),
    policies=BY_QUARTER | {"kept_periods": 0, "grace_days": 30},
    steps=(
        Step("registered", "Registered", {}),
        Step("silver", "Silver", _skilled("50000", "2"), "1.25"),
        Step("gold", "Gold", _skilled("250000", "6"), "1.5", {"support_level": "priority"}),
        Step(
            "platinum",
            "Platinum",
            _skilled("1000000", "15"),
            "2",
            {"support_level": "named engineer", "directory_place": 1},
        ),
    ),
    example=(
        Case("Sells, is not trained", {"revenue": "400000", "certificates": "1"}, "Registered"),
        Case("One badge short of Gold", {"revenue": "400000", "certificates": "5"}, "Silver"),
        Case("The sixth badge", {"revenue": "400000", "certificates": "6"}, "Gold"),
        Case("A large specialist", {"revenue": "1200000", "certificates": "15"}, "Platinum"),
    ),
)


def _score(score: int) -> Said:
    parts = [
        _part("annual_contract_value", "1000000", 450, FISCAL_YEAR),
        _part("certified_people", "10", 350, NOW),
        _part("satisfaction", "5", 200, FISCAL_YEAR),
    ]
    return {"weighted": parts, "score": score}


WEIGHTED_SCORE = ReadyMade(
    code="weighted-score",
    name=_("Weighted score"),
    suits=_(
        "Balanced programs: contract value, expertise and satisfaction share 1,000 points, none "
        "counts for more than its part. It follows your fiscal year, for example from March."
    ),
    policies={
        "evaluated": "fiscal_quarter",
        "rises": "at_evaluation",
        "kept_unit": "fiscal_year",
        "kept_periods": 1,
        "falls": "to_what_is_met",
        "grace_days": 0,
        "skips_tiers": True,
    },
    steps=(
        Step("member", "Member", {}),
        Step("silver", "Silver", _score(250), "1.1"),
        Step("gold", "Gold", _score(500), "1.25", {"funds_share_percent": "1"}),
        Step("platinum", "Platinum", _score(750), "1.5", {"funds_share_percent": "2"}),
    ),
    example=(
        Case(
            "Full contract value, half the expertise, no survey yet: 625",
            {"annual_contract_value": "1000000", "certified_people": "5", "satisfaction": "0"},
            "Gold",
        ),
        Case(
            "Expertise and happy customers, few contracts: 640",
            {"annual_contract_value": "200000", "certified_people": "10", "satisfaction": "5"},
            "Gold",
        ),
        Case(
            "Contracts alone: 450",
            {"annual_contract_value": "5000000", "certified_people": "0", "satisfaction": "0"},
            "Silver",
        ),
        Case(
            "All three: 1,000",
            {"annual_contract_value": "1000000", "certified_people": "12", "satisfaction": "5"},
            "Platinum",
        ),
    ),
    measures={
        "annual_contract_value": (
            "Annual contract value",
            {"counts": "amount", "kinds": ["deal", "renewal"]},
        )
    },
)


def _users(users: str, people: str, retention: str) -> Said:
    return _all(
        _least("net_new_users", users, TWELVE_MONTHS),
        _least("certified_people", people, NOW),
        _least("user_retention", retention, TWELVE_MONTHS),
    )


USERS_PEOPLE_RETENTION = ReadyMade(
    code="users-people-retention",
    name=_("Users, people, retention"),
    suits=_(
        "Subscriptions sold per user: new users less those who left, certified people, and the "
        "share of users who stay."
    ),
    policies=BY_QUARTER | {"kept_periods": 0, "grace_days": 30},
    steps=(
        Step("ready", "Ready", {}),
        Step("silver", "Silver", _users("75", "3", "70"), "1.25", {"discount_percent": "15"}),
        Step("gold", "Gold", _users("300", "6", "80"), "1.5", {"discount_percent": "20"}),
    ),
    example=(
        Case(
            "Large, but too many leave",
            {"net_new_users": "310", "certified_people": "6", "user_retention": "79"},
            "Silver",
        ),
        Case(
            "Large, and they stay",
            {"net_new_users": "310", "certified_people": "6", "user_retention": "80"},
            "Gold",
        ),
        Case(
            "Two people certified",
            {"net_new_users": "120", "certified_people": "2", "user_retention": "95"},
            "Ready",
        ),
    ),
    kinds={"users_sold": ("Users sold", (Attribute("contract"),))},
    measures={
        "net_new_users": (
            "Net new users",
            {"counts": "quantity", "kinds": ["users_sold"], "returns": "with_the_original"},
        ),
        "users_acquired": (
            "Users acquired",
            {"counts": "quantity", "kinds": ["users_sold"], "returns": "ignored"},
        ),
        "user_retention": (
            "Users who stay",
            {"counts": "ratio", "of": "net_new_users", "to": "users_acquired"},
        ),
    },
)


def _best_portfolio(revenue: str) -> Said:
    return _least("revenue", revenue, QUARTER, take={"best_of": "product_line"})


BEST_PORTFOLIO = ReadyMade(
    code="best-portfolio",
    name=_("Best portfolio"),
    suits=_(
        "Specialists: the best product line of a quarter decides, product lines do not add up."
    ),
    policies=BY_QUARTER,
    steps=(
        Step("bronze", "Bronze", {}),
        Step("silver", "Silver", _best_portfolio("25000"), "1.1"),
        Step("gold", "Gold", _best_portfolio("100000"), "1.25"),
        Step("platinum", "Platinum", _best_portfolio("250000"), "1.5"),
    ),
    example=(
        Case("120,000 and 40,000 elsewhere, 300,000 with C", {"revenue": "300000"}, "Platinum"),
        Case("120,000 with A, nothing with C", {"revenue": "120000"}, "Gold"),
        Case("Three lines of 24,999 each", {"revenue": "24999"}, "Bronze"),
    ),
)


def _sold_and_managed(sold: str, managed: str) -> Said:
    return _all(
        _least("revenue", sold, TWELVE_MONTHS), _least("renewal_value", managed, TWELVE_MONTHS)
    )


SOLD_AND_MANAGED = ReadyMade(
    code="sold-and-managed",
    name=_("Sold and managed"),
    suits=_(
        "Partners who sell and then look after customers: new sales and renewed contracts both "
        "have to be there."
    ),
    policies=BY_YEAR | {"evaluated": "quarter", "grace_days": 60, "falls": "one_step"},
    steps=(
        Step("authorized", "Authorized", {}),
        Step("advanced", "Advanced", _sold_and_managed("100000", "50000"), "1.2"),
        Step("premier", "Premier", _sold_and_managed("500000", "300000"), "1.5"),
    ),
    example=(
        Case("Sells only", {"revenue": "900000", "renewal_value": "0"}, "Authorized"),
        Case("Sells and renews", {"revenue": "120000", "renewal_value": "60000"}, "Advanced"),
        Case(
            "A managed-service house", {"revenue": "500000", "renewal_value": "750000"}, "Premier"
        ),
    ),
)

CLIENT_CLUB = ReadyMade(
    code="client-club",
    name=_("Free club by active clients"),
    suits=_(
        "Agencies and consultants: no fee and no quota; the number of clients active today "
        "decides, month by month."
    ),
    policies=BY_QUARTER
    | {"evaluated": "month", "kept_unit": "month", "kept_periods": 2, "falls": "one_step"},
    steps=(
        Step("friend", "Friend", {}),
        Step("club", "Club", _least("active_clients", "3", NOW), "1.1", {"early_access": True}),
        Step(
            "circle", "Circle", _least("active_clients", "10", NOW), "1.25", {"early_access": True}
        ),
        Step(
            "inner-circle",
            "Inner circle",
            _least("active_clients", "25", NOW),
            "1.5",
            {"early_access": True, "directory_place": 1},
        ),
    ),
    example=(
        Case("Two clients", {"active_clients": "2"}, "Friend"),
        Case("Three clients", {"active_clients": "3"}, "Club"),
        Case("Twenty-four clients", {"active_clients": "24"}, "Circle"),
    ),
    kinds={
        "client": (
            "Client active",
            (Attribute("client"), Attribute("valid_until", "date", required=True)),
        )
    },
    measures={"active_clients": ("Active clients", {"counts": "valid_now", "kinds": ["client"]})},
)


def _active(credits_: str, *, trainings: str, deals: str) -> Said:
    return _all(
        _least("status_credits", credits_, YEAR),
        _least("trainings", trainings, YEAR),
        _least("deals", deals, YEAR),
    )


POINTS_BY_ACTIVITY = ReadyMade(
    code="points-by-activity",
    name=_("Points by activity"),
    suits=_(
        "Programs that reward engagement: status credits for all that a partner does, with a "
        "minimum of each kind so that nobody rises by one thing alone."
    ),
    policies=BY_YEAR | {"kept_periods": 1},
    steps=(
        Step("explorer", "Explorer", {}),
        Step("builder", "Builder", _active("500", trainings="1", deals="1"), "1.1"),
        Step("leader", "Leader", _active("2000", trainings="3", deals="4"), "1.3"),
    ),
    example=(
        Case(
            "Many deals, no training",
            {"status_credits": "5000", "trainings": "0", "deals": "40"},
            "Explorer",
        ),
        Case(
            "A bit of each",
            {"status_credits": "640", "trainings": "1", "deals": "2"},
            "Builder",
        ),
        Case(
            "All round",
            {"status_credits": "2000", "trainings": "3", "deals": "4"},
            "Leader",
        ),
    ),
)

READY_MADE: dict[str, ReadyMade] = {
    scheme.code: scheme
    for scheme in (
        STARTER,
        REVENUE_AND_BADGES,
        WEIGHTED_SCORE,
        USERS_PEOPLE_RETENTION,
        BEST_PORTFOLIO,
        SOLD_AND_MANAGED,
        CLIENT_CLUB,
        POINTS_BY_ACTIVITY,
    )
}
