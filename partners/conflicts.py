"""Deals that may be for the same customer: found by keys, scored, the likeliest first.

Only staff ever see them. A partner learns that a possible conflict is being examined, no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.postgres.arrays import plain
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from partners.days import day_before
from partners.models import Deal, DealKey, DealState
from partners.resemblance import CONFLICT, RELATED, Customer, Resemblance, compare, keys_of

MOST = 30  # candidates that are compared
# A key that more deals than this have tells nothing about one of them.
COMMON = 60
MOST_OF_STRONG = 500

OPEN = (DealState.REGISTERED, DealState.APPROVED)


@dataclass(frozen=True, slots=True)
class Conflict:
    """`is_earlier` of two counts for the first-in policy."""

    deal: Deal
    resemblance: Resemblance
    is_earlier: bool

    @property
    def score(self) -> int:
        return self.resemblance.score


def customer_of(deal: Deal) -> Customer:
    return Customer(
        name=deal.customer,
        site=deal.site,
        tax=deal.tax,
        country=deal.country,
        products=frozenset(one.product_id for one in deal.products.all()),
    )


def conflicts_of(deal: Deal, *, today: date, least: int = RELATED) -> list[Conflict]:
    """Deals with a score of at least `least` that are open, or were won within their form's days;
    the highest score first, of equal ones the earlier registered."""
    return conflicts_with(customer_of(deal), but=deal, today=today, least=least)


def conflicts_with(
    customer: Customer, *, but: Deal, today: date, least: int = CONFLICT
) -> list[Conflict]:
    found = [
        Conflict(other, compare(customer, customer_of(other)), _order(other) < _order(but))
        for other in _candidates(customer, but=but, today=today)
    ]
    likely = [one for one in found if one.score >= least]
    return sorted(likely, key=lambda one: (-one.score, _order(one.deal)))


def keep_keys(deal: Deal, customer: Customer) -> None:
    keys = keys_of(customer)
    DealKey.objects.bulk_create(
        DealKey(deal=deal, key=key) for key in sorted(keys.strong | keys.weak)
    )


def compare_with(deal_ids: Iterable[UUID], *, wanted: bool) -> None:
    """From now on new deals are compared with these, or are not."""
    ids = list(deal_ids)
    DealKey.objects.filter(deal_id__in=ids).exclude(is_live=wanted).update(is_live=wanted)
    Deal.objects.filter(pk__in=ids).exclude(is_compared=wanted).update(is_compared=wanted)


def same_customer(deal: Deal) -> QuerySet[Deal]:
    """Other open deals that name the very same customer: its tax number, its domain, or its name in
    its country."""
    same = Q(core=deal.core, country=deal.country)
    if deal.tax:
        same |= Q(tax=deal.tax)
    if deal.site:
        same |= Q(site=deal.site)
    return Deal.objects.filter(same, state__in=OPEN).exclude(pk=deal.pk)


def share_products(one: Deal, other: Deal) -> bool:
    """A deal without products is for all of them."""
    mine, its = customer_of(one).products, customer_of(other).products
    return not mine or not its or bool(mine & its)


_SHARING = """
SELECT few.deal_id
FROM unnest(%(keys)s::bigint[], %(most)s::bigint[]) AS wanted (key, most)
CROSS JOIN LATERAL (
    SELECT newest.deal_id, count(*) OVER () AS holders
    FROM (SELECT deal_id FROM partners_dealkey
          WHERE tenant_id = %(tenant)s AND key = wanted.key AND is_live
          ORDER BY deal_id DESC LIMIT wanted.most + 1) newest
) few
WHERE few.holders <= wanted.most AND few.deal_id <> %(but)s
GROUP BY few.deal_id
ORDER BY sum(CASE WHEN wanted.most > %(common)s THEN 100 ELSE 1 END) DESC, few.deal_id DESC
LIMIT %(limit)s
"""


def _candidates(customer: Customer, *, but: Deal, today: date) -> list[Deal]:
    keys = keys_of(customer)
    ordered = [*sorted(keys.strong), *sorted(keys.weak)]
    most = [MOST_OF_STRONG] * len(keys.strong) + [COMMON] * len(keys.weak)
    values = {
        "keys": plain(ordered),
        "most": plain(most),
        "tenant": current_tenant_id(),
        "but": but.pk,
        "common": COMMON,
        "limit": MOST,
    }
    sharing = [deal_id for (deal_id,) in run(_SHARING, values)]
    if not sharing:
        return []
    recent = Q(state=DealState.WON, won_on__gte=day_before(today, "form__won_days"))
    deals = Deal.objects.filter(Q(state__in=OPEN) | recent, pk__in=sharing)
    return list(
        deals.select_related("account", "reseller", "distributor").prefetch_related("products")
    )


def _order(deal: Deal) -> tuple:
    return deal.registered_at, deal.pk
