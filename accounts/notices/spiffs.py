"""What the events of SPIFF claims and of their money have to say, to the person who sold."""

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


def award_paid(event: Event, names: Directory) -> Iterator[News]:
    """To the person whose money it was; an account's, to those of it who deal with such things."""
    said = event.payload
    if event.account_id:
        yield News(
            kind="award_paid",
            about=event.subject,
            account_id=event.account_id,
            member_id=UUID(said["member"]) if said["member"] else None,
            details=names.details(
                event.account_id,
                names.program_of(event),
                holder=said["person"] or said["account"],
                amount=[said["amount"], names.tenant.currency],
                day=said["paid_on"],
                reference=said["reference"],
            ),
        )
