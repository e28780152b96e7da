"""Statements: what was accrued by a day, line by line, calculated once its days of grace are over.

Each is issued once: what an accrual has on statements (`stated`, up to `stated_upto`) is kept with
it in the same transaction. With the statement up to its end, a period is closed.
"""

from collections.abc import Sequence
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
from rebates.calendar import Span, calculated_on, correctable_from, statement_days
from rebates.issuing import Batch
from rebates.models import Accrual, Agreement, Statement
from rebates.participants import Share
from rebates.sharing import shares_at
from rewards.tallying import BEFORE_ALL

# Agreements that one transaction closes.
BATCH = 10_000


def close_due(*, at: datetime, actor: str = "system") -> int:
    """Issue all statements of the tenant that are due at `at`, each batch of agreements in a
    transaction of its own; returns how many."""
    issued = 0
    after = BEFORE_ALL
    while True:
        with transaction.atomic():
            tenant = Tenant.objects.get(pk=current_tenant_id())
            values = _of_tenant({"after": after, "most": BATCH})
            [(agreements, last)] = run(_NEXT, values)
            if last is None:
                return issued
            batch = {"agreements": agreements, "first": after, "last": last}
            issued += _close(batch, tenant=tenant, at=at, actor=actor)
        after = last


# As an array for Postgres, as it came from there: these are too many to be read one by one.
_NEXT = """
SELECT array_agg(id)::text, (array_agg(id))[count(*)]
FROM (SELECT id FROM rebates_agreement WHERE tenant_id = %(tenant)s AND id > %(after)s
      ORDER BY id LIMIT %(most)s) batch
"""


def close_some(
    agreement_ids: Sequence[UUID], *, tenant: Tenant, at: datetime, actor: str = "system"
) -> int:
    """The same for some agreements, in the running transaction.

    `actor` prepares the statements, and so never approves them. What is due of several days is
    stated day by day, in their order: killed or late, it ends the same.
    """
    if not agreement_ids:
        return 0
    first, last = min(agreement_ids), max(agreement_ids)
    batch = {"agreements": uuids(agreement_ids), "first": first, "last": last}
    return _close(batch, tenant=tenant, at=at, actor=actor)


def _close(batch: Batch, *, tenant: Tenant, at: datetime, actor: str) -> int:
    day, issued = day_of(at, tenant.zone), 0
    due = _due(batch, day=day)
    if due.days or due.in_parts:
        run(_LOCK, _of_tenant(batch), planned=True)
        if due.late:
            accrue_some(sorted(due.late), tenant=tenant, at=at, actor=actor)
            due = _due(batch, day=day)
        about = {"zone": tenant.zone, "actor": actor, "at": at}
        for upto, most in sorted(due.days.items()):
            issued += issuing.issue_whole(batch, but=due.in_parts, day=upto, most=most, **about)
        if due.in_parts:
            parted = lock_agreements(due.in_parts)
            issued += _close_in_parts(parted, tenant=tenant, at=at, actor=actor)
    _close_ended(batch, day=day, at=at, actor=actor)
    return issued


# As `accruing.lock_agreements`, without reading them.
_LOCK = """
SELECT count(*) FROM (
    SELECT FROM rebates_agreement
    WHERE tenant_id = %(tenant)s AND id = ANY (%(agreements)s::uuid[])
    ORDER BY id FOR UPDATE) locked
"""


def due_on(accrual: Accrual, *, settles: str) -> date | None:
    """Up to which day the accrual's next statement reaches; None once it is closed."""
    span = Span(accrual.since, accrual.until)
    for upto in statement_days(span, settles=settles):
        if accrual.closed_at is None and (
            accrual.stated_upto is None or accrual.stated_upto < upto
        ):
            return upto
    return None


def _of_tenant(values: dict) -> dict:
    return values | {"tenant": current_tenant_id()}


@dataclass(slots=True)
class _Due:
    """What is to be stated of a batch: up to which days how many periods that are stated once and
    whole; the agreements of which a part is stated, monthly or of closed periods that have changed;
    and those that have to be accrued before."""

    days: dict[date, int] = field(default_factory=dict)
    in_parts: set[UUID] = field(default_factory=set)
    late: set[UUID] = field(default_factory=set)


def _due(batch: Batch, *, day: date) -> _Due:
    values = {"day": day, "back_to": correctable_from(day), "followed": news.followed_upto()}
    found = _Due()
    for upto, part_of, late, periods in run(_DUE, _of_tenant(batch | values), planned=True):
        if upto:
            found.days[upto] = found.days.get(upto, 0) + periods
        found.in_parts |= {part_of} - {None}
        found.late |= {late} - {None}
    return found


_DUE = f"""
SELECT CASE WHEN is_whole THEN until END, CASE WHEN is_part THEN agreement_id END,
       CASE WHEN is_new OR NOT is_steady THEN agreement_id END, count(*)
FROM (
    SELECT a.agreement_id, a.until, a.is_steady,
           a.closed_at IS NULL AND (a.closes_on <= %(day)s::date) IS TRUE AS is_whole,
           CASE WHEN a.closed_at IS NULL THEN a.closes_on IS NULL AND a.since < %(day)s::date
                ELSE a.amount <> a.stated END AS is_part,
           a.until > %(back_to)s::date AND a.account_id IN ({news.ACCOUNTS}) AS is_new
    FROM rebates_accrual a
    WHERE a.tenant_id = %(tenant)s AND a.agreement_id BETWEEN %(first)s AND %(last)s
      AND a.agreement_id = ANY (%(agreements)s::uuid[]) OFFSET 0
) due
WHERE is_whole OR is_part OR is_new
GROUP BY 1, 2, 3
"""  # noqa: S608


def _close_ended(batch: Batch, *, day: date, at: datetime, actor: str) -> None:
    """An agreement that ended is closed with its last period."""
    values = _of_tenant(batch | {"day": day, "at": at})
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
class _Parts:
    """What is to be stated up to one day: accruals whose periods end there, which have just been
    worked out, and shares of periods that go on."""

    upto: date
    ended: list[UUID] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)


_Key = tuple[UUID, UUID, date]


def _parts_due(agreements: Sequence[Agreement], *, tenant: Tenant, at: datetime) -> list[_Parts]:
    """In the order of the days: what is due of several is stated day by day."""
    day = day_of(at, tenant.zone)
    found: dict[date, _Parts] = {}
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
                found.setdefault(upto, _Parts(upto)).ended.append(pk)
            else:
                so_far.setdefault((agreement_id, holder_id, since), set()).add(upto)
    for share in shares_at(agreements, tenant=tenant, at=at) if so_far else []:
        for upto in so_far.get((share.agreement_id, share.holder_id, share.since), ()):
            found.setdefault(upto, _Parts(upto)).shares.append(replace(share, upto=upto))
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
