"""Leads that the tenant shares with partners: rules of who gets which, turns, what became of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.spoken import Spoken
from accounts.tenancy import TenantModel


class LeadState(models.TextChoices):
    OPEN = "open", _("With nobody")
    OFFERED = "offered", _("Offered")
    ACCEPTED = "accepted", _("Accepted")
    CONTACTED = "contacted", _("Contacted")
    QUALIFIED = "qualified", _("Qualified")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    CLOSED = "closed", _("Closed")


# What an account is at work on, or asked to be: these count against its limit.
BUSY = (LeadState.OFFERED, LeadState.ACCEPTED, LeadState.CONTACTED, LeadState.QUALIFIED)
WORKED = BUSY[1:]


class Method(models.TextChoices):
    ROUND_ROBIN = "round_robin", _("In turn")
    BEST_FIT = "best_fit", _("Whoever fits best")


class OfferState(models.TextChoices):
    OPEN = "open", _("Waiting for an answer")
    HELD = "held", _("Accepted")
    DECLINED = "declined", _("Declined")
    RETURNED = "returned", _("Given back")
    EXPIRED = "expired", _("Not answered in time")
    WITHDRAWN = "withdrawn", _("Taken back")


class LeadTerms(TenantModel):
    """What holds for all leads of a tenant. The row is also the desk at which leads are given out:
    whoever gives one out holds its lock, so that turns are fair and limits hold."""

    answer_hours = models.PositiveSmallIntegerField(default=24)
    most_open = models.PositiveSmallIntegerField(default=10)
    silent_days = models.PositiveSmallIntegerField(default=7)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="lead_terms_once"),
            models.CheckConstraint(
                condition=Q(
                    answer_hours__range=(1, 720),
                    most_open__range=(0, 1000),
                    silent_days__range=(1, 365),
                ),
                name="lead_terms_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer_hours} hours"


class LeadRule(TenantModel):
    """Which leads (by territory and product lines) go to which partners, and how one is chosen.

    Lists are empty for “any”. `countries` are ISO codes, `postcodes` beginnings. Of partners:
    `partner_types`, at least the tier `tier_code`, the entitlement `entitlement` of their tier,
    `least_certificates` valid certificates (of `certificate_line`), the attribute. `served` is the
    number of the account that had the last turn.
    """

    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField()
    is_active = models.BooleanField(default=True)
    countries = models.JSONField(default=list, blank=True)
    regions = models.JSONField(default=list, blank=True)
    postcodes = models.JSONField(default=list, blank=True)
    lines = models.JSONField(default=list, blank=True)
    partner_types = models.JSONField(default=list, blank=True)
    tier_code = models.CharField(max_length=40, blank=True, default="")
    entitlement = models.CharField(max_length=80, blank=True, default="")
    certificate_line = models.CharField(max_length=80, blank=True, default="")
    least_certificates = models.PositiveSmallIntegerField(default=0)
    attribute = models.CharField(max_length=80, blank=True, default="")
    attribute_value = models.CharField(max_length=120, blank=True, default="")
    method = models.CharField(max_length=11, choices=Method, default=Method.ROUND_ROBIN)
    served = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "position", "id"], name="lead_rule_in_order")]

    def __str__(self) -> str:
        return self.name


class LeadPool(TenantModel):
    """An account that a rule names; a rule that names none is for all that fit."""

    rule = models.ForeignKey(
        LeadRule, on_delete=models.PROTECT, related_name="pool", db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    is_in = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "rule", "account"], name="lead_pool_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} of {self.rule_id}"


class LeadLimit(TenantModel):
    """How many open leads an account has at most, as the tenant says and as it says itself: the
    smaller one holds. None is the tenant's general limit."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    by_tenant = models.PositiveSmallIntegerField(null=True)
    by_partner = models.PositiveSmallIntegerField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account"], name="lead_limit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.by_tenant}, {self.by_partner}"


