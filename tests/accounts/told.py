"""What happened, as `accounts.delivery` hands it to notices, and what people then read."""

from datetime import UTC, datetime, timedelta

from accounts.models import Event, Notice, User
from accounts.notices.noting import note
from accounts.notices.texts import own_words, told

NOW = datetime(2026, 5, 20, 16, tzinfo=UTC)  # noon in New York, a Wednesday


def happened(kind: str, *, now: datetime = NOW, **event) -> Event:
    """One event of a minute ago, recorded."""
    at = event.pop("at", now - timedelta(minutes=1))
    account = event.pop("account", None)
    return Event.objects.create(
        kind=kind,
        occurred_at=at,
        recorded_at=event.pop("recorded_at", at),
        actor=event.pop("actor", "system"),
        subject=event.pop("subject", f"account:{account.pk}" if account else "tenant:x"),
        account=account,
        payload=event,
    )


def noted(*events: Event, now: datetime = NOW) -> int:
    return note(list(events), now=now)


def read_by(user: User, *, language: str = "en") -> list[tuple[str, str]]:
    """(subject, body) of all that was said to a person, oldest first."""
    notices = Notice.objects.filter(user=user).select_related("member", "staff").order_by("id")
    own = own_words()
    said = []
    for notice in notices:
        reader = (notice.member or notice.staff).name
        words = told(notice, own=own, language=language, reader=reader)
        said.append((words.subject, words.body))
    return said
