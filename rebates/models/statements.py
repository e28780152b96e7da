"""Statements of what is owed, line by line, what partners say to them, and what is settled."""

from django.db import models
from django.db.models import F, JSONField, Q, Value
from django.db.models.functions import Abs
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.appendonly import AppendOnly
from accounts.models import Account
from accounts.references import CheckedReferences
from accounts.tenancy import TenantModel
from rebates.models.accruals import Accrual
from rebates.models.agreements import Agreement, AgreementVersion, Method


class StatementState(models.TextChoices):
    OPEN = "open", _("Waiting for the partner")
    ACCEPTED = "accepted", _("Accepted")
    APPROVED = "approved", _("Approved")


class Statement(TenantModel):
    """What an agreement owes an account by the last day before `upto`: open → accepted → approved.

    The partner accepts it, or disputes lines of it, until `answer_by`; where the terms say so,
    silence accepts it (`accepted_by` is then "system"). Whoever neither prepared it nor owns the
    agreement approves it, which settles every line that is not disputed (`rebates.settling`); a
    disputed line waits alone, and settles by itself once the dispute is over.

    `total` is the sum of its lines, negative where true-ups take back more than was earned. A
    statement never changes: what comes later is on a later one. `number` counts the account's
    statements of the agreement from 1.

    Its lines are what was calculated, less what earlier statements said of the same line and
    period, none of it 0: `earned`, [product line, basis, amount] of each of the period that begins
    with `since`; and `true_ups`, [first day, lines] of each closed period that is corrected. They
    are numbered through from 1; see `rebates.stating`. Only one that is disputed is a row.
    """

    agreement = models.ForeignKey(
        Agreement,
        on_delete=models.PROTECT,
        related_name="statements",
        db_index=False,
        db_constraint=False,
    )
    version = models.ForeignKey(
        AgreementVersion,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="rebate_statements",
        db_index=False,
        db_constraint=False,
    )
    number = models.PositiveIntegerField()
    since = models.DateField()
    upto = models.DateField()
    total = models.BigIntegerField()
    earned = models.JSONField(default=list, db_default=Value([], JSONField()))
    true_ups = models.JSONField(default=list, db_default=Value([], JSONField()))
    state = models.CharField(max_length=8, choices=StatementState, default=StatementState.OPEN)
    prepared_by = models.CharField(max_length=60)
    issued_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    accepted_by = models.CharField(max_length=60, blank=True, default="")
    accepted_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=60, blank=True, default="")
    approved_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "agreement", "account", "number"],
                name="statement_number_is_unique",
            ),
            models.UniqueConstraint(
                # those of an account are found by it, too
                fields=["tenant", "account", "agreement", "upto"],
                name="statement_once_per_day",
            ),
            models.CheckConstraint(
                condition=Q(state="open", accepted_at=None, approved_at=None)
                | Q(state="accepted", accepted_at__isnull=False, approved_at=None)
                | Q(state="approved", accepted_at__isnull=False, approved_at__isnull=False)
                & ~Q(approved_by=""),
                name="statement_goes_step_by_step",
            ),
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=F("prepared_by")),
                name="statement_approved_by_another",
            ),
            CheckedReferences(name="statement_references"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "answer_by"],
                name="statement_open",
                condition=Q(state="open"),
            ),
            models.Index(
                fields=["tenant", "id"],
                name="statement_accepted",
                condition=Q(state="accepted"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.total} by {self.upto}"


class SettlementState(models.TextChoices):
    APPROVED = "approved", _("Approved")  # to be paid
    PAID = "paid", _("Paid")
    RETURNED = "returned", _("Returned")  # the payment came back; it is to be paid once more
    CARRIED = "carried", _("Carried to the next settlement")  # below zero, and not all set off yet
    SET_OFF = "set_off", _("Set off")  # all of it, and so never paid


class Settlement(TenantModel):
    """Approved money on its way: the undisputed lines of a statement, or one whose dispute is over.

    Its ledger entry (kind `settle`, cause this id) takes `amount` out of the account's pending
    money into its available. What pays it out spends from there, at most what is available, each
    payment or credit under an id of its own: what the bank returned is paid once more.

    One below zero, where corrections took back more than was earned, lowers what is available and
    is never paid: it is set off against what is to be paid from the same wallet, and carried to the
    next settlement until all of it is (`rebates.setting_off`). `set_off` is how much of either was
    set off, above zero, as the rows of SetOff say.
    """

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="settlements")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="rebate_settlements"
    )
    method = models.CharField(max_length=14, choices=Method)
    amount = models.BigIntegerField()
    set_off = models.BigIntegerField(default=0)
    state = models.CharField(
        max_length=8, choices=SettlementState, default=SettlementState.APPROVED
    )
    prepared_by = models.CharField(max_length=60)
    approved_by = models.CharField(max_length=60)
    approved_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="settlement_moves_something"),
            models.CheckConstraint(
                condition=~Q(approved_by=F("prepared_by")), name="settlement_approved_by_another"
            ),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False) | ~Q(state="paid"),
                name="settlement_paid_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) & ~Q(state="carried")
                | Q(amount__lt=0, state__in=["carried", "set_off"]),
                name="settlement_below_zero_is_carried",
            ),
            models.CheckConstraint(
                condition=Q(set_off__gte=0)
                & (
                    Q(state="set_off", set_off=Abs("amount"))
                    | ~Q(state="set_off") & Q(set_off__lt=Abs("amount"))
                ),
                name="settlement_set_off_at_most_once",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "state", "id"], name="settlement_by_state")]

    @property
    def left(self) -> int:
        """What is to be paid of it, or is carried, above zero: all that was not set off."""
        return abs(self.amount) - self.set_off

    def __str__(self) -> str:
        return f"{self.amount} by {self.method}"


