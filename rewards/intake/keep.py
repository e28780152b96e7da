"""Facts are kept: stored once under their identity; repetitions and conflicts drop out."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.activities import Identity, NewActivity, digest_of, store, stored
from accounts.directory import Doer
from accounts.facts import Fact
from accounts.ids import uuid7s
from accounts.rollups import RollUps
from rewards.intake.batch import Batch
from rewards.intake.outcome import Outcome
from rewards.intake.triage import conflict, known


@dataclass(frozen=True, slots=True)
class Kept:
    """A fact that is new: its row, who did it and the outcome to fill in."""

    row: NewActivity
    doer: Doer
    product: str
    outcome: Outcome


def keep_facts(pairs: Sequence[tuple[Fact, Outcome]], batch: Batch) -> Sequence[Kept]:
    """Store facts and measure the new ones; the others' outcomes say known or conflict."""
    made = [
        _make(fact, outcome, activity_id, batch)
        for (fact, outcome), activity_id in zip(pairs, uuid7s(len(pairs)), strict=True)
    ]
    new = keep_rows(made, batch)
    for kept in new:
        row = kept.row
        batch.measure(
            row.account_id,
            row.occurred_at,
            kind=row.kind,
            product_line=row.product_line,
            amount=row.amount,
            quantity=row.quantity,
            count=1,
        )
    finer = RollUps(batch.zone, batch.month)
    finer.add(kept.row for kept in new)
    batch.writes += finer.writes()
    return new


def keep_rows(made: Sequence[Kept], batch: Batch) -> Sequence[Kept]:
    """Store rows; returns those that were new."""
    dropped = store([kept.row for kept in made], source=batch.source, recorded_at=batch.as_of)
    new = [kept for kept in made if kept.row.id not in dropped] if dropped else made
    for kept in new:
        kept.outcome.activity_id = kept.row.id
        batch.touched.add(kept.row.account_id)
    if dropped:
        _say_what_was_there([kept for kept in made if kept.row.id in dropped], batch)
    return new


def _say_what_was_there(repeated: Sequence[Kept], batch: Batch) -> None:
    identities = [Identity(kept.row.external_id, kept.row.line) for kept in repeated]
    earlier = stored(identities, source=batch.source)
    for kept, identity in zip(repeated, identities, strict=True):
        there = earlier[identity]
        said = known() if there.digest == kept.row.digest else conflict(identity)
        kept.outcome.status, kept.outcome.reason = said.status, said.reason
        kept.outcome.activity_id = there.id


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
