"""The console's places in groups, as its sidebar offers them to who reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models.people import StaffRole

READERS: frozenset[str] = frozenset(StaffRole.values) - {StaffRole.REP}  # reps have the field
LEADERS: frozenset[str] = frozenset((StaffRole.OWNER, StaffRole.MANAGER))


class Place(NamedTuple):
    """`beneath` are addresses outside the place's own that belong to it all the same."""

    label: str | Promise
    name: str
    icon: str
    roles: frozenset[str] = READERS
    beneath: tuple[str, ...] = ()


class Group(NamedTuple):
    heading: str
    places: tuple[Place, ...]


GROUPS = (
    Group("", (Place("Home", "console", "home"),)),
    Group(
        "Partners",
        (
            Place(
                "Accounts",
                "console_accounts",
                "building-office-2",
                beneath=("/console/enrollments/", "/console/activities/", "/console/pins/"),
            ),
            Place("Segments", "console_segments", "funnel"),
        ),
    ),
    Group(
        "Program",
        (
            Place("Rules", "console_rules", "scale"),
            Place(
                "Campaigns",
                "console_campaigns",
                "megaphone",
                beneath=("/console/budgets/", "/console/milestones/"),
            ),
            Place("Tiers", "console_ladders", "trophy", beneath=("/console/tier-invitations/",)),
            Place("Rewards", "console_rewards", "gift"),
            Place("Products", "console_products", "cube"),
            Place("Activity kinds", "console_kinds", "tag"),
            Place("Measures", "console_measures", "calculator"),
            Place("Replays", "console_replays", "arrow-path"),
        ),
    ),
    Group(
        "Rebates",
        (
            Place("Agreements", "console_agreements", "banknotes"),
            Place("Accruals", "console_accruals", "chart-bar"),
            Place("Statements", "console_rebate_statements", "document-text"),
            Place(_("Credits"), "console_credits", "receipt-percent"),
            Place(_("Payments"), "console_payments", "building-library"),
            Place(_("Journal"), "console_journal", "book-open"),
        ),
    ),
    Group(
        "Operations",
        (
            Place("Redemptions", "console_redemptions", "inbox-arrow-down"),
            Place(_("Reported sales"), "console_sales", "document-check"),
            Place("Deals", "console_deals", "briefcase"),
            Place(_("Leads"), "console_leads", "inbox"),
            Place(_("Directory"), "console_directory", "building-storefront"),
            Place("Missing purchases", "console_claims", "document-magnifying-glass"),
            Place("Adjustments", "console_adjustments", "pencil-square"),
            Place("Imports", "console_imports", "arrow-up-tray"),
            Place("Exports", "console_exports", "arrow-down-tray", beneath=("/console/views/",)),
            Place("Jobs", "console_jobs", "clock"),
        ),
    ),
    Group(
        "Settings",
        (
            Place("Workspace", "settings", "swatch", LEADERS, beneath=("/console/guide/",)),
            Place("People", "people", "users", LEADERS, beneath=("/console/invitations/",)),
            Place("Notices", "console_notices", "bell", LEADERS),
            Place("API keys", "keys", "key", LEADERS),
            Place("Webhooks", "console_webhooks", "paper-airplane"),
            Place("Audit log", "console_history", "finger-print"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    icon: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """`key` ties the heading to its list."""

    key: str
    heading: str
    links: list[Link]


def sidebar(*, role: str, path: str) -> list[LinkGroup]:
    """The groups with a place for `role`; the place that `path` belongs to is current."""
    return [
        LinkGroup(f"places-{number}", group.heading, links)
        for number, group in enumerate(GROUPS)
        if (links := list(_links(group, role=role, path=path)))
    ]


def _links(group: Group, *, role: str, path: str) -> Iterator[Link]:
    for place in group.places:
        if role in place.roles:
            url = reverse(place.name)
            yield Link(str(place.label), url, place.icon, _is_at(place, url=url, path=path))


def _is_at(place: Place, *, url: str, path: str) -> bool:
    if place.name == "console":  # every other place lies beneath it
        return path == url
    return path.startswith((url, *place.beneath))
