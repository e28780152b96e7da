"""New facts earn: the pure rules of `rewards.earning`, fed with what the database knows."""

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from accounts.counting import STATUS_CREDITS
from accounts.ids import uuid7
from accounts.periods import day_of
from rewards import boosts, budgets, caps, ledger, notes
from rewards.boosts import Boosts, boosts_of
from rewards.earning import CapKey, Grant, Raise, Setting, cap_key, grants_for
from rewards.expiry import is_by_inactivity
from rewards.intake.batch import Batch
from rewards.intake.crediting import AlikeCredits, credit_of
from rewards.intake.keep import PART, Kept, in_parts
from rewards.intake.outcome import Given
from rewards.sifting import Sieve, Sifted
from rewards.terms import Allowance
from tiers.memberships import Membership


@dataclass(slots=True)
class _Standing:
    """How the accounts of a batch stand: caps and budgets used, boosts; and what was worked out so
    far, for facts that look alike and for what is granted alike."""

    cap_used: dict[CapKey, int]
    budget_used: dict[UUID, budgets.Uses]
    allowances: list[Allowance]
    boosts: Boosts | None
    roles: dict[UUID, str]
    sifted: dict[tuple, Sifted] = field(default_factory=dict)
    alike: AlikeCredits = field(default_factory=dict)
    noted: dict[notes.Said, UUID] = field(default_factory=dict)


def earn_on(kept: Sequence[Kept], batch: Batch) -> None:
    """Grant what the rules give for each new fact, in the order in which the facts were sent."""
    if not kept:
        return
    stand = _stand(kept, batch)
    before, spent = dict(stand.cap_used), deepcopy(stand.budget_used)
    for part in in_parts(kept):
        _credit(part, stand, batch)
        if len(part) == PART:
            batch.send()
    used = {key: used - before.get(key, 0) for key, used in stand.cap_used.items()}
    batch.writes += caps.adding_use(used)
    if stand.budget_used != spent:
        batch.writes.append(budgets.noting_use(stand.budget_used))
    if stand.boosts and stand.boosts.new:
        batch.write()  # boosts name the facts that brought them
        boosts.keep(stand.boosts, actor=batch.actor, recorded_at=batch.as_of)
    if any(is_by_inactivity(policy) for policy in batch.terms.expiry.values()):
        batch.write()
        accounts = {fact.row.account_id for fact in kept}
        ledger.keep_alive(account_ids=accounts, at=batch.as_of)


def measure(kept: Sequence[Kept], batch: Batch) -> None:
    """Measure new facts, each with the points that it earned."""
    for fact in kept:
        row = fact.row
        batch.measure(
            row.account_id,
            row.occurred_at,
            kind=row.kind,
            product_line=row.product_line,
            amount=row.amount,
            quantity=row.quantity,
            count=1,
            points=sum([one.granted for one in fact.outcome.grants if one.unit != "credits"]),
        )


def _credit(part: Sequence[Kept], stand: _Standing, batch: Batch) -> None:
    given = [(fact, grant) for fact in part for grant in _grants_for(fact, stand, batch)]
    new: dict[UUID, Grant] = {}
    credits = [
        credit_of(grant, fact, _note_on(grant, stand, new), stand.alike, batch)
        for fact, grant in given
    ]
    batch.writes += notes.keeping(new)  # before the entries, which name them
    batch.writes += ledger.crediting(
        credits,
        wallets=batch.wallets,
        actor=batch.actor,
        recorded_at=batch.as_of,
        closed=ledger.Closed(batch.closed_until, batch.zone),
    )


def _note_on(grant: Grant, stand: _Standing, new: dict[UUID, Grant]) -> UUID | None:
    """The note that the grant needs, if any; one that the batch has none of yet goes to `new`."""
    said = notes.said_on(grant)
    if said is None:
        return None
    note_id = stand.noted.get(said)
    if note_id is None:
        note_id = stand.noted[said] = uuid7()
        new[note_id] = grant
    return note_id


def _stand(kept: Sequence[Kept], batch: Batch) -> _Standing:
    terms = batch.terms
    accounts = {fact.row.account_id for fact in kept}
    kinds = {fact.row.kind for fact in kept}
    first = min(fact.row.occurred_at for fact in kept)
    last = max(fact.row.occurred_at for fact in kept)
    capped = {
        rule.rule_id
        for (_, kind), rules in terms.rules.items()
        if kind in kinds
        for rule in rules
        if rule.cap_window
    }
    programs = {one.program_id for some in batch.memberships.values() for one in some}
    allowances = [
        one
        for one in terms.allowances
        if one.program_id in programs
        and one.starts_at <= last
        and (one.ends_at is None or first < one.ends_at)
    ]
    return _Standing(
        cap_used=caps.used_by(accounts, rule_ids=capped) if capped else {},
        budget_used=budgets.lock(allowances) if allowances else {},
        allowances=allowances,
        boosts=boosts_of([fact.row for fact in kept], terms) if terms.triggers else None,
        roles={person.id: person.role for person in batch.people.values()},
    )


