"""How soon accounts leave the bottom of a ladder: as it was, and as a draft would have it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection

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
    """Of the accounts that enrolled in the last twelve months for which the time has passed; in
    three queries, however many they are."""
    last = add_months(month_of(at, setting.zone), -MONTHS)
    first = add_months(last, -COHORTS)
    joined = _joined(first, last, draft, setting)
    if not joined:
        return Climb(0, 0, 0)
    enrolled = sum(len(accounts) for accounts in joined.values())
    return Climb(
        enrolled, _climbed(first, last, draft, setting), _would_climb(joined, draft, setting)
    )


def _joined(
    first: date, last: date, draft: Ladder, setting: Setting
) -> Mapping[date, Sequence[UUID]]:
    """The accounts that enrolled in each local month of [first, last)."""
    enrolled = Enrollment.objects.filter(
        program_id=draft.program_id,
        enrolled_at__gte=start_of(first, setting.zone),
        enrolled_at__lt=start_of(last, setting.zone),
    )
    found: dict[date, list[UUID]] = {}
    for enrolled_at, account_id in enrolled.values_list("enrolled_at", "account_id"):
        found.setdefault(month_of(enrolled_at, setting.zone), []).append(account_id)
    return found


def _climbed(first: date, last: date, draft: Ladder, setting: Setting) -> int:
    """How many that enrolled in [first, last) held a tier above the first in their first 90
    days."""
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
            "since": start_of(first, setting.zone),
            "until": start_of(last, setting.zone),
            "days": DAYS,
        },
    )
    return found


def _would_climb(joined: Mapping[date, Sequence[UUID]], draft: Ladder, setting: Setting) -> int:
    """How many met the draft's second tier, or a higher one, at the end of the month in which they
    joined or of one of the next three.

    One query: as of each of these ends, those for whom it counts. Its places are named after the
    end they belong to.
    """
    asked: dict[date, list[UUID]] = {}
    for month, accounts in joined.items():
        for later in range(1, MONTHS + 2):
            asked.setdefault(add_months(month, later), []).extend(accounts)
    texts, values = [], {}
    for number, (edge, accounts) in enumerate(asked.items()):
        query = evaluated(
            draft,
            as_of=at_the_end_before(edge, setting.zone),
            at=start_of(edge, setting.zone),
            setting=setting,
            accounts=accounts,
            carriers=False,
            entering=True,
        )
        own = query.sql.replace("%(", f"%(end{number}_")
        texts.append(f"SELECT x.account_id FROM ({own}) x WHERE x.met > 0")  # noqa: S608
        values |= {f"end{number}_{name}": value for name, value in query.values.items()}
    with connection.cursor() as cursor:  # too long a text to be kept prepared for the next one
        found = " UNION ALL ".join(texts)
        cursor.execute(f"SELECT count(DISTINCT account_id) FROM ({found}) met", values)  # noqa: S608
        return cursor.fetchone()[0]


def since_a_year(at: datetime, setting: Setting) -> datetime:
    """The start of the local day a year before `at`; of February 28 where there is no 29."""
    day = day_of(at, setting.zone)
    earlier = day - timedelta(days=1) if (day.month, day.day) == (2, 29) else day
    return start_of(earlier.replace(year=earlier.year - 1), setting.zone)
