"""Notes on grants: kept for those alone that a campaign raised, or a cap or budget lowered.

Most grants of a batch that need one say the same, and share it.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal, localcontext
from math import prod
from uuid import UUID

from accounts.postgres.arrays import plain, texts, uuids
from accounts.postgres.statements import Ask, nothing
from accounts.tenancy import current_tenant_id
from rewards.earning import Grant, Raise
from tiers.standing import MULTIPLIER_SCALE

Said = tuple[tuple[int, ...], str]


def said_on(grant: Grant) -> Said | None:
    """What a note on the grant says: which campaigns raised it, by their ids' numbers, and what
    lowered it; None where there is nothing to say."""
    if not grant.raised_by and not grant.less_because:
        return None
    return tuple([one.campaign_id.int for one in grant.raised_by]), grant.less_because


def keeping(notes: Mapping[UUID, Grant]) -> list[Ask[None]]:
    """Writes notes, each with one of the grants that it is on."""
    if not notes:
        return []
    return [Ask(_KEEP, [current_tenant_id(), uuids(notes), *_columns(notes.values())], nothing)]


_KEEP = """
INSERT INTO rewards_grantnote (tenant_id, id, factor, bonus, campaigns, less_because)
SELECT %s, * FROM unnest(%s::uuid[], %s::numeric[], %s::bigint[], %s::jsonb[], %s::text[])
"""


def _columns(grants: Collection[Grant]) -> list[str]:
    return [
        plain(factor_of(grant.raised_by) for grant in grants),
        plain(sum(one.bonus for one in grant.raised_by) for grant in grants),
        texts(json.dumps([_told(one) for one in grant.raised_by]) for grant in grants),
        texts(grant.less_because for grant in grants),
    ]


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
