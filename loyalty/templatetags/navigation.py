"""Links of a face's navigation: {% nav "Accounts" "console_accounts" "building-office" %}."""

from typing import Any
from uuid import UUID

from django import template
from django.template import Context
from django.urls import reverse

from loyalty.console.places import sidebar
from loyalty.portal.enrollments import own_enrollments

register = template.Library()


@register.inclusion_tag("components/nav_item.html", takes_context=True)
def nav(context: Context, label: str, name: str, icon: str, *args: UUID, **options: Any) -> dict:
    """A link to the page `name`; it is current on the pages below it too, unless `exact`."""
    url, path = reverse(name, args=args), context["request"].path
    current = path == url if options.get("exact") else path.startswith(url)
    return {"label": label, "url": url, "icon": icon, "current": current}


@register.inclusion_tag("components/sidebar.html", takes_context=True)
def console_sidebar(context: Context) -> dict[str, Any]:
    """The places in groups; `here` is the current one's name, for the closed menu."""
    request = context["request"]
    groups = sidebar(role=request.staff.role if request.staff else "", path=request.path)
    links = [link for group in groups for link in group.links]
    here = next((link.label for link in links if link.is_current), "")
    return {"groups": groups, "here": here}


@register.simple_tag(takes_context=True)
def portal_place(context: Context) -> dict[str, Any]:
    """The `enrollment` a page of the portal is about and all `enrollments` to switch between; on a
    page about none, such as Colleagues, the reader's first: every page leads to every other."""
    if "enrollment" in context:
        return {"enrollment": context["enrollment"], "enrollments": context.get("enrollments", [])}
    request = context["request"]
    if not hasattr(request, "portal_enrollments"):  # one page asks twice
        request.portal_enrollments = list(own_enrollments(request))
    own = request.portal_enrollments
    return {"enrollment": own[0] if own else None, "enrollments": own}
