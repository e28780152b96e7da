"""How much money of awards is there to be paid, and to whom.

A person's wallet holds money of awards alone. An account's may hold rebates besides, which leave it
by settlements (`rebates.outgoing`): of that, as much is owed here as awards have brought, less what
was taken back and what was paid.
"""

from datetime import datetime

from django.db.models import (
    BigIntegerField,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Least

from partners.models import AwardPayment
from rewards.models import Award, Recall, Unit, Wallet


def owed(*, now: datetime) -> QuerySet[Wallet]:
    """Wallets of money with what is `owed` of each, where that is anything. What is held back is
    owed once it is available."""
    given = _sum(Award, _money(now), "amount")
    recalled = _sum(Recall, _money(now, "award__"), "taken", "award__")
    paid = _sum(AwardPayment, Q(), "amount")
    wallets = Wallet.objects.filter(unit=Unit.MONEY, available__gt=0)
    rows = wallets.annotate(owed=Least(F("available"), given - recalled - paid))
    return rows.filter(owed__gt=0).select_related("account", "member__user", "program")


def _money(now: datetime, award: str = "") -> Q:
    """Awards of money that are not held back."""
    free = Q(**{f"{award}activates_at": None}) | Q(**{f"{award}activates_at__lte": now})
    return free & Q(**{f"{award}unit": Unit.MONEY})


def _sum(model: type[Model], condition: Q, column: str, award: str = "") -> Coalesce:
    """Of the rows of the wallet's holder: of its member, or of the account itself."""
    whose = {f"{award}account": OuterRef("account"), f"{award}program": OuterRef("program")}
    rows = model._default_manager.filter(condition, **whose)
    rows = rows.alias(holder=Coalesce(f"{award}member", f"{award}account"))
    rows = rows.filter(holder=Coalesce(OuterRef("member"), OuterRef("account")))
    sums = rows.order_by().values("tenant").annotate(sum=Sum(column)).values("sum")
    nothing = Value(0, output_field=BigIntegerField())
    return Coalesce(Subquery(sums, output_field=BigIntegerField()), nothing)
