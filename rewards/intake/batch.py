"""What one batch of facts works with, and what it gathers on its way."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.activities import Identity, Stored
from accounts.directory import Doer, Person, Sold
from accounts.events import NewEvent, recording
from accounts.measures import Added, MeasureKey, adding
from accounts.periods import month_of
from accounts.postgres.statements import Ask, ask, nothing, send
from rewards.ledger import Opened, WalletKey
from rewards.terms import Terms
from tiers.memberships import Membership


@dataclass(slots=True)
class Batch:
    """`as_of` is the instant (UTC) as of which the facts are recorded.

    What is to be written is gathered in `writes` and goes to the database in one round trip; of
    many facts, in parts that are written while Python prepares the next. Accounts and programs
    among the keys are the numbers of their ids (UUID.int): to hash a UUID takes a call in Python.
    """

    source: str
    actor: str
    as_of: datetime
    terms: Terms
    doers: Mapping[str, Doer]
    products: Mapping[str, Sold]
    memberships: dict[UUID, list[Membership]]
    wallets: dict[WalletKey, Opened]
    earlier: Mapping[Identity, Stored]  # what is stored already of what came
    people: Mapping[tuple[str, str], Person] = field(default_factory=dict)
    closed_until: datetime | None = None  # quarters that ended by then are never rewritten
    touched: set[UUID] = field(default_factory=set)
    measured: dict[MeasureKey, Added] = field(default_factory=dict)
    points: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    writes: list[Ask[None]] = field(default_factory=list)
    _months: dict[datetime, date] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return self.terms.zone

    @property
    def places(self) -> int:
        """Decimal places of the tenant's currency."""
        return self.terms.places

    def month(self, instant: datetime) -> date:
        """First day of the local month; remembered, since many facts share their instant."""
        if instant not in self._months:
            self._months[instant] = month_of(instant, self.zone)
        return self._months[instant]

    def measure(
        self,
        account_id: UUID,
        occurred_at: datetime,
        *,
        kind: str,
        product_line: str,
        amount: int,
        quantity: Decimal,
        count: int,
        points: int = 0,
    ) -> None:
        key = MeasureKey(account_id.int, self.month(occurred_at), kind, product_line)
        added = self.measured.get(key)
        if added is None:
            added = self.measured[key] = Added()
        added.amount += amount
        added.quantity += quantity
        added.count += count
        added.points += points

    def earned(self, account_id: UUID, program_id: UUID, points: int) -> None:
        """Points that moved, to be told of; below zero those that a return took back."""
        self.points[account_id.int, program_id.int] += points

    def send(self) -> None:
        """Have what was gathered written while the next is prepared."""
        send(*self.writes)
        self.writes = []

    def write(self, *questions: Ask[Any]) -> list[Any]:
        """Write what was gathered, then ask; the answers to the questions."""
        writes, self.writes = self.writes, []
        answers = ask(*writes, *questions)
        return answers[len(writes) :]

    def begin(self) -> None:
        """From here on all is written, or undone."""
        self.writes.append(Ask("SAVEPOINT facts", (), nothing))

    def undo(self) -> None:
        """Back to where it began; nothing of the batch has been written."""
        ask(Ask("ROLLBACK TO SAVEPOINT facts", (), nothing))

    def close(self) -> None:
        """Gather the last writes: what was measured, and what is to be told."""
        self.writes.append(Ask("RELEASE SAVEPOINT facts", (), nothing))
        if self.measured:
            self.writes.append(adding(self.measured))
        events = self._events()
        if events:
            self.writes.append(recording(events))

    def _events(self) -> list[NewEvent]:
        """One event per account and program whose points moved in this batch."""
        return [
            NewEvent(
                kind="points.earned" if points > 0 else "points.reversed",
                occurred_at=self.as_of,
                recorded_at=self.as_of,
                actor=self.actor,
                subject=f"account:{account_id}",
                account_id=account_id,
                payload={"program": program, "points": points, "source": self.source},
            )
            for account_id, program, points in self._moved()
        ]

    def _moved(self) -> Iterator[tuple[UUID, str, int]]:
        """(account, program, points) of those whose points moved."""
        programs = {number: str(UUID(int=number)) for _, number in self.points}
        for (account, program), points in self.points.items():
            if points:
                yield UUID(int=account), programs[program], points
