"""Schemes of tiers and their versions: who rises on which ladder, by what, and what it gives."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.appendonly import AppendOnly
from accounts.models import Program
from accounts.published import PublishedStays
from accounts.stamps import RenewsTermsStamp
from accounts.tenancy import TenantModel


class Scheme(TenantModel):
    """A ladder of tiers in a program; what it asks is in its versions.

    The tier of the program's one leading ladder multiplies points and opens rewards. `is_leading`
    says whether it leads now; `Lead` says who led when.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="schemes")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    is_leading = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "program", "code"], name="scheme_code_is_unique"
            ),
            models.UniqueConstraint(
                fields=["tenant", "program"],
                condition=Q(is_leading=True),
                name="scheme_leads_alone",
            ),
            RenewsTermsStamp(name="scheme_renews_stamp"),
        ]

    def __str__(self) -> str:
        return self.name


class Lead(TenantModel):
    """That a ladder leads its program over [starts_at, ends_at): one at any instant, without gaps
    from the program's first ladder on."""

    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, related_name="leads", db_index=False
    )
    scheme = models.ForeignKey(
        Scheme, on_delete=models.PROTECT, related_name="leads", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "program", "starts_at"], name="lead_begins_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "program", "ends_at"],
                name="lead_ends_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="lead_lasts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} from {self.starts_at:%Y-%m-%d}"


class PeriodUnit(models.TextChoices):
    MONTH = "month", _("month")
    QUARTER = "quarter", _("calendar quarter")
    YEAR = "year", _("calendar year")
    FISCAL_QUARTER = "fiscal_quarter", _("fiscal quarter")
    FISCAL_YEAR = "fiscal_year", _("fiscal year")


class Rises(models.TextChoices):
    AT_ONCE = "at_once", _("at once")
    AT_EVALUATION = "at_evaluation", _("at the next evaluation")


class Falls(models.TextChoices):
    NEVER = "never", _("never")
    ONE_STEP = "one_step", _("one tier at a time")
    TO_WHAT_IS_MET = "to_what_is_met", _("to the tier that is met")


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    DISCARDED = "discarded", _("Discarded")


class SchemeVersion(TenantModel):
    """What a ladder asks, valid from an instant; a published version never changes.

    `audience` is a condition of `accounts.conditions` on the account: whoever does not meet it
    stays on the first tier; empty: everybody may rise. With `takes_lead` the ladder leads its
    program from the version's first instant on.

    `rungs` are its tiers, lowest first: see `tiers.ladders`. Accounts are evaluated whenever a
    period of `evaluated` ends, and rise then, or at once. A tier met on a day is kept until the end
    of that day's period of `kept_unit`, plus `kept_periods` more. Who falls does so `grace_days`
    after the evaluation; when the version comes into force, `transition_days` after it.
    """

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    valid_from = models.DateTimeField()
    evaluated = models.CharField(max_length=14, choices=PeriodUnit, default=PeriodUnit.QUARTER)
    rises = models.CharField(max_length=13, choices=Rises, default=Rises.AT_ONCE)
    kept_unit = models.CharField(max_length=14, choices=PeriodUnit, default=PeriodUnit.QUARTER)
    kept_periods = models.PositiveSmallIntegerField(default=1)
    falls = models.CharField(max_length=14, choices=Falls, default=Falls.TO_WHAT_IS_MET)
    grace_days = models.PositiveSmallIntegerField(default=0)
    transition_days = models.PositiveSmallIntegerField(default=0)
    skips_tiers = models.BooleanField(default=True)
    near_percent = models.PositiveSmallIntegerField(default=85)
    audience = models.JSONField(default=dict, blank=True)
    takes_lead = models.BooleanField(default=False)
    rungs = models.JSONField(default=list)
    authors = models.JSONField(default=list, blank=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=60, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "scheme", "number"], name="scheme_version_number_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(state=State.PUBLISHED, published_at__isnull=False)
                | ~Q(state=State.PUBLISHED) & Q(published_at=None),
                name="scheme_version_published_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(near_percent__gte=1, near_percent__lte=100),
                name="scheme_version_near_is_a_percentage",
            ),
            PublishedStays(name="scheme_version_published_stays"),
            RenewsTermsStamp(name="scheme_version_renews_stamp"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} v{self.number}"


class Tier(TenantModel):
    """A step of one published version's ladder, as its `rungs` had it: written once.

    Rank 0 asks for nothing, so that everybody stands somewhere. `criteria` are in the language of
    `tiers.criteria`, `benefits` in that of `tiers.benefits`. A tier `by_invitation` also wants an
    invitation.
    """

    version = models.ForeignKey(SchemeVersion, on_delete=models.PROTECT, related_name="tiers")
    rank = models.PositiveSmallIntegerField()
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=40)
    criteria = models.JSONField(default=dict)
    multiplier = models.DecimalField(max_digits=6, decimal_places=3, default=1)
    benefits = models.JSONField(default=dict)
    by_invitation = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "version", "rank"], name="tier_rank_is_unique"
            ),
            models.UniqueConstraint(
                fields=["tenant", "version", "code"], name="tier_code_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(rank=0, criteria={}, by_invitation=False)
                | Q(rank__gt=0) & ~Q(criteria={}),
                name="tier_first_asks_for_nothing",
            ),
            models.CheckConstraint(condition=Q(multiplier__gt=0), name="tier_multiplier_positive"),
            AppendOnly(name="tier_append_only"),
            RenewsTermsStamp(name="tier_renews_stamp"),
        ]

    def __str__(self) -> str:
        return self.name
