"""How partners deal with the leads they get: figures per account, counted in SQL."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, F, Q, Sum

from accounts.models import Account
from partners.models import Lead, LeadOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one account. `answered_in` is the mean time from an offer to its acceptance; `won_amount`
    is in the smallest unit."""

    account: Account
    offered: int
    accepted: int
    declined: int
    expired: int
    answered_in: timedelta | None
    won: int
    lost: int
    won_amount: int

    @property
    def hours(self) -> int | None:
        """The mean time to accept in whole hours, a begun one counted."""
        return -(-self.answered_in // timedelta(hours=1)) if self.answered_in is not None else None

    @property
    def conversion(self) -> int | None:
        """The share of accepted leads that were won, in whole percent; None before the first."""
        return 100 * self.won // self.accepted if self.accepted else None


def figures(*, since: datetime | None = None) -> list[Figures]:
    """Of every account that was offered a lead since then, those with most offers first."""
    offers = LeadOffer.objects.all()
    offers = offers.filter(offered_at__gte=since) if since else offers
    counted = (
        offers.order_by()
        .values("account")
        .annotate(
            offered=Count("id"),
            accepted=Count("id", filter=Q(accepted_at__isnull=False)),
            declined=Count("id", filter=Q(state__in=("declined", "returned"))),
            expired=Count("id", filter=Q(state="expired")),
            answered_in=Avg(F("accepted_at") - F("offered_at")),
        )
    )
    rows = {row.pop("account"): row for row in counted}
    ends = _ends(offers)
    found = [
        Figures(account=account, **rows[account.pk], **ends.get(account.pk, _NO_ENDS))
        for account in Account.objects.filter(pk__in=rows)
    ]
    return sorted(found, key=lambda one: (-one.offered, one.account.number))


_NO_ENDS: dict[str, Any] = {"won": 0, "lost": 0, "won_amount": 0}


def _ends(offers) -> dict[UUID, dict[str, Any]]:
    """How leads ended that these offers brought to the account that still has them."""
    held = offers.filter(state="held", account=F("lead__account")).values("lead")
    counted = (
        Lead.objects.filter(pk__in=held)
        .order_by()
        .values("account")
        .annotate(
            won=Count("id", filter=Q(state="won")),
            lost=Count("id", filter=Q(state="lost")),
            won_amount=Sum("won_amount", default=0),
        )
    )
    return {row.pop("account"): row for row in counted}
