"""The console's places in groups, as its sidebar offers them to who reads."""

from collections.abc import Collection, Iterator
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
    """One that `folds` is a single row until it is opened, or one of its places is."""

    heading: str | Promise
    places: tuple[Place, ...]
    folds: bool = False


GROUPS = (
    Group(
        "",
        (
            Place(_("Home"), "console", "home"),
            Place(_("Inbox"), "console_inbox", "inbox"),
            Place(_("Imports"), "console_imports", "arrow-up-tray"),
        ),
    ),
    Group(
        _("Partners"),
        (
            Place(
                _("Accounts"),
                "console_accounts",
                "building-office-2",
                beneath=("/console/enrollments/", "/console/activities/", "/console/pins/"),
            ),
            Place(_("Segments"), "console_segments", "funnel"),
        ),
    ),
    Group(
        _("Program"),
        (
            Place(_("Rules"), "console_rules", "scale"),
            Place(
                _("Campaigns"),
                "console_campaigns",
                "megaphone",
                beneath=("/console/budgets/", "/console/milestones/"),
            ),
            Place(_("Tiers"), "console_ladders", "trophy", beneath=("/console/tier-invitations/",)),
            Place(_("Rewards"), "console_rewards", "gift"),
            Place(_("Products"), "console_products", "cube"),
            Place(_("Activity kinds"), "console_kinds", "tag"),
            Place(_("Measures"), "console_measures", "calculator"),
            Place(_("Replays"), "console_replays", "arrow-path"),
        ),
    ),
    Group(
        _("Rebates"),
        (
            Place(_("Agreements"), "console_agreements", "banknotes"),
            Place(_("Accruals"), "console_accruals", "chart-bar"),
            Place(_("Forecasts"), "console_forecasts", "presentation-chart-line"),
            Place(_("Statements"), "console_rebate_statements", "document-text"),
            Place(_("Credits"), "console_credits", "receipt-percent"),
            Place(_("Payments"), "console_payments", "building-library"),
            Place(_("Journal"), "console_journal", "book-open"),
        ),
        folds=True,
    ),
    Group(
        _("Partner programs"),
        (
            Place(_("Deals"), "console_deals", "briefcase"),
            Place(_("Leads"), "console_leads", "inbox"),
            Place(_("Referrals"), "console_referrals", "user-plus"),
            Place(_("SPIFFs"), "console_spiffs", "bolt"),
            Place(_("Marketing funds"), "console_fund_budgets", "megaphone"),
            Place(_("Training"), "console_training", "academic-cap"),
            Place(_("Certificates"), "console_certificates", "shield-check"),
            Place(_("Joint plans"), "console_plans", "map"),
            Place(_("Support"), "console_support", "lifebuoy"),
            Place(_("Surveys"), "console_surveys", "face-smile"),
            Place(_("Directory"), "console_directory", "building-storefront"),
        ),
        folds=True,
    ),
    Group(
        _("Operations"),
        (
            Place(_("Redemptions"), "console_redemptions", "inbox-arrow-down"),
            Place(_("Reported sales"), "console_sales", "document-check"),
            Place(_("Missing purchases"), "console_claims", "document-magnifying-glass"),
            Place(_("Adjustments"), "console_adjustments", "pencil-square"),
            Place(_("Exports"), "console_exports", "arrow-down-tray", beneath=("/console/views/",)),
            Place(_("Jobs"), "console_jobs", "clock"),
        ),
        folds=True,
    ),
    Group(
        _("Settings"),
        (
            Place(_("Workspace"), "settings", "swatch", LEADERS, beneath=("/console/guide/",)),
            Place(_("People"), "people", "users", LEADERS, beneath=("/console/invitations/",)),
            Place(_("Notices"), "console_notices", "bell", LEADERS),
            Place(_("API keys"), "keys", "key", LEADERS),
            Place(_("Webhooks"), "console_webhooks", "paper-airplane"),
            Place(_("Audit log"), "console_history", "finger-print"),
        ),
        folds=True,
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
    heading: str | Promise
    links: list[Link]
    folds: bool
    is_open: bool


def sidebar(*, role: str, path: str, opened: Collection[str] = ()) -> list[LinkGroup]:
    """The groups with a place for `role`; the place that `path` belongs to is current. Of those
    that fold, the current one is open, and those whose keys are among `opened`."""
    return [
        _group(f"places-{number}", group, links, opened=opened)
        for number, group in enumerate(GROUPS)
        if (links := list(_links(group, role=role, path=path)))
    ]


def _group(key: str, group: Group, links: list[Link], *, opened: Collection[str]) -> LinkGroup:
    is_open = not group.folds or key in opened or any(link.is_current for link in links)
    return LinkGroup(key, group.heading, links, group.folds, is_open)


def _links(group: Group, *, role: str, path: str) -> Iterator[Link]:
    for place in group.places:
        if role in place.roles:
            url = reverse(place.name)
            yield Link(str(place.label), url, place.icon, _is_at(place, url=url, path=path))


def _is_at(place: Place, *, url: str, path: str) -> bool:
    if place.name == "console":  # every other place lies beneath it
        return path == url
    return path.startswith((url, *place.beneath))
