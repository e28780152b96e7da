"""Facts come in: stored once, earned on, measured, reconsidered, told; all or nothing."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts import clock, measures
from accounts.directory import lock_accounts, products
from accounts.events import record_many
from accounts.facts import Fact
from accounts.periods import quarter_of, quarters_begun, start_of
from rewards.intake.batch import Batch
from rewards.intake.earn import earn_on
from rewards.intake.keep import keep_facts
from rewards.intake.outcome import Outcome
from rewards.intake.returns import take_returns
from rewards.intake.triage import settle_repeated, triage
from rewards.moves import record_moves
from rewards.terms import current_terms
from tiers import standing


def take_in(facts: Sequence[Fact], *, source: str, actor: str, as_of: datetime) -> list[Outcome]:
    """Take facts of `source` in, as of `as_of` (UTC); one outcome per fact, in their order.

    A fact is in with all its effects, or not in: the batch is one transaction, and a fact that is
    refused leaves the others alone. Facts of a batch do not influence each other's tier: a tier
    that they reach starts one microsecond after `as_of`.
    """
    # No savepoint of its own within a caller's transaction: an error rolls all of that back.
    with transaction.atomic(savepoint=False):
        batch = Batch(
            source=source,
            actor=actor,
            as_of=as_of,
            terms=current_terms(),
            doers=lock_accounts({fact.account for fact in facts}),
            products=products({fact.product for fact in facts}),
        )
        outcomes = triage(facts, batch)
        _take(facts, outcomes, batch)
        settle_repeated(facts, outcomes, batch)
    return outcomes


def _take(facts: Sequence[Fact], outcomes: Sequence[Outcome], batch: Batch) -> None:
    candidates = [
        (fact, outcome)
        for fact, outcome in zip(facts, outcomes, strict=True)
        if outcome.status == "accepted"
    ]
    reached, held_for = clock.state()
    is_behind = reached is not None and reached < _quarter_start(batch)
    batch.closed_until = reached and start_of(quarter_of(reached, batch.zone), batch.zone)
    if is_behind and not held_for:
        _evaluate_ended_quarters(reached, batch)
    kept = keep_facts([pair for pair in candidates if pair[0].reverses is None], batch)
    earn_on(kept, batch)
    returns = [pair for pair in candidates if pair[0].reverses is not None]
    if returns:
        take_returns(returns, batch)
    if not batch.touched:
        return
    if reached is None:
        clock.start(at=batch.as_of)
    measures.add(batch.measured)
    record_many(batch.events())
    # While an import of history holds the clock back, nobody moves before it has come by.
    if not (is_behind and held_for):
        _take_upward_moves(batch)


def _quarter_start(batch: Batch) -> datetime:
    return start_of(quarter_of(batch.as_of, batch.zone), batch.zone)


def _evaluate_ended_quarters(reached: datetime, batch: Batch) -> None:
    """Evaluate what the tenant's clock has not come to yet, for the accounts of the batch alone: a
    fact of a new quarter must not earn at the tier of the old one."""
    accounts = sorted(doer.id for doer in batch.doers.values())
    for boundary in quarters_begun(reached, batch.as_of, batch.zone):
        moves = standing.evaluate_quarter(
            boundary=boundary, as_of=batch.as_of, zone=batch.zone, account_ids=accounts
        )
        record_moves(moves, recorded_at=batch.as_of)


def _take_upward_moves(batch: Batch) -> None:
    moves = standing.reconsider(
        account_ids=sorted(batch.touched),
        as_of=batch.as_of,
        zone=batch.zone,
        kept=batch.terms.kept_quarters,
    )
    record_moves(moves, recorded_at=batch.as_of)
