"""Agreements on money back: with whom, for how long, on which terms, and who accepted them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.appendonly import AppendOnly
from accounts.models import Account, Program, Segment, Staff
from accounts.published import PublishedStays
from accounts.tenancy import TenantModel


class Party(models.TextChoices):
    """With whom an agreement is; each of a segment or a tier has a rebate of its own."""

    ACCOUNT = "account", _("an account")
    FAMILY = "family", _("a buying group")  # an account and all below it, counted together
    SEGMENT = "segment", _("a segment")
    TIER = "tier", _("a tier")


class PaidTo(models.TextChoices):
    """Who of a buying group is paid."""

    PARENT = "parent", _("the parent")
    EACH = "each", _("each by its own share")


class Period(models.TextChoices):
    """Over what an agreement counts; named as in `accounts.windows.PERIODS`."""

    MONTH = "month", _("month")
    QUARTER = "quarter", _("quarter")
    YEAR = "year", _("year")
    FISCAL_QUARTER = "fiscal_quarter", _("fiscal quarter")
    FISCAL_YEAR = "fiscal_year", _("fiscal year")


class AgreementState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    OFFERED = "offered", _("Offered")
    ACCEPTED = "accepted", _("Accepted")
    RUNNING = "running", _("Running")
    CLOSED = "closed", _("Closed")


class Agreement(TenantModel):
    """Money back between the tenant and a partner: draft → offered → accepted → running → closed.

    It is *offered* when its first version is, *accepted* when its account has accepted that (at
    once where the version needs nobody's acceptance), *running* from `starts_on`, and *closed* when
    its last period has been closed. Whoever is of a segment or a tier accepts for itself: such an
    agreement counts as accepted when it is offered, and runs for those that accepted.

    `starts_on` is the first day of a period, `ends_on` the first day after its last one; None while
    it has no end. What it promises is in its versions. Money is of the tenant's currency, which is
    kept here: facts are in no other. `owner` answers for it and never approves what it pays.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="agreements")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    party = models.CharField(max_length=7, choices=Party)
    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="agreements"
    )
    segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Of the program's leading ladder.
    tier_code = models.CharField(max_length=40, blank=True, default="")
    paid_to = models.CharField(max_length=6, choices=PaidTo, default=PaidTo.PARENT)
    currency = models.CharField(max_length=3)
    period = models.CharField(max_length=14, choices=Period)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    owner = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=8, choices=AgreementState, default=AgreementState.DRAFT)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="agreement_code_is_unique"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="agreement_lasts"
            ),
            models.CheckConstraint(
                condition=Q(
                    party__in=["account", "family"],
                    account__isnull=False,
                    segment=None,
                    tier_code="",
                )
                | Q(party="segment", account=None, segment__isnull=False, tier_code="")
                | Q(party="tier", account=None, segment=None) & ~Q(tier_code=""),
                name="agreement_is_with_somebody",
            ),
            models.CheckConstraint(
                condition=Q(paid_to="parent") | Q(party="family"),
                name="agreement_shares_in_a_family",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "state", "id"], name="agreement_by_state")]

    def __str__(self) -> str:
        return self.name


class Method(models.TextChoices):
    """How a settlement reaches the partner."""

    BANK_TRANSFER = "bank_transfer", _("Bank transfer")
    CREDIT_NOTE = "credit_note", _("Credit note")
    ACCOUNT_CREDIT = "account_credit", _("Account credit")
    POINTS = "points", _("Points")


class Settles(models.TextChoices):
    """How often what was accrued goes on a statement."""

    PERIOD = "period", _("at the end of each period")
    MONTH = "month", _("monthly, as the difference to before")


class AgreementVersion(TenantModel):
    """What an agreement promises for periods that begin in [valid_from, valid_to).

    A period is calculated by the one version in force when it begins; a change is a new version
    from the first day of a later period. Drafted, then offered (`published_at`); from then on it
    never changes, but for its end. `terms` is how the rebate is calculated: `rebates.terms`.
    `condition` tells which accounts take part, in the language of `accounts.conditions`; `segments`
    are those that it names, as they were when it was offered. `authors` are all who wrote at it.

    `grace_days` after a statement's last day it is calculated; the partner has `answer_days` to
    accept it or dispute lines, and silence accepts it only if `silence_accepts`. `documents` are
    {"name", "file"}: the contract as it was signed, `file` the id of an uploaded one.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    terms = models.JSONField()
    condition = models.JSONField(default=dict, blank=True)
    segments = models.JSONField(default=dict, blank=True)
    settles = models.CharField(max_length=6, choices=Settles, default=Settles.PERIOD)
    method = models.CharField(max_length=14, choices=Method, default=Method.CREDIT_NOTE)
    # Of Method.POINTS: points for 1.00 of the currency.
    points_rate = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    grace_days = models.PositiveSmallIntegerField(default=5)
    answer_days = models.PositiveSmallIntegerField(default=14)
    silence_accepts = models.BooleanField(default=False)
    needs_acceptance = models.BooleanField(default=True)
    documents = models.JSONField(default=list, blank=True)
    authors = models.JSONField(default=list, blank=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=60, blank=True, default="")
    discarded_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "agreement", "number"], name="agreement_version_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="agreement_version_lasts",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(discarded_at=None),
                name="agreement_version_offered_or_discarded",
            ),
            models.CheckConstraint(
                condition=~Q(method="points") | Q(points_rate__gt=0),
                name="agreement_version_points_have_a_rate",
            ),
            PublishedStays(name="agreement_version_published_stays", but="valid_to"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} v{self.number}"


class Acceptance(TenantModel):
    """A partner's yes to a version, for ever: who, when, and to exactly what.

    `digest` is the SHA-256 of the terms as they were shown (`rebates.accepting.digest_of`).
    """

    version = models.ForeignKey(
        AgreementVersion, on_delete=models.PROTECT, related_name="acceptances"
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    accepted_by = models.CharField(max_length=60)
    accepted_at = models.DateTimeField()
    digest = models.CharField(max_length=64)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "version", "account"], name="acceptance_once_per_account"
            ),
            AppendOnly(name="acceptance_append_only"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} to {self.version_id}"
