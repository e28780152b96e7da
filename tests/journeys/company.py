"""The company of the journeys: few facts, so that every number on the pages is known beforehand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from accounts.models import Account, Product, Program, User
from accounts.tenancy import tenant_scope
from tests import factories
from tests.rewards.stories import NEW_YORK, accepted, purchase, taken_back

PASSWORD = "correct horse battery"  # that of tests.factories
PARTNER, MANAGER, REP = "pat@harbor.example", "max@acme.example", "robin@acme.example"
FINANCE = "fay@acme.example"


@dataclass(frozen=True)
class Company:
    slug: str
    harbor_id: str
    summit_id: str


def open_company() -> Company:
    """Acme with two dealers of one rep, Harbor and Meadow, and Summit of nobody.

    Harbor: $30,000.00 as a Member earns 30,000 points and makes it Silver; $12,345.67 as Silver
    earns 15,432 (times 1.25, rounded down); of that $2,345.67 come back and take 2,932 along.
    42,500 points and $40,000.00 remain. A training earned 500 more, pending for 14 days.
    """
    now = timezone.now()
    with transaction.atomic():
        tenant = factories.TenantFactory(slug="acme", name="Acme Corp.")
        with tenant_scope(tenant.id):
            program = _program()
            rep = factories.StaffFactory(user=_person(REP), name="Robin Rep", role="rep")
            factories.StaffFactory(user=_person(MANAGER), name="Max Manager", role="manager")
            factories.StaffFactory(user=_person(FINANCE), name="Fay Finance", role="finance")
            harbor, meadow = (
                factories.enrolled_account(program, number=number, name=name, rep=rep)
                for number, name in (("H-1", "Harbor Bikes"), ("M-1", "Meadow Cycles"))
            )
            summit = factories.enrolled_account(program, number="S-1", name="Summit Sports")
            factories.MemberFactory(account=harbor, user=_person(PARTNER), name="Pat Partner")
            _trade(harbor, meadow, now=now)
    return Company(tenant.slug, str(harbor.id), str(summit.id))


def _program() -> Program:
    program = factories.ProgramFactory(points_expiry={"policy": "quarter_end", "plus": 1})
    factories.publish_rule(program, code="purchases")
    factories.publish_rule(
        program, code="training", kind="training", basis="fixed", rate=Decimal(500),
        tier_multiplies=False, hold_days=14,
    )  # fmt: skip
    factories.publish_scheme(
        program, ("Member", 0, "1"), ("Silver", 2_500_000, "1.25"), ("Gold", 10_000_000, "1.5")
    )
    Product.objects.create(sku="ROAD-1", name="Road bike", line="Bikes")
    return program


def _trade(harbor: Account, meadow: Account, *, now: datetime) -> None:
    """All within a few milliseconds, so that no quarter can end in between."""
    first, second, third = (now + timedelta(milliseconds=n) for n in range(3))
    accepted(purchase(harbor, "30000.00", first, "INV-1", product="ROAD-1"), as_of=first)
    accepted(purchase(harbor, "12345.67", second, "INV-2", product="ROAD-1"), as_of=second)
    accepted(
        taken_back(harbor, "2345.67", third, of="INV-2", document="RET-1", quantity=0),
        purchase(harbor, "0", third, "TR-1", kind="training"),
        purchase(meadow, "1800.00", third, "INV-3"),
        as_of=third,
    )


def local_today() -> str:
    """As the company's files write it, where the company is."""
    return timezone.now().astimezone(NEW_YORK).date().isoformat()


def yesterday() -> str:
    """The day before, for the company."""
    return (timezone.now().astimezone(NEW_YORK) - timedelta(days=1)).date().isoformat()


def _person(email: str) -> User:
    user = factories.UserFactory(email=email)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user
