"""The directory: who takes part in which program, and what they buy."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.stamps import RenewsTermsStamp
from accounts.tenancy import TenantModel


class Account(TenantModel):
    """A business the tenant sells to or through: distributor, reseller, customer."""

    number = models.CharField(max_length=64)  # the account's number in the tenant's ERP
    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=120, blank=True, default="")
    country = models.CharField(max_length=80, blank=True, default="")
    region = models.CharField(max_length=80, blank=True, default="")
    vertical = models.CharField(max_length=80, blank=True, default="")
    partner_type = models.CharField(max_length=80, blank=True, default="")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    rep = models.ForeignKey(
        "accounts.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="accounts"
    )
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="account_number_is_unique"),
        ]
        indexes = [models.Index(fields=["tenant", "name"], name="account_by_name")]

    def __str__(self) -> str:
        return self.name


class Product(TenantModel):
    """Something the tenant sells; its line groups products for rules and tiers."""

    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    line = models.CharField(max_length=80, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "sku"], name="product_sku_is_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Program(TenantModel):
    """A set of published rules that accounts enroll in."""

    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    points_name = models.CharField(max_length=30, default="points")
    # How points expire: {"policy": "never"} | {"policy": "quarter_end", "plus": n}
    # | {"policy": "months", "months": n}; see rewards.expiry.
    points_expiry = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "slug"], name="program_slug_is_unique"),
            RenewsTermsStamp(name="program_renews_stamp"),
        ]

    def __str__(self) -> str:
        return self.name


class EnrollmentState(models.TextChoices):
    INVITED = "invited", _("Invited")
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    LEFT = "left", pgettext_lazy("enrollment", "Left")


class Enrollment(TenantModel):
    """An account's membership in a program; facts from `enrolled_at` on can earn in it."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="enrollments")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="enrollments")
    state = models.CharField(max_length=8, choices=EnrollmentState, default=EnrollmentState.ACTIVE)
    enrolled_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "program"], name="enrollment_once_per_program"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "program"], name="enrollment_by_program")]

    def __str__(self) -> str:
        return f"{self.account_id} in {self.program_id}"
