"""Earning rules: drafted, tried out, published; from then on facts earn by them, unchanged."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext

from accounts import events, segments
from accounts.conditions import BadCondition, checked, compile_condition
from accounts.dates import said_day
from accounts.drafts import digest_of, why_not_seen
from accounts.hands import why_not_alone
from accounts.models import ActivityKind, Program, Tenant
from accounts.periods import day_of
from accounts.tenancy import current_tenant_id
from rewards.conflicts import refusal_of_rule
from rewards.fields import check_fields
from rewards.models import EarningRule, RuleVersion

TERMS = (
    "kind",
    "condition",
    "unit",
    "basis",
    "rate",
    "tier_multiplies",
    "cap",
    "cap_window",
    "hold_days",
    "beneficiary",
)


class CannotPublish(ValueError):
    """Its text says what stands in the way; nothing changed."""


class NeedsSecondPair(CannotPublish):
    """Who wrote at the draft does not publish it."""


class DraftChanged(CannotPublish):
    """The draft is not what whoever publishes it has read."""


class NotADraft(ValueError):
    def __init__(self) -> None:
        super().__init__(gettext("This is no draft any more; what was published stays as it is."))


class CodeTaken(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(
            gettext("The program has “%(code)s” already; choose another code.") % {"code": code}
        )


def publish_rule(
    *,
    program: Program,
    code: str,
    name: str,
    versions: list[dict[str, Any]],
    exclusive_group: str = "",
    actor: str,
    now: datetime,
) -> EarningRule:
    """Publish a rule with its versions, each the fields of a RuleVersion, oldest first.

    A version without a `published_at` of its own is published `now`. Raises
    `accounts.conditions.BadCondition` for a condition that is none.
    """
    for version in versions:
        compile_condition(
            version.get("condition", {}), segments=version.get("segments") or segments.definitions()
        )
    with transaction.atomic():
        rule = EarningRule.objects.create(
            program=program, code=code, name=name, exclusive_group=exclusive_group
        )
        terms = {"published_at": now, "published_by": actor}
        RuleVersion.objects.bulk_create(
            RuleVersion(
                rule=rule,
                number=number,
                **(terms | {"segments": segments.used_in(version.get("condition", {}))} | version),
            )
            for number, version in enumerate(versions, start=1)
        )
        events.record(
            kind="rule.published",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"rule:{rule.pk}",
            payload={"program": program.slug, "code": code, "versions": len(versions)},
        )
    return rule


def draft_rule(
    *,
    program: Program,
    code: str,
    name: str,
    exclusive_group: str,
    terms: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> RuleVersion:
    """A new rule with its first draft. Raises CodeTaken, BadCondition, ValidationError."""
    try:
        with transaction.atomic():
            rule = EarningRule.objects.create(
                program=program, code=code, name=name, exclusive_group=exclusive_group
            )
    except IntegrityError:
        raise CodeTaken(code) from None
    return draft_version(rule=rule, terms=terms, actor=actor, now=now)


def draft_version(
    *, rule: EarningRule, terms: Mapping[str, Any], actor: str, now: datetime
) -> RuleVersion:
    """The next version of a rule, valid for nothing yet. Raises BadCondition, ValidationError."""
    with transaction.atomic():
        rule = EarningRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
        last = rule.versions.order_by("-number").first()
        version = RuleVersion(
            rule=rule,
            number=last.number + 1 if last else 1,
            valid_from=now,
            authors=[actor],
            **_terms(terms),
        )
        _check(version)
        version.save(force_insert=True)
        _record("rule.drafted", version, at=now, actor=actor, now=now)
    return version


def unchanged_draft(version: RuleVersion) -> RuleVersion | None:
    """A draft of the same rule that says what `version` says: whoever asks for one has it."""
    drafts = version.rule.versions.filter(published_at=None, discarded_at=None)
    same = digest_of(version, TERMS)
    return next((one for one in drafts.order_by("number") if digest_of(one, TERMS) == same), None)


def change_draft(
    *, version: RuleVersion, terms: Mapping[str, Any], actor: str, now: datetime
) -> RuleVersion:
    """Raises NotADraft, BadCondition, ValidationError."""
    with transaction.atomic():
        version = _draft(version)
        before = events.as_recorded(version, TERMS)
        for name, value in _terms(terms).items():
            setattr(version, name, value)
        version.authors = sorted({*version.authors, actor})
        _check(version)
        version.save()
        changed = events.compared(before, events.as_recorded(version, TERMS))
        _record("rule.draft_changed", version, at=now, actor=actor, now=now, **changed)
    return version


def discard_draft(*, version: RuleVersion, actor: str, now: datetime) -> None:
    """Put a draft away for good. Raises NotADraft."""
    with transaction.atomic():
        version = _draft(version)
        version.discarded_at = now
        version.save(update_fields=["discarded_at"])
        _record("rule.draft_discarded", version, at=now, actor=actor, now=now)


def publish_version(
    *,
    version: RuleVersion,
    valid_from: datetime | None,
    seen: str | None = None,
    actor: str,
    now: datetime,
) -> RuleVersion:
    """Publish a draft for facts that occur from `valid_from` on, None for now; the version before
    it ends there. A rule's first version may reach into the past: facts that come in late earn by
    it, those that are in do not. `seen` is the digest of what was read (`accounts.drafts`).

    Raises CannotPublish, NotADraft, BadCondition.
    """
    starts = valid_from or now
    with transaction.atomic():
        version = _draft(version)
        if why_not := why_not_alone(actor, authors=version.authors):
            raise NeedsSecondPair(why_not)
        if why_not := why_not_seen(version, TERMS, seen=seen):
            raise DraftChanged(why_not)
        _check(version)
        if refusal := refusal_of_rule(version, starts=starts):
            raise CannotPublish(refusal)
        before = _last_published(version.rule)
        if before is not None:
            if starts < now:
                raise CannotPublish(
                    gettext("It can begin now or later: what was earned stays as it is.")
                )
            if before.valid_from >= starts:
                raise CannotPublish(
                    gettext(
                        "Version %(number)s begins on %(valid_from)s; this one has to begin "
                        "after it."
                    )
                    % {
                        "number": before.number,
                        "valid_from": said_day(day_of(before.valid_from, before.tenant.zone)),
                    }
                )
            if before.valid_to is None or before.valid_to > starts:
                before.valid_to = starts
                before.save(update_fields=["valid_to"])
        version.valid_from, version.valid_to = starts, None
        version.segments = segments.used_in(version.condition)
        version.published_at, version.published_by = now, actor
        version.save()
        after = events.as_recorded(version, TERMS)
        changed = events.compared(events.as_recorded(before, TERMS), after) if before else {}
        _record("rule.published", version, at=starts, actor=actor, now=now, **changed)
    return version


def end_rule(*, rule: EarningRule, at: datetime | None, actor: str, now: datetime) -> RuleVersion:
    """Let a rule end at `at`, None for now: facts that occur from then on earn nothing by it, and a
    version that was to begin later is called off.

    Raises CannotPublish where nothing of it is in force, or it ended before.
    """
    ends = at or now
    with transaction.atomic():
        EarningRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
        last = _last_published(rule)
        while last is not None and last.valid_from >= ends and last.valid_from > now:
            _call_off(last, actor=actor, now=now)
            last = _last_published(rule)
        if last is None or (last.valid_to is not None and last.valid_to <= now):
            raise CannotPublish(gettext("Nothing of this rule is in force."))
        if ends < now or ends <= last.valid_from:
            raise CannotPublish(gettext("It can end now or later, and after it has begun."))
        last.valid_to = ends
        last.save(update_fields=["valid_to"])
        _record("rule.ended", last, at=ends, actor=actor, now=now)
    return last


def end_version(*, version: RuleVersion, actor: str, now: datetime) -> RuleVersion:
    """End the version's rule now, or call the version off where it has not begun. Raises
    CannotPublish."""
    if version.published_at is not None and version.valid_from > now:
        return call_off(version=version, actor=actor, now=now)
    return end_rule(rule=version.rule, at=None, actor=actor, now=now)


def call_off(*, version: RuleVersion, actor: str, now: datetime) -> RuleVersion:
    """A version published for a later day never begins, and the one before it goes on. Raises
    CannotPublish where it has begun, or is not the last one."""
    with transaction.atomic():
        EarningRule.objects.select_for_update(of=("self",)).get(pk=version.rule_id)
        last = _last_published(version.rule)
        if last is None or last.pk != version.pk or last.valid_from <= now:
            raise CannotPublish(gettext("Only what is to begin later can be called off."))
        _call_off(last, actor=actor, now=now)
    return last


def _call_off(version: RuleVersion, *, actor: str, now: datetime) -> None:
    """Of a locked rule the last version."""
    version.valid_to = version.valid_from
    version.save(update_fields=["valid_to"])
    before = _last_published(version.rule)
    if before is not None and before.valid_to == version.valid_from:
        before.valid_to = None
        before.save(update_fields=["valid_to"])
    _record("rule.called_off", version, at=now, actor=actor, now=now)


def set_second_pair(*, needed: bool, actor: str, now: datetime) -> None:
    """Whether whoever wrote a draft may publish it."""
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=current_tenant_id())
        if tenant.two_pairs_of_eyes == needed:
            return
        tenant.two_pairs_of_eyes = needed
        tenant.save(update_fields=["two_pairs_of_eyes"])
        events.record(
            kind="tenant.second_pair_changed",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"tenant:{tenant.pk}",
            payload={"needed": needed, "before": {"needed": not needed}},
        )


def _draft(version: RuleVersion) -> RuleVersion:
    EarningRule.objects.select_for_update(of=("self",)).get(pk=version.rule_id)
    found = (
        RuleVersion.objects.select_for_update(of=("self",))
        .select_related("rule__program")
        .get(pk=version.pk)
    )
    if found.published_at or found.discarded_at:
        raise NotADraft
    return found


def _last_published(rule: EarningRule) -> RuleVersion | None:
    """But for what was called off."""
    published = rule.versions.filter(published_at__isnull=False).exclude(valid_to=F("valid_from"))
    return published.order_by("-valid_from", "-number").first()


def _terms(terms: Mapping[str, Any]) -> dict[str, Any]:
    return {name: terms[name] for name in TERMS if name in terms}


def _check(version: RuleVersion) -> None:
    check_conditions(version.condition, kind=version.kind)
    version.rate = Decimal(version.rate)
    own = {one.name for one in RuleVersion._meta.fields} - {*TERMS}
    version.clean_fields(exclude=own | {"condition"})
    if (version.cap is None) != (version.cap_window == ""):
        raise ValidationError({"cap": "A cap has an amount and a window, or neither."})
    if version.rate <= 0:
        raise ValidationError({"rate": "A rate is above zero."})


def check_conditions(condition: Mapping[str, Any], *, kind: str) -> None:
    """Raises BadCondition for a condition, or a kind, that no fact could ever meet."""
    if not ActivityKind.objects.filter(code=kind).exists():
        raise BadCondition(gettext("There is no activity kind “%(kind)s”.") % {"kind": kind})
    checked(condition)
    check_fields(condition)
    for inner in segments.used_in(condition).values():
        check_fields(inner)


def _record(
    what: str, version: RuleVersion, *, at: datetime, actor: str, now: datetime, **more: Any
) -> None:
    rule = version.rule
    events.record(
        kind=what,
        occurred_at=at,
        recorded_at=now,
        actor=actor,
        subject=f"rule:{rule.pk}",
        payload={
            "program": rule.program.slug,
            "code": rule.code,
            "name": rule.name,
            "version": version.number,
            **more,
        },
    )
