"""How a tenant looks: name, colors, logo. And what it counts in, while nothing is counted yet."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from accounts import events
from accounts.ids import uuid7
from accounts.models import Activity, Staff, Tenant

LARGEST_LOGO = 200 * 1024  # bytes


class LogoRefused(ValueError):
    """A file that cannot be the logo; its text says how to mend it."""


class CountingBegun(ValueError):
    """Facts are in: amounts and periods rest on the currency, the time zone, the fiscal year."""


@transaction.atomic
def change_brand(
    *,
    tenant: Tenant,
    name: str,
    brand_color: str,
    accent_color: str,
    logo: bytes | None,
    actor: Staff,
    now: datetime,
) -> Tenant:
    """Change what everybody sees. `logo` is the file's content, b"" for none, None to leave it.

    Raises LogoRefused, or ValidationError for a color that is none.
    """
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    before = _said(tenant)
    tenant.name, tenant.brand_color, tenant.accent_color = name, brand_color, accent_color
    if logo is not None:
        tenant.logo, tenant.logo_type = logo, kind_of_logo(logo) if logo else ""
    tenant.clean_fields()
    tenant.save(update_fields=["name", "brand_color", "accent_color", "logo", "logo_type"])
    _record("tenant.looks_changed", tenant, before, actor=actor, now=now)
    return tenant


@transaction.atomic
def change_basis(
    *,
    tenant: Tenant,
    currency: str,
    time_zone: str,
    fiscal_year_starts: int,
    actor: Staff,
    now: datetime,
) -> Tenant:
    """Change what amounts and periods mean; CountingBegun once a single fact is in."""
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    if counting_has_begun():
        raise CountingBegun
    before = _said(tenant)
    tenant.currency, tenant.time_zone = currency, time_zone
    tenant.fiscal_year_starts = fiscal_year_starts
    tenant.terms_stamp = uuid7()  # or processes would go on counting as before (rewards.terms)
    tenant.clean_fields()
    tenant.save(update_fields=["currency", "time_zone", "fiscal_year_starts", "terms_stamp"])
    _record("tenant.basis_changed", tenant, before, actor=actor, now=now)
    return tenant


def counting_has_begun() -> bool:
    return Activity.objects.exists()


def kind_of_logo(content: bytes) -> str:
    """The image's media type, told by its first bytes and never by its name. Raises LogoRefused.

    SVG is not among them: it may carry scripts.
    """
    if len(content) > LARGEST_LOGO:
        raise LogoRefused(
            gettext("The logo may have at most %(largest_logo)s kB. Try a smaller one.")
            % {"largest_logo": LARGEST_LOGO // 1024}
        )
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise LogoRefused(gettext("The logo must be a PNG, JPEG or WebP image."))


def _said(tenant: Tenant) -> dict[str, Any]:
    return {
        "name": tenant.name,
        "brand_color": tenant.brand_color,
        "accent_color": tenant.accent_color,
        "logo_bytes": len(tenant.logo),
        "currency": tenant.currency,
        "time_zone": tenant.time_zone,
        "fiscal_year_starts": tenant.fiscal_year_starts,
    }


def _record(
    kind: str, tenant: Tenant, before: dict[str, Any], *, actor: Staff, now: datetime
) -> None:
    after = _said(tenant)
    events.record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=actor.actor,
        subject=f"tenant:{tenant.pk}",
        payload=after | events.compared(before, after),
    )
