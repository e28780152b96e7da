"""Caps: how much of a rule's cap each account has used in a period."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from accounts.postgres.arrays import plain, texts, uuids
from accounts.postgres.statements import Ask, ask, nothing, run
from accounts.tenancy import current_tenant_id
from rewards.earning import CapKey


def used_by(account_ids: Iterable[UUID], *, rule_ids: Iterable[UUID]) -> dict[CapKey, int]:
    """What these accounts have used of these rules' caps, per period."""
    found = run(
        """
        SELECT account_id, rule_id, cap_window, period, used FROM rewards_capuse
        WHERE tenant_id = %s AND account_id = ANY (%s::uuid[]) AND rule_id = ANY (%s::uuid[])
        """,
        [current_tenant_id(), uuids(account_ids), uuids(rule_ids)],
    )
    return {CapKey(*key): used for *key, used in found}


def add_use(additions: Mapping[CapKey, int]) -> None:
    """Add to what is used; a returned purchase gives back with a negative number."""
    ask(*adding_use(additions))


def adding_use(additions: Mapping[CapKey, int]) -> list[Ask[None]]:
    """What `add_use` runs."""
    changes = {key: used for key, used in additions.items() if used}
    if not changes:
        return []
    values = [
        current_tenant_id(),
        uuids(key[0] for key in changes),
        uuids(key[1] for key in changes),
        texts(key[2] for key in changes),
        plain(key[3] for key in changes),
        plain(changes.values()),
    ]
    # Opened at zero first: Postgres checks the row proposed for insertion before it looks for
    # a conflict, and would refuse one that gives back.
    opening = Ask(
        """
        INSERT INTO rewards_capuse (tenant_id, account_id, rule_id, cap_window, period, used)
        SELECT %s, account_id, rule_id, cap_window, period, 0
        FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::date[], %s::bigint[])
            AS change (account_id, rule_id, cap_window, period, used)
        ON CONFLICT (tenant_id, account_id, rule_id, cap_window, period) DO NOTHING
        """,
        values,
        nothing,
    )
    adding = Ask(
        """
        UPDATE rewards_capuse c SET used = c.used + change.used
        FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::date[], %s::bigint[])
            AS change (account_id, rule_id, cap_window, period, used)
        WHERE c.tenant_id = %s AND c.account_id = change.account_id AND c.rule_id = change.rule_id
          AND c.cap_window = change.cap_window AND c.period = change.period
        """,
        [*values[1:], values[0]],
        nothing,
    )
    return [opening, adding]
