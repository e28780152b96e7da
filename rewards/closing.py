"""Which lots are open, and what each expiry took: the one definition, for SQL and for the ORM.

A lot is *closed by its day*, without being touched, once its wallet has expired everything up to
then (`Wallet.expired_upto`): what remains of it is what expired, and the one entry of that wallet
and instant says so. Two kinds of lots do not close so, because they were not there to be added up
when their wallet passed the day: pending ones, and `late` ones, which came in or were cleared after
it. A late lot expires by itself, by a use of its own like any other movement.

The texts speak of a lot `l`, its wallet `w`, and an entry `e` that let lots expire.
"""

from django.db.models import F, Q

# Its day has not closed it. Something may be left of it or not.
ALIVE = "(l.state = 'pending' OR l.late OR l.expires_at IS NULL OR l.expires_at > w.expired_upto)"

OPEN = f"(l.remaining > 0 AND {ALIVE})"

CLOSED = f"(l.remaining > 0 AND NOT {ALIVE})"

WALLET = "JOIN rewards_wallet w ON w.tenant_id = l.tenant_id AND w.id = l.wallet_id"

# The entry's cause is one of the lots that it closed. Where it is a late lot, or what gave points
# back too late, the entry took what its uses say and closed nothing.
CLOSES = """(e.kind = 'expire' AND EXISTS (
    SELECT FROM rewards_lot c
    WHERE c.tenant_id = e.tenant_id AND c.entry_id = e.cause AND NOT c.late))"""

CLOSED_BY = """(l.tenant_id = e.tenant_id AND l.wallet_id = e.wallet_id
    AND l.expires_at = e.occurred_at AND l.remaining > 0 AND l.state = 'active' AND NOT l.late)"""

# What points come back under that a giving back took along, or let live for some days of grace; the
# lot itself may have come back before, of its day, and again of another one. Of the lot use `u`.
BACK_OF_USE = "md5(u.lot_id::text || u.entry_id::text)::uuid"

# What came back of the lot `lots` (tenant_id, id) after its day: reinstated, and how much of it, or
# refunded and good for some days more; for LATERAL.
COMING_BACK = f"""
    SELECT again.tenant_id, again.id,
           CASE again.kind WHEN 'adjust' THEN again.available ELSE 0 END AS reinstated
    FROM rewards_entry again
    WHERE again.tenant_id = lots.tenant_id AND again.kind IN ('adjust', 'refund')
      AND again.cause = ANY (ARRAY(
        SELECT lots.id UNION ALL
        SELECT {BACK_OF_USE} FROM rewards_lotuse u
        WHERE u.tenant_id = lots.tenant_id AND u.lot_id = lots.id))
"""  # noqa: S608 - texts of this module

# How much of what the entry `e` gave has expired and was not reinstated, wherever it was passed on
# to, and of what came back after its day.
EXPIRED_OF = f"""(
    WITH RECURSIVE lots AS (
        SELECT e.tenant_id, e.id, 0::bigint AS reinstated
        UNION ALL
        SELECT next.* FROM lots CROSS JOIN LATERAL (
            {COMING_BACK}
            UNION ALL
            SELECT moved.tenant_id, moved.id, 0
            FROM rewards_transfer part
            JOIN rewards_entry moved ON moved.tenant_id = e.tenant_id
                AND moved.cause = part.id AND moved.wallet_id = part.target_id
            WHERE part.tenant_id = e.tenant_id AND part.lot_id = lots.id
        ) next)
    SELECT coalesce(sum((SELECT coalesce(sum(u.amount), 0)
                         FROM rewards_lotuse u
                         JOIN rewards_entry x ON x.tenant_id = u.tenant_id
                             AND x.id = u.entry_id AND x.kind = 'expire'
                         WHERE u.tenant_id = e.tenant_id AND u.lot_id = lots.id)
                        + (SELECT coalesce(sum(l.remaining), 0)
                           FROM rewards_lot l {WALLET}
                           WHERE l.tenant_id = e.tenant_id
                             AND l.entry_id = lots.id AND {CLOSED})
                        - lots.reinstated), 0)
    FROM lots)::bigint"""  # noqa: S608 - texts of this module

# (lot_id, amount, back) of what the entry `e` took out of lots, by uses or by their day; `back` is
# the cause under which it is reinstated: the lot, where the entry is about lots that were over, and
# so once for each; for LATERAL.
TAKEN_BY = f"""
    SELECT u.lot_id, u.amount,
           CASE WHEN EXISTS (SELECT FROM rewards_lot c
                             WHERE c.tenant_id = e.tenant_id AND c.entry_id = e.cause)
                THEN u.lot_id ELSE {BACK_OF_USE} END AS back
    FROM rewards_lotuse u
    WHERE u.tenant_id = e.tenant_id AND u.entry_id = e.id
    UNION ALL
    SELECT l.entry_id, l.remaining, l.entry_id FROM rewards_lot l
    WHERE {CLOSED_BY} AND {CLOSES}
"""  # noqa: S608 - texts of this module


def is_open() -> Q:
    """Of lots: something is left of it that its day has not closed."""
    alive = (
        Q(state="pending")
        | Q(late=True)
        | Q(expires_at=None)
        | Q(expires_at__gt=F("wallet__expired_upto"))
    )
    return Q(remaining__gt=0) & alive
