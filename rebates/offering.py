"""Versions of agreements, offered to partners, accepted by them, and ended."""

import json
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events, segments
from accounts.hands import hands_of, why_not_alone
from accounts.models import Account, Tenant
from accounts.periods import day_of
from accounts.tenancy import current_tenant_id
from rebates.calendar import begins_period
from rebates.drafting import AgreementRefused, check_version, locked, locked_draft, record
from rebates.models import (
    Acceptance,
    Accrual,
    Agreement,
    AgreementState,
    AgreementVersion,
    Party,
)
from rebates.participants import families_of, holders_of


class NeedsSecondPair(AgreementRefused):
    def __init__(self) -> None:
        super().__init__(
            _("You wrote at this draft, and your company wants a second pair of eyes: ask another "
              "owner or program manager to offer it.")
        )  # fmt: skip


class NotOffered(AgreementRefused):
    def __init__(self) -> None:
        super().__init__(_("Nothing is offered to this account here."))


class OfferChanged(AgreementRefused):
    def __init__(self) -> None:
        super().__init__(_("The offer reads otherwise now: read it again, then accept it."))


class DraftChanged(AgreementRefused):
    def __init__(self) -> None:
        super().__init__(_("Somebody wrote at the draft since: read it again, then offer it."))


class OwnOffer(AgreementRefused):
    def __init__(self) -> None:
        super().__init__(
            _("You wrote or offered it yourself: another person accepts it for the partner.")
        )


def offer_version(
    *, version: AgreementVersion, valid_from: date | None, actor: str, now: datetime
) -> AgreementVersion:
    """Offer a draft for the periods that begin on `valid_from` or later; None leaves it at the
    agreement's beginning. It is in force for whoever has accepted it, at once where nobody has to.

    Raises NotADraft, NeedsSecondPair, AgreementRefused, BadTerms, BadCondition.
    """
    with transaction.atomic():
        version = locked_draft(version)
        tenant = Tenant.objects.get(pk=current_tenant_id())
        if why_not_alone(actor, authors=version.authors):
            raise NeedsSecondPair
        check_version(version)
        _check_currency(version.agreement, tenant)
        version.valid_from = valid_from or version.valid_from
        _check_beginning(version, tenant)
        version.segments = segments.used_in(version.condition)
        version.published_at, version.published_by = now, actor
        version.save()
        record("agreement.offered", version, at=now, actor=actor)
        agreement = version.agreement
        if agreement.state == AgreementState.DRAFT:
            agreement.state = AgreementState.OFFERED
            agreement.save(update_fields=["state"])
        many = agreement.party in (Party.SEGMENT, Party.TIER)
        if many or not version.needs_acceptance:
            _come_into_force(version, tenant, actor=actor, now=now)
    return version


def offer_shown(
    *, version: AgreementVersion, digest: str, valid_from: date | None, actor: str, now: datetime
) -> AgreementVersion:
    """The same of a draft as it was read: `digest` is that of what was shown. Raises DraftChanged
    where it reads otherwise now, and as `offer_version` does."""
    with transaction.atomic():
        if digest != digest_of(locked_draft(version)):
            raise DraftChanged
        return offer_version(version=version, valid_from=valid_from, actor=actor, now=now)


def accept_version(
    *, version: AgreementVersion, account: Account, actor: str, now: datetime
) -> Acceptance:
    """A partner accepts what was offered; said again, it is the first acceptance that counts.

    `actor` is the member who says so. Raises NotOffered, and AgreementRefused where a newer version
    was offered meanwhile, OwnOffer.
    """
    with transaction.atomic():
        agreement = locked(version.agreement)
        version = AgreementVersion.objects.select_related("agreement").get(pk=version.pk)
        earlier = Acceptance.objects.filter(version=version, account=account).first()
        if earlier is not None:
            return earlier
        if version.published_at is None or not is_offered_to(agreement, account, at=now):
            raise NotOffered
        newer = agreement.versions.filter(
            published_at__isnull=False, number__gt=version.number, valid_from=version.valid_from
        )
        if newer.exists():
            raise AgreementRefused(_("A newer version was offered meanwhile; look at that one."))
        if not hands_of(actor).isdisjoint([*version.authors, version.published_by]):
            raise OwnOffer
        accepted = Acceptance.objects.create(
            version=version,
            account=account,
            accepted_by=actor,
            accepted_at=now,
            digest=digest_of(version),
        )
        events.record(
            kind="agreement.accepted",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"agreement:{agreement.pk}",
            account_id=account.pk,
            payload={
                "program": agreement.program.slug,
                "code": agreement.code,
                "name": agreement.name,
                "version": version.number,
                "digest": accepted.digest,
            },
        )
        if agreement.party in (Party.ACCOUNT, Party.FAMILY):
            tenant = Tenant.objects.get(pk=current_tenant_id())
            _come_into_force(version, tenant, actor=actor, now=now)
    return accepted


