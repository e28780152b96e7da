"""Marketing funds: budgets, what accounts have of them, what they ask for, claim and are paid."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.appendonly import AppendOnly
from accounts.models import Account, File, Member, Program, Segment, Staff
from accounts.tenancy import TenantModel


class BudgetKind(models.TextChoices):
    """How accounts come to their part of a budget."""

    DISCRETIONARY = "discretionary", _("Allocated by hand (MDF)")
    ACCRUED = "accrued", _("Accrued on purchases (co-op)")


class Every(models.TextChoices):
    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")


class FundBudget(TenantModel):
    """Money of the tenant for what partners do, in the smallest unit of its currency.

    `allocated` is what the budget's funds hold or have spent: what was given to accounts, less
    what was taken back or expired there. Days are the tenant's local ones, `ends_on` included.
    With `on_request` an approval allocates what the account's fund lacks. `share` (percent),
    `every`, `kinds`, `lines`, `segment` and `good_months` are of an accrued one: of which purchases
    accounts accrue how much, for which periods, and how many months after a period's end that is
    good; without lines of all, without a segment for everybody enrolled.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=13, choices=BudgetKind)
    owner = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount = models.BigIntegerField()
    allocated = models.BigIntegerField(default=0)
    starts_on = models.DateField()
    ends_on = models.DateField()
    on_request = models.BooleanField(default=False)
    remind_days = models.PositiveSmallIntegerField(default=30)
    share = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    every = models.CharField(max_length=7, choices=Every, default=Every.QUARTER)
    kinds = models.JSONField(default=list, blank=True)
    lines = models.JSONField(default=list, blank=True)
    segment = models.ForeignKey(
        Segment, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    good_months = models.PositiveSmallIntegerField(default=3)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="fund_budget_name_is_unique"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, allocated__gte=0, allocated__lte=F("amount")),
                name="fund_budget_not_overspent",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="fund_budget_lasts"
            ),
            models.CheckConstraint(
                condition=Q(kind="discretionary", share=None)
                | Q(kind="accrued", share__gt=0, share__lte=100, on_request=False),
                name="fund_budget_accrues_a_share",
            ),
            models.CheckConstraint(
                condition=Q(good_months__lte=24, remind_days__lte=90),
                name="fund_budget_terms_make_sense",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-ends_on", "-id"], name="fund_budget_by_end"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def free(self) -> int:
        """What can still be allocated."""
        return self.amount - self.allocated


class Fund(TenantModel):
    """What an account has of a budget: `granted`, less what `expired`, is `committed` to requests,
    `paid`, or available. Sums of the ledger, which `partners.funds.books` compares."""

    budget = models.ForeignKey(
        FundBudget, on_delete=models.PROTECT, related_name="funds", db_index=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="funds", db_index=False
    )
    granted = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    committed = models.BigIntegerField(default=0)
    paid = models.BigIntegerField(default=0)
    reminded_of = models.DateField(null=True)  # the last day that was reminded of

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "budget"], name="fund_once_per_account"
            ),
            models.CheckConstraint(
                condition=Q(expired__gte=0, committed__gte=0, paid__gte=0)
                & Q(granted__gte=F("expired") + F("committed") + F("paid")),
                name="fund_not_overspent",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "budget"], name="fund_by_budget")]

    def __str__(self) -> str:
        return f"{self.account_id} of {self.budget_id}"

    @property
    def available(self) -> int:
        return self.granted - self.expired - self.committed - self.paid

    @property
    def held(self) -> int:
        """What of the budget it ties down or has used."""
        return self.granted - self.expired


class GrantCause(models.TextChoices):
    GRANTED = "granted", _("Allocated")
    APPROVED = "approved", _("Allocated with an approval")
    ACCRUED = "accrued", _("Accrued on purchases")
    TAKEN_BACK = "taken_back", _("Taken back")


class FundGrant(TenantModel):
    """A movement between a budget and a fund: the cause of one entry of the ledger, of its amount.

    Below 0 takes back. `last_day` is the last one on which what came in can be committed. `key` is
    the identity of an allocation by hand, "" of the others.
    """

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="grants", db_index=False)
    cause = models.CharField(max_length=10, choices=GrantCause)
    amount = models.BigIntegerField()
    last_day = models.DateField(null=True)
    note = models.CharField(max_length=300, blank=True, default="")
    key = models.CharField(max_length=80, blank=True, default="")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "fund", "made_by", "key"],
                condition=~Q(key=""),
                name="fund_granted_once",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, last_day__isnull=False) | Q(amount__lt=0, last_day=None),
                name="fund_grant_moves_something",
            ),
            AppendOnly(name="fund_grant_append_only"),
        ]
        indexes = [models.Index(fields=["tenant", "fund", "-id"], name="fund_grant_by_fund")]

    def __str__(self) -> str:
        return f"{self.amount} {self.cause}"


class FundAccrual(TenantModel):
    """What a fund accrues for the period [`since`, `until`): `amount` on `measured` purchases, net
    of returns. `credited` of it is in the fund, or below 0 was taken off it; where it is not equal,
    a debt of the fund or an empty budget stood against it, and later accruals make up for it."""

    fund = models.ForeignKey(
        Fund, on_delete=models.PROTECT, related_name="accruals", db_index=False
    )
    since = models.DateField()
    until = models.DateField()
    measured = models.BigIntegerField()
    amount = models.BigIntegerField()
    credited = models.BigIntegerField(default=0)
    accrued_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "fund", "since"], name="fund_accrual_once_per_period"
            ),
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="fund_accrual_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} since {self.since}"


class FundActivity(TenantModel):
    """A kind of activity that funds are for, and on which terms.

    `fields` are attributes as `accounts.attributes` keeps them; `proofs` names the kinds of proof
    that a claim must bring. The tenant pays up to `share` percent of the cost, up to `most` in the
    smallest unit. Only accounts in `segment` and with one of `tiers` (names) may ask; without,
    everybody. A claim comes within `claim_days` after the activity's last day.
    """

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=600, blank=True, default="")
    fields = models.JSONField(default=list, blank=True)
    proofs = models.JSONField(default=list, blank=True)
    share = models.DecimalField(max_digits=5, decimal_places=2, default=50)
    most = models.BigIntegerField(null=True)
    claim_days = models.PositiveSmallIntegerField(default=45)
    segment = models.ForeignKey(
        Segment, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    tiers = models.JSONField(default=list, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="fund_activity_name_is_unique"),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=100, claim_days__range=(1, 365))
                & (Q(most=None) | Q(most__gt=0)),
                name="fund_activity_terms_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return self.name


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


class FundRequest(TenantModel):
    """What an account wants to do with funds of a budget, and what came of it.

    Amounts are in the smallest unit: `asked` of `total_cost`; `approved` was committed, at `share`
    percent of the cost at most; of `cost`, which the claim proves, `accepted` is paid. Days are the
    tenant's; `claim_until` is the last one for a claim. `request_key` is the permanent identity:
    the same asker's same key asks once.
    """

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

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What people call it on the phone: the random end of its identifier."""
        return f"F-{self.pk.hex[-8:].upper()}"

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
