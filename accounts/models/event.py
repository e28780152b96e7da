"""The record of events: one row is the audit trail's line and the outbox's letter."""

from django.db import models
from django.db.models.functions import Cast

from accounts.appendonly import AppendOnly
from accounts.models.directory import Account
from accounts.references import CheckedReferences
from accounts.tenancy import TenantModel

# The number of the transaction that writes the row.
TRANSACTION = Cast(
    Cast(models.Func(function="pg_current_xact_id"), models.TextField()), models.BigIntegerField()
)


# What every fact says. People look for what was done and decided, which would drown in it; and
# no index of theirs is to be paid for by each fact.
EVERYDAY = ("points.earned", "points.reversed")


class Event(TenantModel):
    """Something that happened, by whom, to what; written in the transaction that did it.

    `payload` carries all that a notice or webhook needs. Rows are never changed or deleted.
    `position` and `id` together are the order in which events are handed on (accounts.delivery):
    unlike a sequence or a time, the number of a transaction tells whether others may still come
    before it.
    """

    kind = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=60)  # "staff:<id>", "member:<id>", "key:<id>", "system"
    subject = models.CharField(max_length=80)  # "account:<id>", "import:<id>" …
    account = models.ForeignKey(
        Account,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    payload = models.JSONField(default=dict)
    position = models.BigIntegerField(db_default=TRANSACTION, editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            AppendOnly(name="event_append_only"),
            CheckedReferences(name="event_references"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "account", "-occurred_at"],
                name="event_by_account",
                condition=models.Q(account__isnull=False),
            ),
            models.Index(
                fields=["tenant", "account", "-occurred_at", "-id"],
                name="event_of_note_by_account",
                condition=models.Q(account__isnull=False) & ~models.Q(kind__in=EVERYDAY),
            ),
            models.Index(fields=["tenant", "position", "id"], name="event_in_order"),
            models.Index(
                fields=["tenant", "position", "id"],
                name="event_of_note",
                condition=~models.Q(kind__in=EVERYDAY),
            ),
            models.Index(
                fields=["tenant", "subject", "position", "id"],
                name="event_by_subject",
                condition=~models.Q(kind__in=EVERYDAY),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class EventReader(TenantModel):
    """How far `name` has read the open tenant's events: behind (`position`, `last_read`)."""

    name = models.CharField(max_length=40)
    position = models.BigIntegerField()
    last_read = models.UUIDField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="event_reader_is_one"),
        ]

    def __str__(self) -> str:
        return self.name
