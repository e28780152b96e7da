"""One fund's ledger: opening, movements and closing, of what is available and what is committed."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.periods import day_of
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from partners.models import Fund
from rewards.closing import CLOSED, WALLET


@dataclass(frozen=True, slots=True)
class Movement:
    """`kind` is allocate, reserve, release, spend or expire; `request_id` of what was moved for a
    request; `cause` says how money came in or went back (`GrantCause`)."""

    at: datetime
    kind: str
    available: int
    committed: int
    actor: str
    request_id: UUID | None
    cause: str
    note: str


@dataclass(frozen=True, slots=True)
class Line:
    """A movement, and what the fund had after it."""

    movement: Movement
    available: int
    committed: int


@dataclass(frozen=True, slots=True)
class FundStatement:
    """Of the local days from `since` to `until`, both included; amounts as (available,
    committed)."""

    opening: tuple[int, int]
    lines: list[Line]
    closing: tuple[int, int]


def statement_of(fund: Fund, *, since: date, until: date, zone: ZoneInfo) -> FundStatement:
    """The movements of the days, and what was there before and after them."""
    available = committed = 0
    opening = (0, 0)
    lines = []
    for one in movements_of(fund):
        day = day_of(one.at, zone)
        if day > until:
            break
        available, committed = available + one.available, committed + one.committed
        if day < since:
            opening = (available, committed)
        else:
            lines.append(Line(one, available, committed))
    return FundStatement(opening, lines, (available, committed))


def movements_of(fund: Fund) -> list[Movement]:
    """All of a fund's movements, the oldest first, as the ledger's entries have them. What expired
    with its day is in one entry per wallet, and here what of it was the fund's."""
    found = [
        Movement(*row) for row in run(_MOVES, {"tenant": current_tenant_id(), "fund": fund.pk})
    ]
    # What comes back after its day expires in the same instant, after it came back.
    return sorted(found, key=lambda one: (one.at, one.kind == "expire"))


_MOVES = f"""
SELECT e.occurred_at, e.kind::text, e.available, e.reserved, e.actor, NULL::uuid, g.cause::text,
       g.note::text
FROM partners_fundgrant g
JOIN rewards_entry e ON e.tenant_id = g.tenant_id AND e.cause = g.id AND e.kind = 'allocate'
WHERE g.tenant_id = %(tenant)s AND g.fund_id = %(fund)s
UNION ALL
SELECT e.occurred_at, e.kind::text, e.available, e.reserved, e.actor, request.id, '', request.title
FROM partners_fund fund
JOIN partners_fundrequest request
  ON request.tenant_id = fund.tenant_id AND request.budget_id = fund.budget_id
 AND request.account_id = fund.account_id
JOIN rewards_entry e ON e.tenant_id = request.tenant_id AND e.cause = request.id
WHERE fund.tenant_id = %(tenant)s AND fund.id = %(fund)s
UNION ALL
SELECT l.expires_at, 'expire', -sum(l.remaining)::bigint, 0, 'system', NULL, '', ''
FROM partners_fundgrant g
JOIN rewards_entry e ON e.tenant_id = g.tenant_id AND e.cause = g.id AND e.kind = 'allocate'
JOIN rewards_lot l ON l.tenant_id = e.tenant_id AND l.entry_id = e.id {WALLET}
WHERE g.tenant_id = %(tenant)s AND g.fund_id = %(fund)s AND g.amount > 0 AND {CLOSED}
GROUP BY l.expires_at
"""  # noqa: S608
