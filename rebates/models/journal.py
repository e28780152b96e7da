"""Money as the general ledger books it: to which accounts it goes, and what was handed over."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.appendonly import AppendOnly
from accounts.models import Account
from accounts.tenancy import TenantModel


class Posting(models.TextChoices):
    """What happens to money. Reserving and releasing it is none: it stays the account's."""

    ACCRUED = "accrued", _("Rebate accrued")
    TRUE_UP = "true_up", _("True-up of a closed period")
    SETTLED = "settled", _("Settlement approved")
    PAID = "paid", _("Paid by bank transfer")
    RETURNED = "returned", _("Returned by the bank")
    CREDIT_NOTE = "credit_note", _("Paid by credit note")
    ACCOUNT_CREDIT = "account_credit", _("Paid by account credit")
    POINTS = "points", _("Paid in points")
    AWARDED = "awarded", _("Awarded by a partner program")
    RECALLED = "recalled", _("Award taken back")


class PostingAccounts(TenantModel):
    """The general-ledger accounts of a kind of posting, for batches to come: those that were made
    hold the accounts themselves."""

    kind = models.CharField(max_length=14, choices=Posting)
    debit = models.CharField(max_length=40)
    credit = models.CharField(max_length=40)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind"], name="posting_accounts_once"),
            models.CheckConstraint(
                condition=~Q(debit="") & ~Q(credit="") & ~Q(debit=F("credit")),
                name="posting_between_two_accounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.debit} to {self.credit}"


class JournalBatch(TenantModel):
    """Entries of money handed to the general ledger, once and for ever.

    `number` counts the tenant's from 1 without a gap. It covers the entries whose identifiers lie
    in [since, upto): those made by the end of the local day `through`, behind the batch before it.
    `total` is the sum of the debits, which is that of the credits, in the smallest unit of
    `currency`; days are those of `zone`. `digest` is the SHA-256 of its file.
    """

    number = models.PositiveIntegerField()
    since = models.UUIDField()
    upto = models.UUIDField()
    through = models.DateField()
    zone = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    entries_count = models.PositiveIntegerField()
    lines_count = models.PositiveIntegerField()
    total = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="journal_batch_number"),
            models.UniqueConstraint(fields=["tenant", "since"], name="journal_batch_begins_once"),
            models.CheckConstraint(
                condition=Q(upto__gt=F("since"), entries_count__gt=0),
                name="journal_batch_of_something",
            ),
            AppendOnly(name="journal_batch_append_only"),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class JournalLine(TenantModel):
    """One side of what moved on a day for an account: a debit or a credit, above zero. The line
    with the next number is the other side; below zero the two accounts change places."""

    batch = models.ForeignKey(
        JournalBatch, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    number = models.PositiveIntegerField()
    day = models.DateField()
    kind = models.CharField(max_length=14, choices=Posting)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    account_number = models.CharField(max_length=64)
    ledger_account = models.CharField(max_length=40)
    debit = models.BigIntegerField()
    credit = models.BigIntegerField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "batch", "number"], name="journal_line_number"
            ),
            models.CheckConstraint(
                condition=Q(debit__gt=0, credit=0) | Q(debit=0, credit__gt=0),
                name="journal_line_on_one_side",
            ),
            AppendOnly(name="journal_line_append_only"),
        ]

    def __str__(self) -> str:
        return f"{self.ledger_account} {self.debit - self.credit:+d}"
