"""Webhooks: where events are sent, each event's way there, and every attempt."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.appendonly import AppendOnly
from accounts.models.event import Event
from accounts.tenancy import TenantModel


class EndpointState(models.TextChoices):
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    DISABLED = "disabled", _("Disabled")


class WebhookEndpoint(TenantModel):
    """`kinds` are kinds of events, or beginnings of such: “points.earned”, “points.*”, “*”.

    Secrets are sealed (accounts.sealing). What happens while it is paused is kept for later; what
    happens while it is disabled is not sent unless somebody asks for it.
    """

    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True, default="")
    kinds = ArrayField(models.CharField(max_length=60))
    secret = models.BinaryField()
    # Signs too, until then: receivers change theirs in between.
    old_secret = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(null=True)
    state = models.CharField(
        max_length=8, choices=EndpointState, default=EndpointState.ACTIVE.value
    )
    reason = models.CharField(max_length=300, blank=True, default="")
    # Events from here on are its own; see accounts.delivery.
    position = models.BigIntegerField()
    # Failures since the last success, when they began, and until when it is left alone for them.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(old_secret=None, old_secret_until=None)
                | models.Q(old_secret__isnull=False, old_secret_until__isnull=False),
                name="webhook_old_secret_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def subject(self) -> str:
        return f"webhook:{self.pk}"


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class WebhookDelivery(TenantModel):
    """An event on its way to an endpoint. The next attempt is due at `due_at`.

    While a worker attempts it (`is_leased`), `due_at` is when others take the worker for dead.
    `attempts` counts all of them and is the lease's number; `tries` those since the last replay.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(
        max_length=9, choices=DeliveryState, default=DeliveryState.WAITING.value
    )
    due_at = models.DateTimeField()
    is_leased = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "endpoint", "event"], name="webhook_event_once_per_endpoint"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "endpoint", "due_at"],
                name="webhook_delivery_due",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["tenant", "endpoint", "-created_at", "-id"], name="webhook_delivery_newest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"


class Outcome(models.TextChoices):
    DELIVERED = "delivered", _("Delivered")
    STATUS = "status", _("Answered with an error")
    GONE = "gone", _("Answered that it is gone for good")
    REDIRECT = "redirect", _("Answered with a redirect, which is not followed")
    REFUSED = "refused", _("Not called: the address is not allowed")
    UNKNOWN_HOST = "unknown_host", _("The host’s name leads nowhere")
    UNREACHABLE = "unreachable", _("Could not be reached")
    TLS = "tls", _("Its certificate or encryption was not accepted")
    TIMEOUT = "timeout", _("Took too long")
    BROKEN = "broken", _("Broke the connection off or did not speak HTTP")
    LOST = "lost", _("Our worker stopped midway; whether it arrived is not known")


class WebhookAttempt(TenantModel):
    """One attempt and how it ended; `answer` is the beginning of what the receiver said."""

    delivery = models.ForeignKey(
        WebhookDelivery, on_delete=models.PROTECT, related_name="log", db_index=False
    )
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "delivery", "number"], name="webhook_attempt_number"
            ),
            AppendOnly(name="webhook_attempt_append_only"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.outcome}"
