"""Commands from outside, each done once: the same again is answered as the first time, for ever."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from accounts.ids import uuid7
from accounts.models.command import Command
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id

MAX_KEY = 255


class OtherContent(ValueError):
    """The key came before with another command or other content."""


class InProgress(RuntimeError):
    """The command with this key is being done at this moment, in another transaction."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a command was answered: HTTP status, body as sent, address of what it made or ""."""

    status: int
    body: str
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`owner` chooses its keys alone; `digest` is `digest_of` route and content."""

    owner: str
    key: str
    route: str
    digest: UUID


def digest_of(*parts: str) -> UUID:
    """A hash of a command's route and content, to tell a repetition from a conflict."""
    return UUID(bytes=blake2b(repr(parts).encode(), digest_size=16).digest())


def recall(identity: Identity) -> Told | None:
    """What the command was answered when it came first; None if this is the first time.

    In that case nobody else can begin it until the running transaction ends: of two at once one
    runs, and the other is refused. Raises InProgress or OtherContent.
    """
    tenant_id = current_tenant_id()
    name = f"command/{tenant_id}/{identity.owner}/{identity.key}"
    lock = run("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    if lock.fetchone() != (True,):
        raise InProgress(f"The command with the key {identity.key} is still being done.")
    # A statement of its own, whose snapshot is younger than the lock: it sees what the
    # transaction that held the lock before has committed.
    found = run(
        "SELECT digest, status, body, location FROM accounts_command "
        "WHERE tenant_id = %s AND owner = %s AND key = %s",
        [tenant_id, identity.owner, identity.key],
    ).fetchone()
    if found is None:
        return None
    digest, *told = found
    if digest != identity.digest:
        raise OtherContent(
            f"The key {identity.key} came before with other content. Nothing moved: send what is "
            "meant anew under a key of its own."
        )
    return Told(*told)


def keep(identity: Identity, told: Told, *, actor: str, recorded_at: datetime) -> None:
    """Remember the answer, in the transaction of what it tells about."""
    Command.objects.create(
        id=uuid7(),
        owner=identity.owner,
        key=identity.key,
        route=identity.route[:400],
        digest=identity.digest,
        actor=actor,
        recorded_at=recorded_at,
        status=told.status,
        location=told.location,
        body=told.body,
    )
