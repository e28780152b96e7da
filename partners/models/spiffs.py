"""SPIFFs: what a sale of a product gives to who sold it, under which terms, and who claimed it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Activity, File, Member, Product, Program
from accounts.published import PublishedStays
from accounts.spoken import Spoken
from accounts.tenancy import TenantModel
from rewards.models import Award


class SpiffUnit(models.TextChoices):
    POINTS = "points", _("Points")
    MONEY = "money", _("Money")


class Beneficiary(models.TextChoices):
    MEMBER = "member", _("The person who sold")
    ACCOUNT = "account", _("The person’s company")


class Spiff(TenantModel):
    """An incentive for accounts of a program. `claimed` is what its claims come to that wait or
    were approved, less what was taken back, in its unit; its row is locked by whoever changes it.
    It is discarded with its first draft, and its name is free again.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=10, choices=SpiffUnit)
    claimed = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)
    discarded_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=Q(discarded_at=None), name="spiff_name_once"
            ),
            models.CheckConstraint(condition=Q(claimed__gte=0), name="spiff_claimed_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class SpiffVersion(TenantModel):
    """The terms for sales from `valid_from` on, until a later version's; days are the tenant's.

    `items` are [{"product": id} or {"line": name}, each with "amount"]: what each unit sold gives,
    in the smallest unit. Sales from `starts_on` to `ends_on` count, claimed within `claim_days`.
    """

    spiff = models.ForeignKey(
        Spiff, on_delete=models.PROTECT, related_name="versions", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    claim_days = models.PositiveSmallIntegerField(default=30)
    items = models.JSONField(default=list)
    beneficiary = models.CharField(max_length=7, choices=Beneficiary, default=Beneficiary.MEMBER)
    cap_person = models.BigIntegerField(null=True)  # per person and calendar year of the sale
    budget = models.BigIntegerField(null=True)  # of the whole SPIFF; the newest version's holds
    needs_consent = models.BooleanField(default=False)
    needs_proof = models.BooleanField(default=True)
    needs_serials = models.BooleanField(default=False)
    # Whether sales count that were made before the SPIFF was first published.
    allows_earlier = models.BooleanField(default=False)
    drafted_at = models.DateTimeField()
    drafted_by = models.CharField(max_length=60)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=60, blank=True, default="")
    discarded_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "spiff", "number"], name="spiff_version_number_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "spiff"],
                condition=Q(published_at=None, discarded_at=None),
                name="spiff_version_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(discarded_at=None),
                name="spiff_version_published_or_discarded",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on"), claim_days__lte=366),
                name="spiff_version_days_make_sense",
            ),
            models.CheckConstraint(
                condition=(Q(cap_person=None) | Q(cap_person__gt=0))
                & (Q(budget=None) | Q(budget__gt=0)),
                name="spiff_version_caps_above_zero",
            ),
            PublishedStays(name="spiff_version_published_stays"),
        ]

    def __str__(self) -> str:
        return f"{self.spiff_id} version {self.number}"


class SpiffClaimState(models.TextChoices):
    OPEN = "open", _("Being examined")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class SpiffClaim(Spoken, TenantModel):
    """A sale that `member` says to have made. `wanted` is what the terms give for it, `granted`
    what caps left of that (`limited_by` says which), `recalled` what returns took back of it.

    `flags` are what speaks against it, for who decides. `activity` is the sale among the account's
    facts, where it is one; its returns take back the claim's share. `request_key` is the permanent
    identity: the same claimant's same key claims once.
    """

    LETTER = "S"

    spiff = models.ForeignKey(
        Spiff, on_delete=models.PROTECT, related_name="claims", db_index=False
    )
    version = models.ForeignKey(
        SpiffVersion, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    proof = models.ForeignKey(
        File, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    activity = models.ForeignKey(
        Activity, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    award = models.ForeignKey(
        Award, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    claimed_by = models.CharField(max_length=60)
    claimed_at = models.DateTimeField()
    request_key = models.CharField(max_length=80)
    sold_on = models.DateField()
    quantity = models.PositiveIntegerField()
    document = models.CharField(max_length=64)
    document_key = models.CharField(max_length=64)  # as it is compared
    customer = models.CharField(max_length=200, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    wanted = models.BigIntegerField()
    granted = models.BigIntegerField()
    limited_by = models.CharField(max_length=6, blank=True, default="")  # "person" or "budget"
    flags = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=9, choices=SpiffClaimState, default=SpiffClaimState.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    returned = models.PositiveIntegerField(default=0)
    recalled = models.BigIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "claimed_by", "request_key"], name="spiff_claimed_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "spiff", "account", "product", "document_key"],
                condition=Q(state__in=("open", "approved")),
                name="spiff_document_once",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, granted__gt=0, granted__lte=F("wanted"))
                & Q(returned__lte=F("quantity"), recalled__lte=F("granted"), recalled__gte=0),
                name="spiff_claim_amounts_make_sense",
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("claimed_by")) | Q(state="withdrawn"),
                name="spiff_claim_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None, award=None, returned=0)
                | Q(state="approved", decided_at__isnull=False, award__isnull=False)
                | Q(state="rejected", decided_at__isnull=False, award=None, returned=0)
                & ~Q(reason="")
                | Q(state="withdrawn", decided_at__isnull=False, award=None, returned=0),
                name="spiff_claim_state_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "state", "claimed_at", "id"], name="spiff_claim_by_state"
            ),
            models.Index(fields=["tenant", "account", "-claimed_at"], name="spiff_claim_by_acct"),
            models.Index(fields=["tenant", "member", "decided_at"], name="spiff_claim_by_member"),
            models.Index(fields=["tenant", "spiff", "document_key"], name="spiff_claim_by_doc"),
            models.Index(
                fields=["tenant", "activity"],
                name="spiff_claim_of_activity",
                condition=Q(activity__isnull=False),
            ),
        ]

    @property
    def value(self) -> int:
        """What it comes to, less what returns took back."""
        return self.granted - self.recalled


class SpiffSerial(TenantModel):
    """A unit that was claimed, by its serial number: once per SPIFF, whoever claims it.

    `is_live` while its claim waits or is approved; a rejected one leaves the number free.
    """

    spiff = models.ForeignKey(Spiff, on_delete=models.PROTECT, related_name="+", db_index=False)
    claim = models.ForeignKey(
        SpiffClaim, on_delete=models.PROTECT, related_name="serials", db_index=False
    )
    serial = models.CharField(max_length=64)
    is_live = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "spiff", "serial"],
                condition=Q(is_live=True),
                name="spiff_serial_once",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "claim"], name="spiff_serial_by_claim")]

    def __str__(self) -> str:
        return self.serial


class SpiffConsent(TenantModel):
    """That a person's employer agrees to their being rewarded: who said so, and until when."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    given_by = models.CharField(max_length=120)  # at the employer, as it was told
    given_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=60, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "member"],
                condition=Q(withdrawn_at=None),
                name="spiff_consent_one_in_force",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-recorded_at"], name="spiff_consent_by_day")]

    def __str__(self) -> str:
        return f"{self.given_by} for {self.member_id}"


class SpiffSettings(TenantModel):
    """From which value in a year a person is flagged, in the currency's smallest unit, and how many
    points are worth 1.00 of it; None of either: not counted."""

    threshold = models.BigIntegerField(null=True)
    points_worth = models.PositiveIntegerField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="spiff_settings_once"),
            models.CheckConstraint(
                condition=(Q(threshold=None) | Q(threshold__gt=0))
                & (Q(points_worth=None) | Q(points_worth__gt=0)),
                name="spiff_settings_above_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"from {self.threshold}"
