"""Links of a face's navigation: {% nav "Accounts" "console_accounts" "building-office" %}."""

from typing import Any
from uuid import UUID

from django import template
from django.template import Context
from django.urls import reverse

register = template.Library()


@register.inclusion_tag("components/nav_item.html", takes_context=True)
def nav(context: Context, label: str, name: str, icon: str, *args: UUID, **options: Any) -> dict:
    """A link to the page `name`; it is current on the pages below it too, unless `exact`."""
    url, path = reverse(name, args=args), context["request"].path
    current = path == url if options.get("exact") else path.startswith(url)
    return {"label": label, "url": url, "icon": icon, "current": current}
