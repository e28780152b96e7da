"""Files taken in, with their counts and rejects."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantModel


class ImportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class ImportTarget(models.TextChoices):
    ACTIVITIES = "activities", _("Activities")
    ACCOUNTS = "accounts", _("Accounts")
    PRODUCTS = "products", _("Products")
    COMPLETIONS = "completions", _("Completed courses")
    LEADS = "leads", _("Leads")


class ImportRun(TenantModel):
    """One file: rows in = accepted + known + rejected; rejects are kept in a file of their own."""

    target = models.CharField(max_length=12, choices=ImportTarget)
    state = models.CharField(max_length=8, choices=ImportState, default=ImportState.WAITING)
    file_name = models.CharField(max_length=200)
    stored_as = models.CharField(max_length=200)
    rejects_as = models.CharField(max_length=200, blank=True, default="")
    mapping = models.JSONField()
    options = models.JSONField(default=dict)
    size = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    known = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    # Share of the file behind us, in thousandths, for the progress bar.
    progress = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True, default="")
    started_by = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "-created_at"], name="import_newest_first")]

    def __str__(self) -> str:
        return self.file_name
