"""Deals that partners register: what a form asks, who is exclusive until when, how it ended."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, File, Member, Product
from accounts.spoken import Spoken
from accounts.tenancy import TenantModel


class DealState(models.TextChoices):
    REGISTERED = "registered", _("Being examined")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", pgettext_lazy("deal", "Expired")


class Credits(models.TextChoices):
    """Whose activity a won deal is."""

    RESELLER = "reseller", _("The reseller’s")
    DISTRIBUTOR = "distributor", _("The distributor’s")
    BOTH = "both", _("Both of theirs")


class DealForm(TenantModel):
    """What accounts of a partner type are asked, and under which terms; "" is for all others.

    `fields` are attributes as `accounts.attributes` keeps them. Days are the tenant's local ones.
    """

    partner_type = models.CharField(max_length=80, blank=True, default="")
    name = models.CharField(max_length=120)
    fields = models.JSONField(default=list, blank=True)
    is_exclusive = models.BooleanField(default=True)
    credits = models.CharField(max_length=11, choices=Credits, default=Credits.RESELLER)
    exclusive_days = models.PositiveSmallIntegerField(default=90)
    extension_days = models.PositiveSmallIntegerField(default=30)
    most_extensions = models.PositiveSmallIntegerField(default=1)
    remind_days = models.PositiveSmallIntegerField(default=14)
    # For so long after a win, another deal for the same customer is a possible conflict.
    won_days = models.PositiveSmallIntegerField(default=180)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "partner_type"], name="deal_form_one_per_type"
            ),
            models.CheckConstraint(
                condition=Q(exclusive_days__range=(1, 730), extension_days__range=(1, 365))
                & Q(most_extensions__lte=10, remind_days__lte=90, won_days__lte=1095),
                name="deal_form_days_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Deal(Spoken, TenantModel):
    """A customer that `account` wants to win, alone (`reseller` or `distributor`) or together.

    `site`, `tax` and `core` are what the customer is recognized by: `partners.resemblance`.
    Amounts are in the smallest unit of the tenant's currency; dates are the tenant's local ones.
    `exclusive_until` is the last day of the exclusivity. `request_key` is the permanent identity:
    the same asker's same key registers once.
    """

    LETTER = "D"

    form = models.ForeignKey(DealForm, on_delete=models.PROTECT, related_name="deals")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="deals", db_index=False
    )
    reseller = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    distributor = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    registered_by = models.CharField(max_length=60)
    registered_at = models.DateTimeField()
    request_key = models.CharField(max_length=80)

    customer = models.CharField(max_length=200)
    website = models.CharField(max_length=120, blank=True, default="")
    tax_number = models.CharField(max_length=40, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    contact = models.CharField(max_length=120, blank=True, default="")
    contact_email = models.EmailField(blank=True, default="")
    core = models.CharField(max_length=200)
    site = models.CharField(max_length=120, blank=True, default="")
    tax = models.CharField(max_length=40, blank=True, default="")
    answers = models.JSONField(default=dict, blank=True)
    amount = models.BigIntegerField()
    closes_on = models.DateField()

    is_exclusive = models.BooleanField()
    credits = models.CharField(max_length=11, choices=Credits)
    state = models.CharField(max_length=10, choices=DealState, default=DealState.REGISTERED)
    conflict_score = models.PositiveSmallIntegerField(default=0)  # when it was registered
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")  # of the decision
    appealed_at = models.DateTimeField(null=True)
    appeal = models.CharField(max_length=300, blank=True, default="")
    exclusive_until = models.DateField(null=True)
    reminded_of = models.DateField(null=True)  # the end that was reminded of
    extension_asked_at = models.DateTimeField(null=True)
    extension_reason = models.CharField(max_length=300, blank=True, default="")
    extensions = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True, default="")
    end_note = models.CharField(max_length=300, blank=True, default="")
    won_on = models.DateField(null=True)
    won_amount = models.BigIntegerField(null=True)
    # Whether new deals are compared with it: while it is open, and for some time after a win.
    is_compared = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "registered_by", "request_key"], name="deal_registered_once"
            ),
            models.CheckConstraint(
                condition=Q(account=F("reseller")) | Q(account=F("distributor")),
                name="deal_registered_by_one_of_its_accounts",
            ),
            models.CheckConstraint(
                condition=Q(reseller=None) | Q(distributor=None) | ~Q(reseller=F("distributor")),
                name="deal_has_two_accounts_or_one",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="deal_of_something"),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("registered_by")),
                name="deal_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="registered", exclusive_until=None, ended_at=None, won_on=None)
                | Q(state="approved", exclusive_until__isnull=False, ended_at=None, won_on=None)
                & Q(decided_at__isnull=False)
                | Q(state="rejected", decided_at__isnull=False, exclusive_until=None, won_on=None)
                & ~Q(reason="")
                | Q(state="won", ended_at__isnull=False, won_on__isnull=False)
                & Q(won_amount__gt=0, exclusive_until__isnull=False)
                | Q(state="lost", ended_at__isnull=False)
                | Q(state="withdrawn", ended_at__isnull=False, won_on=None)
                | Q(state="expired", ended_at__isnull=False, won_on=None)
                & Q(exclusive_until__isnull=False),
                name="deal_state_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(extension_asked_at=None) | Q(state="approved"),
                name="deal_extension_of_an_open_one",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-registered_at", "-id"], name="deal_by_registration"),
            models.Index(fields=["tenant", "state", "-registered_at", "-id"], name="deal_by_state"),
            models.Index(fields=["tenant", "reseller", "-registered_at"], name="deal_by_reseller"),
            models.Index(
                fields=["tenant", "distributor", "-registered_at"], name="deal_by_distributor"
            ),
            models.Index(
                fields=["tenant", "exclusive_until"],
                name="deal_by_clock",
                condition=Q(state="approved"),
            ),
            models.Index(
                fields=["tenant", "won_on"],
                name="deal_won_compared",
                condition=Q(state="won", is_compared=True),
            ),
            *(
                models.Index(
                    fields=["tenant", field],
                    name=f"deal_open_by_{field}",
                    condition=Q(state__in=("registered", "approved")),
                )
                for field in ("tax", "site", "core")
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in (DealState.REGISTERED, DealState.APPROVED)


class DealProduct(TenantModel):
    """What the customer may buy; a deal with none is for everything."""

    deal = models.ForeignKey(
        Deal, on_delete=models.PROTECT, related_name="products", db_index=False
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "deal", "product"], name="deal_product_named_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} of {self.deal_id}"


class DealDocument(TenantModel):
    """A file that belongs to a deal; it is read by the people of the account that handed it in."""

    deal = models.ForeignKey(
        Deal, on_delete=models.PROTECT, related_name="documents", db_index=False
    )
    file = models.ForeignKey(File, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "deal", "file"], name="deal_document_once"),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} of {self.deal_id}"


class DealKey(TenantModel):
    """Something by which a deal's customer is found again (`partners.resemblance`).

    A table with plain equality, for two reasons: the wall's row security keeps the operators of
    pg_trgm and of arrays from using their indexes, for these are not leakproof; and equality needs
    no extension. `is_live` follows the deal's `is_compared`.
    """

    id = None  # pyrefly: ignore[bad-override]
    pk = models.CompositePrimaryKey("tenant_id", "deal_id", "key")
    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="keys", db_index=False)
    key = models.BigIntegerField()
    is_live = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["tenant", "key", "-deal"], name="deal_key_live", condition=Q(is_live=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.deal_id}"
