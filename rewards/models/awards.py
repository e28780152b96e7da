"""What partner programs give for a cause of their own, and what is taken back of it."""

from django.db import models
from django.db.models import Q

from accounts.appendonly import AppendOnly
from accounts.models import Account, Member, Program
from accounts.tenancy import TenantModel
from rewards.models.ledger import Unit


class Award(TenantModel):
    """A credit that no rule has earned: for a claimed sale, for a referral. Its id is the permanent
    identity, and the cause of its one entry.

    The wallet is that of `account` in `program`, or of its `member`. It is pending until
    `activates_at`, where it has one.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    unit = models.CharField(max_length=10, choices=Unit)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    activates_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="award_of_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="award_has_a_reason"),
            AppendOnly(name="award_append_only"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"


class Recall(TenantModel):
    """Some of an award taken back, the cause of its one entry. `amount` is what the award is less,
    `taken` what moved: what had expired meanwhile is not taken a second time."""

    award = models.ForeignKey(
        Award, on_delete=models.PROTECT, related_name="recalls", db_index=False
    )
    amount = models.BigIntegerField()
    taken = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    recalled_at = models.DateTimeField()
    recalled_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, taken__gte=0, taken__lte=models.F("amount")),
                name="recall_within_its_award",
            ),
            AppendOnly(name="recall_append_only"),
        ]
        indexes = [models.Index(fields=["tenant", "award"], name="recall_by_award")]

    def __str__(self) -> str:
        return f"{self.amount} of {self.award_id}"
