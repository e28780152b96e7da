"""What the system itself says happened: an enrollment, an anniversary of one, a milestone.

Each is a fact like any other, under a permanent identity of its own, so that rules may reward it,
books and explanations know it, and nothing can ever come twice. Made when the clock comes by, and
only where a published rule is there for it.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

from django.db import connection, transaction

from accounts import clock
from accounts.events import NewEvent, record_many
from accounts.facts import Fact
from accounts.kinds import ANNIVERSARY, ENROLLMENT, MILESTONE, OWN_SOURCE
from accounts.models import Activity
from accounts.tenancy import current_tenant_id
from rewards.intake import Outcome, take_in
from rewards.models import Milestone, RuleVersion

MOST_AT_ONCE = 2_000
ACTOR = "system"


def take_in_occasions(*, as_of: datetime) -> int:
    """Take in all that has come up by `as_of` (UTC) for the open tenant; returns how many.

    Nothing happens while a history is worked off: its facts are still to come. Killed anywhere and
    run again, it goes on where it was.
    """
    with transaction.atomic():
        if clock.held_for():
            return 0
        ruled = set(
            RuleVersion.objects.filter(
                kind__in=(ENROLLMENT, ANNIVERSARY, MILESTONE), published_at__isnull=False
            ).values_list("kind", flat=True)
        )
    total = 0
    for kind in sorted(ruled):
        while facts := _due(kind, as_of):
            with transaction.atomic():
                outcomes = take_in(facts, source=OWN_SOURCE, actor=ACTOR, as_of=as_of)
                if kind == MILESTONE:
                    _tell_milestones(facts, outcomes, as_of=as_of)
            accepted = sum(outcome.status == "accepted" for outcome in outcomes)
            total += accepted
            if not accepted:
                break  # what is refused now would be refused again at once
    return total


def _tell_milestones(
    facts: Sequence[Fact], outcomes: Sequence[Outcome], *, as_of: datetime
) -> None:
    """An event for each that was reached, under its name."""
    reached = {
        outcome.activity_id: fact
        for fact, outcome in zip(facts, outcomes, strict=True)
        if outcome.status == "accepted"
    }
    accounts = dict(Activity.objects.filter(id__in=reached).values_list("id", "account_id"))
    milestones = {
        (one.program.slug, one.code): one for one in Milestone.objects.select_related("program")
    }
    record_many(
        [
            _told(milestones[_which(fact)], account_id=accounts[activity_id], as_of=as_of)
            for activity_id, fact in reached.items()
        ]
    )


def _which(fact: Fact) -> tuple[str, str]:
    said = fact.attributes or {}
    return said["program"], said["milestone"]


def _told(milestone: Milestone, *, account_id: UUID, as_of: datetime) -> NewEvent:
    return NewEvent(
        kind="milestone.reached",
        occurred_at=as_of,
        recorded_at=as_of,
        actor=ACTOR,
        subject=f"milestone:{milestone.pk}",
        account_id=account_id,
        payload={
            "program": milestone.program.slug,
            "code": milestone.code,
            "name": milestone.name,
        },
    )


def _due(kind: str, as_of: datetime) -> Sequence[Fact]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _DUE[kind],
            {
                "tenant": current_tenant_id(),
                "as_of": as_of,
                "source": OWN_SOURCE,
                "most": MOST_AT_ONCE,
            },
        )
        return [
            _fact(kind, number, external_id, occurred_at, program, value)
            for number, external_id, occurred_at, program, value in cursor.fetchall()
        ]


def _fact(
    kind: str, number: str, external_id: str, occurred_at: datetime, program: str, value: Any
) -> Fact:
    attributes: dict[str, Any] = {"program": program}
    if kind == ANNIVERSARY:
        attributes["years"] = value
    elif kind == MILESTONE:
        attributes["milestone"] = value
    return Fact(
        account=number,
        kind=kind,
        external_id=external_id,
        line="",
        occurred_at=occurred_at,
        amount=0,
        quantity=Decimal(0),
        product="",
        attributes=attributes,
        reverses=None,
    )


# Only where some version of a published rule was valid when it happened: an enrollment of long ago
# is no fact of today.
_RULED = """
EXISTS (SELECT FROM rewards_ruleversion v
        JOIN rewards_earningrule r ON r.tenant_id = v.tenant_id AND r.id = v.rule_id
        WHERE v.tenant_id = due.tenant_id AND v.kind = '{kind}' AND v.published_at IS NOT NULL
          AND r.program_id = due.program_id AND v.valid_from <= due.occurred_at
          AND (v.valid_to IS NULL OR due.occurred_at < v.valid_to))
