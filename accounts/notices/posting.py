"""Notices become letters, and letters are sent: each once, whoever is killed meanwhile.

A letter is a row that knows how far it is. A worker claims one, hands it to the mail server, and
says what became of it, in three steps that are each committed: killed in the middle of the second,
it may be handed over again, that one letter and no other. It then goes out under the same
Message-ID, by which mail programs know it for the same.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.ids import uuid7
from accounts.models import Letter, Notice, Tenant
from accounts.models.notice import LetterState
from accounts.notices.manners import manners_of
from accounts.notices.penning import Nobody, pen
from accounts.notices.quiet import allowed_from
from accounts.postgres.arrays import instants, uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id

READERS_AT_ONCE = 200
LEASE = timedelta(minutes=10)  # far beyond EMAIL_TIMEOUT for each step of handing one letter over
# How long after each failure it is tried again; after the last one it has failed.
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))


def gather(*, now: datetime) -> int:
    """Put what is due into one letter for each reader who may be disturbed now; how many readers
    it has looked after.

    Whoever has quiet hours gets theirs when these are over.
    """
    with transaction.atomic():
        due = Notice.objects.filter(letter_due_at__lte=now)
        readers = list(
            due.order_by("user_id").values_list("user_id", flat=True).distinct()[:READERS_AT_ONCE]
        )
        if not readers:
            return 0
        waiting: dict[UUID, list[Notice]] = defaultdict(list)
        locked = due.filter(user_id__in=readers).select_for_update(skip_locked=True)
        for notice in locked.order_by("user_id", "id"):
            waiting[notice.user_id].append(notice)
        tenant = Tenant.objects.get(pk=current_tenant_id())
        manners = manners_of(waiting, tenant=tenant)
        letters = []
        for user_id, notices in waiting.items():
            how = manners[user_id]
            at = allowed_from(
                now, zone=how.zone, quiet_from=how.quiet_from, quiet_until=how.quiet_until
            )
            if at == now:
                letters.append(Letter(id=uuid7(), user_id=user_id, not_before=now, created_at=now))
            for notice in notices:
                notice.letter = letters[-1] if at == now else None
                notice.letter_due_at = None if at == now else at
        Letter.objects.bulk_create(letters)
        _keep_places([notice for notices in waiting.values() for notice in notices])
    return len(waiting)


def _keep_places(notices: Sequence[Notice]) -> None:
    """Write in which letter each notice is, or when it will be in one."""
    run(
        """
        UPDATE accounts_notice n SET letter_id = u.letter_id, letter_due_at = u.due_at
        FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS u (id, letter_id, due_at)
        WHERE n.tenant_id = %s AND n.id = u.id
        """,
        [
            uuids(notice.pk for notice in notices),
            uuids(notice.letter_id for notice in notices),
            instants(notice.letter_due_at for notice in notices),
            current_tenant_id(),
        ],
    )


def post(*, clock: Callable[[], datetime], go_on: Callable[[], bool] = lambda: True) -> int:
    """Send what is to be sent now, letter by letter; how many went out.

    `clock` tells the time for each letter: sending many takes a while.
    """
    sent = 0
    while go_on():
        letter = claim(now=clock())
        if letter is None:
            break
        sent += _send(letter, clock=clock)
    return sent


def claim(*, now: datetime) -> Letter | None:
    """The next letter, held for LEASE; also one that a worker has held for longer than that."""
    with transaction.atomic():
        letter = (
            Letter.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("user")
            .filter(
                Q(state=LetterState.QUEUED, not_before__lte=now)
                | Q(state=LetterState.SENDING, lease_until__lte=now)
            )
            .order_by("not_before", "id")
            .first()
        )
        if letter is not None:
            letter.state, letter.lease_until = LetterState.SENDING, now + LEASE
            letter.attempts += 1
            letter.save(update_fields=["state", "lease_until", "attempts"])
    return letter


def _send(letter: Letter, *, clock: Callable[[], datetime]) -> bool:
    try:
        with transaction.atomic():
            message = pen(letter)
        message.send()
    except Nobody as nobody:
        _settle(letter, state=LetterState.FAILED, reason=str(nobody))
        return False
    except Exception as failure:  # each mail service's client has errors of its own
        _fail(letter, reason=f"{type(failure).__name__}: {failure}", now=clock())
        return False
    _settle(letter, state=LetterState.SENT, sent_at=clock(), subject=message.subject[:300])
    return True


def _fail(letter: Letter, *, reason: str, now: datetime) -> None:
    if letter.attempts > len(RETRIES):
        _settle(letter, state=LetterState.FAILED, reason=reason)
        return
    later = now + RETRIES[letter.attempts - 1]
    _settle(letter, state=LetterState.QUEUED, not_before=later, reason=reason)


def _settle(letter: Letter, *, reason: str = "", **outcome: object) -> None:
    """Unless somebody else has claimed it since: then it is theirs to say."""
    with transaction.atomic():
        Letter.objects.filter(
            pk=letter.pk, state=LetterState.SENDING, attempts=letter.attempts
        ).update(lease_until=None, reason=reason[:300], **outcome)