def accept_shown(
    *, version: AgreementVersion, account: Account, digest: str, actor: str, now: datetime
) -> Acceptance:
    """The same of terms as they were read: `digest` is that of what was shown. Raises OfferChanged
    where they read otherwise now."""
    if digest != digest_of(version):
        raise OfferChanged
    return accept_version(version=version, account=account, actor=actor, now=now)


def is_offered_to(agreement: Agreement, account: Account, *, at: datetime) -> bool:
    """Whether the agreement is with this account: it accepts for itself, or for its group."""
    return account.pk in holders_of(agreement, at=at)


def concerns(agreement: Agreement, account: Account, *, at: datetime) -> bool:
    """Whether the account may see the agreement: it is offered to it, or its group is in it, or it
    was paid by it."""
    if is_offered_to(agreement, account, at=at):
        return True
    if agreement.party == Party.FAMILY and agreement.account_id is not None:
        top = agreement.account_id
        if account.pk in families_of([top])[top]:
            return True
    return Accrual.objects.filter(agreement=agreement, account=account).exists()


def digest_of(version: AgreementVersion) -> str:
    """SHA-256 of what a version promises, as canonical JSON: what was accepted can be shown."""
    agreement = version.agreement
    said = {
        "agreement": str(agreement.pk),
        "version": version.number,
        "period": agreement.period,
        "valid_from": version.valid_from.isoformat(),
        "ends_on": agreement.ends_on.isoformat() if agreement.ends_on else None,
        "currency": agreement.currency,
        "terms": version.terms,
        "condition": version.condition,
        "settles": version.settles,
        "method": version.method,
        "points_rate": str(version.points_rate.normalize()) if version.points_rate else None,
        "grace_days": version.grace_days,
        "answer_days": version.answer_days,
        "silence_accepts": version.silence_accepts,
        "documents": version.documents,
    }
    return sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def end_agreement(*, agreement: Agreement, on: date, actor: str, now: datetime) -> Agreement:
    """Let an agreement end on the first day of a period, sooner or later than it would.

    Raises AgreementRefused where it ended before, or where that period was accrued already.
    """
    with transaction.atomic():
        agreement = locked(agreement)
        tenant = Tenant.objects.get(pk=current_tenant_id())
        if agreement.state == AgreementState.CLOSED:
            raise AgreementRefused(_("The agreement is closed already."))
        if not begins_period(agreement, on, fiscal_year_starts=tenant.fiscal_year_starts):
            raise AgreementRefused(_("It ends with a period: choose the first day of the next."))
        if on <= agreement.starts_on:
            raise AgreementRefused(_("It ends after it has begun."))
        if Accrual.objects.filter(agreement=agreement, since__gte=on).exists():
            raise AgreementRefused(
                _("A period after that day has begun; what is promised there stays.")
            )
        agreement.ends_on = on
        agreement.save(update_fields=["ends_on"])
        events.record(
            kind="agreement.ended",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"agreement:{agreement.pk}",
            account_id=agreement.account_id,
            payload={"code": agreement.code, "name": agreement.name, "ends_on": on.isoformat()},
        )
    return agreement


def _check_currency(agreement: Agreement, tenant: Tenant) -> None:
    """Until the first fact a company may still choose another currency: what was drafted before is
    not promised in the old one."""
    if agreement.currency != tenant.currency:
        raise AgreementRefused(
            _("It was drafted in %(old)s, and sales are recorded in %(own)s now: draft it anew.")
            % {"old": agreement.currency, "own": tenant.currency}
        )


def _check_beginning(version: AgreementVersion, tenant: Tenant) -> None:
    agreement, starts = version.agreement, version.valid_from
    if starts < agreement.starts_on or (agreement.ends_on and starts >= agreement.ends_on):
        raise AgreementRefused(_("A version begins while the agreement lasts."))
    if not begins_period(agreement, starts, fiscal_year_starts=tenant.fiscal_year_starts):
        raise AgreementRefused(_("A version begins with a period: choose the first day of one."))
    if Accrual.objects.filter(agreement=agreement, since__gte=starts).exists():
        raise AgreementRefused(
            _("That period is accrued already, by the terms it began with; choose a later one.")
        )


def _come_into_force(
    version: AgreementVersion, tenant: Tenant, *, actor: str, now: datetime
) -> None:
    """The versions before it end where it begins, and the agreement goes on its way."""
    agreement = version.agreement
    if version.agreement.party in (Party.ACCOUNT, Party.FAMILY) or not version.needs_acceptance:
        before = agreement.versions.filter(
            published_at__isnull=False, number__lt=version.number, valid_to=None
        )
        for one in before:
            one.valid_to = max(version.valid_from, one.valid_from)
            one.save(update_fields=["valid_to"])
    if agreement.state in (AgreementState.DRAFT, AgreementState.OFFERED):
        has_begun = agreement.starts_on <= day_of(now, tenant.zone)
        agreement.state = AgreementState.RUNNING if has_begun else AgreementState.ACCEPTED
        agreement.save(update_fields=["state"])
