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
from rebates.accruing import BATCH, accrue_locked, asked_of, lock_agreements
from rebates.calculating import WORKED
from rebates.calendar import Span, calculated_on, statement_days
from rebates.models import Accrual, Agreement, AgreementState, Statement
from rebates.participants import Share
from rebates.sharing import shares_at


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
    agreements = lock_agreements(agreement_ids)
    accrue_locked(agreements, tenant=tenant, at=at, actor=actor)
    issued = 0
    for due in _due(agreements, tenant=tenant, at=at):
        values = {"at": at, "actor": actor, "day": due.upto, "zone": tenant.zone.key}
        if due.ended:
            values |= {"tenant": current_tenant_id(), "accruals": uuids(due.ended)}
            issued += _told(run(_CLOSE, values, planned=True), actor=actor, at=at)
        if due.shares:
            values |= asked_of(due.shares, agreements, tenant=tenant, at=at)
            issued += _told(run(_CLOSE_SO_FAR, values, planned=True), actor=actor, at=at)
    issued += _state_the_rest(agreements, tenant=tenant, at=at, actor=actor)
    _close_ended(agreements, day=day_of(at, tenant.zone), at=at, actor=actor)
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
    """Agreements with something that may be due: days of grace are looked at one by one."""
    open_ones = Accrual.objects.filter(closed_at=None, since__lt=day)
    corrected = Accrual.objects.filter(closed_at__isnull=False).exclude(amount=F("stated"))
    found = Agreement.objects.filter(
        Q(pk__in=open_ones.values("agreement_id"))
        | Q(pk__in=corrected.values("agreement_id"))
        | Q(state=AgreementState.RUNNING, ends_on__lte=day)
    )
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found.order_by("pk").values_list("pk", flat=True)[:BATCH])


@dataclass(slots=True)
class _Due:
    """What is to be stated up to one day: accruals whose periods end there, which have just been
    worked out, and shares of periods that go on."""

    upto: date
    ended: list[UUID] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)


_Key = tuple[UUID, UUID, date]


def _due(agreements: Sequence[Agreement], *, tenant: Tenant, at: datetime) -> list[_Due]:
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


def _told(rows: Sequence[tuple], *, actor: str, at: datetime) -> int:
    """Record the statements that were issued; how many."""
    ids = [row[0] for row in rows if row[0] is not None]
    if ids:
        values = {"tenant": current_tenant_id(), "ids": uuids(ids), "actor": actor, "at": at}
        run(events.insertion(_ISSUED), values, planned=True)
    return len(ids)


_ISSUED = """
    SELECT 'rebate.statement_issued', %(at)s::timestamptz, %(at)s::timestamptz, %(actor)s::text,
           'rebate_statement:' || s.id, s.account_id,
           jsonb_build_object('agreement', g.code, 'name', g.name, 'number', s.number,
                              'since', s.since, 'upto', s.upto, 'total', s.total,
                              'currency', g.currency, 'answer_by', s.answer_by)
    FROM unnest(%(ids)s::uuid[]) AS issued (id)
    JOIN rebates_statement s ON s.tenant_id = %(tenant)s AND s.id = issued.id
    JOIN rebates_agreement g ON g.tenant_id = s.tenant_id AND g.id = s.agreement_id
"""

# From `stated` (accrual_id, agreement_id, version_id, account_id, since, until, lines, day): what
# each line is now, less what earlier statements said of it. Nothing to say is no statement.
_STATE = """
targets AS (
    SELECT s.accrual_id, line ->> 0 AS product_line, (line ->> 1)::bigint AS basis,
           (line ->> 2)::bigint AS amount
    FROM stated s CROSS JOIN LATERAL jsonb_array_elements(s.lines) AS line
), before AS (
    SELECT l.accrual_id, l.product_line, sum(l.amount)::bigint AS amount
    FROM stated s
    JOIN rebates_statementline l ON l.tenant_id = %(tenant)s AND l.accrual_id = s.accrual_id
    GROUP BY l.accrual_id, l.product_line
), differing AS MATERIALIZED (
    SELECT accrual_id, product_line, coalesce(t.basis, 0) AS basis,
           coalesce(t.amount, 0) - coalesce(b.amount, 0) AS amount
    FROM targets t FULL JOIN before b USING (accrual_id, product_line)
    WHERE coalesce(t.amount, 0) <> coalesce(b.amount, 0)
), totals AS MATERIALIZED (
    SELECT s.agreement_id, s.account_id, (array_agg(s.version_id ORDER BY s.since DESC))[1]
               AS version_id,
           min(s.since) FILTER (WHERE s.corrects IS NULL) AS since, min(s.since) AS oldest,
           sum(d.amount)::bigint AS total
    FROM stated s JOIN differing d ON d.accrual_id = s.accrual_id
    GROUP BY s.agreement_id, s.account_id
), issued AS (
    INSERT INTO rebates_statement
        (tenant_id, id, agreement_id, version_id, account_id, number, since, upto, total, state,
         prepared_by, issued_at, answer_by, accepted_by, approved_by)
    SELECT %(tenant)s, uuidv7(), t.agreement_id, t.version_id, t.account_id,
           (SELECT coalesce(max(x.number), 0) + 1 FROM rebates_statement x
            WHERE x.tenant_id = %(tenant)s AND x.agreement_id = t.agreement_id
              AND x.account_id = t.account_id),
           coalesce(t.since, t.oldest), %(day)s, t.total, 'open', %(actor)s, %(at)s,
           (date_trunc('day', %(at)s::timestamptz AT TIME ZONE %(zone)s::text)
            + make_interval(days => v.answer_days + 1)) AT TIME ZONE %(zone)s::text, '', ''
    FROM totals t
    JOIN rebates_agreementversion v ON v.tenant_id = %(tenant)s AND v.id = t.version_id
    RETURNING id, agreement_id, account_id
), lines_said AS (
    INSERT INTO rebates_statementline
        (tenant_id, id, statement_id, accrual_id, number, kind, corrects, product_line, basis,
         amount, state)
    SELECT %(tenant)s, uuidv7(), i.id, d.accrual_id,
           row_number() OVER (PARTITION BY i.id
                              ORDER BY s.corrects NULLS FIRST, d.product_line COLLATE "C"),
           CASE WHEN s.corrects IS NULL THEN 'earned' ELSE 'true_up' END, s.corrects,
           d.product_line, d.basis, d.amount, 'stated'
    FROM differing d
    JOIN stated s ON s.accrual_id = d.accrual_id
    JOIN issued i ON i.agreement_id = s.agreement_id AND i.account_id = s.account_id
), kept AS (
    UPDATE rebates_accrual a
    SET stated = a.stated + coalesce(d.amount, 0),
        stated_upto = CASE WHEN s.corrects IS NULL THEN %(day)s ELSE a.stated_upto END,
        closed_at = CASE WHEN a.closed_at IS NULL AND a.until = %(day)s THEN %(at)s
                         ELSE a.closed_at END
    FROM stated s
    LEFT JOIN (SELECT accrual_id, sum(amount)::bigint AS amount FROM differing GROUP BY accrual_id)
        d ON d.accrual_id = s.accrual_id
    WHERE a.tenant_id = %(tenant)s AND a.id = s.accrual_id
)
SELECT id FROM issued
"""

