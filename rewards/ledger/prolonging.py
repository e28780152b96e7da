"""Points that live as long as their holder is active: every earning, by a rule or as an award, and
every spending moves their expiry.

Only where the program's policy is "n months without activity" (`rewards.expiry`).
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.postgres.arrays import plain, uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.closing import ALIVE, OPEN
from rewards.expiry import end_of_inactivity


def keep_alive(
    *, at: datetime, wallet_ids: Collection[UUID] = (), account_ids: Collection[UUID] = ()
) -> None:
    """Move the expiry of the open lots of some wallets, or of all wallets of some accounts, to what
    their last earning or spending makes it.

    To be called after the movement, in its transaction, which holds the wallets' locks: an expiry
    that runs at the same time waits and then reads the new day. What had expired by `at` stays so,
    though the clock has not come by yet.
    """
    values = {
        "tenant": current_tenant_id(),
        "wallets": uuids(wallet_ids),
        "accounts": uuids(account_ids),
        "at": at,
    }
    lasting = [
        (wallet_id, end_of_inactivity(months, since=last, zone=ZoneInfo(zone)))
        for wallet_id, months, zone, last in run(_LAST_ACTIVITY, values)
        if last is not None
    ]
    if lasting:
        values["wallets"] = uuids(wallet_id for wallet_id, _ in lasting)
        values["until"] = plain(until for _, until in lasting)
        run(_PROLONG, values)
        run(_PROLONG_HELD, values)


_LAST_ACTIVITY = """
SELECT w.id, (p.points_expiry ->> 'months')::int, t.time_zone,
       (SELECT max(e.occurred_at) FROM rewards_entry e
        WHERE e.tenant_id = w.tenant_id AND e.wallet_id = w.id
          AND e.kind IN ('earn', 'award', 'spend'))
FROM rewards_wallet w
JOIN accounts_program p ON p.tenant_id = w.tenant_id AND p.id = w.program_id
JOIN accounts_tenant t ON t.id = w.tenant_id
WHERE w.tenant_id = %(tenant)s AND w.unit = 'points'
  AND (w.id = ANY (%(wallets)s::uuid[]) OR w.account_id = ANY (%(accounts)s::uuid[]))
  AND p.points_expiry ->> 'policy' = 'inactivity'
"""

# A lot that never expires, or was extended beyond, stays as it is; a credit that came in just now
# for a fact of long ago is as alive as the rest of its wallet.
_PROLONG = f"""
UPDATE rewards_lot l SET expires_at = a.until
FROM unnest(%(wallets)s::uuid[], %(until)s::timestamptz[]) AS a (wallet_id, until),
     rewards_wallet w, rewards_entry e
WHERE l.tenant_id = %(tenant)s AND l.wallet_id = a.wallet_id
  AND w.tenant_id = l.tenant_id AND w.id = l.wallet_id AND {OPEN}
  AND l.expires_at < a.until
  AND e.tenant_id = l.tenant_id AND e.id = l.entry_id
  AND (l.expires_at > %(at)s OR e.recorded_at = %(at)s AND e.kind = 'earn')
"""  # noqa: S608

# A lot that is set aside as a whole is not open; given back, it is to be as alive as the rest.
_PROLONG_HELD = f"""
UPDATE rewards_lot l SET expires_at = held.until
FROM (
    SELECT DISTINCT u.lot_id, a.until
    FROM unnest(%(wallets)s::uuid[], %(until)s::timestamptz[]) AS a (wallet_id, until)
    JOIN rewards_wallet holder ON holder.tenant_id = %(tenant)s AND holder.id = a.wallet_id
        AND holder.reserved > 0
    JOIN rewards_entry e ON e.tenant_id = %(tenant)s AND e.wallet_id = a.wallet_id
        AND e.kind = 'reserve'
    JOIN rewards_lotuse u ON u.tenant_id = %(tenant)s AND u.entry_id = e.id
    WHERE NOT EXISTS (
        SELECT FROM rewards_entry done
        WHERE done.tenant_id = %(tenant)s AND done.cause = e.cause
          AND done.wallet_id = e.wallet_id AND done.kind IN ('spend', 'release'))
) held, rewards_wallet w
WHERE l.tenant_id = %(tenant)s AND l.entry_id = held.lot_id AND l.remaining = 0
  AND w.tenant_id = l.tenant_id AND w.id = l.wallet_id AND {ALIVE}
  AND l.expires_at > %(at)s AND l.expires_at < held.until
"""  # noqa: S608
