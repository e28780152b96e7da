"""A letter in words: its notices in the reader's language, on the tenant's paper."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext, ngettext

from accounts.addresses import tenant_url
from accounts.letters import letterhead, sender
from accounts.models import Letter, Notice, Tenant
from accounts.notices.kinds import KINDS
from accounts.notices.manners import manners_of
from accounts.notices.texts import own_words, told
from accounts.notices.unsubscribing import unsubscribe_path
from accounts.notices.wording import Words


class Nobody(LookupError):
    """There is nobody any more to write to."""

    def __init__(self) -> None:
        super().__init__("The reader has no access any more, or wants no such letters.")


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """A notice as a letter has it."""

    words: Words
    url: str

    @property
    def lines(self) -> list[str]:
        return [part for part in self.words.body.split("\n\n") if part.strip()]


def pen(letter: Letter) -> EmailMultiAlternatives:
    """The message, ready to be handed over. Raises Nobody when its reader has left since."""
    tenant = Tenant.objects.get(pk=letter.tenant_id)
    notices = [
        notice
        for notice in letter.notices.select_related("member", "staff", "account").order_by("id")
        if _is_still_theirs(notice)
    ]
    if not notices or not letter.user.is_active:
        raise Nobody
    language = manners_of([letter.user_id], tenant=tenant)[letter.user_id].language
    with translation.override(language):
        return _message(letter, notices, tenant=tenant, language=language)


def _is_still_theirs(notice: Notice) -> bool:
    """Not of whoever has left, nor of a rep whose account has become somebody else's."""
    if notice.member is not None:
        return notice.member.is_active
    rep, account = notice.staff, notice.account
    return bool(rep and rep.is_active and account and account.rep_id == rep.pk)


def _message(
    letter: Letter, notices: list[Notice], *, tenant: Tenant, language: str
) -> EmailMultiAlternatives:
    own = own_words()
    parts = [
        Paragraphs(
            told(notice, own=own, language=language, reader=_name(notice)),
            tenant_url(slug=tenant.slug, path=f"/notices/{notice.id}/"),
        )
        for notice in notices
    ]
    subject = parts[0].words.subject
    if len(parts) > 1:
        more = len(parts) - 1
        subject = ngettext(
            "{first} and one more notice", "{first} and {count} more notices", more
        ).format(first=subject, count=more)
    ending = sorted({notice.kind for notice in notices if KINDS[notice.kind].may_unsubscribe})
    context = {
        **letterhead(tenant),
        "subject": subject,
        "language": language,
        "parts": parts,
        "choices_url": tenant_url(slug=tenant.slug, path="/notices/choices/"),
        "unsubscribe_url": _unsubscribe_url(letter.user_id, ending, tenant) if ending else "",
        "open_label": gettext("Open"),
    }
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string("emails/notices.txt", context),
        from_email=sender(tenant),
        to=[letter.user.email],
        headers=_headers(letter, str(context["unsubscribe_url"])),
    )
    message.attach_alternative(render_to_string("emails/notices.html", context), "text/html")
    return message


def _name(notice: Notice) -> str:
    place = notice.member or notice.staff
    return place.name if place else ""


def _unsubscribe_url(user_id: UUID, kinds: list[str], tenant: Tenant) -> str:
    path = unsubscribe_path(user_id=user_id, kinds=kinds, tenant_id=tenant.id)
    return tenant_url(slug=tenant.slug, path=path)


def _headers(letter: Letter, unsubscribe_url: str) -> dict[str, str]:
    """The same Message-ID each time it is tried; one click ends it (RFC 8058)."""
    headers = {"Message-ID": f"<{letter.id}@{settings.DOMAIN}>", "Auto-Submitted": "auto-generated"}
    if unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers
