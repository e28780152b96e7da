"""What every kind of notice says of itself."""

from dataclasses import dataclass
from enum import Enum

from accounts.models.notice import Frequency
from accounts.models.people import BusinessRole, PortalRole


class Value(Enum):
    """How a placeholder's value is kept in a notice's details, and so how it is written."""

    TEXT = "text"  # as it is
    POINTS = "points"  # a whole number; written with the program's word for points
    NUMBER = "number"  # a whole number
    DAY = "day"  # 2026-03-31
    MINUTE = "minute"  # 2026-03-31 14:00 (America/New_York), in the zone that it names
    MONTH = "month"  # 2026-03-01, the month that begins then
    MONEY = "money"  # [smallest units, currency]: [54762, "USD"] is $547.62
    STATE = "state"  # what became of a redemption: a key of STATES
    STEP = "step"  # what became of a deal: a key of STEPS
    FUND_STEP = "fund_step"  # what became of a request for funds: a key of FUND_STEPS
    OUTCOME = "outcome"  # what became of a claimed sale or a referral: a key of OUTCOMES


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`example` stands in previews where nothing real is there yet."""

    name: str
    meaning: str
    value: Value
    example: str | int | tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom of an account a kind is for: its members with these roles (none named: any), and the
    sales rep. Where a notice is about one person, only that one."""

    portal_roles: tuple[PortalRole, ...] = ()
    business_roles: tuple[BusinessRole, ...] = ()
    rep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`often` is how often its letters come while a person has chosen nothing, of `choices`."""

    code: str
    name: str
    says: str  # what it tells, for those who choose
    audience: Audience
    subject: str
    body: str
    placeholders: tuple[Placeholder, ...]
    often: Frequency
    often_to_rep: Frequency = Frequency.WEEKLY
    choices: tuple[Frequency, ...] = (Frequency.AT_ONCE, Frequency.DAILY, Frequency.WEEKLY)
    may_unsubscribe: bool = True
    # Whether what is said of the same thing adds up while it goes on: a day's earnings.
    gathers: bool = False

    @property
    def may_choose(self) -> tuple[Frequency, ...]:
        return (*self.choices, Frequency.NEVER) if self.may_unsubscribe else self.choices
