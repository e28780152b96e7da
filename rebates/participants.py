"""Who takes part in agreements: whose sales decide, whose sales count, and who is paid."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.asking import ACCOUNT_COLUMNS, as_query
from accounts.models import Account, Enrollment
from accounts.periods import start_of
from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.segments import accounts_in
from accounts.tenancy import current_tenant_id
from rebates.models import Acceptance, Agreement, AgreementVersion, PaidTo, Party
from tiers.models import Standing
from tiers.queries import held_at


@dataclass(frozen=True, slots=True)
class Share:
    """`holder` decides over the period [since, until), of which what was sold before `upto` counts
    (None: all). `members` are sold to, each counting to the payee beside it; without members
    nothing was sold. Those in `payees` are paid."""

    agreement_id: UUID
    version_id: UUID
    holder_id: UUID
    since: date
    until: date
    members: tuple[tuple[UUID, UUID], ...]
    payees: tuple[UUID, ...]
    upto: date | None = None


@dataclass(slots=True)
class Versions:
    """The offered versions of agreements, and who has accepted which."""

    offered: dict[UUID, list[AgreementVersion]]
    accepted: set[tuple[UUID, UUID]]

    def in_force(
        self, agreement_id: UUID, *, since: date, account_id: UUID, begun: UUID | None = None
    ) -> AgreementVersion | None:
        """The latest that is valid when the period begins and that the account has accepted, or
        that needs nobody's acceptance; None where there is none. A period that has begun under one
        version stays under it, whatever is accepted later."""
        for version in self.offered.get(agreement_id, ()):
            if begun is not None:
                if version.pk == begun:
                    return version
                continue
            agreed = not version.needs_acceptance or (version.pk, account_id) in self.accepted
            if version.valid_from <= since and agreed:
                return version
        return None


def versions_of(agreements: Iterable[Agreement], *, only: Sequence[str] = ()) -> Versions:
    """Two queries for any number of agreements. `only` names the fields to read, where they are too
    many to read all."""
    ids = [agreement.pk for agreement in agreements]
    offered: dict[UUID, list[AgreementVersion]] = defaultdict(list)
    found = AgreementVersion.objects.filter(agreement_id__in=ids, published_at__isnull=False)
    if only:
        found = found.only(*only)
    for version in found.order_by("-valid_from", "-number"):
        offered[version.agreement_id].append(version)
    said = Acceptance.objects.filter(version__agreement_id__in=ids)
    return Versions(offered, set(said.values_list("version_id", "account_id")))


def holders_of(agreement: Agreement, *, at: datetime) -> list[UUID]:
    """Whose sales decide, each by itself: the account, or those of the segment or the tier that are
    in the program at `at`."""
    if agreement.account_id is not None:
        return [agreement.account_id]
    enrolled = Enrollment.objects.filter(program_id=agreement.program_id, state="active")
    if agreement.party == Party.SEGMENT:
        there = accounts_in(agreement.segment.condition)
        there = there.filter(pk__in=enrolled.values("account_id"))
        return list(there.order_by("pk").values_list("pk", flat=True))
    held = Standing.objects.filter(
        held_at(at),
        enrollment__in=enrolled,
        scheme__is_leading=True,
        tier__code=agreement.tier_code,
    )
    return list(
        held.order_by("enrollment__account_id").values_list("enrollment__account_id", flat=True)
    )


def paid_with(
    agreement: Agreement, *, holder_id: UUID, members: Sequence[UUID]
) -> tuple[tuple[UUID, UUID], ...]:
    """Each of the members beside who is paid for its sales."""
    to_each = agreement.party == Party.FAMILY and agreement.paid_to == PaidTo.EACH
    return tuple((one, one if to_each else holder_id) for one in members)


def families_of(tops: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Each account with all below it, itself first, the others by id."""
    rows = run(_FAMILIES, {"tenant": current_tenant_id(), "tops": uuids(tops)}) if tops else []
    found: dict[UUID, list[UUID]] = {top: [top] for top in tops}
    for top, account_id in rows:
        found[top].append(account_id)
    return found


_FAMILIES = """
WITH RECURSIVE below (top, id) AS (
    SELECT id, id FROM unnest(%(tops)s::uuid[]) AS t (id)
    UNION
    SELECT below.top, child.id FROM below
    JOIN accounts_account child ON child.tenant_id = %(tenant)s AND child.parent_id = below.id
)
SELECT top, id FROM below WHERE top <> id ORDER BY top, id
"""


def eligible(version: AgreementVersion, account_ids: Collection[UUID]) -> set[UUID]:
    """Of these accounts, those that the version's condition lets take part."""
    if not version.condition:
        return set(account_ids)
    query = as_query(version.condition, columns=ACCOUNT_COLUMNS, segments=version.segments)
    return set(Account.objects.filter(query, pk__in=account_ids).values_list("pk", flat=True))


def tiers_held(
    program_accounts: Mapping[UUID, Collection[UUID]], *, at: datetime
) -> dict[tuple[UUID, UUID], str]:
    """The code of the tier that each account holds at `at` on its program's leading ladder."""
    found = {}
    for program_id, account_ids in program_accounts.items():
        held = Standing.objects.filter(
            held_at(at),
            enrollment__program_id=program_id,
            enrollment__account_id__in=account_ids,
            scheme__is_leading=True,
        )
        for account_id, code in held.values_list("enrollment__account_id", "tier__code"):
            found[program_id, account_id] = code
    return found


def last_instant(until: date, *, at: datetime, zone: ZoneInfo) -> datetime:
    """When a period's tier is asked for: at its end, so far as time has come."""
    return min(at, start_of(until, zone) - timedelta(microseconds=1))
