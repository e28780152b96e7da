"""Money of SPIFFs and referrals: who is owed, what was paid."""

from datetime import datetime
from typing import Any

from accounts.ids import uuid7
from partners.paying.paying import Paid, pay
from rewards import awarding
from rewards.models import Wallet
from tests.isolation.calls import Route, Values, asking, get, let_in, post, route
from tests.isolation.groups import READERS, TREASURERS
from tests.isolation.side import Side

KEPT = {"partners_awardpayment": {"paid_through", "request_key"}}
OF_ACCOUNTS = ()
OF_TENANT = ("money wallet",)


def paid(values: Values) -> dict[str, Any]:
    said = {"key": str(uuid7()), "amount": "5", "paid_through": "transfer"}
    return said | {"reference": "R", "paid_on": "2999-01-01"}


ROUTES: dict[str, Route] = {
    "console_money_owed": route(*asking(let_in(200, *READERS), q="words")),
    "console_money_paid": route(*asking(let_in(200, *READERS), q="words")),
    "console_money_holder": route(
        get(let_in(200, *READERS)),
        post(let_in(422, *TREASURERS), paid),
        path={"wallet_id": "money wallet"},
    ),
}


def furnish(side: Side, now: datetime) -> None:
    """A person is owed money, and was paid some."""
    member = side.members["neighbor"]
    program = side.accounts["1002"].enrollments.first().program
    holder = {"program_id": program.pk, "account_id": member.account_id, "member_id": member.pk}
    wanted = awarding.Wanted(**holder, unit="money", amount=9_00, reason="Reason")
    awarding.give(wanted, identity=uuid7(), actor=side.staff["owner"].actor, now=now)
    wallet = Wallet.objects.get(unit="money", **holder)
    said = Paid(
        wallet_id=wallet.pk,
        amount=4_00,
        paid_through="transfer",
        paid_on=now.date(),
        reference="Reference",
        key="form",
        by=side.staff["finance"].actor,
    )
    pay(said, today=now.date(), now=now)
    side.things["money wallet"] = wallet.pk
