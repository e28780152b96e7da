"""Activities: the facts, stored once each under their permanent identity."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError
from psycopg.errors import UniqueViolation

from accounts.facts import Fact
from accounts.postgres.arrays import plain, texts
from accounts.postgres.binary import bigint_array, instant_array, optional_uuid_array, uuid_array
from accounts.postgres.statements import Ask, Row, nothing, run
from accounts.tenancy import current_tenant_id

IDENTITY_CONSTRAINT = "activity_identity"
# So many are looked up by a plan of their own. The first file of a new tenant finds one that was
# kept from when there was next to nothing, by which each of its facts would be looked for among
# all that have come since.
MANY = 500


class Identity(NamedTuple):
    """Permanent within its source; the same identity with other content is a conflict."""

    external_id: str
    line: str


class NewActivity(NamedTuple):
    """A row to store; `amount` in the smallest unit, negative (like `quantity`) on a return."""

    id: UUID
    account_id: UUID
    kind: str
    external_id: str
    line: str
    occurred_at: datetime
    amount: int
    quantity: Decimal
    product_id: UUID | None
    product_line: str
    attributes: dict | None
    reverses_id: UUID | None
    digest: UUID
    member_id: UUID | None = None


class Stored(NamedTuple):
    id: UUID
    digest: UUID


class Original(NamedTuple):
    """An activity that a return names, with what its `returns` so far took back (positive
    numbers)."""

    id: UUID
    account_id: UUID
    kind: str
    product_line: str
    product_id: UUID | None
    amount: int
    quantity: Decimal
    returned_amount: int
    returned_quantity: Decimal
    is_return: bool
    occurred_at: datetime
    member_id: UUID | None
    attributes: dict
    returns: int


def digest_of(fact: Fact) -> UUID:
    """A hash of the fact's content, to tell a repetition from a conflict."""
    content = (
        fact.account,
        fact.kind,
        _written(fact.occurred_at),
        fact.amount,
        str(fact.quantity.normalize()) if fact.quantity else "0",
        fact.product,
        fact.reverses,
        json.dumps(fact.attributes, sort_keys=True) if fact.attributes else "",
        *([fact.member] if fact.member else []),
    )
    return UUID(int=int.from_bytes(blake2b(repr(content).encode(), digest_size=16).digest(), "big"))


@lru_cache(maxsize=8192)  # the facts of a batch share their days
def _written(instant: datetime) -> str:
    return instant.isoformat()


def storing(rows: Sequence[NewActivity], *, source: str, recorded_at: datetime) -> Ask[None]:
    """Inserts what is new; an identity that is there already fails (see `was_overtaken`)."""
    return Ask(
        """
        INSERT INTO accounts_activity
            (tenant_id, source, recorded_at, id, account_id, kind, external_id, line, occurred_at,
             amount, quantity, product_id, product_line, attributes, reverses_id, digest, member_id)
        SELECT %s, %s, %s, * FROM unnest(
            %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
            %s::bigint[], %s::numeric[], %s::uuid[], %s::text[], %s::jsonb[], %s::uuid[],
            %s::uuid[], %s::uuid[])
        """,
        [current_tenant_id(), source, recorded_at, *_columns(rows)],
        nothing,
    )


def was_overtaken(error: IntegrityError) -> bool:
    """Whether `storing` failed because another transaction has stored one of the identities."""
    return (
        isinstance(error.__cause__, UniqueViolation)
        and error.__cause__.diag.constraint_name == IDENTITY_CONSTRAINT
    )


def _columns(rows: Sequence[NewActivity]) -> list[str | bytes]:
    return [
        uuid_array([row.id.int for row in rows]),
        uuid_array([row.account_id.int for row in rows]),
        texts(row.kind for row in rows),
        texts(row.external_id for row in rows),
        texts(row.line for row in rows),
        instant_array([row.occurred_at for row in rows]),
        bigint_array([row.amount for row in rows]),
        plain([row.quantity for row in rows]),
        optional_uuid_array(row.product_id for row in rows),
        texts(row.product_line for row in rows),
        texts(json.dumps(row.attributes) if row.attributes else None for row in rows),
        optional_uuid_array(row.reverses_id for row in rows),
        uuid_array([row.digest.int for row in rows]),
        optional_uuid_array(row.member_id for row in rows),
    ]


def stored(identities: Sequence[Identity], *, source: str) -> Ask[dict[Identity, Stored]]:
    """What is stored under these identities of `source`."""
    # Looked up one by one (OFFSET 0 keeps it so): as a join, a planner without statistics scanned
    # all facts of the source for each identity. And by a tenant that it does not know (hence a
    # query of its own): of one that the statistics have not heard of yet it expects one row, and
    # takes the primary key for as good as the index of identities.
    return Ask(
        """
        SELECT wanted.external_id, wanted.line, a.id, a.digest
        FROM unnest(%s::text[], %s::text[]) AS wanted (external_id, line)
        JOIN LATERAL (
            SELECT id, digest FROM accounts_activity
            WHERE tenant_id = (SELECT %s::uuid) AND source = %s
              AND external_id = wanted.external_id AND line = wanted.line OFFSET 0) a ON true
        """,
        [
            texts(external_id for external_id, _ in identities),
            texts(line for _, line in identities),
            current_tenant_id(),
            source,
        ],
        lambda rows: {Identity(row[0], row[1]): Stored(row[2], row[3]) for row in rows},
    )


def originals(identities: Iterable[Identity], *, source: str) -> dict[Identity, Original]:
    """The activities that returns name, and how much of each was returned before."""
    wanted = list(identities)
    # Looked up one by one, each with its returns, for the reasons that `stored` has.
    found = run(
        """
        SELECT wanted.external_id, wanted.line, a.id, a.account_id, a.kind, a.product_line,
               a.product_id, a.amount, a.quantity, back.amount, back.quantity,
               a.reverses_id IS NOT NULL, a.occurred_at, a.member_id,
               coalesce(a.attributes, '{}'), back.count
        FROM unnest(%s::text[], %s::text[]) AS wanted (external_id, line)
        JOIN LATERAL (
            SELECT * FROM accounts_activity
            WHERE tenant_id = (SELECT %s::uuid) AND source = %s
              AND external_id = wanted.external_id AND line = wanted.line OFFSET 0) a ON true
        CROSS JOIN LATERAL (
            SELECT coalesce(-sum(amount), 0)::bigint AS amount,
                   coalesce(-sum(quantity), 0) AS quantity, count(*) AS count
            FROM accounts_activity
            WHERE tenant_id = a.tenant_id AND reverses_id = a.id OFFSET 0) back
        """,
        [
            texts(identity.external_id for identity in wanted),
            texts(identity.line for identity in wanted),
            current_tenant_id(),
            source,
        ],
        planned=len(wanted) > MANY,
    )
    return {Identity(row[0], row[1]): _original(row[2:]) for row in found}


def _original(row: Row) -> Original:
    made = Original(*row)
    return made._replace(attributes=json.loads(row[-2]))
