"""Joint plans of the tenant and an account: goals that both have agreed on, and how they go."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.models import Account
from accounts.tenancy import TenantModel


class Side(models.TextChoices):
    COMPANY = "company", _("The company")
    PARTNER = "partner", _("The partner")


class Plan(TenantModel):
    """For whole local months, from the first day of one to the last of another. What is planned is
    its agreed version; `ended_at` is when it was ended before its time."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="plans", db_index=False
    )
    name = models.CharField(max_length=120)
    starts_on = models.DateField()
    ends_on = models.DateField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True, default="")
    end_note = models.CharField(max_length=300, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "name"], name="plan_name_once_per_account"
            ),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="plan_lasts"),
            models.CheckConstraint(condition=Q(starts_on__day=1), name="plan_starts_with_a_month"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | ~Q(end_note=""), name="plan_ended_with_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-starts_on", "-id"], name="plan_by_start"),
        ]

    def __str__(self) -> str:
        return self.name


class PlanState(models.TextChoices):
    PROPOSED = "proposed", _("Waiting for the other side")
    AGREED = "agreed", _("Agreed")
    REJECTED = "rejected", _("Not agreed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    REPLACED = "replaced", _("Replaced by a later one")


class PlanVersion(TenantModel):
    """Goals as one side proposes them; the other agrees or not. An agreed one never changes: a
    change is the next version, and the plan stays as it was until that is agreed."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    side = models.CharField(max_length=7, choices=Side)
    proposed_by = models.CharField(max_length=60)
    proposed_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True, default="")
    state = models.CharField(max_length=9, choices=PlanState, default=PlanState.PROPOSED)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "plan", "number"], name="plan_version_number_is_unique"
            ),
            models.UniqueConstraint(
                fields=["tenant", "plan"],
                condition=Q(state="proposed"),
                name="plan_version_proposed_is_one",
            ),
            models.UniqueConstraint(
                fields=["tenant", "plan"],
                condition=Q(state="agreed"),
                name="plan_version_agreed_is_one",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None)
                | Q(state__in=("agreed", "replaced"), decided_at__isnull=False)
                & ~Q(decided_by=F("proposed_by"))
                | Q(state="rejected", decided_at__isnull=False) & ~Q(reason="")
                | Q(state="withdrawn", decided_at__isnull=False),
                name="plan_version_decided_by_the_other_side",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} version {self.number}"


class PlanGoal(TenantModel):
    """A goal of a version: a `measure` that is to reach `target`, in the measure's own units; or a
    task without one, done by `side` until `due_on`. Its `key` is the same in all versions."""

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="goals")
    key = models.UUIDField(default=uuid7)
    place = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=150)
    measure = models.CharField(max_length=40, blank=True, default="")
    target = models.BigIntegerField(null=True)
    side = models.CharField(max_length=7, choices=Side)
    due_on = models.DateField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "version", "key"], name="plan_goal_once_per_version"
            ),
            models.CheckConstraint(
                condition=Q(measure="", target=None, due_on__isnull=False)
                | ~Q(measure="") & Q(target__gt=0),
                name="plan_goal_is_a_measure_or_a_task",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PlanDone(TenantModel):
    """That the task of this key is done: it holds for all later versions, too."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="done", db_index=False)
    key = models.UUIDField()
    done_at = models.DateTimeField()
    done_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "plan", "key"], name="plan_task_done_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.plan_id}"


class PlanNote(TenantModel):
    """What was noted when both looked at the plan; it stays."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="notes", db_index=False)
    text = models.CharField(max_length=1000)
    side = models.CharField(max_length=7, choices=Side)
    noted_by = models.CharField(max_length=60)
    noted_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "plan", "-noted_at", "-id"], name="plan_note_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.noted_at:%Y-%m-%d}"
