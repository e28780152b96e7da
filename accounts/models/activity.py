"""What accounts did: immutable facts, and the measures rolled up from them."""

from typing import Any

from django.db import models
from django.db.models import Q

from accounts.appendonly import AppendOnly
from accounts.models.directory import Account, Product
from accounts.models.people import Member
from accounts.references import CheckedReferences
from accounts.spoken import reference_of
from accounts.stamps import RenewsTermsStamp
from accounts.tenancy import TenantModel


class ActivityKind(TenantModel):
    """A kind of behavior that the tenant records: purchase, return, training …"""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    # What its facts say of themselves, in which type: see accounts.attributes.
    attributes = models.JSONField(default=list, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="activity_kind_is_unique"),
            RenewsTermsStamp(name="activity_kind_renews_stamp"),
        ]

    def __str__(self) -> str:
        return self.name


# Facts that our own rules make of a deal or of a course have its identity, which says nothing to
# people: by source, the letter before the number that they know it by; by kind, the attribute that
# names it better still.
_REFERENCES = {"deals": "D", "system:referrals": "E", "system:training": "C", "surveys": "N"}
_NAMED_BY = {
    "certificate": "certificate",
    "referral": "referred",
    "satisfaction": "survey",
    "training": "course",
}


def called(source: str, kind: str, external_id: str, attributes: dict[str, Any] | None) -> str:
    """What people call a fact: the number of its document, “D-9C705487” of a deal that was won."""
    if source not in _REFERENCES:
        return external_id
    name = (attributes or {}).get(_NAMED_BY.get(kind, ""))
    if name:
        return str(name)
    return reference_of(_REFERENCES[source], external_id)


class Activity(TenantModel):
    """An immutable fact: an account did `kind` at `occurred_at`.

    Its permanent identity is (source, external_id, line). `amount` is in the smallest unit of the
    tenant's currency; it and `quantity` are negative on a return, which names what it `reverses`.
    `digest` is a hash of the fact's content: the same identity with another digest is a conflict.
    """

    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="activities",
        db_index=False,
        db_constraint=False,
    )
    member = models.ForeignKey(
        Member,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    kind = models.CharField(max_length=40)
    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=120)
    line = models.CharField(max_length=64, default="")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    amount = models.BigIntegerField(default=0)
    quantity = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    product = models.ForeignKey(
        Product,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    product_line = models.CharField(max_length=80, default="")
    attributes = models.JSONField(null=True)
    reverses = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="returns",
        db_index=False,
        db_constraint=False,
    )
    digest = models.UUIDField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source", "external_id", "line"], name="activity_identity"
            ),
            AppendOnly(name="activity_append_only"),
            CheckedReferences(name="activity_references"),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "occurred_at"], name="activity_by_account"),
            models.Index(
                fields=["tenant", "reverses"],
                name="activity_by_reversed",
                condition=Q(reverses__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}/{self.external_id}/{self.line}"

    @property
    def document(self) -> str:
        return called(self.source, self.kind, self.external_id, self.attributes)

    @property
    def document_line(self) -> str:
        """The line on that document; what our own rules made has none that people know."""
        return "" if self.source in _REFERENCES else self.line


class Measure(models.Model):
    """What an account did of a kind and product line in one local month, summed.

    `month` is the first day of the month in the tenant's time zone. No screen or job scans
    activities: windows are sums of these rows. The kind `status_credits` holds the credits that
    the ledger granted, by the month in which their facts occurred; `points` are those that the
    ledger granted for the facts of the row, less what returns of its month took back.
    """

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "month", "kind", "product_line")
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="measures", db_index=False
    )
    month = models.DateField()
    kind = models.CharField(max_length=40)
    product_line = models.CharField(max_length=80, default="")
    amount = models.BigIntegerField(default=0)
    quantity = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    count = models.BigIntegerField(default=0)
    points = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.kind} {self.product_line} {self.month}"
