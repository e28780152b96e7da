"""What the door for facts reads, does and tells, whichever way a fact came to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from accounts.facts import MAY_BE_AHEAD, Fact, FactRefused, parse_fact
from accounts.models import Tenant
from accounts.money import exponent
from rewards.intake import Outcome, take_in

DEFAULT_SOURCE = "api"
SCOPE = "activities:write"

STATUS = {
    "accepted": HTTPStatus.CREATED,
    "known": HTTPStatus.OK,
    "conflict": HTTPStatus.CONFLICT,
    "rejected": HTTPStatus.UNPROCESSABLE_ENTITY,
}


def take(
    raw: Sequence[Any], *, tenant: Tenant, source: str, actor: str, now: datetime
) -> list[Outcome]:
    """One outcome per item of `raw`, in its order; what cannot be read is rejected by itself."""
    outcomes: list[Outcome | None] = []
    facts: list[Fact] = []
    for item in raw:
        try:
            facts.append(_parse(item, tenant, now))
            outcomes.append(None)
        except FactRefused as refusal:
            outcomes.append(Outcome("rejected", str(refusal)))
    taken = iter(take_in(facts, source=source, actor=actor, as_of=now))
    return [outcome or next(taken) for outcome in outcomes]


def _parse(item: Any, tenant: Tenant, now: datetime) -> Fact:
    if not isinstance(item, Mapping):
        raise FactRefused("A fact is an object with account, kind, external_id and occurred_at.")
    return parse_fact(
        item, places=exponent(tenant.currency), zone=tenant.zone, latest=now + MAY_BE_AHEAD
    )


def shape(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": outcome.status,
        "reason": outcome.reason,
        "activity": outcome.activity_id,
        "grants": [
            {
                "program": given.program,
                "rule": given.rule,
                "rule_version": given.rule_version,
                "unit": given.unit,
                "desired": given.desired,
                "granted": given.granted,
                "multiplier": given.multiplier,
                "tier": given.tier,
                "why": given.why,
            }
            for given in outcome.grants
        ],
    }
