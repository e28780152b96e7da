"""What waits of referrals: whether a company that somebody has sent qualifies."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Program, Tenant
from loyalty.console.inbox.kind import APPROVE, REJECT, Decider, Decision, Kind, Line, Said
from loyalty.referral_words import flag_words, referral_words
from partners.models import Referral, ReferralState
from partners.referrals import deciding
from rewards.voice import Voice, voice_named


def _received(tenant: Tenant) -> Any:
    received = Referral.objects.filter(state=ReferralState.RECEIVED)
    return received.select_related("program", "terms", "account", "member")


def _programs(rows: Iterable[Referral]) -> QuerySet[Program]:
    programs = Program.objects.filter(pk__in={one.program_id for one in rows})
    return programs.select_for_update(no_key=True).order_by("pk")


def _referral(one: Referral, voice: Voice) -> Line:
    [words] = referral_words([one], voice=voice_named(voice, one.program.points_name))
    flags = [flag_words(flag) for flag in one.flags]
    facts = [
        (_("Customer"), one.customer),
        (_("Website"), one.website),
        (_("Contact"), one.contact),
        (_("E-mail"), one.contact_email),
        (_("Referred by"), one.member.name if one.member else ""),
        (_("For whoever refers"), words.reward),
        (_("What spoke against it when it came"), "; ".join(flags)),
        (_("Note"), one.note),
        (_("Number"), one.reference),
    ]
    return Line(one.customer, one.account.name, " · ".join([words.reward, *flags]), facts)


def _own(one: Referral, decider: Decider) -> bool:
    return one.referred_by in decider.hands or one.account_id in decider.accounts


def _qualify(one: Referral, said: Said) -> None:
    deciding.qualify(one.pk, by=said.actor, note=said.reason, number=one.number, now=said.now)


def _reject(one: Referral, said: Said) -> None:
    deciding.reject(one.pk, by=said.actor, reason=said.reason, now=said.now)


REFERRALS = Kind(
    code="referral",
    label=gettext_lazy("Referrals"),
    icon="user-plus",
    roles=frozenset(("owner", "manager")),
    rows=_received,
    since="referred_at",
    due="protected_until",
    line=_referral,
    page=lambda one: reverse("console_referral", args=[one.pk]),
    is_own=_own,
    shared=_programs,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("It qualifies"),
            does=gettext_lazy("Won, it is rewarded on both sides; where something speaks against "
                              "it, write why it qualifies."),
            done=gettext_lazy("approved"),
            do=_qualify,
        ),
        REJECT: Decision(
            label=gettext_lazy("It does not qualify"),
            does=gettext_lazy("Nothing is given; the partner reads why."),
            done=gettext_lazy("rejected"),
            do=_reject,
            needs_reason=True,
        ),
    },
    refusals=(deciding.NotNow,),
)  # fmt: skip
