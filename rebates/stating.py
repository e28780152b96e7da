"""The lines of statements: what a statement says of each, and what became of those disputed.

A statement keeps its lines itself. One that is disputed has a row beside it, in which it goes its
own way; what has none is settled with its statement.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import prefetch_related_objects

from rebates.models import (
    Accrual,
    LineKind,
    LineState,
    Statement,
    StatementLine,
    StatementState,
)

# The lines of the statement `s`, as `lines_of` numbers them.
LINES = """
    SELECT row_number() OVER (ORDER BY said.corrects NULLS FIRST, said.nth) AS number,
           said.corrects, said.line ->> 0 AS product_line, (said.line ->> 1)::bigint AS basis,
           (said.line ->> 2)::bigint AS amount
    FROM (
        SELECT NULL::date AS corrects, line, nth
        FROM jsonb_array_elements(s.earned) WITH ORDINALITY AS e (line, nth)
        UNION ALL
        SELECT (period ->> 0)::date, line, nth
        FROM jsonb_array_elements(s.true_ups) AS period,
             jsonb_array_elements(period -> 1) WITH ORDINALITY AS e (line, nth)
    ) said
"""

_Key = tuple[UUID, UUID, date]


def lines_of(statements: Sequence[Statement]) -> dict[UUID, list[StatementLine]]:
    """All lines by statement, in their order, each with its accrual, that one's version, and its
    disputes; in three queries. Those without a row are not stored."""
    stored = {
        (line.statement_id, line.number): line
        for line in StatementLine.objects.filter(statement__in=statements)
    }
    accruals = _accruals(statements)
    found = {one.pk: _lines(one, stored, accruals) for one in statements}
    every = [line for lines in found.values() for line in lines]
    prefetch_related_objects(every, "disputes")
    return found


def line_of(statement: Statement, number: int) -> StatementLine | None:
    """The line with this number; None where the statement has none."""
    [lines] = lines_of([statement]).values()
    return lines[number - 1] if 0 < number <= len(lines) else None


def _lines(
    statement: Statement,
    stored: dict[tuple[UUID, int], StatementLine],
    accruals: dict[_Key, Accrual],
) -> list[StatementLine]:
    is_approved = statement.state == StatementState.APPROVED
    periods = [(None, statement.earned)]
    periods += [(date.fromisoformat(since), lines) for since, lines in statement.true_ups]
    said = [(corrects, *line) for corrects, lines in periods for line in lines]
    found = []
    for number, (corrects, product_line, basis, amount) in enumerate(said, 1):
        line = stored.get((statement.pk, number))
        if line is None:
            line = StatementLine(
                statement=statement,
                number=number,
                kind=LineKind.TRUE_UP if corrects else LineKind.EARNED,
                corrects=corrects,
                product_line=product_line,
                basis=basis,
                amount=amount,
                state=LineState.SETTLED if is_approved else LineState.STATED,
            )
        line.statement = statement
        line.accrual = accruals[
            statement.agreement_id, statement.account_id, corrects or statement.since
        ]
        found.append(line)
    return found


def _accruals(statements: Sequence[Statement]) -> dict[_Key, Accrual]:
    """What the lines are of; a period of an agreement has one for each account."""
    since: dict[UUID, set[date]] = defaultdict(set)
    for one in statements:
        corrected = (date.fromisoformat(first) for first, _ in one.true_ups)
        since[one.agreement_id] |= {one.since, *corrected}
    found = Accrual.objects.filter(
        agreement__in=since,
        account__in={one.account_id for one in statements},
        since__in=set().union(*since.values()),
    )
    return {
        (one.agreement_id, one.account_id, one.since): one
        for one in found.select_related("version")
    }
