"""`manage.py import_products`: products made and brought up to date from a CSV file."""

from typing import Any

from accounts.directory_imports import products_intent
from accounts.management.importing import ImportCommand
from accounts.models import Tenant
from accounts.models.imports import ImportTarget


class Command(ImportCommand):
    help = (
        "Make products, or bring them up to date by their SKU. Rows that cannot be taken in "
        "land in a file with their reasons; the others are not held up."
    )
    target = ImportTarget.PRODUCTS
    intent_of = staticmethod(products_intent)

    def options_of(self, tenant: Tenant, options: dict[str, Any]) -> dict[str, Any]:
        return {}
