"""How soon accounts leave the bottom of a ladder: as it was, and as a draft would have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from accounts.models import Enrollment
from accounts.periods import add_months, day_of, month_of, start_of
from accounts.postgres.statements import run
from accounts.readings import at_the_end_before
from accounts.tenancy import current_tenant_id
from tiers.evaluating import evaluated
from tiers.ladders import Ladder
from tiers.setting import Setting

DAYS = 90
MONTHS = 3  # what ninety days are in whole months, by which measures are kept
COHORTS = 12


@dataclass(frozen=True, slots=True)
class Climb:
    """Of `enrolled` accounts that had the time, how many left the first tier within ninety days,
    and how many would have met what the draft asks by the end of the third month after."""

    enrolled: int
    did: int
    would: int

    @property
    def did_percent(self) -> int:
        return self.did * 100 // self.enrolled if self.enrolled else 0

    @property
    def would_percent(self) -> int:
        return self.would * 100 // self.enrolled if self.enrolled else 0


def climb(draft: Ladder, *, at: datetime, setting: Setting) -> Climb:
    """Of the accounts that enrolled in the last twelve months for which the time has passed."""
    last = add_months(month_of(at, setting.zone), -MONTHS)
    cohorts = [add_months(last, -back) for back in range(1, COHORTS + 1)]
    enrolled = did = would = 0
    for month in cohorts:
        accounts = _enrolled_in(month, draft, setting)
        if accounts:
            enrolled += len(accounts)
            did += _climbed(month, draft, setting)
            would += len(_would_climb(accounts, month, draft, setting))
    return Climb(enrolled, did, would)


def _enrolled_in(month: date, draft: Ladder, setting: Setting) -> list[UUID]:
    since, until = start_of(month, setting.zone), start_of(add_months(month, 1), setting.zone)
    enrolled = Enrollment.objects.filter(
        program_id=draft.program_id, enrolled_at__gte=since, enrolled_at__lt=until
    )
    return list(enrolled.order_by("account_id").values_list("account_id", flat=True))


def _climbed(month: date, draft: Ladder, setting: Setting) -> int:
    """How many of the month's enrollments held a tier above the first in their first 90 days."""
    ((found,),) = run(
        """
        SELECT count(*) FROM accounts_enrollment e
        WHERE e.tenant_id = %(tenant)s AND e.program_id = %(program)s
          AND e.enrolled_at >= %(since)s AND e.enrolled_at < %(until)s
          AND EXISTS (
              SELECT FROM tiers_standing s
              JOIN tiers_tier t ON t.tenant_id = s.tenant_id AND t.id = s.tier_id
              WHERE s.tenant_id = e.tenant_id AND s.enrollment_id = e.id
                AND s.scheme_id = %(scheme)s AND t.rank > 0
                AND s.starts_at < e.enrolled_at + %(days)s::int * interval '24 hours')
        """,
        {
            "tenant": current_tenant_id(),
            "program": draft.program_id,
            "scheme": draft.scheme_id,
            "since": start_of(month, setting.zone),
            "until": start_of(add_months(month, 1), setting.zone),
            "days": DAYS,
        },
    )
    return found


def _would_climb(
    accounts: Sequence[UUID], month: date, draft: Ladder, setting: Setting
) -> set[UUID]:
    """Who met the draft's second tier, or a higher one, at the end of the month or one of the next
    three."""
    found: set[UUID] = set()
    for later in range(1, MONTHS + 2):
        edge = add_months(month, later)
        query = evaluated(
            draft,
            as_of=at_the_end_before(edge, setting.zone),
            at=start_of(edge, setting.zone),
            setting=setting,
            accounts=[one for one in accounts if one not in found],
            carriers=False,
            entering=True,
        )
        rows = run(
            f"SELECT x.account_id FROM ({query.sql}) x WHERE x.met > 0",  # noqa: S608 - our own
            query.values,
        )
        found |= {row[0] for row in rows}
    return found


def since_a_year(at: datetime, setting: Setting) -> datetime:
    """The start of the local day a year before `at`; of February 28 where there is no 29."""
    day = day_of(at, setting.zone)
    earlier = day - timedelta(days=1) if (day.month, day.day) == (2, 29) else day
    return start_of(earlier.replace(year=earlier.year - 1), setting.zone)
