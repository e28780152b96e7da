"""What the API's document says of webhook endpoints and deliveries, with examples."""

from django.core.validators import MinValueValidator
from rest_framework import serializers

from accounts.facts import EARLIEST
from accounts.models.webhook import DeliveryState, EndpointState
from loyalty.api.shapes import Body


class EndpointBody(Body):
    url = serializers.CharField(max_length=500, help_text="https, on the open internet.")
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=60),
        max_length=50,
        help_text="Kinds of events: points.earned, all of points.*, or * for everything.",
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    secret = serializers.CharField(
        max_length=100, help_text="“whsec_” and 24 to 64 random bytes in base64; never told again."
    )


class ChangeBody(Body):
    """What waits goes to the new address, too."""

    url = serializers.CharField(max_length=500, help_text="https, on the open internet.")
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=60),
        max_length=50,
        help_text="All that it is to be sent from now on; those of before are replaced.",
    )
    description = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Left out, it stays."
    )


class RotationBody(Body):
    secret = serializers.CharField(max_length=100, help_text="The new one.")
    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=168, required=False, help_text="How long both sign; 24 if not given."
    )


class ReplayBody(Body):
    since = serializers.DateTimeField(
        validators=[MinValueValidator(EARLIEST)],
        help_text="With its offset from UTC, and not before 1970.",
    )


class NoBody(Body):
    """Nothing needs to be said."""


class EndpointShape(serializers.Serializer):
    id = serializers.UUIDField()
    url = serializers.CharField()
    kinds = serializers.ListField(child=serializers.CharField())
    description = serializers.CharField()
    state = serializers.ChoiceField(choices=EndpointState.values)
    reason = serializers.CharField(help_text="Why it is disabled; or empty.")
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="Null while the last delivery arrived."
    )
    old_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then the secret before signs, too."
    )
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()


class ReplayedShape(serializers.Serializer):
    count = serializers.IntegerField(help_text="How many are on their way again.")


class DeliveryShape(serializers.Serializer):
    id = serializers.UUIDField()
    event = serializers.UUIDField(help_text="The `webhook-id` it is sent with.")
    type = serializers.CharField()
    state = serializers.ChoiceField(choices=DeliveryState.values)
    attempts = serializers.IntegerField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="The next attempt, if any.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


SENT = {
    "url": "https://hooks.example.com/loyalty",
    "kinds": ["points.*", "tier.changed"],
    "description": "CRM",
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-00000000000a",
    "url": SENT["url"],
    "kinds": SENT["kinds"],
    "description": "CRM",
    "state": "active",
    "reason": "",
    "failing_since": None,
    "old_secret_until": None,
    "created_at": "2026-02-10T15:00:00Z",
    "created_by": "key:0197f7a0-0000-7000-8000-000000000003",
}
DELIVERY_SHOWN = {
    "id": "0197f7a0-0000-7000-8000-00000000000b",
    "event": "0197f7a0-0000-7000-8000-000000000009",
    "type": "points.earned",
    "state": "waiting",
    "attempts": 2,
    "due_at": "2026-02-10T16:05:07Z",
    "created_at": "2026-02-10T16:00:00Z",
    "finished_at": None,
}
