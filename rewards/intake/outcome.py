"""What became of a fact."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from accounts.money import amount_text
from rewards.earning import RATE_SCALE, Grant
from tiers.standing import MULTIPLIER_SCALE

CAP_WORDS = {
    "activity": "per activity",
    "month": "per month",
    "quarter": "per quarter",
    "year": "per year",
    "fiscal_quarter": "per fiscal quarter",
    "fiscal_year": "per fiscal year",
}


class Given(NamedTuple):
    """What one rule gave for a fact of `amount` (smallest unit, with `places` decimal places) and
    `quantity`. Why is said when asked: most imports never ask."""

    grant: Grant
    amount: int
    quantity: Decimal
    places: int

    @property
    def program(self) -> str:
        return self.grant.rule.program

    @property
    def rule(self) -> str:
        return self.grant.rule.code

    @property
    def rule_version(self) -> int:
        return self.grant.rule.number

    @property
    def unit(self) -> str:
        return self.grant.rule.unit

    @property
    def desired(self) -> int:
        return self.grant.desired

    @property
    def granted(self) -> int:
        return self.grant.granted

    @property
    def multiplier(self) -> str | None:
        held = self.grant.held
        return _scaled(held.multiplier, MULTIPLIER_SCALE) if held else None

    @property
    def tier(self) -> str | None:
        return self.grant.held.name if self.grant.held else None

    @property
    def why(self) -> str:
        said = self._base()
        if self.multiplier not in (None, "1"):
            said += f" × {self.multiplier} as {self.tier}"
        for one in self.grant.raised_by:
            said += (
                f" × {_scaled(one.multiplier, MULTIPLIER_SCALE)}"
                if one.multiplier != MULTIPLIER_SCALE
                else ""
            )
            said += f" + {one.bonus}" if one.bonus else ""
            said += f" in {one.name}"
        if self.granted < self.desired:
            less = "the program's budget is used up"
            if self.grant.less_because != "budget":
                less = f"capped at {self.grant.rule.cap} {CAP_WORDS[self.grant.rule.cap_window]}"
            said += f"; {self.granted} of {self.desired}: {less}"
        return said

    def _base(self) -> str:
        rate = _scaled(self.grant.rule.rate, RATE_SCALE)
        if self.grant.rule.basis == "per_amount":
            one = amount_text(10**self.places, self.places)
            return f"{rate} per {one} of {amount_text(self.amount, self.places)}"
        if self.grant.rule.basis == "per_unit":
            return f"{rate} per unit of {self.quantity.normalize():f}"
        return f"{rate} per activity"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a return took back of one earning; amounts are below zero."""

    program: str
    rule: str
    rule_version: int
    unit: str
    granted: int
    earned: int
    multiplier: str | None = None
    tier: str | None = None

    @property
    def desired(self) -> int:
        return self.granted

    @property
    def why(self) -> str:
        return f"in proportion to what is returned of the {self.earned} it had earned"


@dataclass(slots=True)
class Outcome:
    """`status` is accepted, known (seen before, nothing moved), conflict or rejected; `came_twice`
    of one that is rejected because another of its batch, refused itself, has its identity."""

    status: str
    reason: str = ""
    activity_id: UUID | None = None
    grants: tuple[Given | TakenBack, ...] = ()
    came_twice: bool = False


def _scaled(value: int, scale: int) -> str:
    return f"{(Decimal(value) / scale).normalize():f}"
