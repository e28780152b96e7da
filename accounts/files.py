"""Files that people hand in: kept with an owner, and given back to those who may read them."""

from datetime import datetime
from hashlib import sha256
from typing import IO, Protocol
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from accounts import events
from accounts.models import File, FileContent
from accounts.sniffing import UnknownFile, clean_name, media_type_of

LARGEST = 10 * 1024 * 1024  # bytes; a scanned contract fits


class CannotKeep(ValueError):
    """Its text says what to hand in instead; nothing was kept."""


class Upload(Protocol):
    """A file as a form or a test hands it in; `size` in bytes."""

    name: str | None

    @property
    def size(self) -> int | None: ...

    @property
    def file(self) -> IO[bytes]: ...


def keep_upload(upload: Upload, *, account_id: UUID | None, actor: str, now: datetime) -> File:
    """Keep what was uploaded; see `keep_file`."""
    if (upload.size or 0) > LARGEST:
        _refuse_size()  # before it is read into memory
    upload.file.seek(0)
    content = upload.file.read(LARGEST + 1)
    return keep_file(content, name=upload.name or "", account_id=account_id, actor=actor, now=now)


def keep_file(
    content: bytes, *, name: str, account_id: UUID | None, actor: str, now: datetime
) -> File:
    """Keep a file for an account, or for the company itself where there is none.

    Raises CannotKeep for what is empty, too large or of a kind that is not taken.
    """
    if not content:
        raise CannotKeep(gettext("The file is empty."))
    if len(content) > LARGEST:
        _refuse_size()
    try:
        media_type = media_type_of(content, name=name)
    except UnknownFile as unknown:
        raise CannotKeep(str(unknown)) from None
    with transaction.atomic():
        kept = File.objects.create(
            account_id=account_id,
            name=clean_name(name, media_type=media_type),
            media_type=media_type,
            size=len(content),
            digest=sha256(content).hexdigest(),
            uploaded_at=now,
            uploaded_by=actor,
        )
        FileContent.objects.create(file=kept, content=content)
        events.record(
            kind="file.kept",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"file:{kept.pk}",
            account_id=account_id,
            payload={
                "name": kept.name,
                "media_type": media_type,
                "size": kept.size,
                "digest": kept.digest,
            },
        )
    return kept


def content_of(file: File) -> bytes:
    return bytes(FileContent.objects.values_list("content", flat=True).get(file_id=file.pk))


def _refuse_size() -> None:
    raise CannotKeep(
        gettext("The file is larger than %(largest)s MB; hand in a smaller one.")
        % {"largest": LARGEST // 1024**2}
    )