class Lead(Spoken, TenantModel):
    """A company that may buy. `account` is who holds it now; `contact`, `email`, `phone` are a
    person's, and shown to a partner only while it holds the lead.

    `source` and `external_id` are its permanent identity, `digest` that of what came in under it.
    Amounts are in the smallest unit of the tenant's currency. `heard_at` is when its partner last
    said something, `wished` the account that the person asked for.
    """

    LETTER = "L"

    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, blank=True, default="")
    company = models.CharField(max_length=200)
    contact = models.CharField(max_length=120, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    need = models.CharField(max_length=1000, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    region = models.CharField(max_length=80, blank=True, default="")
    postcode = models.CharField(max_length=20, blank=True, default="")
    lines = models.JSONField(default=list, blank=True)
    amount = models.BigIntegerField(null=True)
    wished = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=60)

    state = models.CharField(max_length=9, choices=LeadState, default=LeadState.OPEN)
    account = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="leads", db_index=False
    )
    answer_by = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_note = models.CharField(max_length=300, blank=True, default="")
    won_on = models.DateField(null=True)
    won_amount = models.BigIntegerField(null=True)
    deal = models.ForeignKey(
        "partners.Deal", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    erased_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source", "external_id"], name="lead_received_once"
            ),
            models.CheckConstraint(
                condition=Q(state="open", account=None, answer_by=None, ended_at=None)
                | Q(state="offered", account__isnull=False, answer_by__isnull=False, ended_at=None)
                | Q(state__in=("accepted", "contacted", "qualified"), account__isnull=False)
                & Q(accepted_at__isnull=False, answer_by=None, ended_at=None)
                | Q(state="won", account__isnull=False, ended_at__isnull=False)
                & Q(won_on__isnull=False, won_amount__gt=0)
                | Q(state="lost", account__isnull=False, ended_at__isnull=False) & ~Q(end_note="")
                | Q(state="closed", account=None, ended_at__isnull=False) & ~Q(end_note=""),
                name="lead_state_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(won_amount=None) | Q(state="won"), name="lead_won_when_won"
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gt=0), name="lead_of_something"
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(contact="", email="", phone="", need="", digest=""),
                name="lead_erased_says_nobody",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-received_at", "-id"], name="lead_by_arrival"),
            models.Index(fields=["tenant", "state", "-received_at", "-id"], name="lead_by_state"),
            models.Index(
                fields=["tenant", "account", "-received_at", "-id"],
                name="lead_by_account",
                condition=Q(account__isnull=False),
            ),
            models.Index(
                fields=["tenant", "answer_by"],
                name="lead_by_clock",
                condition=Q(state="offered"),
            ),
            models.Index(
                fields=["tenant", "heard_at"],
                name="lead_by_silence",
                condition=Q(state__in=("accepted", "contacted", "qualified")),
            ),
        ]

    @property
    def is_busy(self) -> bool:
        return self.state in BUSY

    @property
    def is_worked(self) -> bool:
        return self.state in WORKED


class LeadOffer(TenantModel):
    """One account's turn at a lead, with why it was this one; what was answered, and why not.

    `open_before` of `most` open leads it had then. `why` is as `partners.leads.fitting` writes it.
    """

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="offers", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    rule = models.ForeignKey(
        LeadRule, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    by_hand = models.BooleanField(default=False)
    offered_at = models.DateTimeField()
    offered_by = models.CharField(max_length=60)
    answer_by = models.DateTimeField()
    open_before = models.PositiveSmallIntegerField()
    most = models.PositiveSmallIntegerField()
    why = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=OfferState, default=OfferState.OPEN)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "lead", "number"], name="lead_offer_number"),
            models.UniqueConstraint(
                fields=["tenant", "lead"],
                name="lead_held_by_one",
                condition=Q(state__in=("open", "held")),
            ),
            models.UniqueConstraint(
                fields=["tenant", "lead", "account"],
                name="lead_never_twice_to_the_same",
                condition=Q(by_hand=False),
            ),
            models.CheckConstraint(
                condition=Q(state="open", accepted_at=None, ended_at=None)
                | Q(state="held", accepted_at__isnull=False, ended_at=None)
                | Q(state__in=("declined", "expired"), accepted_at=None, ended_at__isnull=False)
                | Q(state="returned", accepted_at__isnull=False, ended_at__isnull=False)
                | Q(state="withdrawn", ended_at__isnull=False),
                name="lead_offer_state_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(by_hand=True) | Q(open_before__lt=models.F("most")),
                name="lead_offer_within_limit",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "account", "-offered_at", "-id"], name="lead_offer_by_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} to {self.account_id}"
