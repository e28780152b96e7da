"""How much support an account may ask for in a quarter, what is left of it, and why not, in words.

A tier gives a type of support as an entitlement of its code: a number for each quarter, or true for
no limit. Of several ladders the one that gives most counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.dates import said_day
from accounts.models.directory import EnrollmentState
from accounts.periods import next_quarter
from partners.models import SupportRequest, SupportState, SupportType
from tiers.models import Standing
from tiers.queries import held_at

NOT_COUNTED = (SupportState.DECLINED, SupportState.WITHDRAWN)
MOST = 32_767  # what an entitlement beyond it comes to: nobody asks so often


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """`allowed` in the `quarter` that begins then, None without limit; `tier` is what gives it, or
    the tier that is held and does not."""

    type: SupportType
    quarter: date
    allowed: int | None
    used: int
    tier: str

    @property
    def left(self) -> int | None:
        return None if self.allowed is None else max(0, self.allowed - self.used)

    @property
    def why_not(self) -> str:
        """In a sentence; "" where they may ask."""
        if self.left is None or self.left > 0:
            return ""
        if not self.allowed:
            if self.tier:
                return _("It does not belong to the tier %s.") % self.tier
            return _("It belongs to higher tiers.")
        said = ngettext(
            "You may ask for %(count)d in a quarter, and have; again from %(day)s on.",
            "You may ask for %(count)d in a quarter, and have; again from %(day)s on.",
            self.allowed,
        )
        day = said_day(next_quarter(self.quarter))
        return said % {"count": self.allowed, "day": day}


def allowances(
    account_id: UUID, types: Sequence[SupportType], *, quarter: date, now: datetime
) -> list[Allowance]:
    """For each of `types`, in two queries."""
    held = _held(account_id, now=now)
    counted = SupportRequest.objects.filter(account_id=account_id, quarter=quarter)
    counted = counted.exclude(state__in=NOT_COUNTED).order_by()
    used = dict(counted.values_list("type_id").annotate(Count("id")))
    return [_allowance(one, held, quarter=quarter, used=used.get(one.pk, 0)) for one in types]


def _held(account_id: UUID, *, now: datetime) -> list[tuple[str, dict]]:
    """(tier, its entitlements) on each ladder of the programs that the account takes part in."""
    standings = Standing.objects.filter(
        held_at(now),
        enrollment__account_id=account_id,
        enrollment__state=EnrollmentState.ACTIVE,
    )
    return [
        (one.tier.name, one.tier.benefits.get("entitlements", {}))
        for one in standings.select_related("tier").order_by("-tier__rank", "id")
    ]


def _allowance(
    one: SupportType, held: Iterable[tuple[str, dict]], *, quarter: date, used: int
) -> Allowance:
    best: tuple[int, str] = (one.each_quarter, "")
    first, is_endless = "", False
    for tier, entitlements in held:
        first = first or tier
        given = entitlements.get(one.code)
        if given is True:
            is_endless, best = True, (0, tier)
            break
        if type(given) is int and given > best[0]:
            best = (min(given, MOST), tier)
    allowed = None if is_endless else best[0]
    return Allowance(type=one, quarter=quarter, allowed=allowed, used=used, tier=best[1] or first)
