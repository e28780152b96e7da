"""Statements: what was accrued by a day, line by line, calculated once its days of grace are over.

Each is issued once: what an accrual has on statements (`stated`, up to `stated_upto`) is kept with
it in the same transaction. With the statement up to its end, a period is closed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from accounts import events
from accounts.models import Tenant
from accounts.periods import day_of
from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rebates import issuing, news
from rebates.accruing import AT_ONCE, accrue_some, asked_of, lock_agreements
from rebates.calendar import Span, calculated_on, statement_days
from rebates.models import Accrual, Agreement, Statement
from rebates.participants import Share
from rebates.sharing import shares_at

# Agreements that one transaction closes.
BATCH = 10_000


def close_due(*, at: datetime, actor: str = "system") -> int:
    """Issue all statements of the tenant that are due at `at`, each batch of agreements in a
    transaction of its own; returns how many."""
    issued = 0
    after = None
    while True:
        with transaction.atomic():
            tenant = Tenant.objects.get(pk=current_tenant_id())
            ids = _next_batch(after, day=day_of(at, tenant.zone))
            if not ids:
                return issued
            issued += close_some(ids, tenant=tenant, at=at, actor=actor)
        after = ids[-1]


def close_some(
    agreement_ids: Sequence[UUID], *, tenant: Tenant, at: datetime, actor: str = "system"
) -> int:
    """The same for some agreements, in the running transaction.

    `actor` prepares the statements, and so never approves them. What is due of several days is
    stated day by day, in their order: killed or late, it ends the same.
    """
    day = day_of(at, tenant.zone)
    ids = _lock(agreement_ids)
    late = news.with_news(ids, day=day)
    if late:
        accrue_some(late, tenant=tenant, at=at, actor=actor)
    days, in_parts = _due(ids, day=day)
    whole = [one for one in ids if one not in in_parts]
    issued = sum(
        issuing.issue_whole(whole, day=upto, zone=tenant.zone, actor=actor, at=at)
        for upto in sorted(days)
    )
    if in_parts:
        issued += _close_in_parts(lock_agreements(in_parts), tenant=tenant, at=at, actor=actor)
    _close_ended(ids, day=day, at=at, actor=actor)
    return issued


def due_on(accrual: Accrual, *, settles: str) -> date | None:
    """Up to which day the accrual's next statement reaches; None once it is closed."""
    span = Span(accrual.since, accrual.until)
    for upto in statement_days(span, settles=settles):
        if accrual.closed_at is None and (
            accrual.stated_upto is None or accrual.stated_upto < upto
        ):
            return upto
    return None


def _next_batch(after: UUID | None, *, day: date) -> list[UUID]:
    """Agreements with something due: of those settled monthly days are looked at one by one."""
    values = {"after": after or news.BEFORE_ALL, "day": day, "most": BATCH}
    return [pk for (pk,) in run(_NEXT, _of_tenant(values), planned=True)]


# What is to be stated or closed of the accrual `a`, under the version `v`.
_IS_DUE = """(a.closed_at IS NULL AND a.since < %(day)s::date
               AND (v.settles <> 'period' OR a.until + v.grace_days <= %(day)s::date)
          OR a.closed_at IS NOT NULL AND a.amount <> a.stated)"""

_NEXT = f"""
(
    SELECT DISTINCT a.agreement_id
    FROM rebates_accrual a
    JOIN rebates_agreementversion v ON v.tenant_id = %(tenant)s AND v.id = a.version_id
    WHERE a.tenant_id = %(tenant)s AND a.agreement_id > %(after)s AND {_IS_DUE}
    ORDER BY a.agreement_id LIMIT %(most)s
) UNION (
    SELECT g.id FROM rebates_agreement g
    WHERE g.tenant_id = %(tenant)s AND g.id > %(after)s AND g.state = 'running'
      AND g.ends_on <= %(day)s::date
    ORDER BY g.id LIMIT %(most)s
)
ORDER BY 1 LIMIT %(most)s
"""  # noqa: S608

_LOCK = """
SELECT id FROM rebates_agreement
WHERE tenant_id = %(tenant)s AND id = ANY (%(agreements)s::uuid[])
ORDER BY id FOR UPDATE
"""


def _lock(agreement_ids: Sequence[UUID]) -> list[UUID]:
    """As `accruing.lock_agreements`, without reading them."""
    values = _of_tenant({"agreements": uuids(agreement_ids)})
    return [pk for (pk,) in run(_LOCK, values, planned=True)]


def _of_tenant(values: dict) -> dict:
    return values | {"tenant": current_tenant_id()}


def _due(agreement_ids: Sequence[UUID], *, day: date) -> tuple[set[date], set[UUID]]:
    """The days up to which something is due that is stated once and whole, and the agreements of
    which only a part is stated: monthly, or what has changed in closed periods."""
    values = _of_tenant({"agreements": uuids(agreement_ids), "day": day})
    days, in_parts = set(), set()
    for upto, agreement_id in run(_DUE, values, planned=True):
        if agreement_id is None:
            days.add(upto)
        else:
            in_parts.add(agreement_id)
    return days, in_parts


