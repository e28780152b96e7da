"""The public directory of partners: its terms, and what each partner says of itself in it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, File
from accounts.tenancy import TenantModel


class ProfileState(models.TextChoices):
    PROPOSED = "proposed", _("Being examined")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    REPLACED = "replaced", _("Replaced")


class DirectoryTerms(TenantModel):
    """Whether a tenant has a directory, and how it presents itself. `edition` grows with each
    change of anything that the directory shows: what is cached bears its number."""

    is_open = models.BooleanField(default=False)
    title = models.CharField(max_length=80, blank=True, default="")
    intro = models.CharField(max_length=300, blank=True, default="")
    specializations = models.JSONField(default=list, blank=True)
    takes_leads = models.BooleanField(default=False)
    edition = models.BigIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="directory_terms_once"),
        ]

    def __str__(self) -> str:
        return self.title


class DirectoryProfile(TenantModel):
    """An account's place in the directory. It shows while the account wants it (`is_listed`), a
    version of it is approved, and the account's tier has a place in the directory."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    slug = models.SlugField(max_length=80)
    is_listed = models.BooleanField(default=False)
    listed_at = models.DateTimeField(null=True)
    listed_by = models.CharField(max_length=60, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account"], name="directory_profile_once"),
            models.UniqueConstraint(fields=["tenant", "slug"], name="directory_slug_is_unique"),
        ]

    def __str__(self) -> str:
        return self.slug


class ProfileVersion(TenantModel):
    """What a partner wants to say of itself, until somebody of the tenant has looked at it.

    One version of a profile is public (`approved`), and at most one waits (`proposed`). `places`
    are locations: {"street", "postcode", "city", "country" (ISO), "latitude", "longitude"}.
    """

    profile = models.ForeignKey(
        DirectoryProfile, on_delete=models.PROTECT, related_name="versions", db_index=False
    )
    name = models.CharField(max_length=120)
    text = models.CharField(max_length=2000, blank=True, default="")
    website = models.CharField(max_length=200, blank=True, default="")
    logo = models.ForeignKey(
        File, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    places = models.JSONField(default=list, blank=True)
    specializations = models.JSONField(default=list, blank=True)
    languages = models.JSONField(default=list, blank=True)
    words = models.TextField(blank=True, default="")  # what a search looks through, in lower case
    state = models.CharField(max_length=8, choices=ProfileState, default=ProfileState.PROPOSED)
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=60)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "profile"],
                name="directory_one_public_version",
                condition=Q(state="approved"),
            ),
            models.UniqueConstraint(
                fields=["tenant", "profile"],
                name="directory_one_waiting_version",
                condition=Q(state="proposed"),
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=models.F("proposed_by")),
                name="directory_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None)
                | Q(state="rejected", decided_at__isnull=False) & ~Q(reason="")
                | Q(state="approved", decided_at__isnull=False)
                | Q(state="replaced"),
                name="directory_state_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "profile", "-proposed_at"], name="directory_versions"),
            models.Index(fields=["tenant", "state", "proposed_at"], name="directory_waiting"),
        ]

    def __str__(self) -> str:
        return self.name
