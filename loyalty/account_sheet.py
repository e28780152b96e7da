"""All that is known of one account, put together for the pages of staff."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.kinds import kind_names
from accounts.models import Account, Activity, Enrollment, Member, Tenant
from loyalty.ladders import criteria_words, progress_now, tiers_in_words
from loyalty.ledger_lines import Line, ledger_lines
from loyalty.measure_words import measure_words
from loyalty.tier_words import TierWords
from rewards import queries
from rewards.models import Unit, Wallet
from rewards.queries import Due
from rewards.voice import Voice, voice_of

LAST = 10
NEXT_DATES = 3
Wallets = dict[tuple[UUID, str], Wallet]


@dataclass(frozen=True, slots=True, kw_only=True)
class InProgram:
    """What the account has in one program."""

    enrollment: Enrollment
    voice: Voice
    points: Wallet
    credits: Wallet | None
    expiring: list[Due]
    tier: TierWords | None
    tracks: list[TierWords]


def account_sheet(account: Account, *, tenant: Tenant, as_of: datetime) -> dict[str, Any]:
    """People and programs; how many queries that takes depends on the number of its programs
    alone."""
    enrollments = Enrollment.objects.filter(account=account).select_related("program")
    enrolled = list(enrollments.order_by("program__name", "id"))
    wallets = queries.wallets_of(account.id)
    voice = _voice_for(tenant, enrolled)
    members = Member.objects.filter(account=account).select_related("user")
    return {
        "account": account,
        "voice": voice,
        "members": members.order_by("name", "id"),
        "programs": _programs(tenant, enrolled, wallets, as_of=as_of),
    }


def lately(account: Account, *, voice: Voice) -> dict[str, Any]:
    """Its last movements and last facts, each in a table of their own."""
    return {
        "lines": _lines(queries.wallets_of(account.id), voice),
        "activities": _activities(account),
    }


def _programs(
    tenant: Tenant, enrolled: list[Enrollment], wallets: Wallets, *, as_of: datetime
) -> list[InProgram]:
    """In as many queries for one program as for ten, but for those that read their ladders."""
    ids = [enrollment.id for enrollment in enrolled]
    progress = progress_now(ids, as_of=as_of)
    measures = measure_words(voice_of(tenant))
    points = [wallet for (_, unit), wallet in wallets.items() if unit == Unit.POINTS]
    expiring = queries.expiring_of(points, limit=NEXT_DATES)
    found = []
    for enrollment in enrolled:
        program = enrollment.program
        voice = voice_of(tenant, program.points_name)
        words = criteria_words(voice=voice, program_id=program.id, at=as_of, measures=measures)
        tier, tracks = tiers_in_words(progress.get(enrollment.id, []), words=words)
        wallet = wallets.get((program.id, Unit.POINTS)) or Wallet(unit=Unit.POINTS)
        found.append(
            InProgram(
                enrollment=enrollment,
                voice=voice,
                points=wallet,
                credits=wallets.get((program.id, Unit.CREDITS)),
                expiring=expiring.get(wallet.id, []),
                tier=tier,
                tracks=tracks,
            )
        )
    return found


def _lines(wallets: Wallets, voice: Voice) -> list[Line]:
    return ledger_lines(queries.last_entries(wallets.values(), limit=LAST), voice=voice)


def _activities(account: Account) -> list[tuple[Activity, str]]:
    """The last facts, each with the name of its kind."""
    names = kind_names()
    activities = Activity.objects.filter(account=account).select_related("product")
    last = activities.order_by("-occurred_at", "-id")[:LAST]
    return [(activity, names.get(activity.kind, activity.kind)) for activity in last]


def _voice_for(tenant: Tenant, enrolled: list[Enrollment]) -> Voice:
    """The program's word for points where there is only one program to speak of."""
    names = {enrollment.program.points_name for enrollment in enrolled}
    return voice_of(tenant, names.pop() if len(names) == 1 else "points")
