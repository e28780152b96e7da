"""Facts are kept: stored once under their identity; repetitions and conflicts drop out."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from accounts.activities import Identity, NewActivity, digest_of, storing
from accounts.directory import Doer
from accounts.facts import Fact
from accounts.ids import uuid7s
from accounts.rollups import RollUps
from rewards.intake.batch import Batch
from rewards.intake.outcome import Outcome
from rewards.intake.triage import conflict, known

# Facts that are written at a time, while Python prepares the next: as many as the socket's buffer
# takes, so that Postgres has them all when it has done with the ones before.
PART = 500

T = TypeVar("T")
Pair = tuple[Fact, Outcome]


class Kept(NamedTuple):
    """A fact that is new: its row, who did it and the outcome to fill in."""

    row: NewActivity
    doer: Doer
    product: str
    outcome: Outcome


def keep_facts(pairs: Sequence[Pair], batch: Batch) -> list[Kept]:
    """Store facts, with what is rolled up of each; the outcomes of those that are not new say known
    or conflict."""
    kept: list[Kept] = []
    for part in in_parts(without_known(pairs, batch)):
        new = [
            _make(fact, outcome, activity_id, batch)
            for (fact, outcome), activity_id in zip(part, uuid7s(len(part)), strict=True)
        ]
        keep_rows(new, batch)
        kept += new
        if len(part) == PART:
            batch.send()
    finer = RollUps(batch.zone, batch.month)
    finer.add(one.row for one in kept)
    batch.writes += finer.writes()
    return kept


def in_parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(items), PART):
        yield items[first : first + PART]


def without_known(pairs: Sequence[Pair], batch: Batch) -> Sequence[Pair]:
    """The facts that are new; what is stored of the others is said in their outcomes."""
    if not batch.earlier:
        return pairs
    fresh = []
    for fact, outcome in pairs:
        identity = Identity(fact.external_id, fact.line)
        there = batch.earlier.get(identity)
        if there is None:
            fresh.append((fact, outcome))
            continue
        said = known() if there.digest == digest_of(fact) else conflict(identity)
        outcome.status, outcome.reason, outcome.activity_id = said.status, said.reason, there.id
    return fresh


def keep_rows(new: Sequence[Kept], batch: Batch) -> None:
    """Store rows."""
    if not new:
        return
    rows = [kept.row for kept in new]
    batch.writes.append(storing(rows, source=batch.source, recorded_at=batch.as_of))
    for kept in new:
        kept.outcome.activity_id = kept.row.id
        batch.touched.add(kept.row.account_id)


def _make(fact: Fact, outcome: Outcome, activity_id: UUID, batch: Batch) -> Kept:
    doer, product = batch.doers[fact.account], batch.products.get(fact.product)
    row = NewActivity(
        id=activity_id,
        account_id=doer.id,
        kind=fact.kind,
        external_id=fact.external_id,
        line=fact.line,
        occurred_at=fact.occurred_at,
        amount=fact.amount,
        quantity=fact.quantity,
        product_id=product.id if product else None,
        product_line=product.line if product else "",
        attributes=batch.terms.kinds.typed(fact),
        reverses_id=None,
        digest=digest_of(fact),
        member_id=batch.people[fact.account, fact.member].id if fact.member else None,
    )
    return Kept(row, doer, fact.product, outcome)
