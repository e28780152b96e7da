"""Notes on grants: kept for those alone that a campaign raised, or a cap or budget lowered."""

import json
from collections.abc import Sequence
from decimal import Decimal, localcontext
from math import prod
from uuid import UUID

from accounts.ids import uuid7s
from accounts.postgres.arrays import plain, texts, uuids
from accounts.postgres.statements import Ask, nothing
from accounts.tenancy import current_tenant_id
from rewards.earning import Grant, Raise
from tiers.standing import MULTIPLIER_SCALE


def keeping(grants: Sequence[tuple[UUID, Grant]]) -> list[Ask[None]]:
    """Writes notes on the grants of these activities that need one."""
    noted = [(of, grant) for of, grant in grants if grant.raised_by or grant.less_because]
    if not noted:
        return []
    keeping = Ask(
        """
        INSERT INTO rewards_grantnote
            (tenant_id, id, activity_id, rule_version_id, to_member, factor, bonus, campaigns,
             less_because)
        SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bool[], %s::numeric[],
                                 %s::bigint[], %s::jsonb[], %s::text[])
        """,
        [
            current_tenant_id(),
            uuids(uuid7s(len(noted))),
            uuids(of for of, _ in noted),
            uuids(grant.rule.version_id for _, grant in noted),
            plain(grant.to_member for _, grant in noted),
            plain(factor_of(grant.raised_by) for _, grant in noted),
            plain(sum(one.bonus for one in grant.raised_by) for _, grant in noted),
            texts(json.dumps([_told(one) for one in grant.raised_by]) for _, grant in noted),
            texts(grant.less_because for _, grant in noted),
        ],
        nothing,
    )
    return [keeping]


def factor_of(raised_by: Sequence[Raise]) -> Decimal:
    """The product of the campaigns' multipliers, exact."""
    with localcontext(prec=60):
        return Decimal(prod(one.multiplier for one in raised_by)).scaleb(-3 * len(raised_by))


def _told(campaign: Raise) -> dict[str, str | int]:
    multiplier = f"{(Decimal(campaign.multiplier) / MULTIPLIER_SCALE).normalize():f}"
    return {
        "code": campaign.code,
        "name": campaign.name,
        "multiplier": multiplier,
        "bonus": campaign.bonus,
    }
