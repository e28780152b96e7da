"""The tenant: the company that runs programs and owns every other row."""

import zoneinfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext

from accounts.ids import uuid7
from accounts.money import is_currency

RESERVED_SLUGS = {"www", "api", "app", "admin", "mail", "static", "status", "support", "help"}


def check_slug(slug: str) -> None:
    if slug in RESERVED_SLUGS:
        raise ValidationError(
            gettext("“%(slug)s” is kept for the service itself; choose another address.")
            % {"slug": slug}
        )


def check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            gettext("“%(name)s” is not an IANA time zone such as Europe/Berlin.") % {"name": name}
        )


def check_currency(code: str) -> None:
    if not is_currency(code):
        raise ValidationError(
            gettext("“%(code)s” is not an ISO 4217 currency such as USD.") % {"code": code}
        )


is_slug = RegexValidator(
    r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$",
    "Use 3 to 40 lower-case letters, digits and hyphens, starting with a letter.",
)
is_color = RegexValidator(r"^#[0-9a-f]{6}$", "Use a color such as #1d4ed8.")


class Tenant(models.Model):
    """Visible, like the rows it owns, only while it is the open tenant; see `accounts.doors`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=40, unique=True, validators=[is_slug, check_slug])
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, validators=[check_currency])
    time_zone = models.CharField(max_length=64, validators=[check_time_zone])
    fiscal_year_starts = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    brand_color = models.CharField(max_length=7, default="#1d4ed8", validators=[is_color])
    accent_color = models.CharField(max_length=7, default="#0f766e", validators=[is_color])
    logo = models.BinaryField(blank=True, default=b"")
    logo_type = models.CharField(max_length=40, blank=True, default="")
    # Whoever wrote a rule does not publish it.
    two_pairs_of_eyes = models.BooleanField(default=False)
    # Renewed by the database whenever a kind, program, rule or tier is written: accounts.stamps.
    terms_stamp = models.UUIDField(default=uuid7, editable=False)
    # Since when nothing of value is handed out; None while all is well. See rewards.payouts.
    payouts_stopped_at = models.DateTimeField(null=True, editable=False)
    # Since when nobody wants to see the set-up guide any more; None while it is shown.
    guide_closed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(fiscal_year_starts__range=(1, 12)),
                name="tenant_fiscal_year_starts_in_a_month",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)
