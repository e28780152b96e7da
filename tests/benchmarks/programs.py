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
    grown = f"with {RULES} rules and {CAMPAIGNS} campaigns"
    yield intake.against_copy(_grown("programs"), f"intake {grown}")
    # Of another tenant: the clock of this one stands where its bulk was taken in, months ago, and
    # each fact of today would first decide the quarters since.
    yield http.against_no_op(_grown("programs-http"), f"one fact by HTTP {grown}")


def _grown(name: str) -> Tenant:
    tenant = open_company(name)
    _publish(tenant)
    return tenant


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
