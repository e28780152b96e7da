"""Which ladder leads a program when: its tier multiplies points and opens rewards.

The lead passes with the version of a ladder that takes it, at that version's first instant; what
occurred before stays multiplied as it was. Where accounts stand on any ladder does not change.
"""

from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext

from accounts.dates import said_day
from accounts.periods import day_of
from tiers.models import Lead, Scheme, SchemeVersion

FROM_THE_FIRST = datetime(1900, 1, 1, tzinfo=UTC)  # before anything a program's facts could say


class CannotLead(ValueError):
    """Its text says what stands in the way; nothing changed."""


def leads_at(instant: datetime) -> Q:
    """Of leads, those that last at `instant`: one of each program that has a ladder."""
    return Q(starts_at__lte=instant) & (Q(ends_at=None) | Q(ends_at__gt=instant))


def lead_first(scheme: Scheme) -> None:
    """Let a program's first ladder lead it, whatever may still be said of its past."""
    Lead.objects.create(program=scheme.program, scheme=scheme, starts_at=FROM_THE_FIRST)


def take_lead(version: SchemeVersion, *, starts: datetime, now: datetime) -> Scheme | None:
    """Let the version's ladder lead its program from `starts` on; the ladder that led until then,
    None where it is its own.

    The caller holds the program. Raises CannotLead.
    """
    last = Lead.objects.select_related("scheme").get(
        program_id=version.scheme.program_id, ends_at=None
    )
    if last.scheme_id == version.scheme_id:
        return None
    if starts < now:
        raise CannotLead(gettext("The lead passes now or later: what was earned stays as it was."))
    if last.starts_at >= starts:
        raise CannotLead(
            gettext(
                "“%(name)s” takes the lead on %(starts_at)s; this ladder can take it after that."
            )
            % {
                "name": last.scheme.name,
                "starts_at": said_day(day_of(last.starts_at, last.tenant.zone)),
            }
        )
    last.ends_at = starts
    last.save(update_fields=["ends_at"])
    Lead.objects.create(program=version.scheme.program, scheme=version.scheme, starts_at=starts)
    return last.scheme


def note_leader(*, program_id: UUID, at: datetime) -> None:
    """Say of the program's ladders which of them leads at `at`."""
    ladders = Scheme.objects.filter(program_id=program_id)
    leader = Lead.objects.filter(leads_at(at), program_id=program_id).values("scheme_id")
    # First the one that no longer leads: at any instant at most one says that it does.
    ladders.filter(is_leading=True).exclude(pk__in=leader).update(is_leading=False)
    ladders.filter(is_leading=False, pk__in=leader).update(is_leading=True)
