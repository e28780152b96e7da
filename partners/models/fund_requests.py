"""What accounts ask for of marketing funds: what was approved, claimed with proof, and paid."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, File, Member
from accounts.spoken import Spoken
from accounts.tenancy import TenantModel
from partners.models.funds import FundActivity, FundBudget


class RequestState(models.TextChoices):
    REQUESTED = "requested", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    CLAIMED = "claimed", _("Claim being checked")
    INCOMPLETE = "incomplete", _("More proof wanted")
    ACCEPTED = "accepted", _("To be paid")
    REFUSED = "refused", _("Claim refused")
    PAID = "paid", _("Paid")
    LAPSED = "lapsed", _("Not claimed in time")


HOLDING = ("approved", "claimed", "incomplete", "accepted")


class PaidAs(models.TextChoices):
    TRANSFER = "transfer", _("Bank transfer")
    CREDIT_NOTE = "credit_note", _("Credit note")


class FundRequest(Spoken, TenantModel):
    """What an account wants to do with funds of a budget, and what came of it.

    Amounts are in the smallest unit: `asked` of `total_cost`; `approved` was committed, at `share`
    percent of the cost at most; of `cost`, which the claim proves, `accepted` is paid. Days are the
    tenant's; `claim_until` is the last one for a claim. `request_key` is the permanent identity:
    the same asker's same key asks once.
    """

    LETTER = "F"

    budget = models.ForeignKey(
        FundBudget, on_delete=models.PROTECT, related_name="requests", db_index=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="fund_requests", db_index=False
    )
    activity = models.ForeignKey(
        FundActivity, on_delete=models.PROTECT, related_name="requests", db_index=False
    )
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    requested_by = models.CharField(max_length=60)
    requested_at = models.DateTimeField()
    request_key = models.CharField(max_length=80)

    title = models.CharField(max_length=120)
    answers = models.JSONField(default=dict, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    total_cost = models.BigIntegerField()
    asked = models.BigIntegerField()

    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.REQUESTED)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")  # of the latest decision
    approved = models.BigIntegerField(null=True)
    share = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    claim_until = models.DateField(null=True)
    reminded_of = models.DateField(null=True)  # the last day that was reminded of

    claimed_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=60, blank=True, default="")
    cost = models.BigIntegerField(null=True)
    claim_note = models.CharField(max_length=300, blank=True, default="")
    checked_at = models.DateTimeField(null=True)
    checked_by = models.CharField(max_length=60, blank=True, default="")
    accepted = models.BigIntegerField(null=True)

    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True, default="")
    paid_on = models.DateField(null=True)
    paid_as = models.CharField(max_length=11, choices=PaidAs, blank=True, default="")
    reference_paid = models.CharField(max_length=80, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "requested_by", "request_key"], name="fund_requested_once"
            ),
            models.CheckConstraint(
                condition=Q(total_cost__gt=0, asked__gt=0, asked__lte=F("total_cost"))
                & Q(ends_on__gte=F("starts_on")),
                name="fund_request_of_something",
            ),
            models.CheckConstraint(
                condition=Q(accepted=None)
                | Q(accepted__gt=0, accepted__lte=F("approved"), cost__gt=0),
                name="fund_request_accepted_within_approved",
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("requested_by")),
                name="fund_request_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(checked_by="")
                | ~Q(checked_by=F("requested_by")) & ~Q(checked_by=F("claimed_by")),
                name="fund_claim_checked_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="requested", approved=None, ended_at=None)
                | Q(state="rejected", approved=None, ended_at__isnull=False) & ~Q(note="")
                | Q(state="withdrawn", accepted=None, ended_at__isnull=False)
                | Q(state="approved", approved__gt=0, share__gt=0, claim_until__isnull=False)
                & Q(accepted=None, claimed_at=None, ended_at=None)
                | Q(state__in=("claimed", "incomplete"), approved__gt=0, claimed_at__isnull=False)
                & Q(accepted=None, ended_at=None)
                | Q(state="accepted", accepted__gt=0, checked_at__isnull=False, ended_at=None)
                | Q(state="refused", approved__gt=0, accepted=None, ended_at__isnull=False)
                & ~Q(note="")
                | Q(state="paid", accepted__gt=0, ended_at__isnull=False, paid_on__isnull=False)
                & ~Q(reference_paid="")
                & ~Q(ended_by=F("checked_by"))
                | Q(state="lapsed", approved__gt=0, accepted=None, ended_at__isnull=False),
                name="fund_request_state_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-requested_at", "-id"], name="fund_request_by_time"),
            models.Index(fields=["tenant", "state", "requested_at"], name="fund_request_by_state"),
            models.Index(
                fields=["tenant", "account", "-requested_at"], name="fund_request_by_account"
            ),
            models.Index(fields=["tenant", "budget", "state"], name="fund_request_by_budget"),
            models.Index(
                fields=["tenant", "claim_until"],
                name="fund_request_by_clock",
                condition=Q(state__in=("approved", "incomplete")),
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in (RequestState.REQUESTED, *HOLDING)


class FundProof(TenantModel):
    """A file that proves what was claimed; `kind` is one of those its activity demands."""

    request = models.ForeignKey(
        FundRequest, on_delete=models.PROTECT, related_name="proofs", db_index=False
    )
    kind = models.CharField(max_length=60)
    file = models.ForeignKey(File, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "request", "file"], name="fund_proof_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.request_id}"
