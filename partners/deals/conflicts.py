"""Deals that may be for the same customer: found by keys, scored, the likeliest first.

Only staff ever see them. A partner learns that a possible conflict is being examined, no more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.postgres.arrays import plain
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from partners.models import Deal, DealKey, DealState
from partners.resemblance.comparing import (
    CONFLICT,
    RELATED,
    Customer,
    Resemblance,
    compare,
    keys_of,
)

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
    alike = {
        deal_id: resemblance
        for deal_id, other in _candidates(customer, but=but, today=today)
        if (resemblance := compare(customer, other)).score >= least
    }
    if not alike:
        return []
    deals = Deal.objects.select_related("account", "reseller", "distributor")
    found = [
        Conflict(deal, alike[deal.pk], _order(deal) < _order(but))
        for deal in deals.filter(pk__in=alike)
    ]
    return sorted(found, key=lambda one: (-one.score, _order(one.deal)))


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


# Newest first, so that an index with many deals of long ago is left early. What is compared comes
# along: rows of the ORM for each candidate would cost more than all the rest.
_SHARING = """
WITH sharing AS (
    SELECT few.deal_id, sum(CASE WHEN wanted.most > %(common)s THEN 100 ELSE 1 END) AS shared
    FROM unnest(%(keys)s::bigint[], %(most)s::bigint[]) AS wanted (key, most)
    CROSS JOIN LATERAL (
        SELECT newest.deal_id, count(*) OVER () AS holders
        FROM (SELECT deal_id FROM partners_dealkey
              WHERE tenant_id = %(tenant)s AND key = wanted.key AND is_live
              ORDER BY deal_id DESC LIMIT wanted.most + 1) newest
    ) few
    WHERE few.holders <= wanted.most AND few.deal_id <> %(but)s
    GROUP BY few.deal_id ORDER BY shared DESC, few.deal_id DESC LIMIT %(limit)s
)
SELECT deal.id, deal.customer, deal.site, deal.tax, deal.country,
       (SELECT string_agg(named.product_id::text, ' ') FROM partners_dealproduct named
        WHERE named.tenant_id = deal.tenant_id AND named.deal_id = deal.id)
FROM sharing
JOIN partners_deal deal ON deal.tenant_id = %(tenant)s AND deal.id = sharing.deal_id
JOIN partners_dealform form ON form.tenant_id = deal.tenant_id AND form.id = deal.form_id
WHERE deal.state IN ('registered', 'approved')
   OR deal.state = 'won' AND deal.won_on >= %(today)s::date - form.won_days
"""


def _candidates(customer: Customer, *, but: Deal, today: date) -> Iterator[tuple[UUID, Customer]]:
    keys = keys_of(customer)
    values = {
        "keys": plain([*keys.strong, *keys.weak]),
        "most": plain([MOST_OF_STRONG] * len(keys.strong) + [COMMON] * len(keys.weak)),
        "tenant": current_tenant_id(),
        "but": but.pk,
        "common": COMMON,
        "limit": MOST,
        "today": today,
    }
    for deal_id, name, site, tax, country, products in run(_SHARING, values):
        named = frozenset(map(UUID, products.split())) if products else frozenset()
        other = Customer(name=name, site=site, tax=tax, country=country, products=named)
        yield deal_id, other


def _order(deal: Deal) -> tuple:
    return deal.registered_at, deal.pk
