"""Whether a tenant has a directory, and how it presents itself; and what its pages are known by."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.events import record
from partners.models import DirectoryTerms

MOST_SPECIALIZATIONS = 100
LONGEST = 80
LONGEST_INTRO = 300


class BadEntry(ValueError):
    """Its text says what to change, in `field`; nothing was kept."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


def terms_of_tenant() -> DirectoryTerms:
    """As they are; a closed directory where nobody has said anything."""
    return DirectoryTerms.objects.first() or DirectoryTerms()


def set_terms(
    *,
    is_open: bool,
    title: str,
    intro: str,
    specializations: Sequence[str],
    takes_leads: bool,
    actor: str,
    now: datetime,
) -> DirectoryTerms:
    """Raises BadEntry. What partners have of specializations that are gone, they keep until their
    next version."""
    known = list(dict.fromkeys(one.strip() for one in specializations if one.strip()))
    if len(known) > MOST_SPECIALIZATIONS or any(len(one) > LONGEST for one in known):
        text = _("Name at most %(most)d, each of at most %(longest)d characters.")
        said = {"most": MOST_SPECIALIZATIONS, "longest": LONGEST}
        raise BadEntry(text % said, "specializations")
    if len(title) > LONGEST or len(intro) > LONGEST_INTRO:
        raise BadEntry(_("Say it shorter."), "title" if len(title) > LONGEST else "intro")
    with transaction.atomic():
        renew()
        terms = DirectoryTerms.objects.get()
        terms.is_open, terms.title, terms.intro = is_open, title.strip(), intro.strip()
        terms.specializations, terms.takes_leads = known, takes_leads
        terms.save()
        record(
            kind="directory.changed",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject="directory",
            payload={"is_open": is_open, "title": terms.title, "takes_leads": takes_leads},
        )
    return terms


def renew() -> None:
    """What the directory shows has changed: pages that were kept of it are not asked for again."""
    DirectoryTerms.objects.bulk_create([DirectoryTerms()], ignore_conflicts=True)
    DirectoryTerms.objects.update(edition=F("edition") + 1)
