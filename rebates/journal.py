"""Journal batches: the ledger's entries of money, handed to the general ledger once each.

Each begins where the one before it ended and reaches to the end of a local day. Entries are
numbered in the order of time, so a batch is all of them between two numbers; it waits until no
transaction is under way that could still write one below the second.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import IO, Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.dates import said_day
from accounts.ids import first_id_at, uuid7
from accounts.models import Tenant
from accounts.periods import month_of, start_of
from accounts.postgres.statements import run
from accounts.postgres.underway import oldest_began_at
from accounts.tenancy import current_tenant_id
from rebates.journal_files import AT_ONCE, Line, file_of, journal_file
from rebates.models import JournalBatch, Posting, PostingAccounts
from rebates.posting_accounts import mapping
from rebates.postings import POSTED
from rewards.tallying import APART, BEFORE_ALL

ALL_TO_COME = UUID(int=(1 << 128) - 1)
IN_MEMORY = 1 << 20  # bytes of a file; more of it waits on the disk


class CannotPost(ValueError):
    """Its text says what stands in the way; no batch was made."""


class NothingToPost(CannotPost):
    def __init__(self, through: date) -> None:
        said = _("Nothing waits up to %s; what was booked after it goes with a later day.")
        super().__init__(said % said_day(through))


class FileAltered(RuntimeError):
    """A batch no longer makes the file that it was made with: its rows were tampered with."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is not posted yet of a kind: `amount` of it in the smallest unit, by so many entries."""

    kind: str
    label: str
    amount: int
    entries: int


def last_batch() -> JournalBatch | None:
    return JournalBatch.objects.order_by("-number").first()


def waiting() -> list[Waiting]:
    """What the batches do not cover yet, by kind."""
    last = last_batch()
    return _waiting(since=last.upto if last else BEFORE_ALL, upto=ALL_TO_COME)


def make_batch(*, through: date, tenant: Tenant, actor: str, now: datetime) -> JournalBatch:
    """Hand over what moved by the end of the local day `through` and was not yet. Raises
    CannotPost, NothingToPost."""
    with transaction.atomic():
        # Numbers have no gap, two at once make one, and nobody changes the mapping meanwhile.
        Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
        last = last_batch()
        upto = _end(through, last, tenant=tenant, now=now)
        span = {"since": last.upto if last else BEFORE_ALL, "upto": upto}
        found = _waiting(**span)
        if not found:
            raise NothingToPost(through)
        _refuse_unmapped(found)
        batch = JournalBatch(
            id=uuid7(),
            number=last.number + 1 if last else 1,
            through=through,
            zone=tenant.zone.key,
            currency=tenant.currency,
            entries_count=sum(one.entries for one in found),
            made_by=actor,
            made_at=now,
            **span,
        )
        _foresee(batch)
        batch.save(force_insert=True)
        _write_lines(batch)
        _record(batch, actor=actor, now=now)
    return batch


def make_due(*, tenant: Tenant, now: datetime) -> dict[str, int]:
    """Hand over the months that are over, once finance has said which accounts they go to.

    What stands in the way is tried again, and said on the page of the journal: `refused` then.
    """
    through = month_of(now, tenant.zone) - timedelta(days=1)
    last = last_batch()
    if (last and last.through >= through) or not PostingAccounts.objects.exists():
        return {"made": 0, "refused": 0}
    try:
        make_batch(through=through, tenant=tenant, actor="system", now=now)
    except NothingToPost:
        return {"made": 0, "refused": 0}
    except CannotPost:
        return {"made": 0, "refused": 1}
    return {"made": 1, "refused": 0}


def take_file(batch: JournalBatch) -> tuple[str, IO[bytes]]:
    """(name, content from its start) of the batch's CSV. Raises FileAltered."""
    content = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (the answer's)
    made = sha256()
    for part in journal_file(batch):
        made.update(part)
        content.write(part)
    if made.hexdigest() != batch.digest:
        content.close()
        raise FileAltered(f"journal batch {batch.number} of tenant {batch.tenant_id}")
    content.seek(0)
    return f"journal-{batch.number:06}.csv", content


def _end(through: date, last: JournalBatch | None, *, tenant: Tenant, now: datetime) -> UUID:
    """The number under which no entry can appear any more and all of the day's are."""
    if last and through <= last.through:
        raise CannotPost(
            _("Batch %(number)d covers that day already; choose one after %(day)s.")
            % {"number": last.number, "day": said_day(last.through)}
        )
    end = start_of(through + timedelta(days=1), tenant.zone)
    # An entry's number is made by one of the servers, whose clocks may be apart.
    if end + APART > now:
        raise CannotPost(_("That day is not over yet; choose one before today."))
    began = oldest_began_at()
    if began is not None and began - APART < end:
        raise CannotPost(_("Entries of that day are still being written; try again in a minute."))
    return first_id_at(end)


def _refuse_unmapped(found: list[Waiting]) -> None:
    mapped = mapping()
    missing = [one.label for one in found if one.kind not in mapped]
    if missing:
        raise CannotPost(
            _("Say first to which accounts of the general ledger this is posted: %s.")
            % ", ".join(missing)
        )


def _waiting(*, since: UUID, upto: UUID) -> list[Waiting]:
    values = {"tenant": current_tenant_id(), "since": since, "upto": upto}
    labels = dict(Posting.choices)
    return [
        Waiting(kind, str(labels.get(kind, kind)), int(amount), entries)
        for kind, amount, entries in run(_WAITING, values)
    ]


def _foresee(batch: JournalBatch) -> None:
    """Count, sum and digest of the lines that the batch will have: it is written once, before
    them, and they may be more than fit into memory."""
    batch.lines_count = batch.total = 0
    batch.digest = _digest(file_of(_counted(batch), batch=batch))


def _counted(batch: JournalBatch) -> Iterator[Line]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_IN_FILE, _asked(batch))
        while rows := cursor.fetchmany(AT_ONCE):
            batch.lines_count += len(rows)
            batch.total += sum(debit for *_, debit, _credit in rows)
            yield from rows


def _write_lines(batch: JournalBatch) -> None:
    run(_WRITE, _asked(batch))
    if _digest(journal_file(batch)) != batch.digest:
        raise CannotPost(_("An account got another number at this moment; try again."))


def _asked(batch: JournalBatch) -> dict[str, Any]:
    return {
        "tenant": current_tenant_id(),
        "batch": batch.pk,
        "zone": batch.zone,
        "since": batch.since,
        "upto": batch.upto,
    }


def _digest(parts: Iterable[bytes]) -> str:
    made = sha256()
    for part in parts:
        made.update(part)
    return made.hexdigest()


_WITHIN = f"""{POSTED} AND e.tenant_id = %(tenant)s AND e.id >= %(since)s AND e.id < %(upto)s"""

_WAITING = f"""
SELECT kind, sum(amount)::bigint, count(*) FROM ({_WITHIN}) posted GROUP BY kind ORDER BY kind
"""  # noqa: S608

# What comes to nothing within a day has no lines. Below zero, debit and credit change places.
_LINES = f"""
WITH moved AS (
    SELECT (occurred_at AT TIME ZONE %(zone)s::text)::date AS day, kind, account_id,
           sum(amount)::bigint AS amount
    FROM ({_WITHIN}) posted
    GROUP BY 1, 2, 3
    HAVING sum(amount) <> 0
), numbered AS (
    SELECT moved.*, a.number AS account_number,
           row_number() OVER (ORDER BY moved.day, moved.kind, a.number, a.id) AS place
    FROM moved JOIN accounts_account a ON a.tenant_id = %(tenant)s AND a.id = moved.account_id
), lines AS (
    SELECT 2 * n.place - 1 + s.side AS number, n.day, n.kind, n.account_id, n.account_number,
           CASE WHEN (s.side = 0) = (n.amount > 0) THEN p.debit ELSE p.credit END
               AS ledger_account,
           CASE s.side WHEN 0 THEN abs(n.amount) ELSE 0 END AS debit,
           CASE s.side WHEN 1 THEN abs(n.amount) ELSE 0 END AS credit
    FROM numbered n
    JOIN rebates_postingaccounts p ON p.tenant_id = %(tenant)s AND p.kind = n.kind
    CROSS JOIN (VALUES (0), (1)) AS s (side)
)
"""  # noqa: S608

_IN_FILE = f"""{_LINES}
SELECT number, day, kind, account_number, ledger_account, debit, credit FROM lines ORDER BY number
"""  # noqa: S608

_WRITE = f"""{_LINES}
INSERT INTO rebates_journalline
    (tenant_id, id, batch_id, number, day, kind, account_id, account_number, ledger_account,
     debit, credit)
SELECT %(tenant)s, uuidv7(), %(batch)s, number, day, kind, account_id, account_number,
       ledger_account, debit, credit
FROM lines
"""  # noqa: S608


def _record(batch: JournalBatch, **stamp: Any) -> None:
    events.record(
        kind="journal_batch.made",
        occurred_at=stamp["now"],
        recorded_at=stamp["now"],
        actor=stamp["actor"],
        subject=f"journal_batch:{batch.pk}",
        payload={
            "number": batch.number,
            "through": batch.through.isoformat(),
            "lines": batch.lines_count,
            "total": batch.total,
            "digest": batch.digest,
        },
    )
