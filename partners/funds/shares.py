"""What part of a cost the tenant pays."""

from decimal import Decimal


def part_of(cost: int, share: Decimal) -> int:
    """`share` percent of `cost`, in its smallest unit; rounded down: nobody pays more than agreed.

    The quotient of whole numbers is exact at any size, which a decimal of 28 digits is not.
    """
    return cost * int(share * 100) // 10_000


def share_of(amount: int, cost: int) -> Decimal:
    """How many percent of `cost` an amount is, with two decimals, rounded up: of that share the
    amount is at most `part_of` the cost."""
    return Decimal(-(-amount * 10_000 // cost)) / 100


def share_offered(asked: int, cost: int, *, most: Decimal) -> Decimal:
    """From which share a decision starts: what was asked for, where the activity pays `most`."""
    return min(share_of(asked, cost), most)
