"""What people keep of lists: views under a name, and files of what a list showed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.people import Staff
from accounts.tenancy import TenantModel


class SavedView(TenantModel):
    """A list as `staff` likes to see it: `query` is the state of its address.

    Shared ones are for all who read the list; a default is what its owner's list opens with. What
    is no longer wanted has `removed_at`.
    """

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+", db_index=False)
    list = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True, default="")
    is_shared = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "staff", "list", "name"],
                condition=Q(removed_at=None),
                name="view_name_is_unique",
            ),
            models.UniqueConstraint(
                fields=["tenant", "staff", "list"],
                condition=Q(removed_at=None, is_default=True),
                name="view_default_is_one",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "list"], name="view_by_list", condition=Q(removed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Ready")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", pgettext_lazy("file", "Expired")


class Export(TenantModel):
    """The rows that `list` showed `staff` at `asked_at` under `query`, as a file for them alone.

    `tries` names the file of each worker that began it, so that one that was thought dead never
    writes into another's.
    """

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+", db_index=False)
    list = models.CharField(max_length=40)
    query = models.CharField(max_length=2000, blank=True, default="")
    state = models.CharField(max_length=8, choices=ExportState, default=ExportState.WAITING)
    rows = models.BigIntegerField(default=0)
    written = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    stored_as = models.CharField(max_length=200, blank=True, default="")
    problem = models.CharField(max_length=300, blank=True, default="")
    asked_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(stored_as="") & Q(expires_at__isnull=False),
                name="export_done_has_a_file",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "staff", "-asked_at", "-id"], name="export_by_staff"),
            models.Index(
                fields=["tenant", "asked_at"],
                name="export_under_way",
                condition=Q(state__in=("waiting", "running")),
            ),
            models.Index(
                fields=["tenant", "expires_at"],
                name="export_to_remove",
                condition=Q(state="done"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.list} {self.asked_at:%Y-%m-%d}"
