"""How much money of awards is there to be paid, and to whom.

A person's wallet holds money of awards alone. An account's may hold rebates besides, which leave it
by settlements (`rebates.outgoing`): of that, as much is owed here as awards have brought, less what
was taken back and what was paid. Where more was taken back than is left of awards, settlements are
paid that much less: it is made up for then, and the next awards are not taken for it once more.
"""

from datetime import datetime

from django.db.models import (
    BigIntegerField,
    Case,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least

from partners.models import AwardPayment
from rebates.models import Credit, Payment, PaymentState
from rewards.models import Award, Recall, Unit, Wallet


def owed(*, now: datetime) -> QuerySet[Wallet]:
    """Wallets of money with what is `owed` of each, where that is anything. What is held back is
    owed once it is available."""
    given = _sum(Award, _money(now), "amount")
    recalled = _sum(Recall, _money(now, "award__"), "taken", "award__")
    paid = _sum(AwardPayment, Q(), "amount")
    wallets = Wallet.objects.filter(unit=Unit.MONEY, available__gt=0)
    balance = given - recalled - paid + _made_up(Payment) + _made_up(Credit)
    rows = wallets.annotate(owed=Least(F("available"), balance))
    return rows.filter(owed__gt=0).select_related("account", "member__user", "program")


def _money(now: datetime, award: str = "") -> Q:
    """Awards of money that are not held back."""
    free = Q(**{f"{award}activates_at": None}) | Q(**{f"{award}activates_at__lte": now})
    return free & Q(**{f"{award}unit": Unit.MONEY})


def _made_up(model: type[Payment] | type[Credit]) -> Case:
    """By how much less an account was paid than was left of its settlements: what a debt for awards
    has taken of them."""
    rows = model._default_manager.filter(
        account=OuterRef("account"), settlement__statement__agreement__program=OuterRef("program")
    )
    if model is Payment:
        rows = rows.filter(state__in=(PaymentState.SENT, PaymentState.PAID))
    less = F("settlement__amount") - F("settlement__set_off") - F("amount")
    sums = rows.order_by().values("tenant").annotate(sum=Sum(less)).values("sum")
    nothing = Value(0, output_field=BigIntegerField())
    made_up = Coalesce(Subquery(sums, output_field=BigIntegerField()), nothing)
    return Case(When(member=None, then=made_up), default=nothing)


def _sum(model: type[Model], condition: Q, column: str, award: str = "") -> Coalesce:
    """Of the rows of the wallet's holder: of its member, or of the account itself."""
    whose = {f"{award}account": OuterRef("account"), f"{award}program": OuterRef("program")}
    rows = model._default_manager.filter(condition, **whose)
    rows = rows.alias(holder=Coalesce(f"{award}member", f"{award}account"))
    rows = rows.filter(holder=Coalesce(OuterRef("member"), OuterRef("account")))
    sums = rows.order_by().values("tenant").annotate(sum=Sum(column)).values("sum")
    nothing = Value(0, output_field=BigIntegerField())
    return Coalesce(Subquery(sums, output_field=BigIntegerField()), nothing)
