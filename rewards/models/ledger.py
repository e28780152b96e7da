"""The ledger's tables. `rewards/ledger.py` alone writes them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.appendonly import AppendOnly
from accounts.facts import EARLIEST
from accounts.models import Account, Activity, Member, Program
from accounts.references import CheckedReferences
from accounts.tenancy import TenantModel
from tiers.models import Tier


class Unit(models.TextChoices):
    """What a wallet counts, in whole numbers of its smallest unit.

    Money and marketing funds are of the tenant's currency, in its smallest unit, as the amounts of
    facts are. Rules earn points and status credits only (EARNED); money comes from agreements.
    """

    POINTS = "points", _("points")
    CREDITS = "credits", _("status credits")  # never spendable
    MONEY = "money", _("money")
    FUNDS = "funds", _("marketing funds")


EARNED = [(unit.value, unit.label) for unit in (Unit.POINTS, Unit.CREDITS)]


class Wallet(TenantModel):
    """What one holder (an account, or one of its members) has in one unit of one program.

    `available` is below zero while the holder is in debt; nothing can be spent then. Everything
    that expired by `expired_upto` is gone from `available`, and its lots are closed by that alone
    (`rewards.closing`). No open lot expires before `expires_next`, where a job looks for what is
    due; it may be too early, never too late.

    What is pending of money is accrued and not settled yet. It moves every day and is nobody's
    credit so far, so it has no lots: it is the sum of its accruals, less what was settled. A
    true-up of a closed period takes it below zero, until a settlement takes that off. An award of
    money that is held back is pending too, and has its lot.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="wallets", db_index=False
    )
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="wallets", db_index=False
    )
    unit = models.CharField(max_length=10, choices=Unit)
    available = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    expired_upto = models.DateTimeField(default=EARLIEST, db_default=EARLIEST)
    expires_next = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "program", "unit", "member"],
                nulls_distinct=False,
                name="wallet_once_per_holder",
            ),
            models.CheckConstraint(
                condition=Q(pending__gte=0) | Q(unit=Unit.MONEY),
                name="wallet_pending_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0), name="wallet_reserved_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(available__gte=0) | ~Q(unit=Unit.FUNDS),
                name="wallet_funds_not_overspent",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "expires_next"],
                name="wallet_expiring",
                condition=Q(expires_next__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.available} {self.unit}"


class EntryKind(models.TextChoices):
    EARN = "earn"
    ACTIVATE = "activate"
    RESERVE = "reserve"
    SPEND = "spend"
    RELEASE = "release"
    REFUND = "refund"  # gives back what was spent
    EXPIRE = "expire"
    REVERSE = "reverse"
    ADJUST = "adjust"
    TRANSFER = "transfer"
    ACCRUE = "accrue"  # money promised for a period, more or less of it
    SETTLE = "settle"  # what was accrued and approved becomes available
    ALLOCATE = "allocate"  # marketing funds given to an account, or taken back
    AWARD = "award"  # given for a cause of its own: a claimed sale, a referral
    RECALL = "recall"  # takes back some of an award


class Entry(TenantModel):
    """An append-only movement in a wallet: its effects on available, pending and reserved.

    `cause` is what made it (an activity, a lot, a redemption); the same cause never makes the same
    entry twice. For an earning, `desired` is what the rule wanted before caps, `multiplier` and
    `tier` what the account held when the fact occurred; `note` says what else raised or lowered it.
    What concerns a closed quarter is dated
    when it was recorded, and `corrects` is the first day of that quarter; a true-up of money names
    the first day of the agreement's period so.
    """

    wallet = models.ForeignKey(
        Wallet,
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    kind = models.CharField(max_length=8, choices=EntryKind)
    available = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    cause = models.UUIDField()
    activity = models.ForeignKey(
        Activity,
        null=True,
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    rule_version = models.ForeignKey(
        "rewards.RuleVersion",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    tier = models.ForeignKey(
        Tier,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    multiplier = models.DecimalField(max_digits=6, decimal_places=3, null=True)
    desired = models.BigIntegerField(null=True)
    note = models.ForeignKey(
        "rewards.GrantNote",
        null=True,
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    corrects = models.DateField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "cause", "wallet", "kind", "rule_version"],
                nulls_distinct=False,
                name="entry_once_per_cause",
            ),
            models.CheckConstraint(
                condition=~Q(kind="earn")
                | Q(rule_version__isnull=False, activity__isnull=False, desired__isnull=False),
                name="entry_earned_by_a_rule",
            ),
            AppendOnly(name="entry_append_only"),
            CheckedReferences(name="entry_references"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "wallet", "-occurred_at", "-id"], name="entry_by_wallet"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.available:+d}/{self.pending:+d}/{self.reserved:+d}"


class LotState(models.TextChoices):
    PENDING = "pending"
    ACTIVE = "active"


class Lot(models.Model):
    """A credit with its own remaining amount and expiry, named by the entry that made it.

    Spending uses the lot that expires soonest, then the oldest. Once its day has closed a lot, what
    remains of it is what expired: `rewards.closing` says which lots are open. A `late` one came in,
    or was cleared, when its wallet had passed its day already: it expires by itself.
    """

    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    entry = models.OneToOneField(
        Entry, primary_key=True, on_delete=models.PROTECT, related_name="lot", db_constraint=False
    )
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="lots", db_index=False, db_constraint=False
    )
    state = models.CharField(max_length=7, choices=LotState)
    amount = models.BigIntegerField()
    remaining = models.BigIntegerField()
    earned_at = models.DateTimeField()
    activates_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    late = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("amount")),
                name="lot_remaining_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(state="active") | Q(activates_at__isnull=False),
                name="lot_pending_until_a_day",
            ),
            CheckedReferences(name="lot_references"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "wallet", "expires_at", "earned_at"],
                name="lot_open",
                condition=Q(remaining__gt=0),
            ),
            models.Index(
                fields=["tenant", "expires_at"],
                name="lot_expiring",
                condition=Q(remaining__gt=0, expires_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "activates_at"],
                name="lot_pending",
                condition=Q(state="pending", remaining__gt=0),
            ),
            models.Index(
                fields=["tenant", "wallet"],
                name="lot_late",
                condition=Q(late=True, remaining__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remaining} of {self.amount}"


class LotUse(models.Model):
    """How much of a lot an entry took (spent, reversed, expired by itself); append-only."""

    pk = models.CompositePrimaryKey("tenant_id", "lot_id", "entry_id")
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    lot = models.ForeignKey(
        Lot, on_delete=models.PROTECT, related_name="uses", db_index=False, db_constraint=False
    )
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, related_name="uses", db_index=False, db_constraint=False
    )
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            # Negative gives back: a release returns what its reservation took.
            models.CheckConstraint(condition=~Q(amount=0), name="lot_use_moves_something"),
            AppendOnly(name="lot_use_append_only"),
            CheckedReferences(name="lot_use_references"),
        ]
        indexes = [
            models.Index(fields=["tenant", "entry"], name="lot_use_by_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.lot_id}"
