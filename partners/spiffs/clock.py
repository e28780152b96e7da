"""What a day brings to SPIFFs: sales that came back take their rewards with them."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.postgres.statements import run
from accounts.progress import turns
from accounts.tenancy import current_tenant_id
from partners.spiffs.deciding import NotNow, take_back
from partners.words import as_a_reason

ACTOR = "system"
AT_ONCE = 500

# As `checks.examine` finds it: facts may come in after somebody has decided without them, for some
# months; who claims what was never reported is not looked for every hour for ever.
_FIND_SALES = r"""
WITH found AS (
    SELECT claim.id, sold.id AS activity_id
    FROM partners_spiffclaim claim
    CROSS JOIN LATERAL (
        SELECT fact.id FROM accounts_activity fact
        WHERE fact.tenant_id = claim.tenant_id AND fact.account_id = claim.account_id
          AND fact.product_id = claim.product_id AND fact.reverses_id IS NULL
          AND regexp_replace(upper(fact.external_id), '\s+', '', 'g') = claim.document_key
        ORDER BY fact.quantity DESC, fact.id LIMIT 1
    ) sold
    WHERE claim.tenant_id = %(tenant)s AND claim.state = 'approved' AND claim.activity_id IS NULL
      AND claim.decided_at > %(now)s::timestamptz - interval '90 days'
)
UPDATE partners_spiffclaim claim SET activity_id = found.activity_id
FROM found WHERE claim.tenant_id = %(tenant)s AND claim.id = found.id
RETURNING claim.id
"""

# Units of a sale that nobody claimed come back first: which ones did, its facts do not tell. A
# credit of an amount is a share of the units (`rewards.intake`): a unit has come back once all of
# it has, and not with the first cent. Rounded down, once, of all returns together. A sale without
# any has no row here: LEAST passes over what is NULL, and everything would have come back.
_DUE = """
SELECT claim.id, claim.returned, least(claim.quantity, floor(back.quantity))::int - claim.returned,
       back.document
FROM partners_spiffclaim claim
JOIN accounts_activity sold
  ON sold.tenant_id = claim.tenant_id AND sold.id = claim.activity_id
JOIN LATERAL (
    SELECT -sum(fact.quantity) - greatest(sold.quantity - claim.quantity, 0) AS quantity,
           max(fact.external_id) AS document
    FROM accounts_activity fact
    WHERE fact.tenant_id = claim.tenant_id AND fact.reverses_id = sold.id
    HAVING count(*) > 0
) back ON true
WHERE claim.tenant_id = %(tenant)s AND claim.state = 'approved'
  AND least(claim.quantity, floor(back.quantity)) > claim.returned
ORDER BY claim.id LIMIT %(most)s
"""


def take_back_returned(*, now: datetime) -> int:
    """Take back the rewards of claimed sales that were returned, each in a transaction of its own;
    how many. Found by what is returned and not taken back yet: twice is once. One that breaks is
    raised once the others had their turns."""
    with transaction.atomic():
        run(_FIND_SALES, {"tenant": current_tenant_id(), "now": now})
    with turns() as each:
        return sum([each(_take_back, *due, now=now) for due in _due()])


def _take_back(claim_id: UUID, seen: int, units: int, document: str, *, now: datetime) -> bool:
    about = {"seen": seen, "reason": as_a_reason(document), "actor": ACTOR, "now": now}
    try:
        take_back(claim_id, units=units, **about)
    except NotNow:
        return False  # somebody was faster, and took it back by hand
    return True


def _due() -> list[tuple[UUID, int, int, str]]:
    with transaction.atomic():
        return run(_DUE, {"tenant": current_tenant_id(), "most": AT_ONCE})
