"""Boosts: what an account did raises its rate for some days; see `rewards.models.Campaign`.

Nothing is read unless a published campaign has a trigger, and then once for a whole batch. The
accounts are locked by the caller, so that no two batches give the same boost.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from accounts.activities import NewActivity
from accounts.events import NewEvent, record_many
from accounts.ids import uuid7s
from accounts.periods import day_of, month_of, start_of
from accounts.postgres.arrays import plain, texts, uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.earning import period_of_cap
from rewards.terms import Terms, Trigger

_MEASURED = {"count": 4, "amount": 5, "quantity": 6}


@dataclass(frozen=True, slots=True)
class NewBoost:
    trigger: Trigger
    account_id: UUID
    activity_id: UUID
    period: date
    reached: Decimal
    starts_at: datetime
    ends_at: datetime


@dataclass(slots=True)
class Boosts:
    """The boosts of a batch's accounts, and what they have done towards others."""

    lasting: dict[tuple[UUID, UUID], list[tuple[date, datetime, datetime]]]
    done: dict[tuple[UUID, str, date, str], dict[str, Decimal]]
    new: list[NewBoost] = field(default_factory=list)

    def is_on(self, *, campaign_id: UUID, account_id: UUID, at: datetime) -> bool:
        lasting = self.lasting.get((campaign_id, account_id), ())
        return any(starts <= at < ends for _, starts, ends in lasting)

    def count(self, row: NewActivity, terms: Terms, *, programs: Iterable[UUID]) -> None:
        """Count a fact that has earned, so that it raises others but not itself."""
        joined = set(programs)
        counted: set[tuple] = set()
        for trigger in terms.triggers.get(row.kind, ()):
            period = _period(trigger.window, row.occurred_at, terms)
            key = (row.account_id, row.kind, period, trigger.window)
            done = self.done.setdefault(key, defaultdict(Decimal))
            if key not in counted:  # several campaigns may ask for the same sum
                counted.add(key)
                done["count"] += 1
                done["amount"] += row.amount
                done["quantity"] += row.quantity
            if trigger.program_id in joined:
                self._give(trigger, row, period, done[trigger.counted], terms)

    def _give(
        self, trigger: Trigger, row: NewActivity, period: date, reached: Decimal, terms: Terms
    ) -> None:
        given = self.lasting.setdefault((trigger.campaign_id, row.account_id), [])
        is_over = trigger.ends_at is not None and row.occurred_at >= trigger.ends_at
        if (
            reached < trigger.threshold
            or is_over
            or row.occurred_at < trigger.starts_at
            or any(when == period for when, _, _ in given)
        ):
            return
        last = day_of(row.occurred_at, terms.zone) + timedelta(days=trigger.days)
        ends_at = start_of(last + timedelta(days=1), terms.zone)
        given.append((period, row.occurred_at, ends_at))
        self.new.append(
            NewBoost(trigger, row.account_id, row.id, period, reached, row.occurred_at, ends_at)
        )


def _period(window: str, occurred_at: datetime, terms: Terms) -> date:
    return period_of_cap(window, occurred_at, terms.zone) or month_of(occurred_at, terms.zone)


def boosts_of(rows: Sequence[NewActivity], terms: Terms) -> Boosts | None:
    """What the accounts of these facts have been given and have done before; None where no campaign
    has a trigger."""
    if not terms.triggers:
        return None
    accounts = {row.account_id for row in rows}
    lasting = defaultdict(list)
    for campaign_id, account_id, *boost in run(
        """
        SELECT campaign_id, account_id, period, starts_at, ends_at FROM rewards_boost
        WHERE tenant_id = %s AND account_id = ANY (%s::uuid[])
        """,
        [current_tenant_id(), uuids(accounts)],
    ):
        lasting[campaign_id, account_id].append(tuple(boost))
    counting = [row for row in rows if row.kind in terms.triggers]
    return Boosts(lasting, _done(counting, terms) if counting else {})


def _done(
    rows: Sequence[NewActivity], terms: Terms
) -> dict[tuple[UUID, str, date, str], dict[str, Decimal]]:
    """What is measured of the periods in which these facts fall, before they are counted."""
    keys = {
        (row.account_id, row.kind, _period(trigger.window, row.occurred_at, terms), trigger.window)
        for row in rows
        for trigger in terms.triggers[row.kind]
    }
    found = run(
        """
        SELECT k.account_id, k.kind, k.period, k.span, coalesce(sum(m.count), 0),
               coalesce(sum(m.amount), 0), coalesce(sum(m.quantity), 0)
        FROM unnest(%s::uuid[], %s::text[], %s::date[], %s::text[])
            AS k (account_id, kind, period, span)
        LEFT JOIN accounts_measure m ON m.tenant_id = %s AND m.account_id = k.account_id
            AND m.kind = k.kind AND m.month >= k.period
            AND m.month < (k.period + CASE k.span WHEN 'month' THEN interval '1 month'
                WHEN 'quarter' THEN interval '3 months' ELSE interval '1 year' END)
        GROUP BY 1, 2, 3, 4
        """,
        [
            uuids(key[0] for key in keys),
            texts(key[1] for key in keys),
            plain(key[2] for key in keys),
            texts(key[3] for key in keys),
            current_tenant_id(),
        ],
    )
    return {
        tuple(row[:4]): {name: Decimal(row[place]) for name, place in _MEASURED.items()}
        for row in found
    }


def keep(boosts: Boosts, *, actor: str, recorded_at: datetime) -> None:
    """Write what was given, and tell it."""
    new = boosts.new
    if not new:
        return
    run(
        """
        INSERT INTO rewards_boost
            (tenant_id, id, campaign_id, account_id, activity_id, period, reached,
             starts_at, ends_at)
        SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::date[],
                                 %s::numeric[], %s::timestamptz[], %s::timestamptz[])
        """,
        [
            current_tenant_id(),
            uuids(uuid7s(len(new))),
            uuids(one.trigger.campaign_id for one in new),
            uuids(one.account_id for one in new),
            uuids(one.activity_id for one in new),
            plain(one.period for one in new),
            plain(one.reached for one in new),
            plain(one.starts_at for one in new),
            plain(one.ends_at for one in new),
        ],
    )
    record_many([_told(one, actor=actor, recorded_at=recorded_at) for one in new])


def _told(boost: NewBoost, *, actor: str, recorded_at: datetime) -> NewEvent:
    return NewEvent(
        kind="campaign.boosted",
        occurred_at=boost.starts_at,
        recorded_at=recorded_at,
        actor=actor,
        subject=f"campaign:{boost.trigger.campaign_id}",
        account_id=boost.account_id,
        payload={
            "program": str(boost.trigger.program_id),
            "campaign": boost.trigger.code,
            "name": boost.trigger.name,
            "until": boost.ends_at.isoformat(),
        },
    )
