"""What certifies that somebody has learned something, and who holds it until when.

What a person has belongs to the person (`user`), whichever account they work for; `account` and
`member` say for whom they worked when it happened.
"""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, Activity, Member, User
from accounts.spoken import Spoken
from accounts.tenancy import TenantModel
from partners.models.training import Completion, Course, LearningPath


class CertificateState(models.TextChoices):
    """What a certificate is on some day; a renewed one still has its days to go."""

    VALID = "valid", _("Valid")
    RENEWED = "renewed", _("Renewed")
    EXPIRED = "expired", pgettext_lazy("certificate", "Expired")
    REVOKED = "revoked", _("Revoked")


class Credential(TenantModel):
    """What completing a course or a path certifies. `months` None is for ever; from `renew_days`
    before its end on a certificate can be renewed, and its holder is reminded."""

    name = models.CharField(max_length=120)
    level = models.CharField(max_length=60, blank=True, default="")
    about = models.CharField(max_length=600, blank=True, default="")
    course = models.ForeignKey(
        Course, null=True, on_delete=models.PROTECT, related_name="credentials", db_index=False
    )
    path = models.ForeignKey(
        LearningPath,
        null=True,
        on_delete=models.PROTECT,
        related_name="credentials",
        db_index=False,
    )
    months = models.PositiveSmallIntegerField(null=True)
    renew_days = models.PositiveSmallIntegerField(default=60)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(course=None) | Q(path=None), name="credential_for_one_thing"
            ),
            models.CheckConstraint(
                condition=(Q(months=None) | Q(months__range=(1, 120))) & Q(renew_days__lte=365),
                name="credential_terms_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Certificate(Spoken, TenantModel):
    """A credential that a person holds: an activity of the kind `certificate` of the account they
    worked for, while it counts for the one they work for (`accounts.validity`).

    `valid_until` is its last day, None for ever. `address` is how its public page is found.
    """

    LETTER = "C"

    credential = models.ForeignKey(
        Credential, on_delete=models.PROTECT, related_name="certificates", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    holder = models.CharField(max_length=120)  # their name when it was issued
    # What it was issued for: a completion, or who issued it by hand and under which key.
    completion = models.ForeignKey(
        Completion,
        null=True,
        on_delete=models.PROTECT,
        related_name="certificates",
        db_index=False,
    )
    issued_by = models.CharField(max_length=60)
    request_key = models.CharField(max_length=80, blank=True, default="")
    issued_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    valid_until = models.DateField(null=True)
    renews = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="renewals", db_index=False
    )
    is_renewed = models.BooleanField(default=False)
    address = models.CharField(max_length=43)
    shows_name = models.BooleanField(default=False)
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reminded_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)  # when it was told that it has expired
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")  # of the revocation

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "address"], name="certificate_address_once"),
            models.UniqueConstraint(fields=["tenant", "renews"], name="certificate_renewed_once"),
            models.UniqueConstraint(
                fields=["tenant", "issued_by", "request_key"],
                condition=~Q(request_key=""),
                name="certificate_issued_once",
            ),
            # Of the same only one is current: the next one renews it.
            models.UniqueConstraint(
                fields=["tenant", "user", "credential"],
                condition=Q(is_renewed=False, revoked_at=None, expired_at=None),
                name="certificate_one_current",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by="", reason="")
                | Q(revoked_at__isnull=False) & ~Q(revoked_by="") & ~Q(reason=""),
                name="certificate_revoked_for_a_reason",
            ),
            models.CheckConstraint(condition=~Q(renews=F("id")), name="certificate_renews_another"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-issued_at", "-id"], name="certificate_by_issue"),
            models.Index(fields=["tenant", "user"], name="certificate_by_person"),
            models.Index(fields=["tenant", "completion"], name="certificate_by_completion"),
            models.Index(
                fields=["tenant", "valid_until"],
                name="certificate_by_clock",
                condition=Q(is_renewed=False, revoked_at=None, expired_at=None),
            ),
        ]

    def state_on(self, day: date) -> "CertificateState":
        """What it is on a local day of the tenant."""
        if self.revoked_at:
            return CertificateState.REVOKED
        if self.valid_until is not None and self.valid_until < day:
            return CertificateState.EXPIRED
        return CertificateState.RENEWED if self.is_renewed else CertificateState.VALID


class IssuerKey(TenantModel):
    """The key (Ed25519) with which the tenant signs badges; the private half is kept sealed."""

    sealed = models.BinaryField()
    public = models.CharField(max_length=43)  # base64url, as a JWK has it
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "public"], name="issuer_key_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
