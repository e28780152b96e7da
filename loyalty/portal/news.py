"""What changed for an account since somebody's last visit, in a few lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.ids import first_id_at
from accounts.models import Enrollment
from accounts.periods import quarter_of, start_of
from loyalty.reward_words import STATES
from rewards.models import Entry, EntryKind, Redemption, RedemptionState, Wallet
from rewards.voice import Voice, within
from tiers.models import Standing

MOST = 4  # of tiers and of redemptions each: the pages behind them have all


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    text: str
    url: str
    icon: str
    tone: str


POINTS = {
    EntryKind.EARN: (_("{} earned"), "plus", "good"),
    EntryKind.EXPIRE: (_("{} expired"), "clock", "warn"),
    EntryKind.REVERSE: (_("{} taken back by returns"), "arrow-uturn-left", "bad"),
    EntryKind.ADJUST: (_("{} by adjustments"), "pencil-square", ""),
    EntryKind.AWARD: (_("{} for SPIFFs and referrals"), "plus", "good"),
    EntryKind.RECALL: (_("{} of SPIFFs and referrals taken back"), "arrow-uturn-left", "bad"),
}


def news_since(
    since: datetime, *, enrollment: Enrollment, wallet: Wallet, voice: Voice
) -> list[News]:
    """In three queries; [] where nothing changed."""
    return [
        *_tiers(enrollment, since),
        *_points(enrollment, wallet, since, voice),
        *_redemptions(enrollment, since),
    ]


def _tiers(enrollment: Enrollment, since: datetime) -> Iterator[News]:
    moved = Standing.objects.filter(
        enrollment=enrollment, decided_at__gt=since, follows__isnull=False
    ).select_related("tier", "scheme")
    for standing in moved.order_by("-decided_at", "-id")[:MOST]:
        cause = within(standing.get_cause_display())
        said = gettext("You are {tier} now: {cause}")
        if not standing.scheme.is_leading:
            said = gettext("You are {tier} now ({ladder}): {cause}")
        yield News(
            text=said.format(tier=standing.tier.name, ladder=standing.scheme.name, cause=cause),
            url=reverse("portal_tiers", args=[enrollment.pk]),
            icon="trophy",
            tone="brand",
        )


def _points(
    enrollment: Enrollment, wallet: Wallet, since: datetime, voice: Voice
) -> Iterator[News]:
    """By the entries' numbers, which tell when they were made. What is made now takes effect in
    a quarter that was open then: the index need not be read further back."""
    moved = F("available") + F("pending") + F("reserved")
    sums = dict(
        Entry.objects.filter(
            wallet=wallet,
            id__gte=first_id_at(since),
            occurred_at__gte=start_of(quarter_of(since, voice.zone), voice.zone),
            kind__in=POINTS,
        )
        .order_by()
        .values_list("kind")
        .annotate(total=Sum(moved))
    )
    for kind, (text, icon, tone) in POINTS.items():
        if amount := sums.get(kind):
            sign = "−" if amount < 0 else "+"
            yield News(
                text=text.format(f"{sign}{voice.amount(abs(amount), wallet.unit)}"),
                url=reverse("portal_entries", args=[enrollment.pk]),
                icon=icon,
                tone=tone,
            )


def _redemptions(enrollment: Enrollment, since: datetime) -> Iterator[News]:
    """Those that came a step further."""
    decided = Redemption.objects.filter(
        Q(decided_at__gt=since) | Q(fulfilled_at__gt=since) | Q(closed_at__gt=since),
        account_id=enrollment.account_id,
        reward__program_id=enrollment.program_id,
    ).select_related("reward")
    for redemption in decided.order_by("-requested_at", "-id")[:MOST]:
        look = STATES[RedemptionState(redemption.state)]
        yield News(
            text=f"{redemption.reward.name}: {within(str(look.label))}",
            url=reverse("portal_redemption", args=[enrollment.pk, redemption.pk]),
            icon=look.icon,
            tone=look.tone,
        )
