"""What the events of SPIFF claims have to say, to the person who sold."""

from collections.abc import Iterator
from uuid import UUID

from accounts.models import Event
from accounts.notices.news import Directory, News


def spiff_decided(event: Event, names: Directory) -> Iterator[News]:
    """What the tenant made of it; what partners do themselves they know."""
    said = event.payload
    if event.account_id and not event.actor.startswith("member:"):
        yield News(
            kind="spiff_decided",
            about=str(event.id),
            account_id=event.account_id,
            member_id=UUID(said["member"]),
            details=names.details(
                event.account_id,
                None,
                spiff_claim_id=event.subject.partition(":")[2],
                spiff=said["spiff"],
                reference=said["reference"],
                outcome=event.kind.removeprefix("spiff_claim."),
                note=said["note"],
            ),
        )
