"""Intake where a program has grown: 20 published rules and 4 campaigns, by product line."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction

from accounts.models import Program, Tenant
from accounts.tenancy import tenant_scope
from tests import factories
from tests.benchmarks import http, intake
from tests.benchmarks.company import LINES, START, open_company

RULES, CAMPAIGNS = 20, 4


def run() -> Iterator[str]:
    """As `intake` and `http`; of the rules three or four are for the line of any one fact, one of
    which excludes another, and half of the lines have a campaign."""
    tenant, grown = open_company("programs"), f"with {RULES} rules and {CAMPAIGNS} campaigns"
    _publish(tenant)
    yield intake.against_copy(tenant, f"intake {grown}")
    yield http.against_no_op(tenant, f"one fact by HTTP {grown}")


def _publish(tenant: Tenant) -> None:
    with tenant_scope(tenant.id), transaction.atomic():
        program = Program.objects.get()  # with one rule, for every purchase
        for number in range(1, RULES):
            factories.publish_rule(
                program,
                code=f"rule-{number}",
                condition=_on_line(number),
                exclusive_group=f"group-{number % LINES}" if number > LINES else "",
                rate=1 + number % 3,
            )
        for number in range(CAMPAIGNS):
            factories.open_campaign(
                program,
                code=f"campaign-{number}",
                condition=_on_line(number),
                multiplier=2,
                ends_at=START + timedelta(days=30),
            )


def _on_line(number: int) -> dict:
    line = {"field": "line", "op": "eq", "value": f"Line {number % LINES}"}
    return {"all": [line, {"field": "amount", "op": "gte", "value": 100}]}
