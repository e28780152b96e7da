"""Notes on grants: kept for those alone that a campaign raised, or a cap or budget lowered."""

import json
from collections.abc import Sequence
from decimal import Decimal, localcontext
from math import prod
from uuid import UUID

from accounts.ids import uuid7_numbers
from accounts.postgres.arrays import plain, texts, uuids, uuids_of
from accounts.postgres.statements import Ask, nothing
from accounts.tenancy import current_tenant_id
from rewards.earning import Grant, Raise
from tiers.standing import MULTIPLIER_SCALE


def keeping(grants: Sequence[tuple[UUID, Grant]]) -> list[Ask[None]]:
    """Writes notes on the grants of these activities that need one."""
    noted = [(of, grant) for of, grant in grants if grant.raised_by or grant.less_because]
    if not noted:
        return []
    # What notes say is written once for all that say the same: most do, in a batch.
    keys = [_said(grant) for _, grant in noted]
    said = dict(zip(keys, (grant for _, grant in noted), strict=True))
    numbers = {key: number for number, key in enumerate(said, start=1)}
    values = [
        current_tenant_id(),
        *_columns(list(said.values())),
        uuids_of(uuid7_numbers(len(noted))),
        uuids(of for of, _ in noted),
        plain([numbers[key] for key in keys]),
    ]
    return [Ask(_KEEP, values, nothing)]


_KEEP = """
INSERT INTO rewards_grantnote
    (tenant_id, id, activity_id, rule_version_id, to_member, factor, bonus, campaigns, less_because)
SELECT %s, note.id, note.activity_id, said.*
FROM (SELECT %s::uuid[] AS versions, %s::bool[] AS to_member, %s::numeric[] AS factors,
             %s::bigint[] AS bonuses, %s::jsonb[] AS campaigns, %s::text[] AS less) one,
     unnest(%s::uuid[], %s::uuid[], %s::int[]) AS note (id, activity_id, number),
     LATERAL (SELECT versions[number], to_member[number], factors[number], bonuses[number],
                     campaigns[number], less[number]) said
"""


def _said(grant: Grant) -> tuple:
    campaigns = tuple([one.campaign_id.int for one in grant.raised_by])
    return grant.rule.version_id.int, grant.to_member, campaigns, grant.less_because


def _columns(said: Sequence[Grant]) -> list[str]:
    return [
        uuids(grant.rule.version_id for grant in said),
        plain(grant.to_member for grant in said),
        plain(factor_of(grant.raised_by) for grant in said),
        plain(sum(one.bonus for one in grant.raised_by) for grant in said),
        texts(json.dumps([_told(one) for one in grant.raised_by]) for grant in said),
        texts(grant.less_because for grant in said),
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
