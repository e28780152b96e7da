"""Intake where a program has grown: 20 published rules and 4 campaigns, by product line.

What a fact costs is what it writes. So facts are taken in under rules that share the purchases out,
of which one is for any one fact, and under rules that are for the same: three or four for each.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from accounts.models import Program
from tests import factories
from tests.benchmarks import http, intake
from tests.benchmarks.company import LINES, START, open_company

RULES, CAMPAIGNS = 20, 4
# By size of the purchase (smallest unit): half of the lines in three parts, the others in two.
EDGES = ((0, 30_000, 60_000, 10**9), (0, 45_000, 10**9))


def run() -> Iterator[str]:
    """As `intake` and `http`; half of the lines have a campaign."""
    grown = f"with {RULES} rules and {CAMPAIGNS} campaigns"
    apart = open_company("programs-apart", publish=_publish_apart)
    yield intake.against_copy(apart, f"intake {grown}, one rule for each fact")
    together = open_company("programs", publish=_publish_together)
    yield intake.against_copy(together, f"intake {grown}, three or four for each fact")
    # Of another tenant: the clock of this one stands where its bulk was taken in, months ago, and
    # each fact of today would first decide the quarters since.
    yield http.against_no_op(
        open_company("programs-http", publish=_publish_together),
        f"one fact by HTTP {grown}, three or four for each fact",
    )


def _publish_apart(program: Program) -> None:
    parts = [
        (line, least, below)
        for line in range(LINES)
        for least, below in pairwise(EDGES[line % len(EDGES)])
    ]
    assert len(parts) == RULES
    for number, (line, least, below) in enumerate(parts):
        sized = [
            {"field": "amount", "op": "gte", "value": least},
            {"field": "amount", "op": "lt", "value": below},
        ]
        factories.publish_rule(
            program,
            code=f"rule-{number}",
            condition={"all": [_of_line(line), *sized]},
            rate=1 + number % 3,
        )
    _open_campaigns(program)


def _publish_together(program: Program) -> None:
    """One for every purchase, and those of the lines, one of which excludes another."""
    factories.publish_rule(program)
    for number in range(1, RULES):
        factories.publish_rule(
            program,
            code=f"rule-{number}",
            condition=_on_line(number),
            exclusive_group=f"group-{number % LINES}" if number > LINES else "",
            rate=1 + number % 3,
        )
    _open_campaigns(program)


def _open_campaigns(program: Program) -> None:
    for number in range(CAMPAIGNS):
        factories.open_campaign(
            program,
            code=f"campaign-{number}",
            condition=_on_line(number),
            multiplier=2,
            ends_at=START + timedelta(days=30),
        )


def _on_line(number: int) -> dict:
    return {"all": [_of_line(number), {"field": "amount", "op": "gte", "value": 100}]}


def _of_line(number: int) -> dict:
    return {"field": "line", "op": "eq", "value": f"Line {number % LINES}"}
