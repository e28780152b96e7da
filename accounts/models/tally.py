"""Movements of points added up by the local day, so that no page adds up the ledger."""

from django.db import models

from accounts.models.directory import Program
from accounts.tenancy import TenantModel


class Tally(TenantModel):
    """What the entries of one `kind` moved on `day`, of one unit in a program: for its holders
    more (+) or less (−), whether available, pending or set aside.

    `day` is the tenant's local one on which the entries take effect; see `rewards.tallying`.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit = models.CharField(max_length=10)
    kind = models.CharField(max_length=8)
    day = models.DateField()
    amount = models.BigIntegerField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "program", "unit", "day", "kind"], name="tally_once_per_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount:+d} on {self.day}"


class TallyMark(TenantModel):
    """How far the open tenant's entries have been added up: all whose id is below `upto`, and no
    other. Identifiers are made in the order of time (`accounts.ids`)."""

    upto = models.UUIDField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="tally_mark_is_one"),
        ]

    def __str__(self) -> str:
        return f"up to {self.upto}"
