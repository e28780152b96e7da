"""News: what an event has to say about an account, with the names that the event leaves out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Account, Enrollment, Event, Program, Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something to say about an account; to one of its members, or to whomever its kind is for.

    `not_before` is when a letter may say it at the earliest: a day's earnings when it is over.
    """

    kind: str
    about: str
    account_id: UUID
    details: dict[str, Any]
    member_id: UUID | None = None
    not_before: datetime | None = None


@dataclass(slots=True)
class Directory:
    """Names that the events of a batch leave out."""

    tenant: Tenant
    programs: dict[str, Program]  # by id and by slug
    of_enrollment: dict[UUID, UUID]
    accounts: dict[UUID, str]

    @property
    def zone(self) -> ZoneInfo:
        return self.tenant.zone

    def program_of(self, event: Event) -> Program | None:
        what, _, key = event.subject.partition(":")
        if what == "enrollment":
            return self.programs.get(str(self.of_enrollment.get(UUID(key))))
        return self.programs.get(event.payload.get("program", ""))

    def details(self, account_id: UUID, program: Program | None, **more: Any) -> dict[str, Any]:
        """What every text may speak of, with what this one does."""
        about = {"account": self.accounts.get(account_id, ""), "company": self.tenant.name}
        if program is not None:
            about |= {
                "program": program.name,
                "program_id": str(program.id),
                "points_name": program.points_name,
            }
        return about | more


def directory(events: Sequence[Event], tenant: Tenant) -> Directory:
    programs: dict[str, Program] = {}
    for program in Program.objects.all():
        programs |= {str(program.id): program, program.slug: program}
    subjects = [event.subject.partition(":") for event in events]
    enrollments = Enrollment.objects.filter(
        id__in={key for what, _, key in subjects if what == "enrollment"}
    )
    accounts = Account.objects.filter(id__in={one.account_id for one in events if one.account_id})
    return Directory(
        tenant=tenant,
        programs=programs,
        of_enrollment=dict(enrollments.values_list("id", "program_id")),
        accounts=dict(accounts.values_list("id", "name")),
    )
