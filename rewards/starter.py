"""What a new tenant starts with: a small program that works, to be grown."""

from datetime import UTC, datetime
from decimal import Decimal

from accounts.models import Program
from rewards.models.rules import Basis
from rewards.publishing import publish_rule
from tiers.first_ladder import Rung, publish_ladder

SLUG = "rewards"
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)  # an order history imported later earns, too


def open_starter_program(*, name: str, places: int, actor: str, now: datetime) -> Program:
    """A point per 1.00 of every purchase, three tiers by what is bought in a quarter.

    `places` are the decimal places of the tenant's currency. Points expire with the fourth quarter
    after the one in which they were earned.
    """
    program = Program.objects.create(
        slug=SLUG, name=name, points_expiry={"policy": "quarter_end", "plus": 4}
    )
    publish_rule(
        program=program,
        code="purchases",
        name="Points on every purchase",
        versions=[
            {
                "valid_from": ALWAYS,
                "kind": "purchase",
                "basis": Basis.PER_AMOUNT,
                "rate": Decimal(1),
            }
        ],
        actor=actor,
        now=now,
    )
    one = 10**places
    publish_ladder(
        program=program,
        name="Partner tiers",
        rungs=[
            Rung("Member", 0, Decimal(1)),
            Rung("Silver", 25_000 * one, Decimal("1.25")),
            Rung("Gold", 100_000 * one, Decimal("1.5")),
        ],
        valid_from=ALWAYS,
        actor=actor,
        now=now,
    )
    return program