_DUE = f"""
SELECT DISTINCT CASE WHEN is_whole THEN a.until END, CASE WHEN NOT is_whole THEN a.agreement_id END
FROM rebates_accrual a
JOIN rebates_agreementversion v ON v.tenant_id = %(tenant)s AND v.id = a.version_id
CROSS JOIN LATERAL (SELECT a.closed_at IS NULL AND v.settles = 'period' AS is_whole) how
WHERE a.tenant_id = %(tenant)s AND a.agreement_id = ANY (%(agreements)s::uuid[]) AND {_IS_DUE}
"""  # noqa: S608


# ── In parts: monthly, and with what has changed in closed periods ───────────────────────────────


def _close_in_parts(
    agreements: Sequence[Agreement], *, tenant: Tenant, at: datetime, actor: str
) -> int:
    issued = 0
    for due in _parts_due(agreements, tenant=tenant, at=at):
        about = {"day": due.upto, "zone": tenant.zone, "actor": actor, "at": at}
        if due.ended:
            issued += issuing.issue_rest(due.ended, **about)
        for n in range(0, len(due.shares), AT_ONCE):
            asked = asked_of(due.shares[n : n + AT_ONCE], agreements, tenant=tenant, at=at)
            issued += issuing.issue_so_far(asked, **about)
    return issued + _state_the_rest(agreements, tenant=tenant, at=at, actor=actor)


@dataclass(slots=True)
class _Due:
    """What is to be stated up to one day: accruals whose periods end there, which have just been
    worked out, and shares of periods that go on."""

    upto: date
    ended: list[UUID] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)


_Key = tuple[UUID, UUID, date]


def _parts_due(agreements: Sequence[Agreement], *, tenant: Tenant, at: datetime) -> list[_Due]:
    """In the order of the days: what is due of several is stated day by day."""
    day = day_of(at, tenant.zone)
    found: dict[date, _Due] = {}
    so_far: dict[_Key, set[date]] = {}
    rows = Accrual.objects.filter(agreement__in=agreements, closed_at=None, since__lt=day)
    said = ("pk", "agreement_id", "holder_id", "since", "until", "stated_upto")
    of_version = ("version__settles", "version__grace_days")
    for pk, agreement_id, holder_id, since, until, stated, settles, grace in rows.order_by(
        "pk"
    ).values_list(*said, *of_version):
        for upto in statement_days(Span(since, until), settles=settles):
            if stated is not None and upto <= stated:
                continue
            if calculated_on(upto, grace_days=grace) > day:
                continue
            if upto == until:
                found.setdefault(upto, _Due(upto)).ended.append(pk)
            else:
                so_far.setdefault((agreement_id, holder_id, since), set()).add(upto)
    for share in shares_at(agreements, tenant=tenant, at=at) if so_far else []:
        for upto in so_far.get((share.agreement_id, share.holder_id, share.since), ()):
            found.setdefault(upto, _Due(upto)).shares.append(replace(share, upto=upto))
    return [found[upto] for upto in sorted(found)]


def _state_the_rest(
    agreements: Sequence[Agreement], *, tenant: Tenant, at: datetime, actor: str
) -> int:
    """True-ups for accounts with which no period runs any more have statements of their own, at
    most one a month; those of others wait for the next statement of their agreement."""
    day = day_of(at, tenant.zone).replace(day=1)
    found = Accrual.objects.filter(agreement__in=agreements, closed_at__isnull=False)
    corrected = list(
        found.exclude(amount=F("stated")).values_list("pk", "agreement_id", "account_id")
    )
    if not corrected:
        return 0
    about = Q(agreement__in=agreements, account_id__in=[account for _, _, account in corrected])
    running = set(
        Accrual.objects.filter(about, closed_at=None).values_list("agreement_id", "account_id")
    )
    said = set(
        Statement.objects.filter(about, upto__gte=day).values_list("agreement_id", "account_id")
    )
    alone = [one for one, *whose in corrected if tuple(whose) not in running | said]
    if not alone:
        return 0
    return issuing.issue_true_ups(alone, day=day, zone=tenant.zone, actor=actor, at=at)


def _close_ended(agreement_ids: Collection[UUID], *, day: date, at: datetime, actor: str) -> None:
    """An agreement that ended is closed with its last period."""
    values = _of_tenant({"agreements": uuids(agreement_ids), "day": day, "at": at})
    events.record_many(
        [
            events.NewEvent(
                kind="agreement.closed",
                occurred_at=at,
                recorded_at=at,
                actor=actor,
                subject=f"agreement:{pk}",
                account_id=account_id,
                payload={"code": code, "name": name},
            )
            for pk, account_id, code, name in run(_CLOSE_ENDED, values, planned=True)
        ]
    )


_CLOSE_ENDED = """
UPDATE rebates_agreement g SET state = 'closed', closed_at = %(at)s
WHERE g.tenant_id = %(tenant)s AND g.id = ANY (%(agreements)s::uuid[]) AND g.state = 'running'
  AND g.ends_on <= %(day)s
  AND NOT EXISTS (SELECT FROM rebates_accrual a
                  WHERE a.tenant_id = %(tenant)s AND a.agreement_id = g.id AND a.closed_at IS NULL)
RETURNING g.id, g.account_id, g.code, g.name
"""
