"""What the events of surveys, support and plans have to say."""

from collections.abc import Iterator
from uuid import UUID

from accounts.models import Event
from accounts.notices.news import Directory, News


def survey_asked(event: Event, names: Directory) -> Iterator[News]:
    """To the person who is asked, nobody else; asked, or reminded: the events are two."""
    if event.account_id is None:
        return
    said = event.payload
    yield News(
        kind="survey_asked",
        about=str(event.id),
        account_id=event.account_id,
        member_id=UUID(said["member"]),
        details=names.details(
            event.account_id,
            None,
            survey_id=event.subject.partition(":")[2],
            survey=said["survey"],
            question=said["question"],
            day=said["until"],
        ),
    )


def support_news(event: Event, names: Directory) -> Iterator[News]:
    """What the tenant made of a request; what partners do themselves they know."""
    if event.account_id is None or event.actor.startswith("member:"):
        return
    said = event.payload
    yield News(
        kind="support_news",
        about=str(event.id),
        account_id=event.account_id,
        details=names.details(
            event.account_id,
            None,
            support_id=event.subject.partition(":")[2],
            subject=said["subject"],
            reference=said["reference"],
            note=said["note"],
            person=said["person"],
        ),
    )


def plan_news(event: Event, names: Directory) -> Iterator[News]:
    """A version to answer, or the answer of the tenant to one of theirs."""
    if event.account_id is None or event.actor.startswith("member:"):
        return
    yield News(
        kind="plan_news",
        about=str(event.id),
        account_id=event.account_id,
        details=names.details(
            event.account_id,
            None,
            plan_id=event.subject.partition(":")[2],
            plan=event.payload["name"],
            note=event.payload["note"],
        ),
    )
