"""What earns: rules and their versions, and how much of each cap is used."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Program
from accounts.published import PublishedStays
from accounts.stamps import RenewsTermsStamp
from accounts.tenancy import TenantModel
from rewards.models.ledger import EARNED, Unit


class EarningRule(TenantModel):
    """A program's promise for one kind of activity; what it gives is in its versions.

    Rules of the same `exclusive_group` compete for a fact and the best one wins; rules without a
    group, and different groups, add up.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="rules")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    exclusive_group = models.CharField(max_length=40, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "program", "code"], name="earning_rule_code_is_unique"
            ),
            RenewsTermsStamp(name="earning_rule_renews_stamp"),
        ]

    def __str__(self) -> str:
        return self.name


class Basis(models.TextChoices):
    PER_AMOUNT = "per_amount", _("per 1.00 of the amount")
    PER_UNIT = "per_unit", _("per unit of the quantity")
    FIXED = "fixed", _("per activity")


class CapWindow(models.TextChoices):
    NONE = "", _("no cap")
    ACTIVITY = "activity", _("per activity")
    MONTH = "month", _("per account and month")
    QUARTER = "quarter", _("per account and quarter")
    YEAR = "year", _("per account and calendar year")
    FISCAL_QUARTER = "fiscal_quarter", _("per account and fiscal quarter")
    FISCAL_YEAR = "fiscal_year", _("per account and fiscal year")


class Beneficiary(models.TextChoices):
    ACCOUNT = "account", _("the account")
    MEMBER = "member", _("the member who did it")
    BOTH = "both", _("the account and the member, each in full")


class RuleVersion(TenantModel):
    """Valid for facts that occurred in [valid_from, valid_to). Once published it never changes, but
    for its end; one that is called off before it begins ends as it begins.

    `rate` is units per 1.00 of the amount, per unit of quantity, or per activity. `condition` is
    in the language of `accounts.conditions`; an empty one always holds. `segments` are those that
    it names, as they were when it was published. A cap counts what the account and its members
    got together. `authors` are all who wrote at the draft.
    """

    rule = models.ForeignKey(EarningRule, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    kind = models.CharField(max_length=40)
    condition = models.JSONField(default=dict, blank=True)
    unit = models.CharField(max_length=10, choices=EARNED, default=Unit.POINTS)
    basis = models.CharField(max_length=10, choices=Basis)
    rate = models.DecimalField(max_digits=12, decimal_places=4)
    tier_multiplies = models.BooleanField(default=True)
    cap = models.BigIntegerField(null=True, blank=True)
    cap_window = models.CharField(
        max_length=16, choices=CapWindow, blank=True, default=CapWindow.NONE
    )
    hold_days = models.PositiveSmallIntegerField(default=0)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=60, blank=True, default="")
    beneficiary = models.CharField(max_length=8, choices=Beneficiary, default=Beneficiary.ACCOUNT)
    segments = models.JSONField(default=dict, blank=True)
    authors = models.JSONField(default=list, blank=True)
    discarded_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "rule", "number"], name="rule_version_number_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")),
                name="rule_version_lasts",
            ),
            models.CheckConstraint(
                condition=Q(cap=None, cap_window="") | Q(cap__gt=0) & ~Q(cap_window=""),
                name="rule_version_cap_has_a_window",
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="rule_version_rate_positive"),
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(discarded_at=None),
                name="rule_version_published_or_discarded",
            ),
            PublishedStays(name="rule_version_published_stays", but="valid_to"),
            RenewsTermsStamp(name="rule_version_renews_stamp"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"


class CapUse(models.Model):
    """How much of a rule's cap an account has used in the period that starts on `period`.

    A month and a quarter may start on the same day: a cap that counts by the one uses nothing of
    what an earlier version's counted by the other.
    """

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "rule_id", "cap_window", "period")
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    rule = models.ForeignKey(
        EarningRule, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    cap_window = models.CharField(max_length=16)
    period = models.DateField()
    used = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(used__gte=0), name="cap_use_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.used} of {self.rule_id}"
