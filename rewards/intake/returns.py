"""Returns take back, in proportion, what the original line granted, whatever holds today."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

from django.utils.translation import gettext

from accounts.activities import Identity, NewActivity, Original, digest_of, originals
from accounts.counting import STATUS_CREDITS
from accounts.directory import Doer
from accounts.facts import Fact
from accounts.ids import uuid7
from accounts.money import amount_text
from accounts.rollups import Back, RollUps
from rewards import caps, ledger
from rewards.earned import Earned, earned_by
from rewards.intake.batch import Batch
from rewards.intake.keep import Kept, keep_rows, without_known
from rewards.intake.outcome import Outcome, TakenBack


@dataclass(frozen=True, slots=True)
class _Share:
    """How much of the original this return takes back: amount and quantity as positive numbers,
    and the share of the original that is returned in all once it is in."""

    amount: int
    quantity: Decimal
    returned_in_all: Fraction


class _Refused(ValueError):
    """Its text says why the return cannot be taken in."""


def take_returns(pairs: Sequence[tuple[Fact, Outcome]], batch: Batch) -> None:
    """Take returns in, in their order; each outcome says what became of it."""
    # Told apart first: sent again, they would seem too much.
    fresh = without_known(pairs, batch)
    named = originals({_named_by(fact) for fact, _ in fresh}, source=batch.source)
    made: list[tuple[Kept, Original, _Share]] = []
    for fact, outcome in fresh:
        identity = _named_by(fact)
        try:
            doer = batch.doers[fact.account]
            original = _original_of(named, identity, doer)
            share = _share_of(fact, original, batch.places)
        except _Refused as refusal:
            outcome.status, outcome.reason = "rejected", str(refusal)
            continue
        named[identity] = _after(original, share)
        made.append((_make(fact, original, share, doer, outcome, batch), original, share))
    keep_rows([kept for kept, _, _ in made], batch)
    finer = RollUps(batch.zone, batch.month)
    for returned, original, share in made:
        _lower_measures(returned.row, original, share, batch)
        back = Back(share.amount, share.quantity, int(share.returned_in_all == 1))
        finer.take_back(original, back, occurred_at=returned.row.occurred_at)
    batch.writes += finer.writes()
    batch.write()
    _reverse(made, batch)


def _named_by(fact: Fact) -> Identity:
    """What the return takes back; triage lets no return pass that names nothing."""
    external_id, line = fact.reverses or ("", "")
    return Identity(external_id, line)


def _original_of(named: dict[Identity, Original], identity: Identity, doer: Doer) -> Original:
    original = named.get(identity)
    if original is None or original.account_id != doer.id:
        raise _Refused(
            gettext(
                "This account has no fact %(fact)s with the line “%(line)s” from this source; send "
                "the original first, or correct “reverses”."
            )
            % {"fact": identity.external_id, "line": identity.line}
        )
    if original.is_return:
        raise _Refused(gettext("A return cannot itself be returned; send a new fact instead."))
    return original


def _share_of(fact: Fact, original: Original, places: int) -> _Share:
    if not original.amount and not original.quantity:
        return _whole(fact, original)
    left_quantity = original.quantity - original.returned_quantity
    left_amount = original.amount - original.returned_amount
    if original.quantity > 0 and left_quantity == 0:
        raise _Refused(
            gettext("All of %(quantity)s was returned before.")
            % {"quantity": _plain(original.quantity)}
        )
    if fact.quantity > left_quantity and original.quantity > 0:
        raise _Refused(
            gettext("%(wanted)s to take back, but only %(left)s of %(all)s are left.")
            % {
                "wanted": _plain(fact.quantity),
                "left": _plain(left_quantity),
                "all": _plain(original.quantity),
            }
        )
    if fact.amount > left_amount:
        raise _Refused(
            gettext("%(wanted)s to take back, but only %(left)s of %(all)s is left.")
            % {
                "wanted": amount_text(fact.amount, places),
                "left": amount_text(left_amount, places),
                "all": amount_text(original.amount, places),
            }
        )
    if fact.quantity and original.quantity:
        quantity = fact.quantity
        share = Fraction(original.returned_quantity + quantity) / Fraction(original.quantity)
        amount = fact.amount or int(original.amount * share) - original.returned_amount
    elif fact.amount and original.amount:
        amount = fact.amount
        share = Fraction(original.returned_amount + amount, original.amount)
        quantity = _proportional(original.quantity, share) - original.returned_quantity
    else:
        raise _Refused(gettext("Say how much is taken back: a quantity or an amount above zero."))
    return _Share(max(0, min(amount, left_amount)), max(Decimal(0), quantity), share)


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


def _whole(fact: Fact, original: Original) -> _Share:
    """All of a fact that has neither amount nor quantity, such as a certificate."""
    if original.returns:
        raise _Refused(gettext("It was taken back before."))
    if fact.amount or fact.quantity:
        raise _Refused(
            gettext(
                "The original has neither amount nor quantity; leave both out to take it back "
                "whole."
            )
        )
    return _Share(0, Decimal(0), Fraction(1))


def _proportional(quantity: Decimal, share: Fraction) -> Decimal:
    exact = quantity * share.numerator / share.denominator
    return exact.quantize(Decimal("0.0001"), rounding=ROUND_DOWN)


def _after(original: Original, share: _Share) -> Original:
    """The original as the next return of this batch finds it."""
    return original._replace(
        returned_amount=original.returned_amount + share.amount,
        returned_quantity=original.returned_quantity + share.quantity,
        returns=original.returns + 1,
    )


def _make(
    fact: Fact, original: Original, share: _Share, doer: Doer, outcome: Outcome, batch: Batch
) -> Kept:
    row = NewActivity(
        id=uuid7(),
        account_id=doer.id,
        kind=fact.kind,
        external_id=fact.external_id,
        line=fact.line,
        occurred_at=fact.occurred_at,
        amount=-share.amount,
        quantity=-share.quantity,
        product_id=original.product_id,
        product_line=original.product_line,
        attributes=batch.terms.kinds.typed(fact),
        reverses_id=original.id,
        digest=digest_of(fact),
        member_id=batch.people[fact.account, fact.member].id if fact.member else None,
    )
    return Kept(row, doer, fact.product, outcome)


def _lower_measures(row: NewActivity, original: Original, share: _Share, batch: Batch) -> None:
    """A returned purchase lowers purchases, in the month of the return; once nothing of it is left
    it no longer counts as one either."""
    batch.measure(
        row.account_id,
        row.occurred_at,
        kind=original.kind,
        product_line=original.product_line,
        amount=row.amount,
        quantity=row.quantity,
        count=-1 if share.returned_in_all == 1 else 0,
    )


def _reverse(taken: Sequence[tuple[Kept, Original, _Share]], batch: Batch) -> None:
    """Take back of every earning what brings it down to its proportion of what is not returned."""
    earned = earned_by([original.id for _, original, _ in taken])
    reversals: list[ledger.Reversal] = []
    given_back: dict[caps.CapKey, int] = defaultdict(int)
    for returned, original, share in taken:
        for index, earning in enumerate(earned[original.id]):
            amount = earning.to_take_back(share.returned_in_all)
            if amount <= 0:
                continue
            earned[original.id][index] = replace(earning, reversed=earning.reversed + amount)
            reversals.append(_as_reversal(earning, returned.row, amount, batch))
            _note(earning, returned, original, amount, given_back, batch)
    ledger.reverse(reversals, actor=batch.actor, recorded_at=batch.as_of)
    caps.add_use(given_back)


def _as_reversal(earning: Earned, row: NewActivity, amount: int, batch: Batch) -> ledger.Reversal:
    closed = ledger.Closed(batch.closed_until, batch.zone)
    return ledger.Reversal(
        earned_entry_id=earning.entry_id,
        wallet_id=earning.wallet_id,
        rule_version_id=earning.rule_version_id,
        amount=amount,
        occurred_at=closed.dated(row.occurred_at, recorded_at=batch.as_of),
        activity_id=row.id,
        corrects=closed.quarter(earning.occurred_at),
    )


def _note(
    earning: Earned,
    returned: Kept,
    original: Original,
    amount: int,
    given_back: dict[caps.CapKey, int],
    batch: Batch,
) -> None:
    row = returned.row
    period = earning.cap_period(batch.zone)
    if period is not None:
        window = earning.cap_window or ""
        given_back[caps.CapKey(row.account_id, earning.rule_id, window, period)] -= amount
    if earning.unit == "credits":
        batch.measure(
            row.account_id,
            row.occurred_at,
            kind=STATUS_CREDITS,
            product_line=row.product_line,
            amount=-amount,
            quantity=Decimal(0),
            count=-1 if earning.granted == earning.reversed + amount else 0,
        )
    else:
        batch.earned(row.account_id, earning.program_id, -amount)
        batch.measure(
            row.account_id,
            row.occurred_at,
            kind=original.kind,
            product_line=original.product_line,
            amount=0,
            quantity=Decimal(0),
            count=0,
            points=-amount,
        )
    returned.outcome.grants += (
        TakenBack(
            program=earning.program,
            rule=earning.rule,
            rule_version=earning.rule_version,
            unit=earning.unit,
            granted=-amount,
            earned=earning.granted,
        ),
    )
