"""What an account can win just now: companies it has referred, SPIFFs that its people can claim."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from accounts.models import Account
from loyalty.referral_words import ReferralWords, referral_words
from loyalty.spiff_words import OpenWords, open_words
from partners.models import Referral, ReferralState
from partners.spiffs.terms import open_on
from rewards.voice import Voice

MOST = 20
WAITING = (ReferralState.RECEIVED, ReferralState.QUALIFIED)


def open_referrals(found: Account, *, voice: Voice) -> list[ReferralWords]:
    """Those that are not won or lost yet, whose protection ends soonest first."""
    rows = Referral.objects.filter(account=found, state__in=WAITING).select_related("terms")
    return referral_words(rows.order_by("protected_until", "id")[:MOST], voice=voice)


def open_spiffs(programs: Iterable[UUID], *, today: date, voice: Voice) -> list[OpenWords]:
    """What its people can claim for. What each of them has claimed is their own business."""
    pairs = [pair for program_id in programs for pair in open_on(program_id, today)]
    return open_words(pairs, voice=voice)