class SetOff(TenantModel):
    """`amount` of a `correction`, a settlement below zero, taken off one that was to be paid, for
    ever. No money moves: both have moved it in the wallet already."""

    settlement = models.ForeignKey(
        Settlement, on_delete=models.PROTECT, related_name="set_offs", db_index=False
    )
    correction = models.ForeignKey(
        Settlement, on_delete=models.PROTECT, related_name="taken_off", db_index=False
    )
    amount = models.BigIntegerField()
    made_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "settlement", "correction"], name="set_off_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="set_off_of_something"),
            AppendOnly(name="set_off_append_only"),
        ]
        indexes = [models.Index(fields=["tenant", "correction"], name="set_off_by_correction")]

    def __str__(self) -> str:
        return f"{self.amount}"


class LineKind(models.TextChoices):
    EARNED = "earned", pgettext_lazy("rebate", "Earned")
    TRUE_UP = "true_up", _("Correction of an earlier period")


class LineState(models.TextChoices):
    STATED = "stated", _("Stated")
    DISPUTED = "disputed", _("Disputed")
    RESOLVED = "resolved", _("Dispute over")  # to be approved by itself, if the statement was
    SETTLED = "settled", _("Settled")


class StatementLine(TenantModel):
    """What is owed for one product line of one period: stated → settled, or disputed → resolved →
    settled. It has a row once it goes its own way; until then it is what its statement says.

    `amount` is what was calculated, less what earlier statements said of the same line and period;
    a true-up `corrects` the closed period that begins on that day. `agreed` is the amount on which
    a dispute ended, and what is settled then; None where it is `amount`.
    """

    statement = models.ForeignKey(
        Statement,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    accrual = models.ForeignKey(
        Accrual, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=7, choices=LineKind)
    corrects = models.DateField(null=True)
    product_line = models.CharField(max_length=80, blank=True, default="")
    basis = models.BigIntegerField()
    amount = models.BigIntegerField()
    agreed = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8, choices=LineState, default=LineState.STATED)
    settlement = models.ForeignKey(
        Settlement, null=True, on_delete=models.PROTECT, related_name="lines", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "statement", "number"], name="statement_line_number_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(kind="earned", corrects=None)
                | Q(kind="true_up", corrects__isnull=False),
                name="statement_line_names_what_it_corrects",
            ),
            models.CheckConstraint(
                condition=Q(state="settled") | Q(settlement=None),
                name="statement_line_settled_once",
            ),
            CheckedReferences(name="statement_line_references"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "accrual", "product_line"], name="statement_line_by_accrual"
            ),
            models.Index(
                fields=["tenant", "settlement"],
                name="statement_line_by_settlement",
                condition=Q(settlement__isnull=False),
            ),
        ]

    @property
    def settles(self) -> int:
        """What is settled of it, in the smallest unit of the currency."""
        return self.amount if self.agreed is None else self.agreed

    def __str__(self) -> str:
        return f"{self.product_line}: {self.amount}"


class DisputeState(models.TextChoices):
    OPEN = "open", pgettext_lazy("state", "Open")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    REJECTED = "rejected", _("Rejected")  # the line stands as it was
    AGREED = "agreed", _("Agreed")  # on another amount


class Dispute(TenantModel):
    """A partner's objection to one line: open → withdrawn, rejected, or agreed on an amount."""

    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, related_name="disputes")
    reason = models.CharField(max_length=1000)
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=DisputeState, default=DisputeState.OPEN)
    answer = models.CharField(max_length=1000, blank=True, default="")
    agreed = models.BigIntegerField(null=True)
    resolved_by = models.CharField(max_length=60, blank=True, default="")
    resolved_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "line"], name="dispute_once_per_line"),
            models.CheckConstraint(condition=~Q(reason=""), name="dispute_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state="open", resolved_at=None)
                | ~Q(state="open") & Q(resolved_at__isnull=False) & ~Q(resolved_by=""),
                name="dispute_resolved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="agreed", agreed__isnull=False)
                | ~Q(state="agreed") & Q(agreed=None),
                name="dispute_agreed_on_an_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state}: {self.reason[:40]}"
