"""Rows for stories. Everything but tenants and users is made in the open tenant's scope."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from factory.django import DjangoModelFactory

from accounts.enrolling import enroll
from accounts.ids import uuid7
from accounts.models import Account, ActivityKind, Member, Product, Program, Staff, Tenant, User
from accounts.models.webhook import Outcome, WebhookDelivery
from accounts.tenancy import tenant_scope
from accounts.webhooks import endpoints
from accounts.webhooks.deliveries import claim
from accounts.webhooks.settling import Attempt, settle
from rewards import campaigning, publishing
from rewards.models import Campaign, RuleVersion
from tiers.first_ladder import Rung, publish_ladder
from tiers.models import SchemeVersion

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class TenantFactory(DjangoModelFactory):
    """A tenant with the activity kinds of the spine; New York, US dollars."""

    class Meta:
        model = Tenant

    id = factory.LazyFunction(uuid7)
    slug = factory.Sequence(lambda n: f"acme{n or ''}")
    name = "Acme Corp."
    currency = "USD"
    time_zone = "America/New_York"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        with tenant_scope(kwargs["id"]):
            tenant = super()._create(model_class, *args, **kwargs)
            ActivityKind.objects.bulk_create(
                ActivityKind(code=code, name=code.title())
                for code in ("purchase", "return", "training")
            )
        return tenant


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    # Hashed once: to hash is slow by intention, and nearly every test has people.
    password = factory.django.Password("correct horse battery", transform=cache(make_password))


class AccountFactory(DjangoModelFactory):
    class Meta:
        model = Account

    number = factory.Sequence(lambda n: f"A{n:05}")
    name = factory.LazyAttribute(lambda account: f"Dealer {account.number}")


class ProductFactory(DjangoModelFactory):
    class Meta:
        model = Product

    sku = factory.Sequence(lambda n: f"SKU-{n}")
    name = factory.LazyAttribute(lambda product: f"Product {product.sku}")
    line = "Bikes"


class StaffFactory(DjangoModelFactory):
    class Meta:
        model = Staff

    user = factory.SubFactory(UserFactory)
    name = "Robin Manager"
    role = "manager"


class MemberFactory(DjangoModelFactory):
    class Meta:
        model = Member

    account = factory.SubFactory(AccountFactory)
    user = factory.SubFactory(UserFactory)
    name = "Pat Partner"
    portal_role = "admin"


class ProgramFactory(DjangoModelFactory):
    class Meta:
        model = Program

    slug = factory.Sequence(lambda n: f"program{n or ''}")
    name = "Acme Rewards"
    points_expiry = factory.LazyFunction(lambda: {"policy": "never"})


def publish_rule(program: Program, *, code: str = "purchases", **version: Any) -> RuleVersion:
    """A rule with one published version: by default 1 point per 1.00 of every purchase."""
    rule = publishing.publish_rule(
        program=program,
        code=code,
        name=code.replace("-", " ").title(),
        exclusive_group=version.pop("exclusive_group", ""),
        versions=[
            {
                "valid_from": LONG_AGO,
                "kind": "purchase",
                "basis": "per_amount",
                "rate": Decimal(1),
                "published_at": LONG_AGO,
            }
            | version
        ],
        actor="system",
        now=LONG_AGO,
    )
    return rule.versions.get()


def open_campaign(program: Program, *, code: str, **terms: Any) -> Campaign:
    """A published campaign for purchases, since long ago."""
    drafted = campaigning.draft_campaign(
        program=program,
        code=code,
        terms={
            "name": code.replace("-", " ").title(),
            "kind": "purchase",
            "starts_at": LONG_AGO,
        }
        | terms,
        actor="system",
        now=LONG_AGO,
    )
    return campaigning.publish_campaign(campaign=drafted, actor="system", now=LONG_AGO)


def publish_scheme(program: Program, *tiers: tuple[str, int, str], **version: Any) -> SchemeVersion:
    """A ladder of (name, threshold in cents or credits, multiplier), by revenue per quarter.

    `span="best_line"` counts that of the best product line; `keep_quarters` are those for which a
    tier is kept after the one in which it was reached.
    """
    if version.pop("span", "total") == "best_line":
        version["best_of"] = "product_line"
    if "keep_quarters" in version:
        version["kept_periods"] = version.pop("keep_quarters")
    return publish_ladder(
        program=program,
        name="Tiers",
        rungs=[Rung(name, threshold, Decimal(multiplier)) for name, threshold, multiplier in tiers],
        **({"valid_from": LONG_AGO, "now": LONG_AGO, "actor": "system"} | version),
    )


def enrolled_account(
    program: Program, *, on: datetime = datetime(2020, 1, 1, tzinfo=UTC), **account: Any
) -> Account:
    made = AccountFactory(**account)
    enroll(program=program, account_ids=[made.id], enrolled_at=on, recorded_at=on, actor="system")
    return made


def failed_delivery(*, actor: str, now: datetime) -> WebhookDelivery:
    """An endpoint's test event that failed on its way there, with the attempt."""
    endpoint = endpoints.add_endpoint(
        url="https://hooks.example.com/",
        kinds=["points.*"],
        description="CRM",
        secret=endpoints.make_secret(),
        actor=actor,
        now=now,
    )
    delivery = endpoints.send_test(endpoint=endpoint, actor=actor, now=now)
    [claimed] = claim(at=now, most=1)
    settle(
        claimed, Attempt(at=now, milliseconds=7, outcome=Outcome.STATUS, status=500, answer="No")
    )
    return delivery
