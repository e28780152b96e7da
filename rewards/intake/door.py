"""Facts come in: stored once, earned on, measured, reconsidered, told; all or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import clock, directory
from accounts.activities import MANY, Identity, stored, was_overtaken
from accounts.facts import Fact
from accounts.periods import quarter_of, start_of
from accounts.postgres.statements import ask
from rewards import ledger
from rewards.intake.batch import Batch
from rewards.intake.earn import earn_on, measure
from rewards.intake.keep import keep_facts
from rewards.intake.outcome import Outcome
from rewards.intake.returns import take_returns
from rewards.intake.triage import settle_repeated, triage
from rewards.terms import terms_in_force
from tiers import due, standing
from tiers.memberships import Membership, memberships


def take_in(facts: Sequence[Fact], *, source: str, actor: str, as_of: datetime) -> list[Outcome]:
    """Take facts of `source` in, as of `as_of` (UTC); one outcome per fact, in their order.

    A fact is in with all its effects, or not in: the batch is one transaction, and a fact that is
    refused leaves the others alone. Facts of a batch do not influence each other's tier: a tier
    that they reach starts one microsecond after `as_of`.
    """
    # No savepoint of its own within a caller's transaction: an error rolls all of that back.
    if not facts:
        return []
    with transaction.atomic(savepoint=False):
        return _take_in(facts, source=source, actor=actor, as_of=as_of)


def _take_in(facts: Sequence[Fact], *, source: str, actor: str, as_of: datetime) -> list[Outcome]:
    batch, reached, held_for = _open(facts, source=source, actor=actor, as_of=as_of)
    outcomes = triage(facts, batch)
    try:
        _take(facts, outcomes, batch, reached=reached, held_for=held_for)
    except IntegrityError as error:
        if not was_overtaken(error):
            raise
        # One of these identities came at the same time for another account, whose lock we do not
        # wait for, and is stored since we looked. Now that it is to be seen, look again.
        batch.undo()
        return _take_in(facts, source=source, actor=actor, as_of=as_of)
    settle_repeated(facts, outcomes, batch)
    return outcomes


def _open(
    facts: Sequence[Fact], *, source: str, actor: str, as_of: datetime
) -> tuple[Batch, datetime | None, str]:
    """Lock what the facts touch and read what they need, in one round trip."""
    numbers = {fact.account for fact in facts}
    identities = [Identity(fact.external_id, fact.line) for fact in facts]
    terms, doers, products, (reached, held_for), members, wallets, earlier = ask(
        terms_in_force(),
        directory.doers(numbers),
        directory.products({fact.product for fact in facts if fact.product}),
        clock.state(),
        memberships(numbers, since=_first(facts)),
        ledger.wallets_of(numbers),
        stored(identities, source=source),  # after the accounts' locks, which say who comes first
        planned=len(facts) > MANY,
    )
    batch = Batch(
        source=source,
        actor=actor,
        as_of=as_of if held_for else _not_before(members, as_of),
        terms=terms,
        doers=doers,
        products=products,
        memberships=members,
        wallets=wallets,
        earlier=earlier,
    )
    named = {(fact.account, fact.member) for fact in facts if fact.member}
    if named:
        (batch.people,) = ask(directory.people(named))
    return batch, reached, held_for


def _not_before(members: Mapping[UUID, list[Membership]], as_of: datetime) -> datetime:
    """As of when facts are recorded that waited for an account's lock: not before what was decided
    of it meanwhile, without them."""
    decided = (one.decided_at for some in members.values() for one in some)
    return max((as_of, *(at for at in decided if at)))


def _first(facts: Sequence[Fact]) -> datetime:
    return min(fact.occurred_at for fact in facts)


def _take(
    facts: Sequence[Fact],
    outcomes: Sequence[Outcome],
    batch: Batch,
    *,
    reached: datetime | None,
    held_for: str,
) -> None:
    batch.begin()
    candidates = [
        (fact, outcome)
        for fact, outcome in zip(facts, outcomes, strict=True)
        if outcome.status == "accepted"
    ]
    edge = reached and _next_edge(reached, batch)
    batch.closed_until = reached and start_of(quarter_of(reached, batch.zone), batch.zone)
    if reached and not held_for and (edge or _has_ends(reached, batch)):
        _settle_due(reached, facts, batch)
    kept = keep_facts([pair for pair in candidates if pair[0].reverses is None], batch)
    earn_on(kept, batch)
    measure(kept, batch)
    returns = [pair for pair in candidates if pair[0].reverses is not None]
    if returns:
        batch.write()  # a return may name a purchase of this very batch
        take_returns(returns, batch)
    if not batch.touched:
        return
    if reached is None:
        clock.start(at=batch.as_of)
    batch.close()
    # While an import of history holds the clock back, nobody moves before it has come by.
    if edge and held_for:
        batch.write()
    else:
        _rise(facts, batch, tells_near=not held_for)


def _next_edge(after: datetime, batch: Batch) -> datetime | None:
    """The first evaluation that the tenant's clock has not come to yet."""
    terms = batch.terms
    return due.next_edge(terms.ladders, after=after, upto=batch.as_of, setting=terms.setting)


def _has_ends(after: datetime, batch: Batch) -> bool:
    """Whether a grace or a pin of the batch's accounts has ended, to which the tenant's clock has
    not come yet."""
    ends = (one.due_at for some in batch.memberships.values() for one in some)
    return any(end is not None and after < end <= batch.as_of for end in ends)


def _settle_due(after: datetime, facts: Sequence[Fact], batch: Batch) -> None:
    """Evaluate what the tenant's clock has not come to yet, for the accounts of the batch alone: a
    fact of a new period, or from after a grace, must not earn at the tier of before."""
    about: dict[str, Any] = {
        "setting": batch.terms.setting,
        "accounts": sorted(doer.id for doer in batch.doers.values()),
    }
    ladders = batch.terms.ladders
    while instant := due.next_due(ladders, after=after, upto=batch.as_of, **about):
        due.settle_due(ladders, at=instant, decided_at=batch.as_of, **about)
        after = instant
    (batch.memberships,) = ask(memberships(batch.doers, since=_first(facts)))


def _rise(facts: Sequence[Fact], batch: Batch, *, tells_near: bool) -> None:
    about: dict[str, Any] = {
        "account_ids": sorted(batch.touched),
        "as_of": batch.as_of,
        "ladders": batch.terms.ladders,
        "setting": batch.terms.setting,
        "since": _first(facts),
        "tells_near": tells_near,
    }
    found = batch.write(*standing.rising(**about))
    standing.rise([one for rows in found for one in rows], **about)
