"""Keys with which other systems call the API."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.tenancy import TenantModel


class ApiKey(TenantModel):
    """Only the hash of the secret is kept; `hint` is its readable beginning."""

    name = models.CharField(max_length=80)
    hint = models.CharField(max_length=16)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40))
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    last_used_on = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "secret_hash"], name="api_key_secret_is_unique"
            ),
        ]
        indexes = [
            # Before the tenant is known, a key is found by its secret alone (accounts.doors).
            models.Index(fields=["secret_hash"], name="api_key_by_secret"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @property
    def actor(self) -> str:
        return f"key:{self.pk}"
