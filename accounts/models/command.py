"""Commands from outside and what became of them, kept for ever."""

from django.db import models

from accounts.appendonly import AppendOnly
from accounts.tenancy import TenantModel


class Command(TenantModel):
    """A command and its outcome, written in the transaction of its effect.

    Its permanent identity is (owner, key): `owner` is who chooses the keys ("api" for all systems
    of the tenant together). `digest` is a hash of `route` and content: the same identity with
    another digest is a conflict. `body` is the answer as it was sent.
    """

    owner = models.CharField(max_length=60)
    key = models.CharField(max_length=255)
    route = models.CharField(max_length=400)  # "POST /api/v1/redemptions"
    digest = models.UUIDField()
    actor = models.CharField(max_length=60)  # "key:<id>" of whoever sent it first
    recorded_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField()
    location = models.CharField(max_length=400, default="")
    body = models.TextField(default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "owner", "key"], name="command_identity"),
            AppendOnly(name="command_append_only"),
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
