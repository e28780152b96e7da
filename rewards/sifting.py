"""Which rules and campaigns can be for a fact at all: asked once for all facts that look alike.

Of twenty rules, most are for another product line, region or tier. What a condition asks of such
fields is answered once for each combination of their values that comes in a batch; fact by fact
remain the few rules and campaigns that are left, each with the rest of its condition: amounts,
quantities, attributes. Pure, and it decides nothing: whatever is sifted out would have answered
that its condition does not hold.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from accounts.conditions import Condition, Test, comparisons, compile_expanded
from rewards.earning import Raise, Rule

# Fields that many facts share. All of them are text: equal values are the same to a condition.
SHARED = frozenset(
    (
        "country",
        "line",
        "member_role",
        "occurred_on",
        "partner_type",
        "product",
        "region",
        "tier",
        "vertical",
    )
)

T = TypeVar("T", Rule, Raise)


class Sifted(NamedTuple):
    """What is left for facts that look alike; each holds for what is left of its condition."""

    rules: tuple[Rule, ...]
    raises: tuple[Raise, ...]


@dataclass(frozen=True, slots=True)
class _Mesh(Generic[T]):
    """A rule or campaign: whether it is for such facts, and what it is then."""

    fits: Test
    left: T


@dataclass(frozen=True, slots=True)
class Sieve:
    """The rules and campaigns of one program and kind. `look_of` gives what facts have to have in
    common for the same to be left for them: the shared fields that any of the conditions asks for.
    """

    look_of: Callable[[Mapping[str, Any]], Any]
    rules: tuple[_Mesh[Rule], ...]
    raises: tuple[_Mesh[Raise], ...]

    def sift(self, facts: Mapping[str, Any]) -> Sifted:
        """What is left for facts that look like these."""
        return Sifted(
            tuple(one.left for one in self.rules if one.fits(facts)),
            tuple(one.left for one in self.raises if one.fits(facts)),
        )


def sieve_of(rules: Sequence[Rule], raises: Sequence[Raise]) -> Sieve:
    """Of the rules and campaigns for one kind in one program, in their order."""
    asked = {
        part["field"] for one in (*rules, *raises) for part in comparisons(one.condition or {})
    }
    fields = sorted(asked & SHARED)
    return Sieve(
        itemgetter(*fields) if fields else _all_alike,
        tuple(_mesh_of(rule) for rule in rules),
        tuple(_mesh_of(campaign) for campaign in raises),
    )


def _all_alike(_facts: Mapping[str, Any]) -> None:
    return None


def _mesh_of(one: T) -> _Mesh[T]:
    parts = list(_all_of(one.condition or {}))
    shared = [part for part in parts if _asks_only_for_shared(part)]
    rest = [part for part in parts if not _asks_only_for_shared(part)]
    if one.condition is None:  # nothing is known of what it asks for
        return _Mesh(compile_expanded({}), one)
    return _Mesh(_test_of(shared), replace(one, holds_for=_test_of(rest)))


def _test_of(parts: Sequence[Condition]) -> Test:
    return compile_expanded({"all": list(parts)} if parts else {})


def _all_of(condition: Condition) -> Iterator[Condition]:
    """The conditions of which each has to hold."""
    if "all" in condition:
        for part in condition["all"]:
            yield from _all_of(part)
    else:
        yield condition


def _asks_only_for_shared(condition: Condition) -> bool:
    return all(part["field"] in SHARED for part in comparisons(condition))
