"""Support that partners ask for: what there is, who may have how much of it, what came of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Member, Staff
from accounts.spoken import Spoken
from accounts.tenancy import TenantModel
from partners.models.deals import Deal


class SupportState(models.TextChoices):
    ASKED = "asked", _("Waiting")
    TAKEN = "taken", _("Somebody is at it")
    DONE = "done", _("Done")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class SupportType(TenantModel):
    """A kind of support. Tiers give it as an entitlement of its `code`: a number for each quarter,
    or without limit; `each_quarter` is what everybody may have besides, also without a tier."""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    says = models.CharField(max_length=300, blank=True, default="")
    each_quarter = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="support_type_code_is_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class SupportRequest(Spoken, TenantModel):
    """What `account` asks for. `quarter` is the first local day of the calendar quarter in which it
    was asked, and counts against it unless it was declined or withdrawn. `allowed` is how many the
    account might have then, None without limit. `request_key` is the permanent identity: the same
    asker's same key asks once.
    """

    LETTER = "H"

    type = models.ForeignKey(
        SupportType, on_delete=models.PROTECT, related_name="requests", db_index=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="support_requests", db_index=False
    )
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    deal = models.ForeignKey(
        Deal, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    subject = models.CharField(max_length=150)
    text = models.CharField(max_length=2000, blank=True, default="")
    wanted_on = models.DateField(null=True)
    quarter = models.DateField()
    allowed = models.PositiveSmallIntegerField(null=True)
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    request_key = models.CharField(max_length=80)
    state = models.CharField(max_length=9, choices=SupportState, default=SupportState.ASKED)
    assigned = models.ForeignKey(
        Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_by = models.CharField(max_length=60, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=1000, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "asked_by", "request_key"], name="support_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at=None, assigned=None)
                | Q(state="taken", decided_at=None, assigned__isnull=False)
                | Q(state="done", decided_at__isnull=False, assigned__isnull=False) & ~Q(result="")
                | Q(state="declined", decided_at__isnull=False) & ~Q(result="")
                | Q(state="withdrawn", decided_at__isnull=False),
                name="support_state_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "account", "type", "quarter"], name="support_counted_in_quarter"
            ),
            models.Index(
                fields=["tenant", "account", "-asked_at", "-id"], name="support_by_account"
            ),
            models.Index(fields=["tenant", "state", "asked_at", "id"], name="support_by_state"),
            models.Index(fields=["tenant", "-asked_at", "-id"], name="support_by_day"),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in (SupportState.ASKED, SupportState.TAKEN)
