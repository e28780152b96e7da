"""Accounts that gained what no fact of theirs brought: a certificate came with its person."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from accounts import clock
from accounts.postgres.statements import ask
from tiers import due, standing
from tiers.ladders import published_ladders
from tiers.models import Standing
from tiers.setting import current_setting


def look_at_those_who_gained(*, account_ids: Sequence[UUID], at: datetime) -> None:
    """Let them rise at once, as after a fact. Where the tenant's clock has something to do first,
    or an import of history holds it, that looks at everybody anyway."""
    ((reached, held_for),) = ask(clock.state())
    if reached is None or held_for:
        return
    # Others may have been decided on while we waited for the accounts' locks.
    decided = Standing.objects.filter(enrollment__account__in=account_ids)
    as_of = max(at, decided.aggregate(last=Max("decided_at"))["last"] or at)
    ladders, setting = published_ladders(), current_setting()
    if due.next_due(ladders, after=reached, upto=as_of, setting=setting) is None:
        standing.reconsider(
            account_ids=sorted(account_ids), as_of=as_of, ladders=ladders, setting=setting
        )
