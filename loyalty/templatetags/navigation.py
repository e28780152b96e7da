"""Links of a face's navigation: {% nav "Accounts" "console_accounts" "building-office" %}."""

import re
from typing import Any
from uuid import UUID

from django import template
from django.template import Context
from django.urls import reverse

from loyalty.console.places import sidebar
from loyalty.portal.enrollments import own_enrollments

register = template.Library()

OPENED = "places"  # the cookie in which the script keeps which groups stand open
# Parts of the portal's addresses behind which the partner programs are.
PROGRAMS = "deals leads referrals spiffs funds training together directory"
_OF_PROGRAMS = re.compile(rf"/portal/[^/]+/({PROGRAMS.replace(' ', '|')})/")


@register.inclusion_tag("components/nav_item.html", takes_context=True)
def nav(context: Context, label: str, name: str, icon: str, *args: UUID, **options: Any) -> dict:
    """A link to the page `name`; it is current on the pages below it too, unless `exact`, and on
    those of its neighbors whose parts of the address `beneath` names."""
    url, path = reverse(name, args=args), context["request"].path
    around = url.removesuffix("/").rpartition("/")[0]
    beneath = [f"{around}/{part}/" for part in options.get("beneath", "").split()]
    current = path == url if options.get("exact") else path.startswith((url, *beneath))
    return {"label": label, "url": url, "icon": icon, "current": current}


@register.inclusion_tag("components/sidebar.html", takes_context=True)
def console_sidebar(context: Context) -> dict[str, Any]:
    """The places in groups; `here` is the current one's name, for the closed menu."""
    request = context["request"]
    role = request.staff.role if request.staff else ""
    opened = request.COOKIES.get(OPENED, "").split(".")
    groups = sidebar(role=role, path=request.path, opened=opened)
    links = [link for group in groups for link in group.links]
    here = next((link.label for link in links if link.is_current), "")
    return {"groups": groups, "here": here}


@register.simple_tag(takes_context=True)
def portal_place(context: Context) -> dict[str, Any]:
    """The `enrollment` a page of the portal is about and all `enrollments` to switch between; on a
    page about none, such as Colleagues, the reader's first: every page leads to every other.
    `is_in_programs` says whether it is a page of one of the `programs`."""
    request = context["request"]
    place = {"programs": PROGRAMS, "is_in_programs": bool(_OF_PROGRAMS.match(request.path))}
    if "enrollment" in context:
        enrollments = context.get("enrollments", [])
        return place | {"enrollment": context["enrollment"], "enrollments": enrollments}
    if not hasattr(request, "portal_enrollments"):  # one page asks twice
        request.portal_enrollments = list(own_enrollments(request))
    own = request.portal_enrollments
    return place | {"enrollment": own[0] if own else None, "enrollments": own}
