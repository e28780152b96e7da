"""Progress of jobs: Postgres, not the broker, knows what was done."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantModel


class JobState(models.TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class JobRun(TenantModel):
    """One run of `job` for `period`: an ISO instant or date, or the identity of whoever asked.

    What is due once for its period is never done again; see `accounts.progress`.
    """

    job = models.CharField(max_length=40)
    period = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=JobState)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "job", "period"], name="job_once_per_period"),
        ]
        indexes = [
            models.Index(fields=["tenant", "job", "-started_at", "-id"], name="job_by_start"),
            models.Index(
                fields=["tenant", "job"], name="job_running", condition=models.Q(state="running")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.period}"
