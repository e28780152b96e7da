"""A partner registers a deal: checked by the form of their type, kept, compared with all others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.ids import uuid7
from accounts.models import Account, Member, Product
from partners.deals.conflicts import conflicts_with, customer_of, keep_keys
from partners.deals.forms import form_for
from partners.deals.telling import tell
from partners.models import Deal, DealForm, DealProduct
from partners.resemblance.comparing import tax_of
from partners.resemblance.domains import BadAddress, host_of, site_of
from partners.resemblance.names import words_of
from partners.words import BadAnswer, checked_answers

MOST_PRODUCTS = 50
FURTHEST = 5 * 366  # days ahead; a later close date is a slip of the pen


class CannotRegister(ValueError):
    """Its text says what to change, in `field` where it is one; nothing was registered."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class OtherDeal(ValueError):
    """The same key has registered something else before; nothing was registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a partner says of a deal. `amount` is in the smallest unit; `products` are SKUs; `key`
    is the permanent identity of the request, by `actor`."""

    account: Account
    reseller: Account | None
    distributor: Account | None
    member: Member | None = None
    customer: str
    website: str = ""
    tax_number: str = ""
    country: str = ""
    contact: str = ""
    contact_email: str = ""
    amount: int
    closes_on: date
    products: Sequence[str] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)
    key: str
    actor: str


def register(wanted: Registration, *, today: date, now: datetime) -> Deal:
    """Keep the deal; whoever is to decide sees what it may conflict with.

    The same asker's same key registers once: again, it is answered with the first deal. Raises
    CannotRegister, OtherDeal.
    """
    form = form_for(wanted.account)
    if form is None:
        raise CannotRegister(_("Deals cannot be registered by partners of your type yet."))
    made = _drafted(wanted, form, today=today, now=now)
    products = _products(wanted.products)
    with transaction.atomic():
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError as error:
            if "deal_registered_once" not in str(error):
                raise
            return _earlier(made)
        DealProduct.objects.bulk_create(
            DealProduct(deal=made, product=product) for product in products
        )
        _compare(made, today=today)
        tell([made], "registered", actor=wanted.actor, now=now, score=made.conflict_score)
    return made


def _compare(made: Deal, *, today: date) -> None:
    """Let the deal be found by later ones, and note how much it looks like an earlier one."""
    customer = customer_of(made)
    keep_keys(made, customer)
    found = conflicts_with(customer, but=made, today=today)
    made.conflict_score = max((one.score for one in found), default=0)
    made.save(update_fields=["conflict_score"])


def _drafted(wanted: Registration, form: DealForm, *, today: date, now: datetime) -> Deal:
    """The deal as it would be kept. Raises CannotRegister."""
    _check_sides(wanted, form)
    _check_expectation(wanted, today=today)
    customer = " ".join(wanted.customer.split())
    if not customer or not customer.isprintable() or not words_of(customer):
        raise CannotRegister(_("Write the company’s name in letters."), "customer")
    try:
        host = host_of(wanted.website)
    except BadAddress as bad:
        raise CannotRegister(str(bad), "website") from None
    return Deal(
        id=uuid7(),
        form=form,
        account=wanted.account,
        reseller=wanted.reseller,
        distributor=wanted.distributor,
        member=wanted.member,
        registered_by=wanted.actor,
        registered_at=now,
        request_key=wanted.key,
        customer=customer,
        website=host,
        tax_number=wanted.tax_number.strip(),
        country=wanted.country.upper(),
        contact=wanted.contact,
        contact_email=wanted.contact_email,
        core=" ".join(words_of(customer))[:200],
        site=site_of(host),
        tax=tax_of(wanted.tax_number)[:40],
        answers=_answers(form, wanted),
        amount=wanted.amount,
        closes_on=wanted.closes_on,
        is_exclusive=form.is_exclusive,
        credits=form.credits,
    )


def _answers(form: DealForm, wanted: Registration) -> dict[str, Any]:
    try:
        return checked_answers(form.fields, wanted.answers)
    except BadAnswer as bad:
        raise CannotRegister(str(bad), bad.field) from None


def _check_sides(wanted: Registration, form: DealForm) -> None:
    if wanted.account not in (wanted.reseller, wanted.distributor):
        raise CannotRegister(_("Whoever registers is the deal’s reseller or its distributor."))
    if wanted.reseller == wanted.distributor:
        raise CannotRegister(_("Reseller and distributor are two accounts."), "partner")
    if form.credits == "both" and None in (wanted.reseller, wanted.distributor):
        raise CannotRegister(_("Name the other partner of this deal."), "partner")
    if (wanted.distributor if form.credits == "distributor" else wanted.reseller) is None:
        raise CannotRegister(_("Name the other partner of this deal."), "partner")


def _check_expectation(wanted: Registration, *, today: date) -> None:
    if wanted.amount <= 0:
        raise CannotRegister(_("Say how much you expect: an amount above zero."), "amount")
    if not today <= wanted.closes_on or (wanted.closes_on - today).days > FURTHEST:
        raise CannotRegister(_("Choose a day from today on, within five years."), "closes_on")


def _products(skus: Sequence[str]) -> list[Product]:
    wanted = list(dict.fromkeys(skus))
    if len(wanted) > MOST_PRODUCTS:
        raise CannotRegister(_("Name at most %d products.") % MOST_PRODUCTS, "products")
    found = {product.sku: product for product in Product.objects.filter(sku__in=wanted)}
    for sku in wanted:
        if sku not in found:
            raise CannotRegister(_("There is no product “%s”.") % sku[:64], "products")
    return [found[sku] for sku in wanted]


def _earlier(made: Deal) -> Deal:
    """What this key registered before. Raises OtherDeal when it was something else."""
    earlier = Deal.objects.select_related("account", "reseller", "distributor").get(
        registered_by=made.registered_by, request_key=made.request_key
    )
    said = ("account_id", "reseller_id", "distributor_id", "customer", "website", "tax_number")
    more = ("country", "amount", "closes_on", "answers")
    if any(getattr(earlier, name) != getattr(made, name) for name in (*said, *more)):
        raise OtherDeal(_("This was registered before with other content. Nothing was changed."))
    return earlier
