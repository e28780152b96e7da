"""What agreements promise so far: on what really happened, and on what finance expects."""

from django.db import models
from django.db.models import F, Q

from accounts.appendonly import AppendOnly
from accounts.models import Account
from accounts.references import CheckedReferences
from accounts.tenancy import TenantModel
from rebates.models.agreements import Agreement, AgreementVersion


class Accrual(TenantModel):
    """What an agreement owes `account` for the period [since, until), on actuals up to now.

    `holder` is whose sales decide: the account itself, or the top of the buying group it is paid
    with. Numbers of sales are those of `accounts.counting`: smallest units of the currency, or
    ten-thousandths of a quantity, or points.

    - `measured`: what the holder sold of all lines that count for the band; `before_returns` as if
      nothing had come back; `earning`: what of it is of the lines that earn.
    - `basis`: this account's own part of `earning`. `lines` is [product line, basis, amount] of
      each, the amounts adding up to `amount`.
    - `base`: what 100 % is, a baseline or a target. It is fixed when the period is first accrued,
      and never moves again: what comes back of earlier sales cannot raise a rebate. `history` are
      the sales it was worked out from, the oldest first.
    - `members`: the accounts whose sales are counted together; nobody's once the holder has left.
    - `tier_code`, `multiplier`: the tier held at the end of the period, so far as it has come.

    Which band and how the amount comes about is worked out from these by `rebates.working`, under
    `version`, at any time. `amount` is in the ledger as pending money, by the rows of AccrualMove.
    `stated` is how much of it is on statements, which reach up to `stated_upto`. Once the period is
    closed (`closed_at`) what changes is a true-up: a move of its own, on the next statement.
    It is stated whole from the day `closes_on`, when its days of grace are over, and can be
    answered for `answer_days`: what its version says, kept here because a look-up for each cost
    as much as stating it. None where it is stated month by month. `is_steady` where nothing but
    facts of its account can change it: see `rebates.news`.
    """

    agreement = models.ForeignKey(
        Agreement,
        on_delete=models.PROTECT,
        related_name="accruals",
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
    holder = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="accruals",
        db_index=False,
        db_constraint=False,
    )
    since = models.DateField()
    until = models.DateField()
    base = models.BigIntegerField(null=True)
    history = models.JSONField(default=list)
    members = models.JSONField(default=list)
    measured = models.BigIntegerField(default=0)
    before_returns = models.BigIntegerField(default=0)
    earning = models.BigIntegerField(default=0)
    basis = models.BigIntegerField(default=0)
    tier_code = models.CharField(max_length=40, blank=True, default="")
    multiplier = models.DecimalField(max_digits=6, decimal_places=3, default=1)
    lines = models.JSONField(default=list)
    amount = models.BigIntegerField(default=0)
    stated = models.BigIntegerField(default=0)
    stated_upto = models.DateField(null=True)
    closes_on = models.DateField(null=True)
    answer_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    is_steady = models.BooleanField(default=False, db_default=False)
    accrued_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "agreement", "since", "holder", "account"],
                name="accrual_once_per_period",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="accrual_not_negative"),
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="accrual_lasts"),
            CheckedReferences(name="accrual_references"),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "-since"], name="accrual_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} from {self.since}"


class AccrualMark(TenantModel):
    """How far the open tenant's accruals have followed its facts: all whose id is below `upto` are
    in them. Identifiers are made in the order of time (`accounts.ids`)."""

    upto = models.UUIDField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="accrual_mark_is_one"),
        ]

    def __str__(self) -> str:
        return f"up to {self.upto}"


class MoveReason(models.TextChoices):
    ACTUAL = "actual"  # of a period that is open
    TRUE_UP = "true_up"  # of one that is closed, which it names
    AGREED = "agreed"  # a dispute was settled on another amount than was calculated


class AccrualMove(TenantModel):
    """A change of what is accrued, more (+) or less (−); its id is the cause of its ledger entry.

    Moves of ACTUAL and TRUE_UP add up to their accrual's amount. `corrects` is the first day of the
    closed period that a true-up, or a dispute, is about.
    """

    accrual = models.ForeignKey(
        Accrual,
        on_delete=models.PROTECT,
        related_name="moves",
        db_index=False,
        db_constraint=False,
    )
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=8, choices=MoveReason)
    corrects = models.DateField(null=True)
    moved_by = models.CharField(max_length=60)
    moved_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="accrual_move_moves_something"),
            models.CheckConstraint(
                condition=Q(reason="actual", corrects=None)
                | ~Q(reason="actual") & Q(corrects__isnull=False),
                name="accrual_move_names_what_it_corrects",
            ),
            AppendOnly(name="accrual_move_append_only"),
            CheckedReferences(name="accrual_move_references"),
        ]
        indexes = [models.Index(fields=["tenant", "accrual", "id"], name="accrual_move_by_accrual")]

    def __str__(self) -> str:
        return f"{self.reason} {self.amount:+d}"


class Forecast(TenantModel):
    """What finance expects a holder to sell in the whole period, in the units of Accrual.measured.

    Never changed: a new expectation is the next `number`, and what was accrued on the one before
    stays explained.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="forecasts")
    holder = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    since = models.DateField()
    number = models.PositiveIntegerField()
    expected = models.BigIntegerField()
    note = models.CharField(max_length=300, blank=True, default="")
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "agreement", "holder", "since", "number"],
                name="forecast_number_is_unique",
            ),
            models.CheckConstraint(condition=Q(expected__gte=0), name="forecast_not_negative"),
            AppendOnly(name="forecast_append_only"),
        ]

    def __str__(self) -> str:
        return f"{self.expected} from {self.since} (no. {self.number})"


class Estimate(TenantModel):
    """A month's accrual of a holder as finance books it, on the forecast that was in force.

    Up to the end of the local `month` there was sold `measured`; on actuals that owes `actual`, and
    at the rate of the whole period as forecast it owes `expected`. `moved` is the difference to the
    month before: a changed forecast catches up in one amount. Written once for each month.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="estimates")
    holder = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    since = models.DateField()
    month = models.DateField()
    forecast = models.ForeignKey(Forecast, on_delete=models.PROTECT, related_name="+")
    measured = models.BigIntegerField()
    actual = models.BigIntegerField()
    expected = models.BigIntegerField()
    moved = models.BigIntegerField()
    made_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "agreement", "holder", "since", "month"],
                name="estimate_once_per_month",
            ),
            AppendOnly(name="estimate_append_only"),
        ]

    def __str__(self) -> str:
        return f"{self.expected} by {self.month}"
