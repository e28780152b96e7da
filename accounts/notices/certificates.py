"""What the events of certificates have to say, to the person who holds them."""

from collections.abc import Iterator
from uuid import UUID

from accounts.models import Event
from accounts.notices.news import Directory, News

NOTICES = {
    "certificate.earned": "certificate_earned",
    "certificate.expiring": "certificate_expiring",
    "certificate.expired": "certificate_expired",
    "certificate.revoked": "certificate_revoked",
}


def of_certificate(event: Event, names: Directory) -> Iterator[News]:
    """Nothing to whoever works for nobody now: they have no inbox here."""
    said = event.payload
    if event.account_id is None or not said["member"]:
        return
    more = {"certificate_id": event.subject.partition(":")[2], "certificate": said["certificate"]}
    if said["until"]:
        more["day"] = said["until"]
    if said["note"]:
        more["note"] = said["note"]
    yield News(
        kind=NOTICES[event.kind],
        about=str(event.id),
        account_id=event.account_id,
        member_id=UUID(said["member"]),
        details=names.details(event.account_id, None, **more),
    )
