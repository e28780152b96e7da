"""What the audit log costs in a tenant with a million events, as a multiple of a thousand."""

import os
from collections.abc import Iterator
from statistics import median

from django.conf import settings
from django.db import connections, transaction
from django.test import Client

from accounts.models import Event, Tenant
from accounts.tenancy import tenant_scope
from tests import factories
from tests.benchmarks.cputime import seconds_of

FEW = 1_000
MANY = int(os.environ.get("BENCH_EVENTS", "1_000_000"))
ROUNDS, PAGES = 9, 10
PAGE = "/console/history/"

_FILL = """
INSERT INTO accounts_event
    (id, tenant_id, kind, occurred_at, recorded_at, actor, subject, account_id, payload)
SELECT uuidv7(), %(tenant)s,
       (ARRAY['rule.published', 'staff.changed', 'list.exported'])[1 + n %% 3],
       at, at, 'system', 'rule:' || n %% 1000, NULL,
       jsonb_build_object(
           'before', jsonb_build_object('rate', n), 'after', jsonb_build_object('rate', n + 1)
       )
FROM generate_series(1, %(count)s) AS n,
     LATERAL (SELECT now() - n * interval '1 second') AS t (at)
"""


def run() -> Iterator[str]:
    """What people decided, no facts: every event is one that the log shows."""
    few, many = _log(FEW), _log(MANY)
    connections["owner"].ensure_connection()
    connections["owner"].connection.execute("VACUUM ANALYZE accounts_event")
    for client in (few, many):
        _seconds(client)  # what is read once is not what is measured
    rounds = [(_seconds(few), _seconds(many)) for _ in range(ROUNDS)]
    small, large = (median(one[side] for one in rounds) for side in (0, 1))
    multiple = median(one[1] / one[0] for one in rounds)
    yield (
        f"audit log: {small * 1000:.1f} ms of CPU at {FEW:,} events, {large * 1000:.1f} ms at "
        f"{MANY:,}, multiple {multiple:.2f} (asked: at most 1.3)"
    )


def _log(count: int) -> Client:
    with transaction.atomic():
        tenant: Tenant = factories.TenantFactory(slug=f"history-{count}")
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute(_FILL, {"tenant": tenant.pk, "count": count})
    with tenant_scope(tenant.pk), transaction.atomic():
        assert Event.objects.count() >= count
        staff = factories.StaffFactory(user__email=f"history-{count}@example.com")
    client = Client(headers={"host": f"{tenant.slug}.{settings.DOMAIN}"})
    client.force_login(staff.user)
    return client


def _seconds(client: Client) -> float:
    return seconds_of(lambda: [_look(client) for _ in range(PAGES)]) / PAGES


def _look(client: Client) -> None:
    response = client.get(PAGE)
    assert response.status_code == 200, f"{PAGE} answered {response.status_code}"
