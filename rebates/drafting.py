"""Agreements and their versions, drafted: nothing is promised to anybody yet."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import events, segments
from accounts.asking import ACCOUNT_COLUMNS, CannotAsk, as_query
from accounts.conditions import BadCondition
from accounts.models import Account, ActivityKind, Program, Segment, Staff, Tenant
from accounts.tenancy import current_tenant_id
from rebates.calendar import begins_period
from rebates.models import Agreement, AgreementState, AgreementVersion, PaidTo, Party
from rebates.terms import as_json, check_kinds, parse_terms

MOST_DAYS = 365  # of grace, and to answer
# Of a version, what its authors say.
SAID = (
    "terms",
    "condition",
    "settles",
    "method",
    "points_rate",
    "grace_days",
    "answer_days",
    "silence_accepts",
    "needs_acceptance",
    "documents",
)


class AgreementRefused(ValueError):
    """Its text says what to change; nothing was written."""


class NotADraft(AgreementRefused):
    def __init__(self) -> None:
        super().__init__(_("This is no draft any more; what was offered stays as it is."))


class CodeTaken(AgreementRefused):
    def __init__(self, code: str) -> None:
        super().__init__(
            _("There is an agreement “%(code)s” already; choose another code.") % {"code": code}
        )


class DraftWaits(AgreementRefused):
    def __init__(self, number: int) -> None:
        super().__init__(
            _("Version %(number)d is a draft still: change it, offer it or put it away first.")
            % {"number": number}
        )


def draft_agreement(
    *,
    program: Program,
    code: str,
    name: str,
    period: str,
    starts_on: date,
    said: Mapping[str, Any],
    actor: str,
    now: datetime,
    party: str = Party.ACCOUNT,
    account: Account | None = None,
    segment: Segment | None = None,
    tier_code: str = "",
    paid_to: str = PaidTo.PARENT,
    ends_on: date | None = None,
    currency: str = "",
    owner: Staff | None = None,
) -> AgreementVersion:
    """A new agreement with its first draft; `said` are the fields of a version named in SAID.

    `currency` is that of the facts it is about: the tenant's, or none is given. Raises
    AgreementRefused, CodeTaken, `rebates.terms.BadTerms`, BadCondition, ValidationError.
    """
    tenant = Tenant.objects.get(pk=current_tenant_id())
    if currency not in ("", tenant.currency):
        raise AgreementRefused(
            _("Sales are recorded in %(own)s, so a rebate on them is in %(own)s, too, not in "
              "%(other)s.") % {"own": tenant.currency, "other": currency}
        )  # fmt: skip
    agreement = Agreement(
        program=program,
        code=code,
        name=name.strip(),
        party=party,
        account=account,
        segment=segment,
        tier_code=tier_code,
        paid_to=paid_to,
        currency=tenant.currency,
        period=period,
        starts_on=starts_on,
        ends_on=ends_on,
        owner=owner,
        made_by=actor,
        made_at=now,
    )
    _check_agreement(agreement, tenant)
    try:
        with transaction.atomic():
            agreement.save(force_insert=True)
            return draft_version(agreement=agreement, said=said, actor=actor, now=now)
    except IntegrityError:
        if Agreement.objects.filter(code=code).exists():
            raise CodeTaken(code) from None
        raise


def draft_version(
    *, agreement: Agreement, said: Mapping[str, Any], actor: str, now: datetime
) -> AgreementVersion:
    """The next version, valid for nothing yet. Raises as `draft_agreement` does."""
    with transaction.atomic():
        agreement = locked(agreement)
        if agreement.state == AgreementState.CLOSED:
            raise AgreementRefused(_("The agreement is closed; make a new one."))
        last = agreement.versions.order_by("-number").first()
        version = AgreementVersion(
            agreement=agreement,
            number=last.number + 1 if last else 1,
            valid_from=agreement.starts_on,
            authors=[actor],
        )
        _say(version, said)
        version.save(force_insert=True)
        record("agreement.drafted", version, at=now, actor=actor)
    return version


def draft_next(
    *, agreement: Agreement, said: Mapping[str, Any], actor: str, now: datetime
) -> AgreementVersion:
    """The next version as the newest one is, but for what is `said`. Raises DraftWaits where a
    draft of it waits already, and as `draft_agreement` does."""
    with transaction.atomic():
        there = locked(agreement).versions.filter(discarded_at=None).order_by("-number")
        newest = there.first()
        if newest is not None and newest.published_at is None:
            raise DraftWaits(newest.number)
        as_before = {name: getattr(newest, name) for name in SAID} if newest else {}
        return draft_version(agreement=agreement, said=as_before | {**said}, actor=actor, now=now)


def change_draft(
    *, version: AgreementVersion, said: Mapping[str, Any], actor: str, now: datetime
) -> AgreementVersion:
    """Raises NotADraft, and as `draft_agreement` does."""
    with transaction.atomic():
        version = locked_draft(version)
        _say(version, said)
        version.authors = sorted({*version.authors, actor})
        version.save()
        record("agreement.draft_changed", version, at=now, actor=actor)
    return version


def change_agreement(
    *, agreement: Agreement, changes: Mapping[str, Any], actor: str, now: datetime
) -> Agreement:
    """Change name, owner, and, while nothing was offered, parties and dates. Raises as
    `draft_agreement` does, AgreementRefused for what an offer has fixed."""
    with transaction.atomic():
        agreement = locked(agreement)
        fixed = changes.keys() - {"name", "owner"}
        if fixed and agreement.state != AgreementState.DRAFT:
            raise AgreementRefused(
                _("Once offered, only the name and the owner change; draft a new version for the "
                  "terms.")
            )  # fmt: skip
        for name, value in changes.items():
            setattr(agreement, name, value)
        _check_agreement(agreement, Tenant.objects.get(pk=current_tenant_id()))
        agreement.save()
        if fixed:
            agreement.versions.filter(published_at=None, discarded_at=None).update(
                valid_from=agreement.starts_on
            )
        _record_agreement("agreement.changed", agreement, at=now, actor=actor)
    return agreement


def discard_draft(*, version: AgreementVersion, actor: str, now: datetime) -> None:
    """Put a draft away for good. Raises NotADraft."""
    with transaction.atomic():
        version = locked_draft(version)
        version.discarded_at = now
        version.save(update_fields=["discarded_at"])
        record("agreement.draft_discarded", version, at=now, actor=actor)


def locked(agreement: Agreement) -> Agreement:
    return Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)


def locked_draft(version: AgreementVersion) -> AgreementVersion:
    Agreement.objects.select_for_update(of=("self",)).get(pk=version.agreement_id)
    found = (
        AgreementVersion.objects.select_for_update(of=("self",))
        .select_related("agreement")
        .get(pk=version.pk)
    )
    if found.published_at or found.discarded_at:
        raise NotADraft
    return found


def check_version(version: AgreementVersion) -> None:
    """Raises BadTerms, BadCondition, ValidationError."""
    terms = parse_terms(version.terms)
    check_kinds(terms, set(ActivityKind.objects.values_list("code", flat=True)))
    version.terms = as_json(terms)
    try:
        as_query(version.condition, columns=ACCOUNT_COLUMNS, segments=segments.definitions())
    except CannotAsk as unknown:
        raise BadCondition(
            _("Accounts cannot be told apart by that: %(unknown)s") % {"unknown": unknown}
        ) from None
    own = {field.name for field in version._meta.fields} - {*SAID}
    version.clean_fields(exclude=own | {"terms", "condition", "documents"})
    if version.method == "points" and not version.points_rate:
        raise ValidationError({"points_rate": _("Say how many points are given for 1.00.")})


def record(what: str, version: AgreementVersion, *, at: datetime, actor: str) -> None:
    agreement = version.agreement
    _record_agreement(what, agreement, at=at, actor=actor, version=version.number)


def _record_agreement(
    what: str, agreement: Agreement, *, at: datetime, actor: str, **more: Any
) -> None:
    events.record(
        kind=what,
        occurred_at=at,
        recorded_at=at,
        actor=actor,
        subject=f"agreement:{agreement.pk}",
        account_id=agreement.account_id,
        payload={
            "program": agreement.program.slug,
            "code": agreement.code,
            "name": agreement.name,
            "starts_on": agreement.starts_on.isoformat(),
            "ends_on": agreement.ends_on.isoformat() if agreement.ends_on else None,
            **more,
        },
    )


def _say(version: AgreementVersion, said: Mapping[str, Any]) -> None:
    for name in SAID:
        if name in said:
            setattr(version, name, said[name])
    check_version(version)


def _check_agreement(agreement: Agreement, tenant: Tenant) -> None:
    agreement.clean_fields(exclude=["made_at", "closed_at"])
    whose = {
        Party.ACCOUNT: agreement.account_id,
        Party.FAMILY: agreement.account_id,
        Party.SEGMENT: agreement.segment_id,
        Party.TIER: agreement.tier_code,
    }
    if not whose[Party(agreement.party)]:
        raise AgreementRefused(_("Say with whom the agreement is."))
    if agreement.paid_to == PaidTo.EACH and agreement.party != Party.FAMILY:
        raise AgreementRefused(_("Only within a buying group is there something to share."))
    for name, day in (("starts_on", agreement.starts_on), ("ends_on", agreement.ends_on)):
        if day is not None and not begins_period(
            agreement, day, fiscal_year_starts=tenant.fiscal_year_starts
        ):
            raise ValidationError(
                {name: _("An agreement has whole periods: choose the first day of one.")}
            )
    if agreement.ends_on is not None and agreement.ends_on <= agreement.starts_on:
        raise ValidationError({"ends_on": _("It ends after it has begun.")})
