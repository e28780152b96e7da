"""What the inbox knows of a kind of thing that waits: its rows, their words, what decides them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, F, Func, QuerySet
from django.utils.functional import Promise

from accounts.models import Staff, Tenant
from rewards.voice import Voice

Text = str | Promise
APPROVE, REJECT = "approve", "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Who looks at the queue. `hands` are all that the person acts as here, `accounts` those that
    they belong to: looked up once for all rows."""

    staff: Staff
    tenant: Tenant
    hands: frozenset[str]
    accounts: frozenset[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A decision as it is handed to its rule."""

    staff: Staff
    tenant: Tenant
    reason: str
    now: datetime

    @property
    def actor(self) -> str:
        return self.staff.actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One of the two that a kind may allow. `does` says what comes of it, before it is done; `do`
    calls the rule with (row, said), and may return what is to be told beside its success."""

    label: Text
    does: Text
    done: Text
    do: Callable[[Any, Said], str | None]
    needs_reason: bool = False
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row in one line, and what belongs to it; `facts` are (label, text) for a closer look."""

    title: str
    account: str
    note: str
    facts: Sequence[tuple[Text, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`since` is an expression for the instant from which a row waits, `due` one for the day by
    which it wants to be decided. `roles` are those that may decide; `refusals` what the rules raise
    whose text is for people. Without `decisions` a row is decided on its own page. `shared` locks
    what rows of several accounts have in common, where their rules lock that before the account."""

    code: str
    label: Text
    icon: str
    roles: frozenset[str]
    rows: Callable[[Tenant], QuerySet]
    since: Any
    due: Any = None
    line: Callable[[Any, Voice], Line]
    page: Callable[[Any], str]
    is_own: Callable[[Any, Decider], bool]
    account_of: Callable[[Any], UUID | None] = lambda row: row.account_id
    shared: Callable[[Iterable[Any]], QuerySet] | None = None
    decisions: dict[str, Decision]
    refusals: tuple[type[Exception], ...]


def begun(field: str = "id") -> Func:
    """When a row without a stamp of its own was made: its identifier knows (a UUID, version 7)."""
    return Func(F(field), function="uuid_extract_timestamp", output_field=DateTimeField())
