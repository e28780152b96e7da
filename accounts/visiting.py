"""Visits of members: what has changed since the last one is news to them."""

from datetime import datetime, timedelta

from accounts.models import Member

# Who comes back sooner goes on with the same visit, and finds its news still there.
APART = timedelta(hours=4)


def since_last_visit(member: Member, *, now: datetime) -> datetime | None:
    """When the visit before this one began; None on the first. Begins a visit where none runs."""
    if member.visited_at is None or now - member.visited_at > APART:
        # Of two windows opened at once one begins the visit, and the other goes on with it.
        Member.objects.filter(pk=member.pk, visited_at=member.visited_at).update(
            visited_at=now, visited_before=member.visited_at
        )
        return member.visited_at
    return member.visited_before
