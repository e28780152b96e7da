"""Certificates go where their person goes: from when to when each counts, and for which account.

A certificate is a fact of the account where it was earned, and stays one. That it counts, though,
is of the person: it counts for one account at a time, for which they work, and never twice. Every
change begins another stretch at its instant; what counted before has counted.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import Account
from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id

LEFT, RENEWED = "left", "renewed"  # why a stretch has ended before the certificate

# What higher floors do for accounts that gained certificates, in the same transaction: tiers look
# at once whether they rise by it.
WHEN_ARRIVED: list[Callable[..., None]] = []


def lock_accounts_of(user_id: UUID, *, also: Collection[UUID] = ()) -> None:
    """Lock the accounts of a person, in the order in which facts lock them, before any member:
    facts lock their account first, and both together would wait for each other."""
    theirs = Account.objects.filter(Q(members__user_id=user_id) | Q(pk__in=also))
    wanted = set(theirs.values_list("pk", flat=True))
    list(Account.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("id"))


def follow(user_id: UUID, *, at: datetime) -> None:
    """Let the certificates of a person, whose accounts are locked, count where they work now.

    Where their access has ended, they count no more from `at` on; where they have another account
    (of several the one they came to first), they count there. Nothing is earned by it.
    """
    about: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "user": user_id,
        "at": at,
        "left": LEFT,
    }
    run(_LEAVE, about)
    gained = sorted({row[0] for row in run(_ARRIVE, about)})
    if gained:
        for act in WHEN_ARRIVED:
            act(account_ids=gained, at=at)


def renew(activity_ids: Sequence[UUID], *, at: datetime) -> None:
    """Others have taken the place of these from `at` on, when those begin to count: at any instant
    a person's renewed certificate is one, never two."""
    run(
        """
        UPDATE accounts_validity SET ended_at = greatest(begins_at, %s), ended_as = %s
        WHERE tenant_id = %s AND activity_id = ANY (%s::uuid[]) AND ended_at IS NULL
        """,
        [at, RENEWED, current_tenant_id(), uuids(activity_ids)],
    )


_LEAVE = """
UPDATE accounts_validity v SET ended_at = %(at)s, ended_as = %(left)s
FROM accounts_member m
WHERE m.tenant_id = %(tenant)s AND m.user_id = %(user)s AND NOT m.is_active
  AND v.tenant_id = m.tenant_id AND v.account_id = m.account_id AND v.member_id = m.id
  AND v.kind = 'certificate' AND v.ended_at IS NULL AND v.revoked_at IS NULL
  AND (v.ends_at IS NULL OR v.ends_at > %(at)s)
"""
# A stretch that was over before it had begun (a fact may be dated two days ahead) is opened again.
_ARRIVE = """
INSERT INTO accounts_validity AS v
    (tenant_id, account_id, activity_id, begins_at, member_id, kind, product_line, ends_at)
SELECT last.tenant_id, here.account_id, last.activity_id, greatest(last.begins_at, %(at)s),
       here.id, last.kind, last.product_line, last.ends_at
FROM (
    SELECT id, account_id FROM accounts_member
    WHERE tenant_id = %(tenant)s AND user_id = %(user)s AND is_active
    ORDER BY created_at, id LIMIT 1
) here
CROSS JOIN (
    SELECT DISTINCT ON (stretch.activity_id) stretch.*
    FROM accounts_member m
    JOIN accounts_validity stretch
      ON stretch.tenant_id = m.tenant_id AND stretch.account_id = m.account_id
     AND stretch.member_id = m.id AND stretch.kind = 'certificate'
    WHERE m.tenant_id = %(tenant)s AND m.user_id = %(user)s
    ORDER BY stretch.activity_id, stretch.begins_at DESC, stretch.ended_at DESC NULLS FIRST
) last
WHERE last.ended_as = %(left)s AND last.revoked_at IS NULL
  AND (last.ends_at IS NULL OR last.ends_at > %(at)s)
ON CONFLICT (tenant_id, account_id, activity_id, begins_at)
    DO UPDATE SET ended_at = NULL, ended_as = '', member_id = EXCLUDED.member_id
RETURNING v.account_id
"""
