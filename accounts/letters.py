"""E-mail in the tenant's name: written inside the transaction, sent after its commit."""

from collections.abc import Mapping
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import get_language

from accounts.addresses import front_url, tenant_url
from accounts.colors import shades
from accounts.models import Tenant

SERVICE = "Loyalty"


def send_letter(
    *, letter: str, to: str, subject: str, tenant: Tenant | None, details: Mapping[str, object]
) -> None:
    """Write templates/emails/<letter>.txt and .html now; send them once what they say is true.

    `tenant` is whose letter it is, None for the service's own; it speaks the language of whoever
    has it sent. A mail server that does not answer is logged and undoes nothing: what is committed
    is true, and letters can be sent again.
    """
    language = get_language() or settings.LANGUAGE_CODE
    context = {**letterhead(tenant), **details, "subject": subject, "language": language}
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"emails/{letter}.txt", context),
        from_email=sender(tenant),
        to=[to],
    )
    message.attach_alternative(render_to_string(f"emails/{letter}.html", context), "text/html")
    transaction.on_commit(message.send, robust=True)


def letterhead(tenant: Tenant | None) -> dict[str, object]:
    """What every letter's frame shows: who writes, in which colors, and where they live."""
    color = shades(tenant.brand_color if tenant else "#1d4ed8", dark=False)
    return {
        "house": tenant.name if tenant else SERVICE,
        "home_url": tenant_url(slug=tenant.slug) if tenant else front_url(),
        "fill": color.fill,
        "on_fill": color.on_fill,
        "link": color.text,
    }


def sender(tenant: Tenant | None) -> str:
    return formataddr((tenant.name if tenant else SERVICE, settings.DEFAULT_FROM_EMAIL))