AND NOT EXISTS (SELECT FROM accounts_activity known
                WHERE known.tenant_id = due.tenant_id AND known.source = %(source)s
                  AND known.external_id = due.external_id AND known.line = '')
"""

_ENROLLED: LiteralString = """
SELECT due.number, due.external_id, due.occurred_at, due.program, NULL FROM (
    SELECT e.tenant_id, e.program_id, a.number, 'enrolled:' || e.id AS external_id,
           e.enrolled_at AS occurred_at, p.slug AS program
    FROM accounts_enrollment e
    JOIN accounts_account a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
    JOIN accounts_program p ON p.tenant_id = e.tenant_id AND p.id = e.program_id
    WHERE e.tenant_id = %(tenant)s AND e.state = 'active' AND e.enrolled_at <= %(as_of)s
) due WHERE {ruled} ORDER BY due.occurred_at, due.external_id LIMIT %(most)s
"""

# The n-th anniversary is n years later on the tenant's calendar, at the same local time.
_ANNIVERSARIES: LiteralString = """
SELECT due.number, due.external_id, due.occurred_at, due.program, due.years FROM (
    SELECT e.tenant_id, e.program_id, a.number, years,
           'anniversary:' || e.id || ':' || years AS external_id, p.slug AS program,
           (e.enrolled_at AT TIME ZONE t.time_zone + make_interval(years => years))
               AT TIME ZONE t.time_zone AS occurred_at
    FROM accounts_enrollment e
    JOIN accounts_tenant t ON t.id = e.tenant_id
    JOIN accounts_account a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
    JOIN accounts_program p ON p.tenant_id = e.tenant_id AND p.id = e.program_id
    CROSS JOIN LATERAL generate_series(
        1, extract(year FROM age(%(as_of)s, e.enrolled_at))::int + 1) AS years
    WHERE e.tenant_id = %(tenant)s AND e.state = 'active'
) due
WHERE due.occurred_at <= %(as_of)s AND {ruled}
ORDER BY due.occurred_at, due.external_id LIMIT %(most)s
"""

_MILESTONES: LiteralString = """
SELECT due.number, due.external_id, due.occurred_at, due.program, due.code FROM (
    SELECT e.tenant_id, e.program_id, a.number, m.code, p.slug AS program,
           'milestone:' || m.id || ':' || a.id AS external_id,
           %(as_of)s::timestamptz AS occurred_at
    FROM rewards_milestone m
    JOIN accounts_program p ON p.tenant_id = m.tenant_id AND p.id = m.program_id
    JOIN accounts_enrollment e ON e.tenant_id = m.tenant_id AND e.program_id = m.program_id
        AND e.state = 'active' AND e.enrolled_at <= %(as_of)s
    JOIN accounts_account a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
    JOIN LATERAL (
        SELECT CASE m.counted WHEN 'count' THEN sum(x.count) WHEN 'amount' THEN sum(x.amount)
                              ELSE sum(x.quantity) END AS reached
        FROM accounts_measure x
        WHERE x.tenant_id = m.tenant_id AND x.account_id = a.id AND x.kind = m.kind
    ) done ON done.reached >= m.threshold
    WHERE m.tenant_id = %(tenant)s
) due WHERE {ruled} ORDER BY due.external_id LIMIT %(most)s
"""

_DUE: dict[str, str] = {
    ENROLLMENT: _ENROLLED.format(ruled=_RULED.format(kind=ENROLLMENT)),
    ANNIVERSARY: _ANNIVERSARIES.format(ruled=_RULED.format(kind=ANNIVERSARY)),
    MILESTONE: _MILESTONES.format(ruled=_RULED.format(kind=MILESTONE)),
}
