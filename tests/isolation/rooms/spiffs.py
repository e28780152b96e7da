"""SPIFFs: terms, claimed sales, people's years, employers' consents."""

from datetime import datetime, timedelta
from typing import Any

from accounts.ids import uuid7
from accounts.models import File
from partners.models import SpiffClaim
from partners.spiffs.claiming import Sale, claim
from partners.spiffs.consents import give_consent
from partners.spiffs.terms import Terms, add_spiff, draft, publish
from partners.spiffs.years import change_settings
from tests.isolation.calls import Route, Values, asking, get, let_in, post, reading, route, with_key
from tests.isolation.groups import MONEY, PARTNERS, PEOPLE, READERS, idempotent
from tests.isolation.side import Side

KEPT = {
    "partners_spiff": set(),
    "partners_spiffversion": {"items"},
    "partners_spiffclaim": {"flags", "request_key", "document_key", "limited_by"},
}
OF_ACCOUNTS = ("spiff claim", "spiff consent")
OF_TENANT = ("spiff",)


def _terms(values: Values) -> dict[str, Any]:
    return {
        "items": f"{values('sku')}: 5",
        "starts_on": "2026-01-01",
        "ends_on": "2027-12-31",
        "beneficiary": "member",
        "claim_days": "30",
    }


def _sale(values: Values) -> dict[str, Any]:
    today = datetime.now().astimezone().date()
    return {
        "key": str(uuid7()),
        "product": values("sku"),
        "quantity": "1",
        "sold_on": today.isoformat(),
        "document": f"R-{uuid7().hex[-8:]}",
        "serials": "",
    }


def _sent(values: Values) -> dict[str, Any]:
    said = {name: text for name, text in _sale(values).items() if name not in ("key", "serials")}
    return said | {
        "spiff": values("spiff"),
        "account": values("number"),
        "member": values("email"),
        "quantity": 1,
    }
