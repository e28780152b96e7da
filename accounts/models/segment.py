"""Segments: groups of accounts by a condition with a name."""

from django.db import models

from accounts.tenancy import TenantModel


class Segment(TenantModel):
    """The accounts for which `condition` holds now; in the language of `accounts.conditions`.

    Rules and campaigns keep the condition as it was when they were published, so that a change
    here changes nothing that was promised.
    """

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    condition = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="segment_code_is_unique"),
        ]

    def __str__(self) -> str:
        return self.name
