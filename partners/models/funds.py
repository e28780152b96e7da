"""Marketing funds: budgets, what accounts have of them, and for what they may ask."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.appendonly import AppendOnly
from accounts.models import Account, Program, Segment, Staff
from accounts.tenancy import TenantModel


class BudgetKind(models.TextChoices):
    """How accounts come to their part of a budget."""

    DISCRETIONARY = "discretionary", _("Allocated by hand (MDF)")
    ACCRUED = "accrued", _("Accrued on purchases (co-op)")


class Every(models.TextChoices):
    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")


class FundBudget(TenantModel):
    """Money of the tenant for what partners do, in the smallest unit of its currency.

    `allocated` is what the budget's funds hold or have spent: what was given to accounts, less
    what was taken back or expired there. Days are the tenant's local ones, `ends_on` included.
    With `on_request` an approval allocates what the account's fund lacks. `share` (percent),
    `every`, `kinds`, `lines`, `segment` and `good_months` are of an accrued one: of which purchases
    accounts accrue how much, for which periods, and how many months after a period's end that is
    good; without lines of all, without a segment for everybody enrolled.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=13, choices=BudgetKind)
    owner = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount = models.BigIntegerField()
    allocated = models.BigIntegerField(default=0)
    starts_on = models.DateField()
    ends_on = models.DateField()
    on_request = models.BooleanField(default=False)
    remind_days = models.PositiveSmallIntegerField(default=30)
    share = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    every = models.CharField(max_length=7, choices=Every, default=Every.QUARTER)
    kinds = models.JSONField(default=list, blank=True)
    lines = models.JSONField(default=list, blank=True)
    segment = models.ForeignKey(
        Segment, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    good_months = models.PositiveSmallIntegerField(default=3)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="fund_budget_name_is_unique"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, allocated__gte=0, allocated__lte=F("amount")),
                name="fund_budget_not_overspent",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="fund_budget_lasts"
            ),
            models.CheckConstraint(
                condition=Q(kind="discretionary", share=None)
                | Q(kind="accrued", share__gt=0, share__lte=100, on_request=False),
                name="fund_budget_accrues_a_share",
            ),
            models.CheckConstraint(
                condition=Q(good_months__lte=24, remind_days__lte=90),
                name="fund_budget_terms_make_sense",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-ends_on", "-id"], name="fund_budget_by_end"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def free(self) -> int:
        """What can still be allocated."""
        return self.amount - self.allocated


class Fund(TenantModel):
    """What an account has of a budget: `granted`, less what `expired`, is `committed` to requests,
    `paid`, or available. Sums of the ledger, which `partners.funds.books` compares."""

    budget = models.ForeignKey(
        FundBudget, on_delete=models.PROTECT, related_name="funds", db_index=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="funds", db_index=False
    )
    granted = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    committed = models.BigIntegerField(default=0)
    paid = models.BigIntegerField(default=0)
    reminded_of = models.DateField(null=True)  # the last day that was reminded of

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "budget"], name="fund_once_per_account"
            ),
            models.CheckConstraint(
                condition=Q(expired__gte=0, committed__gte=0, paid__gte=0)
                & Q(granted__gte=F("expired") + F("committed") + F("paid")),
                name="fund_not_overspent",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "budget"], name="fund_by_budget")]

    def __str__(self) -> str:
        return f"{self.account_id} of {self.budget_id}"

    @property
    def available(self) -> int:
        return self.granted - self.expired - self.committed - self.paid

    @property
    def held(self) -> int:
        """What of the budget it ties down or has used."""
        return self.granted - self.expired


class GrantCause(models.TextChoices):
    GRANTED = "granted", _("Allocated")
    APPROVED = "approved", _("Allocated with an approval")
    ACCRUED = "accrued", _("Accrued on purchases")
    TAKEN_BACK = "taken_back", _("Taken back")


class FundGrant(TenantModel):
    """A movement between a budget and a fund: the cause of one entry of the ledger, of its amount.

    Below 0 takes back. `last_day` is the last one on which what came in can be committed. `key` is
    the identity of what is moved by hand, "" of the others.
    """

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="grants", db_index=False)
    cause = models.CharField(max_length=10, choices=GrantCause)
    amount = models.BigIntegerField()
    last_day = models.DateField(null=True)
    note = models.CharField(max_length=300, blank=True, default="")
    key = models.CharField(max_length=80, blank=True, default="")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "fund", "made_by", "key"],
                condition=~Q(key=""),
                name="fund_granted_once",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, last_day__isnull=False) | Q(amount__lt=0, last_day=None),
                name="fund_grant_moves_something",
            ),
            AppendOnly(name="fund_grant_append_only"),
        ]
        indexes = [models.Index(fields=["tenant", "fund", "-id"], name="fund_grant_by_fund")]

    def __str__(self) -> str:
        return f"{self.amount} {self.cause}"


class FundAccrual(TenantModel):
    """What a fund accrues for the period [`since`, `until`): `amount` on `measured` purchases, net
    of returns. `credited` of it is in the fund, or below 0 was taken off it; where it is not equal,
    a debt of the fund or an empty budget stood against it, and later accruals make up for it."""

    fund = models.ForeignKey(
        Fund, on_delete=models.PROTECT, related_name="accruals", db_index=False
    )
    since = models.DateField()
    until = models.DateField()
    measured = models.BigIntegerField()
    amount = models.BigIntegerField()
    credited = models.BigIntegerField(default=0)
    accrued_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "fund", "since"], name="fund_accrual_once_per_period"
            ),
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="fund_accrual_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} since {self.since}"


class FundActivity(TenantModel):
    """A kind of activity that funds are for, and on which terms.

    `fields` are attributes as `accounts.attributes` keeps them; `proofs` names the kinds of proof
    that a claim must bring. The tenant pays up to `share` percent of the cost, up to `most` in the
    smallest unit. Only accounts in `segment` and with one of `tiers` (names) may ask; without,
    everybody. A claim comes within `claim_days` after the activity's last day.
    """

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=600, blank=True, default="")
    fields = models.JSONField(default=list, blank=True)
    proofs = models.JSONField(default=list, blank=True)
    share = models.DecimalField(max_digits=5, decimal_places=2, default=50)
    most = models.BigIntegerField(null=True)
    claim_days = models.PositiveSmallIntegerField(default=45)
    segment = models.ForeignKey(
        Segment, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    tiers = models.JSONField(default=list, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="fund_activity_name_is_unique"),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=100, claim_days__range=(1, 365))
                & (Q(most=None) | Q(most__gt=0)),
                name="fund_activity_terms_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return self.name
