"""People: users sign in; staff and members say what a user is at a tenant."""

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.ids import uuid7
from accounts.models.directory import Account
from accounts.tenancy import TenantModel


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractUser):
    """A person who signs in by e-mail. One person may be known to several tenants, so a user row
    belongs to none and holds nothing that a tenant owns."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = None  # pyrefly: ignore[bad-assignment]
    email = models.EmailField(unique=True)

    objects = UserManager()  # pyrefly: ignore[bad-assignment]

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    def __str__(self) -> str:
        return self.email


class StaffRole(models.TextChoices):
    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Program manager")
    FINANCE = "finance", _("Finance")
    REP = "rep", _("Sales rep")
    ANALYST = "analyst", _("Analyst (read-only)")


class PortalRole(models.TextChoices):
    ADMIN = "admin", _("Admin")
    MEMBER = "member", _("Member")
    VIEWER = "viewer", _("Viewer")


class BusinessRole(models.TextChoices):
    PROCUREMENT = "procurement", _("Procurement")
    EXECUTIVE = "executive", _("Executive")
    TECHNICAL = "technical", _("Technical")
    FINANCE = "finance", _("Finance")
    SALES = "sales", pgettext_lazy("department", "Sales")


class Staff(TenantModel):
    """A person of the tenant."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=10, choices=StaffRole)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="staff_once_per_tenant"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> str:
        return f"staff:{self.pk}"


class Member(TenantModel):
    """A person at an account."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    portal_role = models.CharField(max_length=10, choices=PortalRole, default=PortalRole.MEMBER)
    business_role = models.CharField(max_length=12, choices=BusinessRole, blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # The visit under way and the one before it: what changed in between is news to them.
    visited_at = models.DateTimeField(null=True, editable=False)
    visited_before = models.DateTimeField(null=True, editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "user"], name="member_once_per_account"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "user"], name="member_by_user")]

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> str:
        return f"member:{self.pk}"


class Invitation(TenantModel):
    """A link sent by e-mail that makes its reader staff, or a member of one account.

    Only the hash of the link's secret is kept: who reads the table cannot accept for others.
    """

    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True, default="")
    staff_role = models.CharField(max_length=10, choices=StaffRole, blank=True, default="")
    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations"
    )
    portal_role = models.CharField(max_length=10, choices=PortalRole, blank=True, default="")
    business_role = models.CharField(max_length=12, choices=BusinessRole, blank=True, default="")
    secret_hash = models.CharField(max_length=64)
    invited_by = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "secret_hash"], name="invitation_secret_is_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(account__isnull=True, portal_role="") & ~models.Q(staff_role="")
                | models.Q(account__isnull=False, staff_role="") & ~models.Q(portal_role=""),
                name="invitation_is_for_staff_or_for_a_member",
            ),
            models.UniqueConstraint(
                "tenant",
                Lower("email"),
                models.F("account"),
                condition=models.Q(accepted_at=None, revoked_at=None),
                nulls_distinct=False,
                name="invitation_open_once",
            ),
        ]

    def __str__(self) -> str:
        return self.email
