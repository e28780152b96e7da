"""What the events of deals have to say, to both accounts where two are on a deal."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from accounts.models import Event
from accounts.notices.news import Directory, News


def deal_decided(event: Event, names: Directory) -> Iterator[News]:
    """What the tenant or the clock made of it; what partners do themselves they know."""
    if not event.actor.startswith("member:"):
        step = event.kind.removeprefix("deal.")
        yield from _of_deal("deal_decided", event, names, step=step, note=event.payload["note"])


def deal_ending(event: Event, names: Directory) -> Iterator[News]:
    yield from _of_deal("deal_ending", event, names, day=event.payload["until"])


def _of_deal(kind: str, event: Event, names: Directory, **more: Any) -> Iterator[News]:
    said = event.payload
    for account, name in said["accounts"].items():
        account_id = UUID(account)
        names.accounts[account_id] = name
        yield News(
            kind=kind,
            about=str(event.id),
            account_id=account_id,
            details=names.details(
                account_id,
                None,
                deal_id=event.subject.partition(":")[2],
                customer=said["customer"],
                reference=said["reference"],
                **more,
            ),
        )
