"""Mutants of the ledger: one line of it made wrong at a time, and which tests must notice.

Each is (module of `rewards.ledger`, what stands there, what it is turned into). The texts are exact
and must occur: a change of the ledger that makes one of them miss fails the run, so that the list
stays about the code as it is.
"""

from pathlib import Path
from typing import NamedTuple

LEDGER = Path(__file__).parents[2] / "rewards" / "ledger"


class Mutant(NamedTuple):
    module: str
    what: str
    becomes: str


DESC = "ORDER BY expires_at NULLS LAST, earned_at, entry_id"

MUTANTS: dict[str, Mutant] = {
    # ── Earning ──
    "a debt is not repaid": Mutant("crediting", "return amount - repaid", "return amount"),
    "a debt is repaid twice": Mutant("crediting", "holder.wallet.debt -= repaid", "pass"),
    "pending repays a debt": Mutant(
        "crediting", "holder.pending += amount\n        return amount", "holder.pending += amount"
    ),
    "pending is available at once": Mutant(
        "crediting", "holder.pending += amount", "holder.available += amount"
    ),
    "comes in late and closes unseen": Mutant(
        "crediting", "ends <= holder.wallet.expired_upto", "False"
    ),
    "forgets when it expires": Mutant(
        "crediting", "least(w.expires_next, EXCLUDED.expires_next)", "w.expires_next"
    ),
    "a late fact rewrites its quarter": Mutant(
        "crediting", "THEN %(recorded_at)s\n", "THEN occurred_at\n"
    ),
    "expires after its fellows": Mutant(
        "crediting", "ends < holder.expires_next", "ends > holder.expires_next"
    ),
    "mixes up the facts": Mutant("crediting", "facts[credit.activity_id.int] for", "1 for"),
    # ── Spending ──
    "spends what is not there": Mutant("spending", "if available < amount:", "if False:"),
    "refuses the last point": Mutant(
        "spending", "if available < amount:", "if available <= amount:"
    ),
    "spends twice for one cause": Mutant("spending", "if earlier is not None:", "if False:"),
    "spends what has expired": Mutant(
        "spending", "        expire_due(upto=occurred_at, actor=actor, wallet_id=wallet_id)\n", ""
    ),
    "misses what has cleared": Mutant(
        "spending", "        activate_due(upto=occurred_at, actor=actor, wallet_id=wallet_id)\n", ""
    ),
    "spends the youngest first": Mutant(
        "spending", "ORDER BY expires_at NULLS LAST, earned_at", "ORDER BY earned_at DESC"
    ),
    "spends what never expires first": Mutant(
        "spending", "expires_at NULLS LAST", "expires_at NULLS FIRST"
    ),
    "spends pending lots": Mutant("spending", "AND l.state = 'active' AND {OPEN}", "AND {OPEN}"),
    "spends what its day has closed": Mutant("spending", "AND {OPEN}", "AND l.remaining > 0"),
    "takes whole lots": Mutant(
        "spending", "least(remaining, %(amount)s - (upto - remaining))", "remaining"
    ),
    "forgets the lot uses": Mutant(
        "spending",
        "SELECT %(tenant)s, entry_id, %(entry)s, amount FROM taken",
        "SELECT %(tenant)s, entry_id, %(entry)s, amount FROM taken WHERE false",
    ),
    # ── Time ──
    "expires a moment late": Mutant(
        "settling",
        "AND expires_at >= %(since)s AND expires_at <= %(upto)s",
        "AND expires_at >= %(since)s AND expires_at + interval '1 day' <= %(upto)s",
    ),
    "expires pending lots": Mutant(
        "settling",
        "AND state = 'active' AND remaining > 0 AND NOT late",
        "AND remaining > 0 AND NOT late",
    ),
    "expires a day again": Mutant("settling", "WHERE a.expires_at > w.expired_upto", "WHERE true"),
    "forgets how far it expired": Mutant(
        "settling",
        "expired_upto = greatest(w.expired_upto, %(upto)s)",
        "expired_upto = w.expired_upto",
    ),
    "looks for nothing afterwards": Mutant(
        "settling", "greatest(w.expired_upto, %(upto)s)),\n", "'infinity'::timestamptz),\n"
    ),
    "late lots live on": Mutant("settling", "AND late AND state", "AND false AND state"),
    "clears late and closes unseen": Mutant(
        "settling", "late = coalesce(l.expires_at <= s.expired_upto, false)", "late = false"
    ),
    "activates a debt away": Mutant("settling", "greatest(-w.available, 0) AS debt", "0 AS debt"),
    "activates but keeps pending": Mutant(
        "settling", "pending = w.pending - s.total", "pending = w.pending"
    ),
    "expires without an entry's day": Mutant(
        "settling",
        "'expire', -amount, 0, 0, expires_at, %(upto)s",
        "'expire', -amount, 0, 0, %(upto)s, %(upto)s",
    ),
    # ── Returns ──
    "a return spares its own lot": Mutant(
        "reversing", "if lot.entry_id == own)", "if lot.entry_id == own and False)"
    ),
    "a return takes what its day has closed": Mutant(
        "reversing", "AND {OPEN}", "AND l.remaining > 0"
    ),
    "a return takes others' pending": Mutant(
        "reversing", "for lot in others if not lot.pending", "for lot in others"
    ),
    "a return makes no debt": Mutant(
        "reversing",
        "available = reversal.amount - pending",
        "available = reversal.amount - pending - left",
    ),
    "a return takes pending as available": Mutant(
        "reversing", "pending += part if lot.pending else 0", "pending += 0"
    ),
    "a return takes others' points first": Mutant("reversing", "in heirs)", "in () and heirs)"),
    # ── Setting aside ──
    "reserves what is not there": Mutant("reserving", "if available < amount:", "if False:"),
    "reserves pending lots": Mutant("reserving", "AND l.state = 'active' AND {OPEN}", "AND {OPEN}"),
    "reserves twice for one cause": Mutant("reserving", "if earlier is not None:", "if False:"),
    "releases what was captured": Mutant("reserving", "or against in written[cause]", "or False"),
    "gives back twice": Mutant("reserving", "if becomes not in written[cause]}", "if True}"),
    "gives back into dead lots": Mutant(
        "reserving",
        "coalesce(l.expires_at <= greatest(%(occurred_at)s, w.expired_upto), false)",
        "false",
    ),
    "gives back behind the clock": Mutant(
        "reserving", "greatest(%(occurred_at)s, w.expired_upto)", "%(occurred_at)s"
    ),
    "gives back for ever": Mutant(
        "reserving", "least(w.expires_next, b.expires_next)", "w.expires_next"
    ),
    "reserves what its day has closed": Mutant("reserving", "AND {OPEN}", "AND l.remaining > 0"),
    "gives back past a debt": Mutant("reserving", "greatest(-w.available, 0) AS debt", "0 AS debt"),
    "grace for everything": Mutant("reserving", "WHEN 'refund' THEN\n", "WHEN %(kind)s THEN\n"),
    "a day of grace too few": Mutant("reserving", "terms.grace_days + 1", "terms.grace_days"),
    "grace without a trace": Mutant("reserving", "%(actor)s, back_of_use", "%(actor)s, id"),
    "a capture keeps it reserved": Mutant(
        "reserving", "SET reserved = w.reserved - h.amount", "SET reserved = w.reserved"
    ),
    # ── By hand ──
    "a gift given twice": Mutant(
        "adjusting",
        'if entry_of(cause=gift.cause, wallet_id=wallet_id, kind="adjust") is None:',
        "if True:",
    ),
    "a gift ignores a debt": Mutant("adjusting", "greatest(-w.available, 0) AS debt", "0 AS debt"),
    "a gift is for ever": Mutant(
        "adjusting", "least(w.expires_next, g.expires_next)", "w.expires_next"
    ),
    "extends what its day has closed": Mutant("adjusting", "AND {ALIVE}", ""),
    "a debit makes a debt unasked": Mutant(
        "adjusting", "if available < amount and not into_debt:", "if False:"
    ),
    "a debit never makes a debt": Mutant(
        "adjusting", "if available < amount and not into_debt:", "if available < amount:"
    ),
    "a debit twice": Mutant(
        "adjusting",
        'kind="adjust") is not None:\n            return',
        'kind="adjust") is not None:\n            pass',
    ),
    "extends what has expired": Mutant(
        "adjusting", "if expiring_at <= at or not amount:", "if False:"
    ),
    "extends everything": Mutant("adjusting", " AND l.expires_at = %(expiring_at)s", ""),
    "leaves behind what is set aside": Mutant(
        "adjusting", "AND e.kind = 'reserve'", "AND e.kind = 'none'"
    ),
    "reinstates twice": Mutant(
        "adjusting",
        "AND again.wallet_id = e.wallet_id AND again.kind = 'adjust'",
        "AND again.kind = 'none'",
    ),
    "reinstates what was spent": Mutant("adjusting", "AND e.kind = 'expire' AND", "AND"),
    # ── Passing on ──
    "passes on what is not there": Mutant("transferring", "if available < amount:", "if False:"),
    "passes on pending lots": Mutant(
        "transferring", "AND l.state = 'active' AND {OPEN}", "AND {OPEN}"
    ),
    "passes on twice": Mutant("transferring", "return bool(found)", "return False"),
    "passes on to strangers": Mutant(
        "transferring", "len({row[1:] for row in found}) != 1", "False"
    ),
    "passes on for ever": Mutant(
        "transferring",
        "'active', kept, kept, earned_at, expires_at",
        "'active', kept, kept, earned_at, NULL",
    ),
    "passes on and forgets the day": Mutant(
        "transferring", "(SELECT min(expires_at) FROM kept) END", "NULL END"
    ),
    "passes on what its day has closed": Mutant(
        "transferring", "AND {OPEN}", "AND l.remaining > 0"
    ),
    "passes on past a debt": Mutant(
        "transferring", "greatest(greatest(-w.available, 0) - (p.moved - p.amount), 0)", "0"
    ),
    # ── Kept alive ──
    "activity moves nothing": Mutant("prolonging", "    if lasting:\n", "    if False:\n"),
    "activity moves what its day has closed": Mutant(
        "prolonging", "AND {OPEN}", "AND l.remaining > 0"
    ),
    "activity shortens": Mutant("prolonging", "  AND l.expires_at < a.until\n", ""),
    "activity wakes the dead": Mutant(
        "prolonging",
        "  AND (l.expires_at > %(at)s OR e.recorded_at = %(at)s AND e.kind = 'earn')\n",
        "",
    ),
}
