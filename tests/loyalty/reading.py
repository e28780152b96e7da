"""What stories about reading through the API share: a program, a dealer, a key that reads."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from accounts.models import Program, Tenant
from tests import factories
from tests.loyalty.test_api import Api, _secret
from tests.rewards.stories import accepted, purchase

FEBRUARY = datetime(2026, 2, 10, 15, tzinfo=UTC)
MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
READ = ("accounts:read", "activities:read", "entries:read")


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    """One point per dollar, half as much again at Gold, expiring two quarters later."""
    program = factories.ProgramFactory(
        slug="rewards", points_expiry={"policy": "quarter_end", "plus": 1}
    )
    factories.publish_rule(program)
    factories.publish_scheme(program, ("Bronze", 0, "1"), ("Gold", 100_000, "1.5"))
    factories.ProductFactory(sku="SKU-1", name="City bike", line="Bikes")
    return program


@pytest.fixture
def dealer(program: Program):
    return factories.enrolled_account(
        program, number="D-1", name="Dealer One", region="West", country="US"
    )


@pytest.fixture
def api(in_tenant: Tenant) -> Api:
    return Api(in_tenant, _secret(*READ))


def read(api: Api, path: str, status: int = 200):
    answer = api.get(f"/api/v1/{path}")
    assert (path, answer.status_code) == (path, status)
    kind = "application/json" if status == 200 else "application/problem+json"
    assert answer["Content-Type"] == kind
    return answer.json()


def walk(api: Api, path: str) -> list[list[dict]]:
    """Every page of a list, by the addresses in “next”."""
    pages, following = [], f"/api/v1/{path}"
    while following:
        answer = api.get(following).json()
        pages.append(answer["items"])
        parts = urlsplit(answer["next"] or "")
        following = f"{parts.path}?{parts.query}" if answer["next"] else None
    return pages


def fact(account, amount: str, when: datetime = FEBRUARY, document: str = "SO-1", **more) -> None:
    accepted(purchase(account, amount, when, document, **more), as_of=when + timedelta(hours=1))
