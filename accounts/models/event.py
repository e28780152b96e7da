"""The record of events: one row is the audit trail's line and the outbox's letter."""

from django.db import models

from accounts.appendonly import AppendOnly
from accounts.models.directory import Account
from accounts.tenancy import TenantModel


class Event(TenantModel):
    """Something that happened, by whom, to what; written in the transaction that did it.

    `payload` carries all that a notice or webhook needs. Rows are never changed or deleted.
    """

    kind = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=60)  # "staff:<id>", "member:<id>", "key:<id>", "system"
    subject = models.CharField(max_length=80)  # "account:<id>", "import:<id>" …
    account = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    payload = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints = [AppendOnly(name="event_append_only")]
        indexes = [
            models.Index(
                fields=["tenant", "account", "-occurred_at"],
                name="event_by_account",
                condition=models.Q(account__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
