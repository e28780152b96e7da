"""Where each enrollment stood when, and what holds it there besides its measures."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Enrollment
from accounts.references import CheckedReferences
from accounts.tenancy import TenantModel
from tiers.models.schemes import Scheme, Tier
from tiers.succession import Succession


class Cause(models.TextChoices):
    ENROLLED = "enrolled", _("Joined the program")
    REACHED = "reached", _("Reached the next tier")
    EVALUATED = "evaluated", _("Evaluated at the period's end")
    RECONSIDERED = "reconsidered", _("Late facts of an earlier period")
    GRACE_ENDED = "grace_ended", _("The grace period ended")
    PUBLISHED = "published", _("The tiers were changed")
    PINNED = "pinned", _("Set by hand")
    PIN_ENDED = "pin_ended", _("What was set by hand ended")
    INVITED = "invited", _("Invited")


class Standing(TenantModel):
    """An enrollment's tier on a ladder over [starts_at, ends_at), with the evidence that decided.

    The standings of an enrollment on a ladder have no gap and no overlap: each but the first
    `follows` the end of the one before it, which is followed once (see `tiers.succession`). No
    index knows of `ends_at`, so that a standing ends within its page. `falls_at` is when it will
    end for a lower tier unless it is met again by then; until `pinned_until` no evaluation moves
    it. `evidence`: see `tiers.evidence`.
    """

    enrollment = models.ForeignKey(
        Enrollment,
        on_delete=models.PROTECT,
        related_name="standings",
        db_index=False,
        db_constraint=False,
    )
    scheme = models.ForeignKey(
        Scheme,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    follows = models.DateTimeField(null=True)
    falls_at = models.DateTimeField(null=True)
    pinned_until = models.DateTimeField(null=True)
    cause = models.CharField(max_length=12, choices=Cause)
    evidence = models.JSONField(default=dict)
    decided_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "enrollment", "scheme", "follows"],
                name="standing_follows_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(follows=None) | Q(follows=F("starts_at")),
                name="standing_follows_without_gap",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="standing_lasts",
            ),
            # What follows a standing is of its enrollment and ladder, as the succession tells; a
            # standing that has not lasted yet is decided anew in place.
            CheckedReferences(
                name="standing_references",
                changing=["tier"],
                proven={"enrollment": "follows IS NOT NULL", "scheme": "follows IS NOT NULL"},
            ),
            Succession(name="standing_succession"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "falls_at"],
                name="standing_by_fall",
                condition=Q(falls_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "pinned_until"],
                name="standing_by_pin",
                condition=Q(pinned_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier_id} from {self.starts_at:%Y-%m-%d}"


class PinState(models.TextChoices):
    PROPOSED = "proposed", _("Waiting for approval")
    HELD = "held", _("In force")
    REJECTED = "rejected", _("Rejected")
    LIFTED = "lifted", _("Lifted")


class Pin(TenantModel):
    """A tier set by hand over [starts_at, ends_at), for a reason; no evaluation moves it."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="pins")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="+", db_index=False)
    tier_code = models.SlugField(max_length=40)
    reason = models.CharField(max_length=400)
    state = models.CharField(max_length=8, choices=PinState, default=PinState.PROPOSED)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=60)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")) | Q(state=PinState.LIFTED),
                name="pin_lasts",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="pin_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.tier_code} until {self.ends_at:%Y-%m-%d}"


class Nearness(models.Model):
    """That an enrollment was told, in the period that starts on `period`, how near a tier it is."""

    pk = models.CompositePrimaryKey(
        "tenant_id", "enrollment_id", "scheme_id", "period", "tier_code"
    )
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="+", db_index=False)
    period = models.DateField()
    tier_code = models.SlugField(max_length=40, db_index=False)
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.tier_code} in {self.period}"


class TierInvitation(TenantModel):
    """Lets an enrollment onto a tier that wants one, from `invited_at` until withdrawn."""

    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.PROTECT, related_name="tier_invitations", db_index=False
    )
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="+", db_index=False)
    tier_code = models.SlugField(max_length=40)
    invited_at = models.DateTimeField()
    invited_by = models.CharField(max_length=60)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=60, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "enrollment", "scheme", "tier_code"],
                condition=Q(withdrawn_at=None),
                name="tier_invitation_stands_once",
            ),
        ]

    def __str__(self) -> str:
        return self.tier_code
