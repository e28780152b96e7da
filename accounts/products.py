"""The catalogue of what the tenant sells, as people keep it; files bring it in as well."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts import events
from accounts.models import Product

FIELDS = ("sku", "name", "line")


class SkuTaken(ValueError):
    def __init__(self, sku: str) -> None:
        super().__init__(
            gettext("There is a product “%(sku)s” already; choose another SKU.") % {"sku": sku}
        )


def add_product(*, sku: str, name: str, line: str, actor: str, now: datetime) -> Product:
    """Raises SkuTaken."""
    try:
        with transaction.atomic():
            product = Product.objects.create(sku=sku, name=name, line=line)
            _record("product.added", product, actor=actor, now=now)
    except IntegrityError:
        raise SkuTaken(sku) from None
    return product


def change_product(*, product: Product, name: str, line: str, actor: str, now: datetime) -> Product:
    """Its SKU stays. Facts that are in keep the line that the product had at their time."""
    with transaction.atomic():
        product = Product.objects.select_for_update(of=("self",)).get(pk=product.pk)
        before = events.as_recorded(product, FIELDS)
        product.name, product.line = name, line
        product.save(update_fields=["name", "line"])
        changed = events.compared(before, events.as_recorded(product, FIELDS))
        _record("product.changed", product, actor=actor, now=now, **changed)
    return product


def _record(what: str, product: Product, *, actor: str, now: datetime, **more: Any) -> None:
    events.record(
        kind=what,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"product:{product.pk}",
        payload=events.as_recorded(product, FIELDS) | more,
    )
