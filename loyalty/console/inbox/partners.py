"""What waits of the partner programs; each program's kinds stand here beside those of deals."""

from typing import Any

from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Tenant
from accounts.periods import day_of
from loyalty.console.inbox.kind import APPROVE, REJECT, Decider, Decision, Kind, Line, Said
from partners.deals import deciding
from partners.deals.steps import NotNow
from partners.models import Deal, DealState, SupportRequest, SupportState
from partners.support import caring
from rewards.voice import Voice

DECIDERS = frozenset(("owner", "manager"))


def _own_deal(one: Deal, decider: Decider) -> bool:
    sides = {one.reseller_id, one.distributor_id}
    return one.registered_by in decider.hands or bool(sides & decider.accounts)


def _deals(tenant: Tenant) -> Any:
    waiting = Deal.objects.filter(state=DealState.REGISTERED)
    return waiting.select_related("account", "reseller", "distributor")


def _deal(one: Deal, voice: Voice) -> Line:
    amount = voice.money(one.amount)
    conflict = _("looks like another one: %d of 100") % one.conflict_score
    facts = [
        (_("Customer"), one.customer),
        (_("Website"), one.website),
        (_("Reseller"), one.reseller.name if one.reseller else ""),
        (_("Distributor"), one.distributor.name if one.distributor else ""),
        (_("Expected amount"), amount),
        (_("Expected to close"), voice.day(one.closes_on)),
        (_("Possible conflict"), conflict if one.conflict_score else ""),
        (_("Asked for a second look"), one.appeal),
        (_("Number"), one.reference),
    ]
    note = f"{amount} · {conflict}" if one.conflict_score else amount
    return Line(one.customer, one.account.name, note, facts)


def _approve_deal(one: Deal, said: Said) -> None:
    deciding.approve(
        one.pk,
        by=said.actor,
        note=said.reason,
        today=day_of(said.now, said.tenant.zone),
        now=said.now,
    )


def _reject_deal(one: Deal, said: Said) -> None:
    deciding.reject(one.pk, by=said.actor, reason=said.reason, now=said.now)


DEALS = Kind(
    code="deal",
    label=gettext_lazy("Deals"),
    icon="briefcase",
    roles=DECIDERS,
    rows=_deals,
    since=Coalesce("appealed_at", "registered_at"),
    line=_deal,
    page=lambda one: reverse("console_deal", args=[one.pk]),
    is_own=_own_deal,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Approve"),
            does=gettext_lazy("The customer is theirs from today on, for the days of the form."),
            done=gettext_lazy("approved"),
            do=_approve_deal,
        ),
        REJECT: Decision(
            label=gettext_lazy("Reject"),
            does=gettext_lazy("The customer is free for others; the partner reads why, and may ask "
                              "for a second look."),
            done=gettext_lazy("rejected"),
            do=_reject_deal,
            needs_reason=True,
        ),
    },
    refusals=(NotNow,),
)  # fmt: skip


def _extensions(tenant: Tenant) -> Any:
    asking = Deal.objects.filter(state=DealState.APPROVED, extension_asked_at__isnull=False)
    return asking.select_related("account", "reseller", "distributor", "form")


def _extension(one: Deal, voice: Voice) -> Line:
    count = one.form.extension_days
    days = ngettext("%d more day", "%d more days", count) % count
    facts = [
        (_("Customer"), one.customer),
        (_("Asked for"), days),
        (_("Why"), one.extension_reason),
        (_("Exclusive until"), voice.day(one.exclusive_until) if one.exclusive_until else ""),
        (_("Number"), one.reference),
    ]
    return Line(one.customer, one.account.name, f"{days}: {one.extension_reason}", facts)


def _extend(one: Deal, said: Said) -> None:
    today = day_of(said.now, said.tenant.zone)
    deciding.extend(one.pk, by=said.actor, today=today, now=said.now)


def _refuse_extension(one: Deal, said: Said) -> None:
    today = day_of(said.now, said.tenant.zone)
    deciding.refuse_extension(one.pk, by=said.actor, reason=said.reason, today=today, now=said.now)


EXTENSIONS = Kind(
    code="extension",
    label=gettext_lazy("Extensions of deals"),
    icon="calendar-days",
    roles=DECIDERS,
    rows=_extensions,
    since="extension_asked_at",
    due="exclusive_until",
    line=_extension,
    page=lambda one: reverse("console_deal", args=[one.pk]),
    is_own=_own_deal,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Extend"),
            does=gettext_lazy("The exclusivity goes on for the days of the form."),
            done=gettext_lazy("extended"),
            do=_extend,
        ),
        REJECT: Decision(
            label=gettext_lazy("Refuse"),
            does=gettext_lazy("The end stays as it was; the partner reads why."),
            done=gettext_lazy("not extended"),
            do=_refuse_extension,
            needs_reason=True,
        ),
    },
    refusals=(NotNow,),
)


def _requests(tenant: Tenant) -> Any:
    asked = SupportRequest.objects.filter(state=SupportState.ASKED)
    return asked.select_related("account", "type", "member", "deal")


def _request(one: SupportRequest, voice: Voice) -> Line:
    facts = [
        (_("Kind"), one.type.name),
        (_("Account"), one.account.name),
        (_("Asked for by"), one.member.name if one.member else ""),
        (_("What we should know"), one.text),
        (_("For the deal"), one.deal.customer if one.deal else ""),
        (_("Number"), one.reference),
    ]
    return Line(one.subject, one.account.name, one.type.name, facts)


def _take_on(one: SupportRequest, said: Said) -> None:
    caring.take_on(one.pk, staff=said.staff, by=said.actor, now=said.now)


def _decline(one: SupportRequest, said: Said) -> None:
    caring.decline(one.pk, reason=said.reason, by=said.actor, now=said.now)


def _own_request(one: SupportRequest, decider: Decider) -> bool:
    return one.asked_by in decider.hands or one.account_id in decider.accounts


SUPPORT = Kind(
    code="support",
    label=gettext_lazy("Support"),
    icon="lifebuoy",
    roles=DECIDERS,
    rows=_requests,
    since="asked_at",
    due="wanted_on",
    line=_request,
    page=lambda one: reverse("console_support_request", args=[one.pk]),
    is_own=_own_request,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Look after it"),
            does=gettext_lazy("You look after it from now on; the partner reads your name."),
            done=gettext_lazy("looked after"),
            do=_take_on,
        ),
        REJECT: Decision(
            label=gettext_lazy("Decline"),
            does=gettext_lazy("It does not count against their quarter; the partner reads why."),
            done=gettext_lazy("declined"),
            do=_decline,
            needs_reason=True,
        ),
    },
    refusals=(caring.NotNow,),
)
