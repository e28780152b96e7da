"""The papers of agreements: attached to a draft, offered with it, and part of what is accepted.

Each paper's digest is written into the version beside its name, and so goes into the digest that an
acceptance names: nobody exchanges a paper after somebody has said yes to it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.files import Upload, keep_upload
from accounts.models import Account, File
from rebates.drafting import AgreementRefused, locked_draft, record
from rebates.models import Acceptance, Agreement, AgreementVersion

MOST_PAPERS = 10


def attach(
    *, version: AgreementVersion, upload: Upload, actor: str, now: datetime
) -> AgreementVersion:
    """Add a paper to a draft; the same bytes under the same name stay once.

    Raises NotADraft, AgreementRefused, and `accounts.files.CannotKeep` for what is not taken.
    """
    with transaction.atomic():
        version = locked_draft(version)
        if len(version.documents) >= MOST_PAPERS:
            raise AgreementRefused(
                _("A version has at most %d papers; remove one first.") % MOST_PAPERS
            )
        kept = keep_upload(upload, account_id=None, actor=actor, now=now)
        paper = {"name": kept.name, "file": str(kept.pk), "digest": kept.digest}
        same = {(one["name"], one.get("digest")) for one in version.documents}
        if (kept.name, kept.digest) in same:
            raise AgreementRefused(_("This paper is attached already."))
        return _write(version, [*version.documents, paper], actor=actor, now=now)


def detach(
    *, version: AgreementVersion, file_id: UUID, actor: str, now: datetime
) -> AgreementVersion:
    """Take a paper off a draft; said again, nothing changes. Raises NotADraft."""
    with transaction.atomic():
        version = locked_draft(version)
        left = [one for one in version.documents if one["file"] != str(file_id)]
        if len(left) == len(version.documents):
            return version
        return _write(version, left, actor=actor, now=now)


def paper_of(versions: list[AgreementVersion], file_id: UUID) -> File | None:
    """The file, where it is a paper of one of these versions."""
    named = {one["file"] for version in versions for one in version.documents}
    return File.objects.filter(pk=file_id).first() if str(file_id) in named else None


def readable_by(
    account: Account, agreement: Agreement, shown: list[AgreementVersion]
) -> list[AgreementVersion]:
    """The versions whose papers the account may read: those `shown` to it now, and all that it has
    accepted, for ever."""
    accepted = Acceptance.objects.filter(version__agreement=agreement, account=account)
    known = {one.version_id: one.version for one in accepted.select_related("version")}
    return list(({one.pk: one for one in shown} | known).values())


def _write(
    version: AgreementVersion, papers: list[dict[str, Any]], *, actor: str, now: datetime
) -> AgreementVersion:
    version.documents = papers
    version.authors = sorted({*version.authors, actor})
    version.save(update_fields=["documents", "authors"])
    record("agreement.draft_changed", version, at=now, actor=actor)
    return version
