"""Agreements as one account has them: which it may read, what holds for it, what it may accept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When

from accounts.asking import ACCOUNT_COLUMNS, as_query
from accounts.models import Account
from accounts.segments import definitions
from rebates.models import (
    Acceptance,
    Accrual,
    Agreement,
    AgreementState,
    AgreementVersion,
    Party,
)
from rebates.participants import Versions, tiers_held, versions_of

OF_ONE = (Party.ACCOUNT, Party.FAMILY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """`version` is what holds for the account, or what it is offered; `offered` waits for its yes.
    `running` is what it has earned of the period around today, None while nothing is counted."""

    agreement: Agreement
    version: AgreementVersion
    offered: AgreementVersion | None
    running: Accrual | None


def own_agreements(account: Account, *, program_id: object, at: datetime, day: date) -> list[Own]:
    """Those of the account in a program, drafts apart; open ones first, then by name. `day` is the
    local day of `at`. In a constant number of queries."""
    there = _visible(account, program_id).select_related("segment", "owner")
    agreements = list(there.order_by("name", "id"))
    versions = versions_of(agreements)
    inside = _groups_of(account, agreements, versions, at=at)
    running = {
        accrual.agreement_id: accrual
        for accrual in Accrual.objects.filter(
            account=account, agreement__in=agreements, since__lte=day, until__gt=day
        ).select_related("agreement", "version")
    }
    known = set(_known_to(account).values_list("pk", flat=True))
    found = [
        own
        for agreement in agreements
        if (agreement.party in OF_ONE or agreement.pk in inside | known)
        and (own := _own(agreement, account, versions, inside, running.get(agreement.pk), day=day))
    ]
    return sorted(found, key=lambda one: one.agreement.state == AgreementState.CLOSED)


def _visible(account: Account, program_id: object) -> QuerySet[Agreement]:
    """Those that are with the account, that have paid it, or that are with a group it may be in.
    Which other account is in a buying group with it is not told by this."""
    mine = Q(account=account) | Q(pk__in=_known_to(account)) | ~Q(party__in=OF_ONE)
    return Agreement.objects.filter(mine, program_id=program_id).exclude(state=AgreementState.DRAFT)


def _known_to(account: Account) -> QuerySet[Agreement, Any]:
    earned = Accrual.objects.filter(agreement=OuterRef("pk"), account=account)
    said_yes = Acceptance.objects.filter(version__agreement=OuterRef("pk"), account=account)
    return Agreement.objects.filter(Exists(earned) | Exists(said_yes)).values("pk")


def _own(
    agreement: Agreement,
    account: Account,
    versions: Versions,
    inside: set[object],
    running: Accrual | None,
    *,
    day: date,
) -> Own | None:
    newest = next(iter(versions.offered.get(agreement.pk, ())), None)
    if newest is None:
        return None
    may_accept = account.pk == agreement.account_id or agreement.pk in inside
    waits = (
        newest.needs_acceptance
        and may_accept
        and agreement.state != AgreementState.CLOSED
        and (newest.pk, account.pk) not in versions.accepted
    )
    since = running.since if running else max(day, agreement.starts_on)
    holder_id = agreement.account_id or account.pk
    in_force = versions.in_force(agreement.pk, since=since, account_id=holder_id)
    return Own(
        agreement=agreement,
        version=running.version if running else in_force or newest,
        offered=newest if waits else None,
        running=running,
    )


def _groups_of(
    account: Account, agreements: Sequence[Agreement], versions: Versions, *, at: datetime
) -> set[object]:
    """The agreements with a segment or a tier that the account is of now: in two queries."""
    named = {one.pk: one for one in agreements if one.party == Party.SEGMENT}
    found: set[object] = set()
    if named:
        segments = definitions()
        asked = {
            f"in_{place}": _is(
                as_query(one.segment.condition, columns=ACCOUNT_COLUMNS, segments=segments)
            )
            for place, one in enumerate(named.values())
        }
        [row] = Account.objects.filter(pk=account.pk).annotate(**asked).values_list(*asked)
        found |= {pk for pk, is_in in zip(named, row, strict=True) if is_in}
    tiers = {one.pk: one.tier_code for one in agreements if one.party == Party.TIER}
    if tiers:
        program_id = agreements[0].program_id
        held = tiers_held({program_id: [account.pk]}, at=at).get((program_id, account.pk))
        found |= {pk for pk, code in tiers.items() if code == held}
    return found


def _is(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=False, output_field=BooleanField())
