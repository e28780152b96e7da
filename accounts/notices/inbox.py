"""What has been said to somebody, for them alone to read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import Member, Notice, Staff
from accounts.models.people import StaffRole

MOST_COUNTED = 100


def inbox(*, user_id: UUID, staff: Staff | None, members: Sequence[Member]) -> QuerySet[Notice]:
    """What a person may read, newest first: as the staff and the members they are today, so that
    whoever leaves an account leaves what was said of it; reps see no accounts but their own."""
    places = Q(member__in=[member.pk for member in members])
    if staff:
        only = {"account__rep": staff.pk} if staff.role == StaffRole.REP else {}
        places |= Q(staff=staff.pk, **only)
    own = Notice.objects.filter(places, user_id=user_id, in_inbox=True)
    return own.select_related("member", "staff").order_by("-noted_at", "-id")


def count_unread(notices: QuerySet[Notice]) -> int:
    """How many of them are unread, counted no further than MOST_COUNTED."""
    return notices.filter(read_at=None).order_by()[:MOST_COUNTED].count()


def mark(notices: QuerySet[Notice], *, read_at: datetime | None) -> None:
    """Read since then; unread again with None."""
    notices.filter(read_at__isnull=read_at is not None).order_by().update(read_at=read_at)
