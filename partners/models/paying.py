"""Money that people and accounts were given for SPIFFs and referrals, as it was paid to them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.appendonly import AppendOnly
from accounts.models import Account, Member, Program
from accounts.tenancy import TenantModel


class PaidThrough(models.TextChoices):
    TRANSFER = "transfer", _("Bank transfer")
    PAYROLL = "payroll", _("Payroll")
    CARD = "card", _("Prepaid card")
    CREDIT_NOTE = "credit_note", _("Credit note")


class AwardPayment(TenantModel):
    """Money of awards that was paid outside, in the smallest unit, to who holds it: `member`, or
    `account` itself where there is none. Its id is the cause of its one entry, which spends it.

    `paid_on` is the day by the tenant's books, `reference` what it is found by there. `request_key`
    is the permanent identity: the same person's same key pays once.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    amount = models.BigIntegerField()
    paid_through = models.CharField(max_length=11, choices=PaidThrough)
    paid_on = models.DateField()
    reference = models.CharField(max_length=80)
    paid_at = models.DateTimeField()
    paid_by = models.CharField(max_length=60)
    request_key = models.CharField(max_length=80)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "paid_by", "request_key"], name="award_paid_once"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) & ~Q(reference=""), name="award_payment_of_something"
            ),
            AppendOnly(name="award_payment_append_only"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-paid_at", "-id"], name="award_payment_by_day"),
            models.Index(fields=["tenant", "account", "-paid_at"], name="award_payment_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} on {self.paid_on}"