# With what is due goes what has changed in closed periods of the same agreement and account.
_WITH_CORRECTIONS = """
stated AS MATERIALIZED (
    SELECT * FROM due
    UNION ALL
    SELECT a.id, a.agreement_id, a.version_id, a.account_id, a.since, a.until, a.lines, a.since
    FROM rebates_accrual a
    WHERE a.tenant_id = %(tenant)s AND a.closed_at IS NOT NULL AND a.amount <> a.stated
      AND (a.agreement_id, a.account_id) IN (SELECT agreement_id, account_id FROM due)
)
"""

_CLOSE = f"""
WITH due AS MATERIALIZED (
    SELECT a.id AS accrual_id, a.agreement_id, a.version_id, a.account_id, a.since, a.until,
           a.lines, NULL::date AS corrects
    FROM rebates_accrual a
    WHERE a.tenant_id = %(tenant)s AND a.id = ANY (%(accruals)s::uuid[])
), {_WITH_CORRECTIONS}, {_STATE}"""  # noqa: S608

_CLOSE_SO_FAR = f"""{WORKED}, due AS MATERIALIZED (
    SELECT a.id AS accrual_id, w.agreement_id, w.version_id, w.account_id, a.since, a.until,
           w.lines, NULL::date AS corrects
    FROM worked w
    JOIN rebates_accrual a
      ON a.tenant_id = %(tenant)s AND a.agreement_id = w.agreement_id AND a.since = w.since
     AND a.holder_id = w.holder_id AND a.account_id = w.account_id
    WHERE a.closed_at IS NULL
), {_WITH_CORRECTIONS}, {_STATE}"""  # noqa: S608

_CORRECTED = f"""
WITH stated AS MATERIALIZED (
    SELECT a.id AS accrual_id, a.agreement_id, a.version_id, a.account_id, a.since, a.until,
           a.lines, a.since AS corrects
    FROM rebates_accrual a
    WHERE a.tenant_id = %(tenant)s AND a.id = ANY (%(accruals)s::uuid[])
), {_STATE}"""  # noqa: S608


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
    values = {"tenant": current_tenant_id(), "accruals": uuids(alone), "at": at, "actor": actor}
    return _told(
        run(_CORRECTED, values | {"day": day, "zone": tenant.zone.key}), actor=actor, at=at
    )


def _close_ended(agreements: Sequence[Agreement], *, day: date, at: datetime, actor: str) -> None:
    """An agreement that ended is closed with its last period."""
    ended = [
        one
        for one in agreements
        if one.state == AgreementState.RUNNING and one.ends_on is not None and one.ends_on <= day
    ]
    still = set(
        Accrual.objects.filter(agreement__in=ended, closed_at=None).values_list(
            "agreement_id", flat=True
        )
    )
    over = [one for one in ended if one.pk not in still]
    Agreement.objects.filter(pk__in=[one.pk for one in over]).update(
        state=AgreementState.CLOSED, closed_at=at
    )
    events.record_many(
        [
            events.NewEvent(
                kind="agreement.closed",
                occurred_at=at,
                recorded_at=at,
                actor=actor,
                subject=f"agreement:{one.pk}",
                account_id=one.account_id,
                payload={"code": one.code, "name": one.name},
            )
            for one in over
        ]
    )
