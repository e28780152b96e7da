"""What the events of marketing funds have to say to the account's people and its rep."""

from collections.abc import Iterator
from typing import Any

from accounts.models import Event
from accounts.notices.news import Directory, News


def fund_decided(event: Event, names: Directory) -> Iterator[News]:
    """What the tenant or the clock made of a request; what partners do themselves they know."""
    if not event.actor.startswith("member:"):
        step = event.kind.removeprefix("fund_request.")
        amount = event.payload["accepted"] or event.payload["approved"] or event.payload["asked"]
        money = [amount, names.tenant.currency]
        note = event.payload["note"]
        yield from _of_request("fund_decided", event, names, step=step, amount=money, note=note)


def fund_proof_wanted(event: Event, names: Directory) -> Iterator[News]:
    """More proof is wanted, or the last day for a claim is near."""
    said = event.payload
    yield from _of_request("fund_proof", event, names, day=said["until"], note=said["note"])


def fund_ending(event: Event, names: Directory) -> Iterator[News]:
    said = event.payload
    if event.account_id is not None:
        yield News(
            kind="fund_ending",
            about=str(event.id),
            account_id=event.account_id,
            details=names.details(
                event.account_id,
                names.programs.get(said["program_id"]),
                budget=said["budget"],
                amount=[said["amount"], names.tenant.currency],
                day=said["until"],
            ),
        )


def _of_request(kind: str, event: Event, names: Directory, **more: Any) -> Iterator[News]:
    said = event.payload
    if event.account_id is not None:
        yield News(
            kind=kind,
            about=str(event.id),
            account_id=event.account_id,
            details=names.details(
                event.account_id,
                names.programs.get(said["program_id"]),
                fund_request_id=event.subject.partition(":")[2],
                title=said["title"],
                reference=said["reference"],
                **more,
            ),
        )
