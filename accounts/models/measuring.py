"""Measures that a tenant declares, and the roll-ups beside `Measure` that some of them need.

Like `Measure` each is kept by the local month and can be worked out anew from activities alone.
Only facts that need them write them: a purchase without a person and without numbers in its
attributes touches none.
"""

from django.db import models

from accounts.models.activity import Activity
from accounts.models.directory import Account
from accounts.models.people import Member
from accounts.stamps import RenewsTermsStamp
from accounts.tenancy import TenantModel


class DeclaredMeasure(TenantModel):
    """A measure of the tenant's own, beside those that every tenant has (`accounts.counting`)."""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    # What it counts: see accounts.counting.
    terms = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="declared_measure_is_unique"),
            RenewsTermsStamp(name="declared_measure_renews_stamp"),
        ]

    def __str__(self) -> str:
        return self.name


class RollUp(models.Model):
    """What roll-ups have in common: whose, and of which local month, kind and product line.

    `month` is the one in which the original fact occurred, also for what a return took off.
    """

    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    month = models.DateField()
    kind = models.CharField(max_length=40)
    product_line = models.CharField(max_length=80, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} {self.product_line} {self.month}"


class Returned(RollUp):
    """What returns took back of a month's facts, by the local month of the returns, `returned`.

    Positive numbers; `count` is of facts that came back in full. With it a measure can be read as
    if nothing had come back, or with what came back taken off where it was bought.
    """

    pk = models.CompositePrimaryKey(
        "tenant_id", "account_id", "month", "returned", "kind", "product_line"
    )
    returned = models.DateField()
    amount = models.BigIntegerField(default=0)
    quantity = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    count = models.BigIntegerField(default=0)


class PersonMeasure(RollUp):
    """How many facts a person at the account did in a month, but for those returned in full."""

    pk = models.CompositePrimaryKey(
        "tenant_id", "account_id", "month", "kind", "product_line", "member_id"
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    count = models.BigIntegerField(default=0)


class AttributeMeasure(RollUp):
    """The sum of a number that facts state in their attributes, and how many of them state it.

    Of every number, declared or not, cut to nine decimal places: which averages a tenant declares
    may change, and what has happened stays countable. What was returned in full is taken off.
    """

    pk = models.CompositePrimaryKey(
        "tenant_id", "account_id", "month", "kind", "product_line", "attribute"
    )
    attribute = models.CharField(max_length=60)
    total = models.DecimalField(max_digits=40, decimal_places=9, default=0)
    count = models.BigIntegerField(default=0)


class Validity(models.Model):
    """From when to when a fact counts as valid: a certificate, and all that states `valid_until`.

    [`begins_at`, `ends_at`): from its occurrence to the end of that local day, or for ever; unless
    it was returned in full, and so `revoked_at`. One that states an end before its beginning is
    never valid.

    A certificate goes with its person (`accounts.validity`): each row is a stretch of time for
    which it counts for `account`. `ended_at` is when that ended early, `ended_as` why: its person
    `left`, or it was `renewed` by another.
    """

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "activity_id", "begins_at")
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=40)
    product_line = models.CharField(max_length=80, default="")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_as = models.CharField(max_length=8, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_as="")
                | models.Q(ended_at__isnull=False, ended_as__in=("left", "renewed")),
                name="validity_ends_for_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "activity"], name="validity_by_activity")]

    def __str__(self) -> str:
        return f"{self.kind} {self.activity_id}"
