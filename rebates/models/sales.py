"""Sales that partners report of themselves: lists of what they sold on, and what became of each."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Activity, File, Member, Product
from accounts.tenancy import TenantModel


class SalesReport(TenantModel):
    """Sales to end customers as `account` reports them, row by row in `sales`.

    `listed` is the file as it was handed in and `rejects` what of it could not be read, with the
    reasons; both None where another system sent the rows. `proof` is what shows that the sales took
    place. `decided_at` is when the last row was decided: until then it waits for somebody.
    """

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="sales_reports", db_index=False
    )
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    name = models.CharField(max_length=120)
    listed = models.ForeignKey(
        File, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    proof = models.ForeignKey(
        File, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rejects = models.ForeignKey(
        File, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rejected_rows = models.PositiveIntegerField(default=0)
    reported_by = models.CharField(max_length=60)
    reported_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["tenant", "account", "-reported_at", "-id"], name="sales_report_by_account"
            ),
            models.Index(
                fields=["tenant", "reported_at", "id"],
                name="sales_report_waiting",
                condition=Q(decided_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SaleState(models.TextChoices):
    OPEN = "open", _("Being looked at")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")


class ReportedSale(TenantModel):
    """One sale of a report; its permanent identity at the account is (document, line).

    `amount` is in the smallest unit of the tenant's currency, 0 where none was said. `flags` say
    what speaks against it, by code: see `rebates.suspicions`. Approved, as a whole or in part
    (`granted_quantity`, `granted_amount`), it is a fact like any other: `activity`.
    """

    report = models.ForeignKey(SalesReport, on_delete=models.PROTECT, related_name="sales")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    row = models.PositiveIntegerField()  # of the list, its header being 1; or of what was sent
    document = models.CharField(max_length=50)
    line = models.CharField(max_length=40, blank=True, default="")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    amount = models.BigIntegerField()
    sold_on = models.DateField()
    customer = models.CharField(max_length=120, blank=True, default="")
    flags = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=SaleState, default=SaleState.OPEN)
    granted_quantity = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    granted_amount = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    activity = models.ForeignKey(
        Activity, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = [
            # What was rejected may be reported once more, with better words or papers.
            models.UniqueConstraint(
                fields=["tenant", "account", "document", "line"],
                condition=~Q(state="rejected"),
                name="sale_reported_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "activity"],
                condition=Q(activity__isnull=False),
                name="sale_is_one_fact",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="sale_of_something"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="sale_not_below_zero"),
            models.CheckConstraint(
                condition=Q(
                    state="open", decided_at=None, activity=None, granted_quantity=None,
                    granted_amount=None,
                )
                | Q(
                    state="approved", decided_at__isnull=False, activity__isnull=False,
                    granted_quantity__gt=0, granted_quantity__lte=F("quantity"),
                    granted_amount__gte=0, granted_amount__lte=F("amount"),
                )
                | Q(
                    state="rejected", decided_at__isnull=False, activity=None,
                    granted_quantity=None, granted_amount=None,
                )
                & ~Q(reason=""),
                name="sale_is_decided_whole",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["tenant", "account", "product"], name="sale_by_product"),
            models.Index(fields=["tenant", "product", "sold_on"], name="sale_by_day"),
        ]

    def __str__(self) -> str:
        return self.document
