"""What the events of agreements, their statements and their money have to say to partners."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Event
from accounts.notices.news import Directory, News
from accounts.periods import day_of


def _offered(event: Event, names: Directory) -> Iterator[News]:
    """To the account that it is with; whoever is of a segment or a tier reads it in the portal."""
    said = event.payload
    about = f"{event.subject}:{said['version']}"
    yield from _news("rebate_offered", event, names, about=about, day=said["starts_on"])


def _statement(event: Event, names: Directory) -> Iterator[News]:
    said = event.payload
    # What is to be answered before midnight on July 21 is answered on July 20.
    last = datetime.fromisoformat(said["answer_by"]) - timedelta(microseconds=1)
    day, amount = day_of(last, names.zone), [said["total"], said["currency"]]
    yield from _news("rebate_statement", event, names, amount=amount, day=day.isoformat())


def _dispute_over(event: Event, names: Directory) -> Iterator[News]:
    said = event.payload
    about = f"{event.subject}:{said['line']}"
    yield from _news("rebate_dispute_over", event, names, about=about, note=said["answer"])


def _approved(event: Event, names: Directory) -> Iterator[News]:
    """What is below zero is not on its way to anybody."""
    kind = "rebate_approved" if event.payload["amount"] > 0 else "rebate_taken_back"
    yield from _news(kind, event, names, amount=_amount(event))


def _set_off(event: Event, names: Directory) -> Iterator[News]:
    about = str(event.id)  # several corrections may be set off against it
    left = [event.payload["left"], event.payload["currency"]]
    amount = _amount(event)
    yield from _news("rebate_set_off", event, names, about=about, amount=amount, left=left)


def _paid(event: Event, names: Directory) -> Iterator[News]:
    """What is credited has a notice of its own, which says how."""
    if event.payload["method"] == "bank_transfer":
        about = str(event.id)  # what the bank returned is paid once more
        said = event.payload
        paid = [said.get("paid", said["amount"]), said["currency"]]
        yield from _news("rebate_paid", event, names, about=about, amount=paid)


def _returned(event: Event, names: Directory) -> Iterator[News]:
    about = str(event.id)
    yield from _news("rebate_returned", event, names, about=about, amount=_amount(event))


def _credited(event: Event, names: Directory) -> Iterator[News]:
    yield from _news("rebate_credited", event, names, amount=_amount(event))


def _bank_changed(event: Event, names: Directory) -> Iterator[News]:
    """To all admins of the account, whoever of them it was: somebody else may have been in their
    mailbox."""
    said = event.payload
    if event.account_id:
        rests = day_of(datetime.fromisoformat(said["usable_from"]), names.zone)
        yield News(
            kind="bank_details",
            about=event.subject,
            account_id=event.account_id,
            details=names.details(
                event.account_id, None, number=said["masked"], day=rests.isoformat()
            ),
        )


def _amount(event: Event) -> list[Any]:
    return [event.payload["amount"], event.payload["currency"]]


def _news(
    kind: str, event: Event, names: Directory, *, about: str = "", **more: Any
) -> Iterator[News]:
    if event.account_id:
        more |= {"agreement": event.payload["name"]}
        yield News(
            kind=kind,
            about=about or event.subject,
            account_id=event.account_id,
            details=names.details(event.account_id, names.program_of(event), **more),
        )


OF_REBATES: dict[str, Callable[..., Iterator[News]]] = {
    "agreement.offered": _offered,
    "rebate.statement_issued": _statement,
    "rebate.dispute_resolved": _dispute_over,
    "rebate.approved": _approved,
    "rebate.set_off": _set_off,
    "rebate.paid": _paid,
    "rebate.returned": _returned,
    "rebate.credited": _credited,
    "bank_details.entered": _bank_changed,
}
