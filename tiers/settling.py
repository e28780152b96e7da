"""What set times bring to standings: evaluations, the ends of grace and of pins, new versions.

Each says as of when measures are read, whose turn it is and why; `tiers.deciding` does the rest.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Subquery

from accounts.periods import day_of, start_of
from tiers.deciding import Occasion, Settled, settle
from tiers.keeping import looks_at, looks_at_edge, running
from tiers.ladders import Ladder
from tiers.models import Cause, Standing, Tier
from tiers.setting import Setting

# A standing that began at the very instant by a decision like this one has been decided.
_UNDECIDED = (
    "(x.since < %(instant)s OR x.since = %(instant)s AND x.follows IS NOT NULL "
    "AND x.cause NOT IN ('evaluated', 'published', 'pinned'))"
)


def evaluate(
    ladder: Ladder,
    *,
    first: date,
    decided_at: datetime,
    setting: Setting,
    accounts: Sequence[UUID] | None = None,
) -> Settled:
    """Decide every enrollment's tier at the start of the period that begins on `first`.

    Writes only what changes; evaluating again changes nothing. Enrollments and moves that began
    later are left alone. With `accounts` only theirs: they then find themselves decided when the
    whole tenant's turn comes.
    """
    at = start_of(first, setting.zone)
    return settle(
        ladder,
        looks_at_edge(ladder, first=first, setting=setting),
        Occasion(
            at=at,
            decided_at=decided_at,
            cause=Cause.EVALUATED,
            chosen="(x.met <> x.held OR x.falls_at IS NOT NULL) "
            f"AND (x.pinned_until IS NULL OR x.pinned_until <= %(instant)s) AND {_UNDECIDED}",
            setting=setting,
            accounts=accounts,
            grace_until=_days_after(at, ladder.grace_days, setting),
        ),
    )


def end_grace(
    ladder: Ladder,
    *,
    at: datetime,
    decided_at: datetime,
    setting: Setting,
    accounts: Sequence[UUID],
) -> Settled:
    """Let those of `accounts` fall whose grace is over at `at`, unless they meet their tier again
    by now."""
    now = running(ladder, at=at, setting=setting)
    earlier = [one for one in looks_at(ladder, at=at, setting=setting) if not one.is_running]
    return settle(
        ladder,
        [now, *earlier],
        Occasion(
            at=at,
            decided_at=decided_at,
            cause=Cause.GRACE_ENDED,
            chosen="x.falls_at <= %(instant)s AND x.pinned_until IS NULL",
            setting=setting,
            accounts=accounts,
        ),
    )


def end_pins(
    ladder: Ladder,
    *,
    at: datetime,
    decided_at: datetime,
    setting: Setting,
    accounts: Sequence[UUID],
) -> Settled:
    """Evaluate those of `accounts` whose pin is over at `at`."""
    return settle(
        ladder,
        looks_at(ladder, at=at, setting=setting),
        Occasion(
            at=at,
            decided_at=decided_at,
            cause=Cause.PIN_ENDED,
            chosen="x.pinned_until <= %(instant)s",
            setting=setting,
            accounts=accounts,
        ),
    )


def enter(
    ladder: Ladder,
    *,
    at: datetime,
    decided_at: datetime,
    setting: Setting,
    accounts: Sequence[UUID] | None = None,
) -> Settled:
    """Move everybody, or those of `accounts`, onto a version that comes into force at `at`: to the
    tier of the same code, or to what the new version's criteria and policies make of it. Whoever
    came onto it before stays; whoever is enrolled from later on begins there on its first tier."""
    _begin_on(ladder, at=at, accounts=accounts)
    return settle(
        ladder,
        looks_at(ladder, at=at, setting=setting),
        Occasion(
            at=at,
            decided_at=decided_at,
            cause=Cause.PUBLISHED,
            # What began after `at` was decided by facts that came in meanwhile.
            chosen="x.on_version <> %(entered)s "
            "AND (x.since < %(instant)s OR x.cause <> 'enrolled')",
            setting=setting,
            accounts=accounts,
            grace_until=_days_after(at, ladder.transition_days, setting),
            entering=True,
        ),
    )


def _begin_on(ladder: Ladder, *, at: datetime, accounts: Sequence[UUID] | None) -> None:
    """Enrollments from `at` on were given the first tier of the version before."""
    begun = Standing.objects.filter(
        scheme_id=ladder.scheme_id, ends_at=None, starts_at__gte=at, cause=Cause.ENROLLED
    ).exclude(tier__version_id=ladder.version_id)
    if accounts is not None:
        begun = begun.filter(enrollment__account_id__in=accounts)
    first = Tier.objects.filter(version_id=ladder.version_id, rank=0).values("pk")
    begun.update(tier_id=Subquery(first))


def _days_after(at: datetime, days: int, setting: Setting) -> datetime | None:
    """The start of the local day so many days later; None for no days."""
    if not days:
        return None
    return start_of(day_of(at, setting.zone) + timedelta(days=days), setting.zone)
