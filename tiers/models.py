"""Schemes of tiers, their versions, and where each enrollment stood when."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Enrollment, Program
from accounts.stamps import RenewsTermsStamp
from accounts.tenancy import TenantModel


class Scheme(TenantModel):
    """A program's ladder of tiers; what it asks is in its versions."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="schemes")
    name = models.CharField(max_length=80)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "program"], name="scheme_once_per_program"),
        ]

    def __str__(self) -> str:
        return self.name


class Basis(models.TextChoices):
    AMOUNT = "amount", "Revenue"
    STATUS_CREDITS = "status_credits", "Status credits"


class Span(models.TextChoices):
    TOTAL = "total", "everything together"
    BEST_LINE = "best_line", "the best product line"


class SchemeVersion(TenantModel):
    """What the ladder asks, valid from an instant; a published version never changes.

    An account's value is the sum of `basis` over a calendar quarter in the tenant's zone, over
    everything or of its best product line. A tier reached in a quarter is kept until the end of
    that quarter plus `keep_quarters`.
    """

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    valid_from = models.DateTimeField()
    basis = models.CharField(max_length=16, choices=Basis)
    span = models.CharField(max_length=10, choices=Span, default=Span.TOTAL)
    keep_quarters = models.PositiveSmallIntegerField(default=1)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=60, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "scheme", "number"], name="scheme_version_number_is_unique"
            ),
            RenewsTermsStamp(name="scheme_version_renews_stamp"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} v{self.number}"


class Tier(TenantModel):
    """A step of one version's ladder. `threshold` is in the smallest unit of the version's basis
    (cents, or credits); rank 0 asks for nothing, so that everybody stands somewhere."""

    version = models.ForeignKey(SchemeVersion, on_delete=models.PROTECT, related_name="tiers")
    rank = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    threshold = models.BigIntegerField()
    multiplier = models.DecimalField(max_digits=6, decimal_places=3, default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "version", "rank"], name="tier_rank_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(rank=0, threshold=0) | Q(rank__gt=0, threshold__gt=0),
                name="tier_first_asks_for_nothing",
            ),
            models.CheckConstraint(condition=Q(multiplier__gt=0), name="tier_multiplier_positive"),
            RenewsTermsStamp(name="tier_renews_stamp"),
        ]

    def __str__(self) -> str:
        return self.name


class Cause(models.TextChoices):
    ENROLLED = "enrolled", "Joined the program"
    REACHED = "reached", "Reached the next tier"
    EVALUATED = "evaluated", "Evaluated at the quarter's end"


class Standing(TenantModel):
    """An enrollment's tier over [starts_at, ends_at), with the evidence that decided it.

    The standings of an enrollment have no gap and no overlap: each but the first `follows` the
    end of the one before it, and both directions are unique (see the migration's foreign key).
    """

    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.PROTECT, related_name="standings", db_index=False
    )
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    follows = models.DateTimeField(null=True)
    cause = models.CharField(max_length=10, choices=Cause)
    evidence = models.JSONField(default=dict)
    decided_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "enrollment", "ends_at"],
                name="standing_ends_once",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["tenant", "enrollment", "follows"],
                name="standing_follows_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(follows=None) | Q(follows=F("starts_at")),
                name="standing_follows_without_gap",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="standing_lasts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier_id} from {self.starts_at:%Y-%m-%d}"
