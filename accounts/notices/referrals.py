"""What the events of referrals have to say, to who referred."""

from collections.abc import Iterator
from uuid import UUID

from accounts.models import Event
from accounts.notices.news import Directory, News


def referral_decided(event: Event, names: Directory) -> Iterator[News]:
    """To the person who referred, where it was one."""
    said = event.payload
    if event.account_id is not None:
        yield News(
            kind="referral_decided",
            about=str(event.id),
            account_id=event.account_id,
            member_id=UUID(said["member"]) if said["member"] else None,
            details=names.details(
                event.account_id,
                None,
                referral_id=event.subject.partition(":")[2],
                customer=said["customer"],
                reference=said["reference"],
                outcome=event.kind.removeprefix("referral."),
            ),
        )
