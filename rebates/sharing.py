"""Whose sales count for agreements' periods, put together for a calculation of many at once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from accounts.models import Tenant
from accounts.periods import day_of
from rebates.calendar import Span, correctable_from, spans_until
from rebates.models import Accrual, Agreement, AgreementVersion, Party
from rebates.participants import (
    Share,
    Versions,
    eligible,
    families_of,
    holders_of,
    last_instant,
    paid_with,
    tiers_held,
    versions_of,
)

Multipliers = Mapping[int, tuple[str, Decimal]]


# What decides who takes part; the terms and the papers beside them are the most of a version.
_OF_VERSIONS = ("agreement_id", "valid_from", "needs_acceptance", "condition", "segments")


class _Accrued(NamedTuple):
    """Of an accrual, who took part."""

    agreement_id: UUID
    version_id: UUID
    holder_id: UUID
    account_id: UUID
    since: date
    until: date
    members: list[str]
    closed_at: datetime | None


@dataclass(slots=True)
class _Kept:
    """What the accruals of a batch say already, by agreement and first day."""

    closed: dict[tuple[UUID, date], list[_Accrued]]
    running: dict[tuple[UUID, date], list[_Accrued]]


def shares_at(agreements: Sequence[Agreement], *, tenant: Tenant, at: datetime) -> list[Share]:
    """All that is to be worked out of these agreements at `at`: their running periods, those that
    ended and are not closed, and closed ones that can still be corrected.

    Who took part in a closed period stays as it was then.
    """
    day = day_of(at, tenant.zone)
    back_to = correctable_from(day)
    versions, kept = versions_of(agreements, only=_OF_VERSIONS), _kept(agreements, back_to)
    tops = {one.account_id for one in agreements if one.party == Party.FAMILY and one.account_id}
    families = families_of(tops)
    found: list[Share] = []
    for agreement in agreements:
        for span in spans_until(agreement, day, back_to=back_to):
            closed = kept.closed.get((agreement.pk, span.since))
            if closed:
                found += _as_closed(agreement, closed)
                continue
            running = kept.running.get((agreement.pk, span.since), [])
            there = list(
                _taking_part(agreement, span, versions, running, families, tenant=tenant, at=at)
            )
            found += _with_those_who_left(there, running)
    return found


def multipliers_of(
    shares: Sequence[Share], *, agreements: Mapping[UUID, Agreement], tenant: Tenant, at: datetime
) -> Multipliers:
    """(tier, multiplier) of shares whose terms have any, by their place."""
    ids = {share.version_id for share in shares}
    by_version = {
        pk: terms["tier_multipliers"]
        for pk, terms in AgreementVersion.objects.filter(pk__in=ids)
        .exclude(terms__tier_multipliers={})
        .values_list("pk", "terms")
    }
    asked: dict[datetime, dict[UUID, set[UUID]]] = defaultdict(lambda: defaultdict(set))
    for share in shares:
        if share.version_id in by_version:
            instant = last_instant(share.until, at=at, zone=tenant.zone)
            program_id = agreements[share.agreement_id].program_id
            asked[instant][program_id].add(share.holder_id)
    held = {instant: tiers_held(whose, at=instant) for instant, whose in asked.items()}
    found = {}
    for place, share in enumerate(shares):
        if share.version_id in by_version:
            instant = last_instant(share.until, at=at, zone=tenant.zone)
            key = (agreements[share.agreement_id].program_id, share.holder_id)
            tier = held[instant].get(key, "")
            found[place] = (tier, Decimal(by_version[share.version_id].get(tier, 1)))
    return found


def _kept(agreements: Sequence[Agreement], back_to: date) -> _Kept:
    kept = _Kept(defaultdict(list), defaultdict(list))
    rows = Accrual.objects.filter(agreement__in=agreements, until__gt=back_to)
    for row in rows.order_by("holder_id", "account_id").values_list(*_Accrued._fields):
        one = _Accrued._make(row)
        kind = kept.closed if one.closed_at else kept.running
        kind[one.agreement_id, one.since].append(one)
    return kept


def _as_closed(agreement: Agreement, accruals: Sequence[_Accrued]) -> Iterator[Share]:
    by_holder: dict[UUID, list[_Accrued]] = defaultdict(list)
    for one in accruals:
        by_holder[one.holder_id].append(one)
    for holder_id, those in by_holder.items():
        first = those[0]
        members = [UUID(one) for one in first.members]
        yield Share(
            agreement.pk,
            first.version_id,
            holder_id,
            first.since,
            first.until,
            paid_with(agreement, holder_id=holder_id, members=members),
            tuple(one.account_id for one in those),
        )


def _taking_part(
    agreement: Agreement,
    span: Span,
    versions: Versions,
    running: Sequence[_Accrued],
    families: Mapping[UUID, Sequence[UUID]],
    *,
    tenant: Tenant,
    at: datetime,
) -> Iterator[Share]:
    """Those of the agreement that take part in the period now; `running` is accrued of it already,
    and stays under the version with which it began."""
    begun = {one.holder_id: one.version_id for one in running}
    by_version: dict[UUID, tuple[AgreementVersion, list[UUID]]] = {}
    instant = last_instant(span.until, at=at, zone=tenant.zone)
    for holder_id in holders_of(agreement, at=instant):
        version = versions.in_force(
            agreement.pk, since=span.since, account_id=holder_id, begun=begun.get(holder_id)
        )
        if version is not None:
            by_version.setdefault(version.pk, (version, []))[1].append(holder_id)
    for version, holders in by_version.values():
        counted = {one: families.get(one, [one]) for one in holders}
        if agreement.party != Party.FAMILY:
            counted = {one: [one] for one in holders}
        fit = eligible(version, {one for members in counted.values() for one in members})
        for holder_id in holders:
            members = [one for one in counted[holder_id] if one in fit]
            pairs = paid_with(agreement, holder_id=holder_id, members=members)
            payees = tuple(dict.fromkeys(payee for _, payee in pairs)) or (holder_id,)
            yield Share(agreement.pk, version.pk, holder_id, span.since, span.until, pairs, payees)


def _with_those_who_left(shares: list[Share], accruals: Sequence[_Accrued]) -> Iterator[Share]:
    """What was accrued for somebody who does not take part any more is accrued no longer."""
    left: dict[UUID, list[_Accrued]] = defaultdict(list)
    there = {(share.holder_id, payee) for share in shares for payee in share.payees}
    for one in accruals:
        if (one.holder_id, one.account_id) not in there:
            left[one.holder_id].append(one)
    for share in shares:
        gone = tuple(one.account_id for one in left.pop(share.holder_id, []))
        if gone:
            yield Share(
                share.agreement_id,
                share.version_id,
                share.holder_id,
                share.since,
                share.until,
                share.members,
                share.payees + gone,
            )
        else:
            yield share
    for holder_id, those in left.items():
        first = those[0]
        yield Share(
            first.agreement_id,
            first.version_id,
            holder_id,
            first.since,
            first.until,
            (),
            tuple(one.account_id for one in those),
        )
