"""Events as the audit log tells them: what a thing was before a change, and is after it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# What the log can be narrowed to, by how kinds of events begin; the first is in the address.
ABOUT: dict[tuple[str, ...], str | Promise] = {
    ("rule",): gettext_lazy("Rules"),
    ("replay",): gettext_lazy("Replays"),
    ("campaign",): gettext_lazy("Campaigns"),
    ("milestone",): gettext_lazy("Milestones"),
    ("budget",): gettext_lazy("Budgets"),
    ("ladder",): gettext_lazy("Ladders of tiers"),
    ("tier",): gettext_lazy("Tiers held"),
    ("reward",): gettext_lazy("Rewards"),
    ("redemption",): gettext_lazy("Redemptions"),
    ("claim",): gettext_lazy("Missing purchases"),
    ("sales",): gettext_lazy("Reported sales"),
    ("adjustment",): gettext_lazy("Adjustments"),
    ("agreement",): gettext_lazy("Agreements"),
    ("rebate",): gettext_lazy("Rebates"),
    ("payment_run", "payment", "payment_terms", "payouts"): gettext_lazy("Payment runs"),
    ("bank_details",): gettext_lazy("Bank details"),
    ("journal_batch", "posting_accounts"): gettext_lazy("Journal"),
    ("deal", "deal_form"): gettext_lazy("Deals"),
    ("lead", "lead_limit", "lead_rule", "lead_terms"): gettext_lazy("Leads"),
    ("referral", "referral_terms"): gettext_lazy("Referrals"),
    ("spiff", "spiff_consent", "spiff_settings"): gettext_lazy("SPIFFs"),
    ("spiff_claim",): gettext_lazy("SPIFF claims"),
    ("award",): gettext_lazy("Awards paid"),
    ("fund", "fund_activity", "fund_budget"): gettext_lazy("Marketing funds"),
    ("fund_request",): gettext_lazy("Fund requests"),
    ("plan",): gettext_lazy("Joint plans"),
    ("support", "support_type"): gettext_lazy("Support"),
    ("survey",): gettext_lazy("Surveys"),
    ("profile", "directory"): gettext_lazy("Directory pages"),
    ("course",): gettext_lazy("Courses"),
    ("path",): gettext_lazy("Learning paths"),
    ("credential",): gettext_lazy("What certificates certify"),
    ("certificate",): gettext_lazy("Certificates"),
    ("training",): gettext_lazy("Completed courses"),
    ("points",): gettext_lazy("Points"),
    ("account",): gettext_lazy("Accounts"),
    ("member",): gettext_lazy("Partner people"),
    ("staff",): gettext_lazy("Staff"),
    ("invitation",): gettext_lazy("Invitations"),
    ("tenant",): gettext_lazy("Workspace"),
    ("program",): gettext_lazy("Program terms"),
    ("product",): gettext_lazy("Products"),
    ("segment",): gettext_lazy("Segments"),
    ("kind",): gettext_lazy("Activity kinds"),
    ("measure",): gettext_lazy("Measures"),
    ("key",): gettext_lazy("API keys"),
    ("webhook",): gettext_lazy("Webhooks"),
    ("notice", "status"): gettext_lazy("Notices"),
    ("import",): gettext_lazy("Imports"),
    ("file",): gettext_lazy("Files"),
    ("list",): gettext_lazy("Exports"),
    ("view",): gettext_lazy("Views"),
    ("job",): gettext_lazy("Jobs"),
}

# Where the thing an event is about has a page.
PAGES = {
    "account": "console_account",
    "adjustment": "console_adjustment",
    "agreement": "console_agreement",
    "campaign": "console_campaign",
    "certificate": "console_certificate",
    "claim": "console_claim",
    "course": "console_course",
    "deal": "console_deal",
    "fund_request": "console_fund_request",
    "import": "console_import",
    "kind": "console_kind",
    "lead": "console_lead",
    "measure": "console_measure",
    "member": "member_change",
    "payment_run": "console_payment_run",
    "plan": "console_plan",
    "product": "console_product",
    "redemption": "console_redemption",
    "referral": "console_referral",
    "reward": "console_reward",
    "scheme_version": "console_ladder",
    "segment": "console_segment",
    "spiff": "console_spiff",
    "spiff_claim": "console_spiff_claim",
    "staff": "staff_change",
    "support": "console_support_request",
    "survey": "console_survey",
    "webhook": "console_webhook",
}
LONGEST = 120  # of a value in a row of the log; the file has no more than that either


@dataclass(frozen=True, slots=True)
class Change:
    """One value that is another now; both in words."""

    name: str
    before: str
    after: str


def kind_name(kind: str) -> str:
    found = next((name for codes, name in ABOUT.items() if kind in codes), None)
    return str(found or kind.replace("_", " ").capitalize())


def begins_with(about: str) -> Sequence[str]:
    """How the kinds of events begin that are about one of the things that the log offers."""
    return next((codes for codes in ABOUT if codes[0] == about), (about,))


def page_of(subject: str) -> str:
    """The address of the thing's page; "" where it has none."""
    kind, _colon, key = subject.partition(":")
    if kind not in PAGES:
        return ""
    try:
        return reverse(PAGES[kind], args=[UUID(key)])
    except (ValueError, NoReverseMatch):
        return ""


def changes_in(payload: Mapping[str, Any]) -> list[Change]:
    """What an event says was changed. What is inside of a condition or a tier is told apart, so
    that one threshold of a ladder is one line."""
    before = payload.get("before")
    if not isinstance(before, dict):  # a name of something, as where another ladder takes the lead
        return []
    after = payload.get("after")
    if not isinstance(after, dict):  # what is not part of the change is told beside it
        after = {name: payload.get(name) for name in before}
    was, now = dict(_flat(before)), dict(_flat(after))
    names = [*was, *(name for name in now if name not in was)]
    return [
        Change(name, _words(was.get(name)), _words(now.get(name)))
        for name in names
        if was.get(name) != now.get(name)
    ]


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{path} › {_name(name)}" if path else _name(name))
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for number, inner in enumerate(value, start=1):
            called = inner.get("name") or inner.get("code") if isinstance(inner, dict) else None
            yield from _flat(inner, f"{path} › {called or number}")
    else:
        yield path, value


def _name(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _words(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
