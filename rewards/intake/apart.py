"""Which facts of a batch have nothing to do with each other, and can be taken in side by side."""

from collections.abc import Sequence
from zlib import crc32

from django.db import transaction

from accounts.activities import Identity
from accounts.facts import Fact
from accounts.lanes import LANES
from accounts.verdicts import Parts
from rewards.terms import Terms, current_terms

WORTH_IT = 1_000  # facts; below, a second transaction costs more than it saves


def apart(facts: Sequence[Fact]) -> Parts:
    """The facts' indexes, in parts of which no account is in two; one part where that could end
    otherwise than one fact after the other.

    The same facts fall into the same parts again, by their accounts' numbers alone, as long as the
    tenant's terms do not change.
    """
    # What the transaction around a rehearsal has written is not to be seen by another.
    whole = [range(len(facts))]
    if len(facts) < WORTH_IT or transaction.get_connection().in_atomic_block:
        return whole
    parts: list[list[int]] = [[] for _ in range(LANES)]
    lane_of: dict[Identity, int] = {}
    for index, fact in enumerate(facts):
        lane = crc32(fact.account.encode()) % LANES
        if lane_of.setdefault(Identity(fact.external_id, fact.line), lane) != lane:
            return whole  # of facts that claim one identity, the first has it
        parts[lane].append(index)
    if not all(parts):
        return whole
    with transaction.atomic():
        return whole if _depend_on_each_other(current_terms()) else parts


def _depend_on_each_other(terms: Terms) -> bool:
    """Whether what an account gets depends on what others did before it: where a budget may run
    out, or a tier is reached by a whole family."""
    return bool(terms.allowances) or any(
        reading.family for ladder in terms.ladders for reading in ladder.readings
    )
