"""What points are redeemed for: rewards, their prices, codes and slots, and redemptions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Member, Program
from accounts.spoken import Spoken
from accounts.tenancy import TenantModel
from rewards.models.ledger import Wallet


class RewardType(models.TextChoices):
    CREDIT_NOTE = "credit_note", _("Credit note")
    GIFT_CARD = "gift_card", _("Gift card")
    EXPERT_SESSION = "expert_session", _("Expert session")
    TRAINING_SEAT = "training_seat", _("Training seat")
    EVENT_PLACE = "event_place", _("Event place")
    MARKETING_FUNDS = "marketing_funds", _("Marketing funds")
    SERVICE_UPGRADE = "service_upgrade", _("Service upgrade")
    MERCHANDISE = "merchandise", _("Merchandise")
    DONATION = "donation", _("Donation")


class PaidBy(models.TextChoices):
    ACCOUNT = "account", _("The account's points")
    MEMBER = "member", _("A person's own points")
    EITHER = "either", _("Either, as the person chooses")


class LimitPeriod(models.TextChoices):
    MONTH = "month", _("a month")
    QUARTER = "quarter", _("a quarter")
    YEAR = "year", _("a fiscal year")
    EVER = "ever", _("in all")


class RewardState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


class Reward(TenantModel):
    """Something an account, or a person at it, can have for points.

    `details` are the fields of its type (`rewards.reward_types`); money in them is in the smallest
    unit. `stock` is how many there are in all, None without limit; `taken` how many of them
    redemptions hold. Gift cards and expert sessions have as many as they have codes and slots.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="rewards")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="", max_length=2000)
    type = models.CharField(max_length=16, choices=RewardType)
    details = models.JSONField(default=dict, blank=True)
    points = models.BigIntegerField()
    paid_by = models.CharField(max_length=8, choices=PaidBy, default=PaidBy.ACCOUNT)
    stock = models.BigIntegerField(null=True, blank=True)
    taken = models.BigIntegerField(default=0)
    per_account = models.PositiveIntegerField(null=True, blank=True)
    limit_period = models.CharField(
        max_length=8, choices=LimitPeriod, blank=True, default=LimitPeriod.EVER
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    from_tier = models.CharField(max_length=60, blank=True, default="")
    business_roles = models.JSONField(default=list, blank=True)  # empty: everybody's
    # Codes of segments, any of which an account has to be in; empty: everybody's.
    segments = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    admins_only = models.BooleanField(default=False)
    needs_approval = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=RewardState, default=RewardState.DRAFT)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "program", "code"], name="reward_code_is_unique"
            ),
            models.CheckConstraint(condition=Q(points__gt=0), name="reward_costs_something"),
            models.CheckConstraint(
                condition=Q(taken__gte=0) & (Q(stock=None) | Q(taken__lte=F("stock"))),
                name="reward_taken_within_stock",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="reward_lasts",
            ),
            models.CheckConstraint(
                condition=Q(per_account=None) | Q(per_account__gt=0) & ~Q(limit_period=""),
                name="reward_limit_has_a_period",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RewardPrice(TenantModel):
    """Another price where `condition` (`accounts.conditions`, over tier, segment, account) holds.

    Of all prices that apply, the reward's own included, the lowest is asked.
    """

    reward = models.ForeignKey(Reward, on_delete=models.PROTECT, related_name="prices")
    condition = models.JSONField(default=dict)
    points = models.BigIntegerField()
    is_active = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="reward_price_is_something"),
        ]

    def __str__(self) -> str:
        return f"{self.points}"


class RedemptionState(models.TextChoices):
    REQUESTED = "requested", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    FULFILLED = "fulfilled", _("Fulfilled")
    REJECTED = "rejected", _("Rejected")
    CANCELED = "canceled", _("Canceled")
    REFUNDED = "refunded", _("Refunded")


class Redemption(Spoken, TenantModel):
    """A reward asked for. Its points are reserved while it waits, spent once it is approved.

    `request_key` is its permanent identity: the same asker's same key asks once. `answers` are what
    the type asks for (an address, a name). While `holds_stock`, one of the reward's stock is its.
    """

    LETTER = "R"

    reward = models.ForeignKey(Reward, on_delete=models.PROTECT, related_name="redemptions")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="redemptions", db_index=False
    )
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="redemptions"
    )
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="redemptions")
    points = models.BigIntegerField()
    answers = models.JSONField(default=dict, blank=True)
    state = models.CharField(
        max_length=10, choices=RedemptionState, default=RedemptionState.REQUESTED
    )
    needs_approval = models.BooleanField()
    holds_stock = models.BooleanField(default=True)
    request_key = models.CharField(max_length=80)
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=60)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    fulfilled_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)  # rejected, canceled or refunded
    closed_by = models.CharField(max_length=60, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")  # for the one who asked

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "requested_by", "request_key"], name="redemption_asked_once"
            ),
            models.CheckConstraint(condition=Q(points__gt=0), name="redemption_costs_something"),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("requested_by")),
                name="redemption_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="requested", decided_at=None, closed_at=None)
                | Q(state="approved", decided_at__isnull=False, closed_at=None)
                | Q(state="fulfilled", decided_at__isnull=False, fulfilled_at__isnull=False)
                | Q(state__in=("rejected", "canceled", "refunded"), closed_at__isnull=False),
                name="redemption_state_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "account", "-requested_at"], name="redemption_by_account"
            ),
            models.Index(fields=["tenant", "state", "requested_at"], name="redemption_by_state"),
        ]


class RewardCode(TenantModel):
    """A gift card's code, sealed (`accounts.sealing`); handed out once, shown once.

    `digest` finds the same code uploaded twice; `hint` is what is shown of it for ever.
    """

    reward = models.ForeignKey(Reward, on_delete=models.PROTECT, related_name="codes")
    sealed = models.BinaryField()
    digest = models.CharField(max_length=64)
    hint = models.CharField(max_length=8)
    added_at = models.DateTimeField()
    redemption = models.ForeignKey(
        Redemption, null=True, on_delete=models.PROTECT, related_name="codes", db_index=False
    )
    shown_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "reward", "digest"], name="reward_code_added_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "redemption"], name="reward_code_of_one_redemption"
            ),
            models.CheckConstraint(
                condition=Q(shown_at=None) | Q(redemption__isnull=False),
                name="reward_code_shown_to_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "reward", "id"],
                name="reward_code_free",
                condition=Q(redemption__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"•••• {self.hint}"


class RewardSlot(TenantModel):
    """A time at which an expert session can be had, by one redemption."""

    reward = models.ForeignKey(Reward, on_delete=models.PROTECT, related_name="slots")
    starts_at = models.DateTimeField()
    expert = models.CharField(max_length=120, blank=True, default="")
    redemption = models.ForeignKey(
        Redemption, null=True, on_delete=models.PROTECT, related_name="slots", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "reward", "starts_at", "expert"], name="reward_slot_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "redemption"], name="reward_slot_of_one_redemption"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.expert}".strip()
