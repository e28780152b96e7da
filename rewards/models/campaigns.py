"""What raises, limits and explains grants: campaigns, boosts, budgets, milestones, notes."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.appendonly import AppendOnly
from accounts.models import Account, Activity, Program
from accounts.published import PublishedStays
from accounts.stamps import RenewsTermsStamp
from accounts.tenancy import TenantModel
from rewards.models.ledger import EARNED, Unit
from rewards.models.rules import EarningRule


class Counted(models.TextChoices):
    """What of a measure counts."""

    COUNT = "count", _("number of activities")
    AMOUNT = "amount", _("amount")
    QUANTITY = "quantity", _("quantity")


class Window(models.TextChoices):
    MONTH = "month", _("in a calendar month")
    QUARTER = "quarter", _("in a calendar quarter")
    YEAR = "year", _("in a calendar year")
    LIFETIME = "lifetime", _("ever")


class Campaign(TenantModel):
    """Raises what rules of a program give for facts that occurred in [starts_at, ends_at): times
    `multiplier`, plus `bonus` units of one rule. Once published it never changes, but for its end.

    With a trigger it does so only for `days` days after an account reached `trigger_threshold` of
    `trigger_counted` of activities of `trigger_kind` within a `trigger_window`.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="campaigns")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    rule = models.ForeignKey(
        EarningRule, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns"
    )
    kind = models.CharField(max_length=40)
    unit = models.CharField(max_length=10, choices=EARNED, default=Unit.POINTS)
    condition = models.JSONField(default=dict, blank=True)
    segments = models.JSONField(default=dict, blank=True)
    multiplier = models.DecimalField(max_digits=6, decimal_places=3, default=1)
    bonus = models.BigIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    trigger_kind = models.CharField(max_length=40, blank=True, default="")
    trigger_counted = models.CharField(max_length=8, choices=Counted, blank=True, default="")
    trigger_threshold = models.BigIntegerField(null=True, blank=True)
    trigger_window = models.CharField(max_length=8, choices=Window, blank=True, default="")
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    authors = models.JSONField(default=list, blank=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=60, blank=True, default="")
    discarded_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "program", "code"], name="campaign_code_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="campaign_lasts"
            ),
            models.CheckConstraint(
                condition=Q(multiplier__gte=1, multiplier__lte=100, bonus__gte=0)
                & (Q(multiplier__gt=1) | Q(bonus__gt=0)),
                name="campaign_raises",
            ),
            models.CheckConstraint(
                condition=Q(bonus=0) | Q(rule__isnull=False), name="campaign_bonus_has_one_rule"
            ),
            models.CheckConstraint(
                condition=Q(
                    trigger_kind="",
                    trigger_counted="",
                    trigger_window="",
                    trigger_threshold=None,
                    days=None,
                    ends_at__isnull=False,
                )
                | Q(trigger_threshold__gt=0, days__gt=0)
                & ~Q(trigger_kind="")
                & ~Q(trigger_counted="")
                & ~Q(trigger_window__in=["", "lifetime"]),
                name="campaign_is_limited_in_time",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(discarded_at=None),
                name="campaign_published_or_discarded",
            ),
            PublishedStays(name="campaign_published_stays", but="ends_at"),
            RenewsTermsStamp(name="campaign_renews_stamp"),
        ]

    def __str__(self) -> str:
        return self.name


class Boost(TenantModel):
    """A campaign's trigger was met by an account: its rate is raised in [starts_at, ends_at).

    Once per period of the trigger, whose first day is `period`; `activity` is the fact that met it.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="boosts")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="+")
    period = models.DateField()
    reached = models.DecimalField(max_digits=20, decimal_places=4)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "campaign", "period"], name="boost_once_per_period"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="boost_lasts"),
            AppendOnly(name="boost_append_only"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} for {self.account_id}"


class Renewal(models.TextChoices):
    """How often a budget is full again, on the tenant's calendar and in its fiscal year."""

    NEVER = "", _("never")
    MONTH = "month", _("every month")
    QUARTER = "fiscal_quarter", _("every fiscal quarter")
    YEAR = "fiscal_year", _("every fiscal year")


class Budget(TenantModel):
    """At most `amount` units are granted by the program's rules, to all holders together, for facts
    that occurred in [starts_at, ends_at). A return does not refill it.

    One that `renews` has as much in each of its periods, also in a first or last one of which it
    covers but a part. What is left of a period is gone with it, unless the budget `carries_over`.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="budgets")
    unit = models.CharField(max_length=10, choices=EARNED, default=Unit.POINTS)
    amount = models.BigIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    renews = models.CharField(
        max_length=16, choices=Renewal, blank=True, default=Renewal.NEVER, db_default=""
    )
    carries_over = models.BooleanField(default=False, db_default=False)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="budget_above_zero"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="budget_lasts"),
            models.CheckConstraint(
                condition=~Q(renews="") | Q(ends_at__isnull=False, carries_over=False),
                name="budget_renews_or_ends",
            ),
            AppendOnly(name="budget_append_only"),
            RenewsTermsStamp(name="budget_renews_stamp"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"


ONLY_PERIOD = date(1970, 1, 1)


class BudgetUse(models.Model):
    """How much of a budget is granted in the period that starts on `period`; ONLY_PERIOD where it
    does not renew. Whoever grants from a budget locks its row of that name, be it renewing or not.
    """

    pk = models.CompositePrimaryKey("tenant_id", "budget_id", "period")
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="+", db_index=False)
    period = models.DateField(default=ONLY_PERIOD, db_default=ONLY_PERIOD)
    used = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(used__gte=0), name="budget_use_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.used} of {self.budget_id}"


class Milestone(TenantModel):
    """Something an account reaches once: `threshold` of `counted` of activities of `kind`, since it
    enrolled or before. Reaching it is a fact of the kind `milestone`, which rules may reward.

    `threshold` is in the smallest unit of the currency, in whole units of quantity, or a count.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="milestones")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    counted = models.CharField(max_length=8, choices=Counted)
    threshold = models.BigIntegerField()
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "program", "code"], name="milestone_code_is_unique"
            ),
            models.CheckConstraint(condition=Q(threshold__gt=0), name="milestone_above_zero"),
            AppendOnly(name="milestone_append_only"),
        ]

    def __str__(self) -> str:
        return self.name


class LessBecause(models.TextChoices):
    NOTHING = "", _("nothing")
    CAP = "cap", _("the rule's cap")
    BUDGET = "budget", _("the program's budget")


class GrantNote(TenantModel):
    """Why grants differ from what their rules alone give at the tier held: the campaigns that
    raised them, and what lowered them. Grants without either have no note; those of one batch that
    differ for the same reasons share one.

    `factor` is the product of the campaigns' multipliers, `bonus` the sum of their bonuses;
    `campaigns` names each: {"code", "name", "multiplier", "bonus"}.
    """

    factor = models.DecimalField(max_digits=60, decimal_places=30, default=1)
    bonus = models.BigIntegerField(default=0)
    campaigns = models.JSONField(default=list)
    less_because = models.CharField(
        max_length=8, choices=LessBecause, blank=True, default=LessBecause.NOTHING
    )

    class Meta(TenantModel.Meta):
        constraints = [AppendOnly(name="grant_note_append_only")]

    def __str__(self) -> str:
        return f"{self.factor} {self.less_because}"
