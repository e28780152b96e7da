"""Whom a published campaign is for, as far as that can be told of accounts."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from accounts.asking import ACCOUNT_COLUMNS, CannotAsk, as_query
from accounts.conditions import Condition, expanded
from accounts.models import Account, Program
from accounts.models.directory import EnrollmentState

AT_ONCE = 2_000


def offered(campaign: Mapping[str, Any], *, program: Program) -> Iterator[tuple[UUID, str]]:
    """(id, name) of the accounts in `program` whose facts the campaign may raise.

    Conditions on what is bought, or on the tier held then, say nothing about accounts: they are
    left out, so that nobody misses an offer who could have used it.
    """
    condition = expanded(campaign["condition"], segments=campaign["segments"])
    accounts = Account.objects.filter(
        as_query(of_accounts(condition), columns=ACCOUNT_COLUMNS),
        enrollments__program_id=program.id,
        enrollments__state=EnrollmentState.ACTIVE,
    )
    yield from accounts.order_by("id").values_list("id", "name").iterator(chunk_size=AT_ONCE)


def of_accounts(condition: Condition) -> dict[str, Any]:
    """What of a condition (without segments) accounts can be asked: it holds for every account for
    which the whole one may hold."""
    if "all" in condition:
        return {"all": [of_accounts(part) for part in condition["all"]]}
    return dict(condition) if _is_asked(condition) else {}


def _is_asked(condition: Condition) -> bool:
    try:
        as_query(condition, columns=ACCOUNT_COLUMNS)
    except CannotAsk:
        return False
    return True
