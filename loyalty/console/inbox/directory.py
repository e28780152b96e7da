"""What waits of the public directory: what partners want to say of themselves in it."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Tenant
from loyalty.console.inbox.kind import APPROVE, REJECT, Decider, Decision, Kind, Line, Said
from partners.directory import deciding
from partners.models import ProfileState, ProfileVersion
from rewards.voice import Voice


def _versions(tenant: Tenant) -> Any:
    proposed = ProfileVersion.objects.filter(state=ProfileState.PROPOSED)
    return proposed.select_related("profile__account", "logo")


def _version(one: ProfileVersion, voice: Voice) -> Line:
    facts = [
        (_("Text"), one.text),
        (_("Website"), one.website),
        (_("Cities"), ", ".join(place["city"] for place in one.places)),
        (_("Specializations"), ", ".join(one.specializations)),
        (_("Logo"), one.logo.name if one.logo else ""),
    ]
    return Line(one.name, one.profile.account.name, one.text or one.website, facts)


def _own(one: ProfileVersion, decider: Decider) -> bool:
    return one.proposed_by in decider.hands or one.profile.account_id in decider.accounts


def _approve(one: ProfileVersion, said: Said) -> None:
    deciding.approve(one.pk, by=said.actor, now=said.now)


def _reject(one: ProfileVersion, said: Said) -> None:
    deciding.reject(one.pk, reason=said.reason, by=said.actor, now=said.now)


PAGES = Kind(
    code="directory",
    label=gettext_lazy("Directory pages"),
    icon="building-storefront",
    roles=frozenset(("owner", "manager")),
    rows=_versions,
    since="proposed_at",
    line=_version,
    page=lambda one: reverse("console_directory_version", args=[one.pk]),
    is_own=_own,
    account_of=lambda one: one.profile.account_id,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Approve"),
            does=gettext_lazy("It is public at once, in place of the one before."),
            done=gettext_lazy("approved"),
            do=_approve,
        ),
        REJECT: Decision(
            label=gettext_lazy("Reject"),
            does=gettext_lazy("What is public stays as it is; the partner reads why."),
            done=gettext_lazy("rejected"),
            do=_reject,
            needs_reason=True,
        ),
    },
    refusals=(deciding.NotNow,),
)
