"""What people change by hand: adjustments with their approval, transfers, and what is allowed."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.appendonly import AppendOnly
from accounts.models import Account, Member, Program
from accounts.models.people import StaffRole
from accounts.tenancy import TenantModel
from rewards.models.ledger import Entry, Lot, Wallet


class CorrectionTerms(TenantModel):
    """What a program allows; without a row, what the fields' defaults say.

    What a canceled redemption gives back to lots that expired meanwhile expires in the same
    movement, or with `grace_days` comes back as a new lot that is good for so many days.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+")
    transfers = models.BooleanField("Transfers within an account", default=False)
    grace_days = models.PositiveSmallIntegerField(null=True, blank=True)
    approval_above = models.BigIntegerField(default=1_000)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "program"], name="correction_terms_once_per_program"
            ),
            models.CheckConstraint(
                condition=Q(approval_above__gte=0), name="correction_terms_limit_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(grace_days=None) | Q(grace_days__gt=0), name="correction_terms_grace"
            ),
        ]

    def __str__(self) -> str:
        return f"corrections in {self.program_id}"


ANY_KEY = "key"
LIMITED = [*StaffRole.choices, (ANY_KEY, "Other systems, by a key")]


class AdjustmentLimit(TenantModel):
    """Above `amount` people of `role` need a second pair of eyes, whatever the program says; None
    leaves it to the program. Systems with a key are a role of their own."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=LIMITED)
    amount = models.BigIntegerField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "program", "role"], name="adjustment_limit_once_per_role"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="adjustment_limit_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.amount}"


class AdjustmentAction(models.TextChoices):
    CREDIT = "credit", _("Add points")
    DEBIT = "debit", _("Take points off")
    EXTEND = "extend", _("Extend an expiry")
    REINSTATE = "reinstate", _("Reinstate expired points")


class AdjustmentState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PENDING = "pending", _("Waiting for approval")
    APPLIED = "applied", _("Applied")
    REJECTED = "rejected", _("Rejected")
    DISCARDED = "discarded", _("Discarded")


class Adjustment(TenantModel):
    """Points changed by hand, with a reason: draft → (pending →) applied, rejected or discarded.

    The wallet is that of `account` in `program`, or of its `member`. `amount` is what is added,
    taken off, extended or reinstated. `expires_at` is the expiry that is asked for; None leaves it
    to the program's policy. An extension names the instant `expiring_at` at which its points would
    have expired; a reinstatement names the entry that let them expire. A debit may make a debt only
    `into_debt`.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="adjustments", db_index=False
    )
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    action = models.CharField(max_length=9, choices=AdjustmentAction)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    expires_at = models.DateTimeField(null=True)
    expiring_at = models.DateTimeField(null=True)
    expired_by = models.ForeignKey(
        Entry, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    into_debt = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=AdjustmentState, default=AdjustmentState.DRAFT)
    needs_approval = models.BooleanField(default=False)
    drafted_by = models.CharField(max_length=60)
    drafted_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="adjustment_moves_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_has_a_reason"),
            models.CheckConstraint(
                condition=Q(action="extend", expiring_at__isnull=False, expires_at__isnull=False)
                | ~Q(action="extend") & Q(expiring_at=None),
                name="adjustment_extends_an_expiry",
            ),
            models.CheckConstraint(
                condition=Q(action="reinstate", expired_by__isnull=False)
                | ~Q(action="reinstate") & Q(expired_by=None),
                name="adjustment_reinstates_an_expiry",
            ),
            models.CheckConstraint(
                condition=Q(into_debt=False) | Q(action="debit"),
                name="adjustment_debt_is_a_debits",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "pending"], decided_at=None)
                | Q(state__in=["applied", "rejected", "discarded"], decided_at__isnull=False)
                & ~Q(decided_by=""),
                name="adjustment_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["applied", "rejected"], needs_approval=True)
                | ~Q(decided_by=F("drafted_by")),
                name="adjustment_approved_by_another",
            ),
            models.UniqueConstraint(
                fields=["tenant", "expired_by"],
                condition=Q(state="applied", expired_by__isnull=False),
                name="adjustment_reinstates_once",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "-drafted_at"], name="adjustment_by_account"),
            models.Index(fields=["tenant", "-drafted_at", "-id"], name="adjustment_by_day"),
            models.Index(
                fields=["tenant", "submitted_at"],
                name="adjustment_waiting",
                condition=Q(state="pending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.amount} ({self.state})"


class Transfer(TenantModel):
    """A part of a lot that moved from one wallet of an account to another; the cause of its two
    entries. What one command moved, maybe out of several lots, shares its `command`."""

    command = models.UUIDField()
    source = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="+", db_index=False)
    target = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=300, blank=True, default="")
    actor = models.CharField(max_length=60)
    moved_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "command", "lot"], name="transfer_once_per_command"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_moves_something"),
            models.CheckConstraint(
                condition=~Q(source=F("target")), name="transfer_between_two_wallets"
            ),
            AppendOnly(name="transfer_append_only"),
        ]
        indexes = [
            models.Index(fields=["tenant", "lot"], name="transfer_by_lot"),
            models.Index(fields=["tenant", "source"], name="transfer_by_source"),
            models.Index(fields=["tenant", "-moved_at", "-id"], name="transfer_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} from {self.source_id} to {self.target_id}"
