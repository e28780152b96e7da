"""The tenant's own words for a kind: checked, and shown with real values before they are kept."""

from datetime import datetime

from django.db import transaction

from accounts import events
from accounts.models import Notice, NoticeText
from accounts.notices.kinds import KINDS, Kind
from accounts.notices.wording import (
    Words,
    check_text,
    example_of,
    said,
    standard_words,
)
from accounts.tenancy import current_tenant_id

Own = dict[tuple[str, str], Words]


def own_words() -> Own:
    """The tenant's words by (kind, language)."""
    return {
        (one.kind, one.language): Words(one.subject, one.body)
        for one in NoticeText.objects.exclude(body="")
    }


def words_for(kind: Kind, *, language: str, own: Own) -> Words:
    return own.get((kind.code, language)) or standard_words(kind, language=language)


def told(notice: Notice, *, own: Own, language: str, reader: str) -> Words:
    """A notice in words, for its reader, whose name is `reader`."""
    kind = KINDS[notice.kind]
    words = words_for(kind, language=language, own=own)
    return said(words, kind=kind, details=notice.details, language=language, now_called=reader)


@transaction.atomic
def change_text(
    *, kind: Kind, language: str, subject: str, body: str, actor: str, now: datetime
) -> None:
    """From now on, also for notices that are there already. Raises BadText."""
    check_text(subject, kind=kind)
    check_text(body, kind=kind)
    _keep(kind, language, subject=subject, body=body, actor=actor, now=now)


@transaction.atomic
def back_to_standard(*, kind: Kind, language: str, actor: str, now: datetime) -> None:
    _keep(kind, language, subject="", body="", actor=actor, now=now)


def _keep(kind: Kind, language: str, *, subject: str, body: str, actor: str, now: datetime) -> None:
    there = NoticeText.objects.filter(kind=kind.code, language=language).first()
    before = {"subject": there.subject if there else "", "body": there.body if there else ""}
    NoticeText.objects.update_or_create(
        kind=kind.code, language=language, defaults={"subject": subject, "body": body}
    )
    events.record(
        kind="notice.text_changed",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"tenant:{current_tenant_id()}",
        payload={"kind": kind.code, "language": language, "subject": subject, "body": body}
        | events.compared(before, {"subject": subject, "body": body}),
    )


def preview(words: Words, *, kind: Kind, language: str) -> tuple[Words, bool]:
    """How it would read in the tenant's newest notice of the kind, and whether there is one; else
    with made-up values. Raises BadText."""
    check_text(words.subject, kind=kind)
    check_text(words.body, kind=kind)
    newest = Notice.objects.filter(kind=kind.code).select_related("member", "staff")
    found = newest.order_by("-noted_at", "-id").first()
    details = found.details if found else example_of(kind)
    reader = (found.member or found.staff).name if found else str(details["name"])
    shown = said(words, kind=kind, details=details, language=language, now_called=reader)
    return shown, found is not None
