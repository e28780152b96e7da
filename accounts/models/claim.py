"""What partners report because it is missing: a purchase of theirs that earned nothing."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.activity import Activity
from accounts.models.directory import Account
from accounts.models.file import File
from accounts.models.people import Member
from accounts.tenancy import TenantModel


class ClaimState(models.TextChoices):
    OPEN = "open", _("Being looked at")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")


class Claim(TenantModel):
    """A purchase that `member` says their account made. Approved, it is a fact like any other:
    `activity`. `amount` is in the smallest unit of the tenant's currency; `reason` says why not;
    `proof` is the invoice or whatever else they hand in with it.
    """

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="claims", db_index=False
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    document = models.CharField(max_length=64)
    bought_on = models.DateField()
    amount = models.BigIntegerField()
    note = models.CharField(max_length=300, blank=True, default="")
    proof = models.ForeignKey(
        File, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(max_length=8, choices=ClaimState, default=ClaimState.OPEN.value)
    reported_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    activity = models.ForeignKey(
        Activity, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "document"],
                condition=Q(state="open"),
                name="claim_open_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="claim_of_something"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None, activity=None)
                | Q(state="approved", decided_at__isnull=False, activity__isnull=False)
                | Q(state="rejected", decided_at__isnull=False, activity=None) & ~Q(reason=""),
                name="claim_is_decided_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "state", "reported_at", "id"], name="claim_by_state"),
            models.Index(
                fields=["tenant", "account", "-reported_at", "-id"], name="claim_by_account"
            ),
        ]

    def __str__(self) -> str:
        return self.document
