"""How settlements leave: bank transfers in their runs, to which accounts; and all other credits."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.appendonly import AppendOnly
from accounts.models import Account
from accounts.tenancy import TenantModel
from rebates.ibans import masked
from rebates.models.agreements import Method
from rebates.models.statements import Settlement


class PaymentTerms(TenantModel):
    """How the tenant pays. For `cooling_days` after bank details changed nothing is paid to them:
    whoever got into a mailbox is found out first."""

    cooling_days = models.PositiveSmallIntegerField(default=7)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="payment_terms_are_one"),
            models.CheckConstraint(
                condition=Q(cooling_days__lte=90), name="payment_terms_cool_at_most_a_quarter"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cooling_days} days"


class BankDetails(TenantModel):
    """Where an account is paid; without one, where the tenant pays from. Never changed: others
    take their place, and these then have ended.

    The IBAN is sealed (`rebates.banking`); `country` and `hint`, its last four characters, are what
    is shown of it. Nothing is paid to or from it before `usable_from`.
    """

    account = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="bank_details", db_index=False
    )
    holder = models.CharField(max_length=70)
    sealed = models.BinaryField()
    country = models.CharField(max_length=2)
    hint = models.CharField(max_length=4)
    bic = models.CharField(max_length=11, blank=True, default="")
    entered_by = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    usable_from = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="bank_details_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(usable_from__gte=F("entered_at")), name="bank_details_rest_first"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "account", "-entered_at"], name="bank_details_by_account"
            ),
        ]

    @property
    def masked(self) -> str:
        return masked(country=self.country, hint=self.hint)

    def __str__(self) -> str:
        return self.masked


class RunState(models.TextChoices):
    PREPARED = "prepared", _("Waiting for approval")
    CANCELED = "canceled", _("Canceled")
    APPROVED = "approved", _("Approved")  # the file may be handed to the bank
    EXECUTED = "executed", _("Executed")


class PaymentRun(TenantModel):
    """One file for the bank: prepared → approved by another person → executed; or canceled.

    `number` counts the tenant's runs from 1 without a gap. `total` is the sum of its payments, in
    the smallest unit of the currency. `digest` is the SHA-256 of the file as it was approved: made
    again it is the same to the byte.
    """

    number = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=RunState, default=RunState.PREPARED)
    debtor = models.ForeignKey(BankDetails, on_delete=models.PROTECT, related_name="+")
    execute_on = models.DateField()
    payments_count = models.PositiveIntegerField()
    total = models.BigIntegerField()
    prepared_by = models.CharField(max_length=60)
    prepared_at = models.DateTimeField()
    decided_by = models.CharField(max_length=60, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    executed_by = models.CharField(max_length=60, blank=True, default="")
    executed_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "number"], name="payment_run_number_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(total__gt=0, payments_count__gt=0), name="payment_run_of_something"
            ),
            models.CheckConstraint(
                condition=Q(state="prepared", decided_at=None, executed_at=None)
                | Q(state="canceled", decided_at__isnull=False, executed_at=None)
                | Q(state="approved", decided_at__isnull=False, executed_at=None)
                & ~Q(decided_by=F("prepared_by"))
                & ~Q(digest="")
                | Q(state="executed", decided_at__isnull=False, executed_at__isnull=False)
                & ~Q(decided_by=F("prepared_by"))
                & ~Q(digest=""),
                name="payment_run_goes_step_by_step",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "state", "-number"], name="payment_run_by_state")]

    def __str__(self) -> str:
        return f"{self.number}"


class PaymentState(models.TextChoices):
    PREPARED = "prepared", _("Prepared")
    CANCELED = "canceled", _("Canceled")
    SENT = "sent", _("Sent")  # the money has left the account's wallet
    PAID = "paid", _("Paid")
    RETURNED = "returned", _("Returned")


class Payment(TenantModel):
    """A settlement on its way in a run; its id is the cause of its entries in the ledger and, in
    hexadecimal digits, its end-to-end identification.

    `amount` may be less than the settlement's: what later corrections took back is not paid out.
    """

    run = models.ForeignKey(PaymentRun, on_delete=models.PROTECT, related_name="payments")
    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="payments")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    bank = models.ForeignKey(BankDetails, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=PaymentState, default=PaymentState.PREPARED)
    reason = models.CharField(max_length=300, blank=True, default="")  # why it was returned
    returned_at = models.DateTimeField(null=True)
    returned_by = models.CharField(max_length=60, blank=True, default="")  # who said so

    class Meta(TenantModel.Meta):
        constraints = [
            # What was canceled or came back may be paid once more, and nothing else.
            models.UniqueConstraint(
                fields=["tenant", "settlement"],
                condition=Q(state__in=["prepared", "sent", "paid"]),
                name="settlement_paid_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_of_something"),
            models.CheckConstraint(
                condition=Q(state="returned", returned_at__isnull=False) & ~Q(reason="")
                | ~Q(state="returned") & Q(returned_at=None),
                name="payment_returned_with_a_reason",
            ),
        ]

    @property
    def reference(self) -> str:
        return self.pk.hex

    def __str__(self) -> str:
        return f"{self.amount}"


class Credit(TenantModel):
    """A settlement that is no transfer: handed over at once, for ever.

    A credit note has a `number`, which counts the tenant's from 1 without a gap; an account credit
    is for the ERP to book; `points` are those that were given for `amount`, under an adjustment
    that has this id: 0 of what is less than one and went along with another, whose points have its
    worth. Its id is also the cause of its entries of money in the ledger. `amount` may be less than
    the settlement's: what later corrections took back is not credited.
    """

    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="credits")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="rebate_credits", db_index=False
    )
    method = models.CharField(max_length=14, choices=Method)
    number = models.PositiveIntegerField(null=True)
    amount = models.BigIntegerField()
    points = models.BigIntegerField(null=True)
    issued_by = models.CharField(max_length=60)
    issued_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "settlement"], name="settlement_credited_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "number"],
                condition=Q(number__isnull=False),
                name="credit_note_number_is_unique",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="credit_of_something"),
            models.CheckConstraint(
                condition=Q(method="credit_note", number__isnull=False, points=None)
                | Q(method="account_credit", number=None, points=None)
                | Q(method="points", number=None, points__gte=0),
                name="credit_is_of_its_method",
            ),
            AppendOnly(name="credit_append_only"),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "-issued_at"], name="credit_by_account"),
            models.Index(fields=["tenant", "-issued_at", "-id"], name="credit_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.amount}"
