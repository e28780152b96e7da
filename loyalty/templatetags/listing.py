"""Headings of columns that sort a list: {% sort_head "points" _("Points") "number" %}; the way to
what happened to a thing: {% history_of "rule" rule.pk %}."""

from typing import Any
from uuid import UUID

from django import template
from django.template import Context

register = template.Library()


@register.inclusion_tag("console/sort_head.html", takes_context=True)
def sort_head(context: Context, name: str, label: str, css: str = "") -> dict[str, Any]:
    """A link that sorts by `name`, and the other way round where the list is sorted so already."""
    query = context["request"].GET.copy()
    sorted_by = query.get("sort", "")
    query.pop("page", None)
    query["sort"] = f"-{name}" if sorted_by == name else name
    direction = {name: "ascending", f"-{name}": "descending"}.get(sorted_by, "")
    short = {"ascending": "asc", "descending": "desc"}.get(direction, "")
    return {
        "url": f"?{query.urlencode()}",
        "label": label,
        "direction": direction,
        "classes": f"{css} {short}".strip(),
    }


@register.inclusion_tag("console/history_link.html")
def history_of(kind: str, key: UUID) -> dict[str, str]:
    """A link to the events about one thing."""
    return {"subject": f"{kind}:{key}"}