def _grants_for(fact: Kept, stand: _Standing, batch: Batch) -> list[Grant]:
    row, terms = fact.row, batch.terms
    kind, occurred_at = row.kind, row.occurred_at
    facts: dict[str, Any] | None = None
    given: list[Grant] = []
    joined: list[UUID] = []
    for membership in batch.memberships.get(row.account_id, ()):
        if occurred_at < membership.enrolled_at:
            continue  # what an account did before it joined earns nothing
        joined.append(membership.program_id)
        sieve = terms.sieves.get((membership.program_id.int, kind))
        if sieve is None:
            continue
        facts = facts or _as_conditions_see_it(fact, stand, batch)
        held = membership.held_at(occurred_at)
        if "tier" in terms.asked:
            facts["tier"] = held.name if held else ""
        left = _left_of(sieve, facts, membership, stand)
        setting = Setting(
            facts=facts,
            occurred_at=occurred_at,
            held=held,
            account_id=row.account_id,
            cap_used=stand.cap_used,
            places=terms.places,
            zone=terms.zone,
            raises=_raises_on(fact, left.raises, facts, stand) if left.raises else (),
            budget_left=_budget_left(fact, membership, stand) if stand.allowances else None,
        )
        grants = grants_for(left.rules, setting)
        _note(grants, fact, membership, stand, batch)
        given += grants
    if given:
        amount, quantity, places = row.amount, row.quantity, terms.places
        fact.outcome.grants = tuple([Given(one, amount, quantity, places) for one in given])
    if stand.boosts and kind in terms.triggers:
        stand.boosts.count(row, terms, programs=joined)
    return given


def _left_of(
    sieve: Sieve, facts: dict[str, Any], membership: Membership, stand: _Standing
) -> Sifted:
    """The rules and campaigns that can be for the fact at all, remembered for those like it."""
    look = (membership.program_id.int, facts["kind"], sieve.look_of(facts))
    left = stand.sifted.get(look)
    if left is None:
        left = stand.sifted[look] = sieve.sift(facts)
    return left


def _raises_on(
    fact: Kept, raises: Sequence[Raise], facts: dict[str, Any], stand: _Standing
) -> Sequence[Raise]:
    """The campaigns that raise what the fact earns in the program."""
    row = fact.row
    return [
        one
        for one in raises
        if one.is_on(row.occurred_at)
        and (
            not one.is_triggered
            or (
                stand.boosts is not None
                and stand.boosts.is_on(
                    campaign_id=one.campaign_id, account_id=row.account_id, at=row.occurred_at
                )
            )
        )
        and one.holds_for(facts)
    ]


def _budget_left(fact: Kept, membership: Membership, stand: _Standing) -> dict[str, int]:
    """By unit, what is left of the budgets that the fact falls into: of several, the least."""
    left: dict[str, int] = {}
    for one in _allowances_for(fact, membership.program_id, stand):
        period = one.period_of(fact.row.occurred_at)
        rest = budgets.left(one, stand.budget_used[one.budget_id], period)
        left[one.unit] = min(rest, left.get(one.unit, rest))
    return left


def _allowances_for(fact: Kept, program_id: UUID, stand: _Standing) -> list[Allowance]:
    return [
        one
        for one in stand.allowances
        if one.program_id == program_id and one.covers(fact.row.occurred_at)
    ]


def _note(
    grants: Sequence[Grant], fact: Kept, membership: Membership, stand: _Standing, batch: Batch
) -> None:
    """Keep the books of the batch: caps and budgets used, status credits as measures, points for
    events."""
    row, points = fact.row, 0
    for grant in grants:
        rule = grant.rule
        if grant.cap_period is not None and rule.cap is not None:
            key = cap_key(row.account_id, rule, grant.cap_period)
            stand.cap_used[key] = stand.cap_used.get(key, 0) + grant.granted
        if stand.allowances:
            for one in _allowances_for(fact, rule.program_id, stand):
                if one.unit == rule.unit and grant.granted:
                    uses, period = stand.budget_used[one.budget_id], one.period_of(row.occurred_at)
                    uses[period] = uses.get(period, 0) + grant.granted
        if rule.unit != "credits":
            points += grant.granted
        elif grant.granted:
            batch.measure(
                row.account_id,
                row.occurred_at,
                kind=STATUS_CREDITS,
                product_line=row.product_line,
                amount=grant.granted,
                quantity=Decimal(0),
                count=1,
            )
    if points:
        batch.earned(row.account_id, membership.program_id, points)


def _as_conditions_see_it(fact: Kept, stand: _Standing, batch: Batch) -> dict[str, Any]:
    row, doer = fact.row, fact.doer
    facts = {
        "kind": row.kind,
        "amount": row.amount,
        "quantity": row.quantity,
        "product": fact.product,
        "line": row.product_line,
        "attributes": row.attributes,
        "country": doer.country,
        "region": doer.region,
        "vertical": doer.vertical,
        "partner_type": doer.partner_type,
        "member": row.member_id,
    }
    if _asks_for_account(batch.terms.asked):
        facts["account"] = json.loads(doer.attributes)
    if "member_role" in batch.terms.asked:
        facts["member_role"] = stand.roles.get(row.member_id, "") if row.member_id else ""
    if "occurred_on" in batch.terms.asked:
        facts["occurred_on"] = day_of(row.occurred_at, batch.zone).isoformat()
    return facts


@lru_cache  # the same few sets, asked for every fact
def _asks_for_account(asked: frozenset[str]) -> bool:
    return any(name.startswith("account.") for name in asked)
