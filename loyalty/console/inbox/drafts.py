"""What waits for a second person: drafts of rules, campaigns and tiers, and tiers set by hand.

Drafts are published on their pages, where a preview says what would change; here they are found.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Tenant
from loyalty.console.inbox.kind import APPROVE, REJECT, Decider, Decision, Kind, Line, Said, begun
from rewards.models import Campaign, RuleVersion
from rewards.voice import Voice
from tiers.models import Pin, SchemeVersion, State
from tiers.models.standings import PinState
from tiers.pinning import CannotPin, approve_pin, reject_pin

PUBLISHERS = frozenset(("owner", "manager"))


def _where_two_decide(rows: Callable[[], QuerySet]) -> Callable[[Tenant], QuerySet]:
    """Without the second pair of eyes, whoever drafts publishes: their drafts wait for nobody."""
    return lambda tenant: rows() if tenant.two_pairs_of_eyes else rows().none()


def _is_author(one: Any, decider: Decider) -> bool:
    return bool(decider.hands & set(one.authors))


def _rules() -> QuerySet[RuleVersion]:
    drafts = RuleVersion.objects.filter(published_at=None, discarded_at=None)
    return drafts.select_related("rule__program")


def _rule(one: RuleVersion, voice: Voice) -> Line:
    version = _("Version %d") % one.number
    facts = [
        (_("Rule"), one.rule.name),
        (_("Program"), one.rule.program.name),
        (_("Version"), str(one.number)),
        (_("From"), voice.minute(one.valid_from)),
    ]
    return Line(one.rule.name, "", version, facts)


def _campaigns() -> QuerySet[Campaign]:
    drafts = Campaign.objects.filter(published_at=None, discarded_at=None)
    return drafts.select_related("program")


def _campaign(one: Campaign, voice: Voice) -> Line:
    begins = voice.minute(one.starts_at)
    facts = [
        (_("Campaign"), one.name),
        (_("Program"), one.program.name),
        (_("Begins"), begins),
        (_("Ends"), voice.minute(one.ends_at) if one.ends_at else ""),
    ]
    return Line(one.name, "", _("begins %s") % begins, facts)


def _ladders() -> QuerySet[SchemeVersion]:
    return SchemeVersion.objects.filter(state=State.DRAFT).select_related("scheme__program")


def _ladder(one: SchemeVersion, voice: Voice) -> Line:
    tiers = ", ".join(rung["name"] for rung in one.rungs)
    facts = [
        (_("Tiers"), tiers),
        (_("Program"), one.scheme.program.name),
        (_("Version"), str(one.number)),
    ]
    return Line(one.scheme.name, "", tiers, facts)


def _draft(
    *,
    code: str,
    label: Promise,
    icon: str,
    rows: Callable[[], QuerySet],
    line: Callable[[Any, Voice], Line],
    page: str,
) -> Kind:
    """`page` is the route of a draft's own page, where it is published."""
    return Kind(
        code=code,
        label=label,
        icon=icon,
        roles=PUBLISHERS,
        rows=_where_two_decide(rows),
        since=begun(),
        line=line,
        page=lambda one: reverse(page, args=[one.pk]),
        is_own=_is_author,
        account_of=lambda one: None,
        decisions={},
        refusals=(),
    )


RULES = _draft(
    code="rule",
    label=gettext_lazy("Drafts of rules"),
    icon="scale",
    rows=_rules,
    line=_rule,
    page="console_rule",
)
CAMPAIGNS = _draft(
    code="campaign",
    label=gettext_lazy("Drafts of campaigns"),
    icon="megaphone",
    rows=_campaigns,
    line=_campaign,
    page="console_campaign",
)
LADDERS = _draft(
    code="ladder",
    label=gettext_lazy("Drafts of tiers"),
    icon="trophy",
    rows=_ladders,
    line=_ladder,
    page="console_ladder",
)


def _pins(tenant: Tenant) -> QuerySet[Pin]:
    proposed = Pin.objects.filter(state=PinState.PROPOSED)
    return proposed.select_related("enrollment__account", "enrollment__program", "scheme")


def _pin(one: Pin, voice: Voice) -> Line:
    account = one.enrollment.account.name
    until = _("%(tier)s until %(day)s") % {
        "tier": one.tier_code,
        "day": voice.last_day(one.ends_at),
    }
    facts = [
        (_("Account"), account),
        (_("Tier"), until),
        (_("Tiers"), one.scheme.name),
        (_("Reason"), one.reason),
    ]
    return Line(until, account, one.reason, facts)


def _approve_pin(one: Pin, said: Said) -> None:
    approve_pin(pin=one, actor=said.actor, now=said.now)


def _reject_pin(one: Pin, said: Said) -> None:
    reject_pin(pin=one, actor=said.actor, now=said.now)


PINS = Kind(
    code="pin",
    label=gettext_lazy("Tiers set by hand"),
    icon="trophy",
    roles=PUBLISHERS,
    rows=_pins,
    since="asked_at",
    line=_pin,
    page=lambda one: reverse("console_enrollment_tiers", args=[one.enrollment_id]),
    is_own=lambda one, decider: one.asked_by in decider.hands,
    account_of=lambda one: one.enrollment.account_id,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Approve"),
            does=gettext_lazy("The account has this tier from now on; it can be lifted again."),
            done=gettext_lazy("approved"),
            do=_approve_pin,
        ),
        REJECT: Decision(
            label=gettext_lazy("Reject"),
            does=gettext_lazy("The account keeps the tier it has."),
            done=gettext_lazy("rejected"),
            do=_reject_pin,
        ),
    },
    refusals=(CannotPin,),
)
