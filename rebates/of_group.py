"""What an account of a buying group sees of an agreement that pays its head: its own part alone.

It is told that the agreement counts its sales, and how much of them. What the others of the group
buy, what the group reaches and what its head is paid is the head's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from accounts.models import Account, Tenant
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rebates.accruing import asked_of
from rebates.calculating import WORKED
from rebates.models import Accrual, Agreement, PaidTo, Party
from rebates.participants import Share

MOST_ABOVE = 20  # levels of a buying group


@dataclass(frozen=True, slots=True)
class OwnPart:
    """`sold` is what the account itself sold in the running period that counts, in the units of
    Accrual.measured; `earning` what of it is of the lines that earn. `accrual` is its head's, of
    which nothing else is for the account to read."""

    accrual: Accrual
    sold: int
    earning: int

    @property
    def agreement(self) -> Agreement:
        return self.accrual.agreement


def own_parts(
    account: Account, *, program_id: object, tenant: Tenant, at: datetime, day: date
) -> list[OwnPart]:
    """Of the agreements that pay a head of the account's buying group and count its sales on the
    local `day`, by name; in three queries."""
    heads = _heads_of(account)
    if not heads:
        return []
    found = list(
        Accrual.objects.filter(
            agreement__program_id=program_id,
            agreement__party=Party.FAMILY,
            agreement__paid_to=PaidTo.PARENT,
            agreement__account_id__in=heads,
            members__contains=[str(account.pk)],
            since__lte=day,
            until__gt=day,
        )
        .select_related("agreement", "version")
        .order_by("agreement__name", "agreement_id")
    )
    return _sold_by(account, found, tenant=tenant, at=at) if found else []


def _sold_by(
    account: Account, accruals: Sequence[Accrual], *, tenant: Tenant, at: datetime
) -> list[OwnPart]:
    """As if the account were the only one of its group."""
    alone = [
        Share(
            one.agreement_id,
            one.version_id,
            one.holder_id,
            one.since,
            one.until,
            ((account.pk, account.pk),),
            (account.pk,),
        )
        for one in accruals
    ]
    values = asked_of(alone, [one.agreement for one in accruals], tenant=tenant, at=at)
    return [OwnPart(accruals[n], *sold) for n, *sold in run(_OWN, values, planned=True)]


_OWN = f"{WORKED} SELECT n, measured, earning FROM worked ORDER BY n"  # noqa: S608


def _heads_of(account: Account) -> list[UUID]:
    """All accounts above this one."""
    values = {"tenant": current_tenant_id(), "account": account.pk, "most": MOST_ABOVE}
    return [pk for (pk,) in run(_ABOVE, values)]


_ABOVE = """
WITH RECURSIVE above (id, level) AS (
    SELECT parent_id, 1 FROM accounts_account
    WHERE tenant_id = %(tenant)s AND id = %(account)s AND parent_id IS NOT NULL
    UNION
    SELECT one.parent_id, above.level + 1 FROM above
    JOIN accounts_account one ON one.tenant_id = %(tenant)s AND one.id = above.id
    WHERE one.parent_id IS NOT NULL AND above.level < %(most)s
)
SELECT id FROM above ORDER BY level
"""
