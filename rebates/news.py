"""Which agreements have news: where something may have changed what they owe since it was accrued.

Most accruals are steady: they change with what their account sells, and with nothing else. They
need not be worked out anew while nothing came in of that account; for the others somebody may have
joined, left or risen. `AccrualMark` says up to which fact all accruals have followed.
"""

from datetime import date
from uuid import UUID

from accounts.ids import first_id_at
from accounts.postgres.statements import run
from accounts.postgres.underway import oldest_began_at
from accounts.tenancy import current_tenant_id
from rebates.calendar import PERIODS_BEGUN, correctable_from
from rebates.models import AccrualMark
from rewards.tallying import APART, BEFORE_ALL


def followed_upto() -> UUID:
    """All facts with an id below this one are in the accruals."""
    mark = AccrualMark.objects.first()
    return mark.upto if mark else BEFORE_ALL


def seen_upto() -> UUID:
    """The statements that follow see all facts with an id below this one, and no other comes any
    more: transactions that are under way may still write some, made since they began. By the
    server's clock, not by the day that is calculated: ids are made by clocks."""
    [(now,)] = run("SELECT now()", ())
    began = oldest_began_at()
    return first_id_at(min(now, began or now) - APART)


def follow(upto: UUID) -> None:
    """All accruals have followed the facts below `upto`."""
    AccrualMark.objects.bulk_create([AccrualMark(upto=BEFORE_ALL)], ignore_conflicts=True)
    AccrualMark.objects.filter(upto__lt=upto).update(upto=upto)


def next_with_news(after: UUID | None, *, day: date, most: int) -> list[UUID]:
    """Agreements with news that run, or ended so recently that their periods can still be
    corrected: the first `most` of them behind `after`, by id."""
    values = {
        "tenant": current_tenant_id(),
        "after": after or BEFORE_ALL,
        "most": most,
        "day": day,
        "back_to": correctable_from(day),
        "followed": followed_upto(),
    }
    return [pk for (pk,) in run(_NEXT, values, planned=True)]


# Of whom facts came in since then; its place `followed` is `followed_upto`.
ACCOUNTS = """SELECT account_id FROM accounts_activity
    WHERE tenant_id = %(tenant)s AND id >= %(followed)s"""

# A period that is not accrued yet is news as well. Accruals are looked up by a tenant that the
# planner does not know (hence a query of its own): of one whose first ones the statistics have not
# heard of it expects a single row, and reads all of them for each agreement.
_NEXT = f"""
SELECT g.id
FROM rebates_agreement g
CROSS JOIN LATERAL (
    SELECT count(*) AS accrued, coalesce(bool_and(a.is_steady), true) AS are_steady
    FROM rebates_accrual a
    WHERE a.tenant_id = (SELECT %(tenant)s::uuid) AND a.agreement_id = g.id
      AND a.until > %(back_to)s
) periods
WHERE g.tenant_id = %(tenant)s AND g.id > %(after)s
  AND (g.state = 'running' OR g.state = 'closed' AND g.ends_on > %(back_to)s)
  AND (NOT periods.are_steady OR periods.accrued <> {PERIODS_BEGUN}
       OR g.account_id IN ({ACCOUNTS}))
ORDER BY g.id LIMIT %(most)s
"""  # noqa: S608
