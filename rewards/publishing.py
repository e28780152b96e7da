"""Publishing an earning rule: from then on facts earn by it."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import events
from accounts.conditions import compile_condition
from accounts.models import Program
from rewards.models import EarningRule, RuleVersion


def publish_rule(
    *,
    program: Program,
    code: str,
    name: str,
    versions: list[dict[str, Any]],
    exclusive_group: str = "",
    actor: str,
    now: datetime,
) -> EarningRule:
    """Publish a rule with its versions, each the fields of a RuleVersion, oldest first.

    A version without a `published_at` of its own is published `now`. Raises
    `accounts.conditions.BadCondition` for a condition that is none.
    """
    for version in versions:
        compile_condition(version.get("condition", {}))
    with transaction.atomic():
        rule = EarningRule.objects.create(
            program=program, code=code, name=name, exclusive_group=exclusive_group
        )
        terms = {"published_at": now, "published_by": actor}
        RuleVersion.objects.bulk_create(
            RuleVersion(rule=rule, number=number, **(terms | version))
            for number, version in enumerate(versions, start=1)
        )
        events.record(
            kind="rule.published",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"rule:{rule.pk}",
            payload={"program": program.slug, "code": code, "versions": len(versions)},
        )
    return rule
