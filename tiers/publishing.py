"""Schemes: drafted, changed, published; from then on accounts stand on their tiers, unchanged."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts import events
from accounts.asking import ACCOUNT_COLUMNS, CannotAsk, as_query
from accounts.conditions import BadCondition, expanded
from accounts.counting import Catalogue
from accounts.dates import said_day
from accounts.declaring import hold_measures
from accounts.drafts import digest_of, why_not_seen
from accounts.hands import why_not_alone
from accounts.models import Program
from accounts.periods import day_of
from accounts.readings import BadReading, check_reading
from accounts.segments import definitions
from tiers import due, settling, standing
from tiers.keeping import edges
from tiers.ladders import BadLadder, Ladder, as_ladder, in_order, published_ladders, rungs_of
from tiers.leading import CannotLead, lead_first, take_lead
from tiers.models import Falls, Scheme, SchemeVersion, State, Tier
from tiers.setting import Setting, current_setting

POLICIES = (
    "evaluated",
    "rises",
    "kept_unit",
    "kept_periods",
    "falls",
    "grace_days",
    "skips_tiers",
    "near_percent",
)
TERMS = ("rungs", "audience", *POLICIES)  # what the next version begins with
CHOSEN = (*TERMS, "takes_lead")  # and what a draft says besides
MOST_KEPT = 20


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
            gettext("The program has a ladder “%(code)s” already; choose another code.")
            % {"code": code}
        )


def create_scheme(
    *,
    program: Program,
    code: str,
    name: str,
    actor: str,
    now: datetime,
) -> Scheme:
    """A ladder of the program, without tiers yet; a program's first one leads. Raises CodeTaken."""
    try:
        with transaction.atomic():
            program = Program.objects.select_for_update(no_key=True).get(pk=program.pk)
            scheme = Scheme.objects.create(
                program=program,
                code=code,
                name=name,
                is_leading=not program.leads.exists(),
            )
            if scheme.is_leading:
                lead_first(scheme)
            _record("ladder.created", scheme, at=now, actor=actor, now=now)
    except IntegrityError:
        raise CodeTaken(code) from None
    return scheme


def draft_scheme(
    *,
    program: Program,
    code: str,
    name: str,
    terms: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> SchemeVersion:
    """A new ladder with its first draft. Raises CodeTaken, BadLadder, ValidationError."""
    about: dict[str, Any] = {"actor": actor, "now": now}
    with transaction.atomic():
        scheme = create_scheme(program=program, code=code, name=name, **about)
        return draft_version(scheme=scheme, terms=terms, **about)


def draft_version(
    *, scheme: Scheme, terms: Mapping[str, Any], actor: str, now: datetime
) -> SchemeVersion:
    """The next version of a ladder, valid for nothing yet; `terms` are its rungs, whom it is for
    and its policies.

    Raises BadLadder, among others for an audience that accounts cannot be asked for, and
    ValidationError.
    """
    with transaction.atomic():
        scheme = _locked(scheme)
        last = scheme.versions.order_by("-number").first()
        version = SchemeVersion(
            scheme=scheme,
            number=last.number + 1 if last else 1,
            valid_from=now,
            authors=[actor],
            **_terms(terms),
        )
        _check(version)
        version.save(force_insert=True)
        _record("ladder.drafted", scheme, version, at=now, actor=actor, now=now)
    return version


def unchanged_draft(version: SchemeVersion) -> SchemeVersion | None:
    """A draft of the same ladder that says what `version` says: whoever asks for one has it."""
    drafts = version.scheme.versions.filter(state=State.DRAFT, takes_lead=False)
    same = digest_of(version, TERMS)
    return next((one for one in drafts.order_by("number") if digest_of(one, TERMS) == same), None)


def change_draft(
    *, version: SchemeVersion, terms: Mapping[str, Any], actor: str, now: datetime
) -> SchemeVersion:
    """Raises NotADraft, BadLadder, ValidationError."""
    with transaction.atomic():
        version = _draft(version)
        before = events.as_recorded(version, CHOSEN)
        for name, value in _terms(terms).items():
            setattr(version, name, value)
        version.authors = sorted({*version.authors, actor})
        _check(version)
        version.save()
        changed = events.compared(before, events.as_recorded(version, CHOSEN))
        about: dict[str, Any] = {"at": now, "actor": actor, "now": now} | changed
        _record("ladder.draft_changed", version.scheme, version, **about)
    return version


def discard_draft(*, version: SchemeVersion, actor: str, now: datetime) -> None:
    """Put a draft away for good. Raises NotADraft."""
    with transaction.atomic():
        version = _draft(version)
        version.state = State.DISCARDED
        version.save(update_fields=["state"])
        _record("ladder.draft_discarded", version.scheme, version, at=now, actor=actor, now=now)


def publish(
    *,
    version: SchemeVersion,
    valid_from: datetime | None,
    grace_days: int = 0,
    seen: str | None = None,
    actor: str,
    now: datetime,
) -> SchemeVersion:
    """Publish a draft from `valid_from` on, None for now; the version before it ends there.

    Everybody is evaluated anew then; whoever falls does so `grace_days` later. If it takes the
    lead, it leads the program from then on. A ladder's first version may reach into the past.
    `seen` is the digest of what was read (`accounts.drafts`).
    Raises CannotPublish, NotADraft, BadLadder.
    """
    with transaction.atomic():
        # Held before its ladders: two of them take the lead one after the other, in no circle.
        Program.objects.select_for_update(no_key=True).get(pk=version.scheme.program_id)
        version = _draft(version)
        if why_not := why_not_alone(actor, authors=version.authors):
            raise NeedsSecondPair(why_not)
        if why_not := why_not_seen(version, CHOSEN, seen=seen):
            raise DraftChanged(why_not)
        version.transition_days = grace_days
        put_in_force(version, starts=valid_from or now, actor=actor, now=now)
    return version


def put_in_force(version: SchemeVersion, *, starts: datetime, actor: str, now: datetime) -> None:
    """Publish a draft from `starts` on, whoever wrote it. Raises CannotPublish, BadLadder."""
    _check(version)
    before = _last_published(version.scheme)
    if before is not None:
        _check_follows(before, starts=starts, now=now)
    version.state, version.valid_from = State.PUBLISHED, starts
    version.published_at, version.published_by = now, actor
    hold_measures()
    setting = current_setting()
    _check_askable(as_ladder(version), setting.catalogue)
    version.save()
    _make_tiers(version)
    after = events.as_recorded(version, TERMS)
    changed = events.compared(events.as_recorded(before, TERMS), after) if before else {}
    about: dict[str, Any] = {"at": starts, "actor": actor, "now": now} | changed
    _record("ladder.published", version.scheme, version, **about)
    if version.takes_lead:
        _take_lead(version, starts=starts, actor=actor, now=now)
    if before is None:
        standing.begin_all(program_id=version.scheme.program_id, decided_at=now)
    if before is None or starts <= now:
        _enter(version, is_first=before is None, now=now, setting=setting)


def told_until(scheme: Scheme, *, now: datetime) -> date | None:
    """The first local day on which the version in force takes a tier from whoever it has not told
    so already; None without one, or where nobody ever falls by it."""
    setting = current_setting()
    in_force = [
        one for one in published_ladders() if one.scheme_id == scheme.pk and one.is_in_force(now)
    ]
    if not in_force or in_force[0].falls == Falls.NEVER:
        return None
    longest = now + timedelta(days=2 * 366)  # than any period
    first = next(edges(in_force[0], after=now, upto=longest, setting=setting), None)
    return first and first + timedelta(days=in_force[0].grace_days)


def _take_lead(version: SchemeVersion, *, starts: datetime, actor: str, now: datetime) -> None:
    try:
        before = take_lead(version, starts=starts, now=now)
    except CannotLead as refused:
        raise CannotPublish(str(refused)) from None
    if before is not None:
        about = {"at": starts, "actor": actor, "now": now}
        _record("ladder.leads", version.scheme, version, before=before.code, **about)


def _enter(version: SchemeVersion, *, is_first: bool, now: datetime, setting: Setting) -> None:
    """Evaluate everybody as the version comes into force. Facts from before it count at once."""
    ladders = published_ladders()
    ladder = next(one for one in ladders if one.version_id == version.pk)
    due.note_entered(ladder, at=now)
    if not ladder.is_in_force(now):
        return
    if is_first:
        standing.reconsider(account_ids=None, as_of=now, ladders=[ladder], setting=setting)
    else:
        settling.enter(ladder, at=ladder.valid_from, decided_at=now, setting=setting)


def _make_tiers(version: SchemeVersion) -> None:
    Tier.objects.bulk_create(
        Tier(
            version=version,
            rank=rung.rank,
            code=rung.code,
            name=rung.name,
            criteria=raw.get("criteria", {}),
            multiplier=rung.multiplier,
            benefits=rung.benefits,
            by_invitation=rung.by_invitation,
        )
        for rung, raw in zip(rungs_of(version.rungs), version.rungs, strict=True)
    )


def _check_follows(before: SchemeVersion, *, starts: datetime, now: datetime) -> None:
    if starts < now:
        raise CannotPublish(
            gettext("It can begin now or later: where accounts stood stays as it is.")
        )
    if before.valid_from >= starts:
        raise CannotPublish(
            gettext("Version %(number)s begins on %(valid_from)s; this one has to begin after it.")
            % {
                "number": before.number,
                "valid_from": said_day(day_of(before.valid_from, before.tenant.zone)),
            }
        )


def _check_askable(ladder: Ladder, catalogue: Catalogue) -> None:
    """What is asked can be read, and the ladders asked for have those tiers, in no circle."""
    for reading in ladder.readings:
        try:
            check_reading(reading, catalogue)
        except BadReading as bad:
            raise BadLadder(str(bad)) from None
    others = [one for one in published_ladders() if one.program_id == ladder.program_id]
    for asked in ladder.on_ladders:
        there = [one for one in others if one.scheme == asked.ladder]
        if not there or there[-1].rung(asked.tier) is None:
            raise BadLadder(
                gettext("There is no tier “%(tier)s” on a ladder “%(ladder)s”.")
                % {"tier": asked.tier, "ladder": asked.ladder}
            )
    in_order([*(one for one in others if one.scheme_id != ladder.scheme_id), ladder])


def _audience(condition: Mapping[str, Any]) -> dict[str, Any]:
    """The condition with its segments as they are now: a published ladder never changes."""
    try:
        whole = expanded(condition, segments=definitions())
        as_query(whole, columns=ACCOUNT_COLUMNS)
    except (BadCondition, CannotAsk) as bad:
        raise BadLadder(str(bad)) from None
    return whole


def _locked(scheme: Scheme) -> Scheme:
    return (
        Scheme.objects.select_for_update(of=("self",)).select_related("program").get(pk=scheme.pk)
    )


def _draft(version: SchemeVersion) -> SchemeVersion:
    scheme = _locked(version.scheme)
    found = SchemeVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if found.state != State.DRAFT:
        raise NotADraft
    found.scheme = scheme
    return found


def _last_published(scheme: Scheme) -> SchemeVersion | None:
    published = scheme.versions.filter(state=State.PUBLISHED)
    return published.order_by("-valid_from", "-number").first()


def _terms(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The terms that a draft keeps: of an audience its segments as they are now."""
    kept = {name: terms[name] for name in CHOSEN if name in terms}
    return kept | ({"audience": _audience(kept["audience"])} if "audience" in kept else {})


def _check(version: SchemeVersion) -> None:
    rungs_of(version.rungs)
    own = {one.name for one in SchemeVersion._meta.fields} - {*POLICIES}
    version.clean_fields(exclude=own)
    if version.kept_periods > MOST_KEPT:
        raise BadLadder(
            gettext("A tier is kept for at most %(most_kept)s periods more.")
            % {"most_kept": MOST_KEPT}
        )


def _record(
    what: str,
    scheme: Scheme,
    version: SchemeVersion | None = None,
    *,
    at: datetime,
    actor: str,
    now: datetime,
    **more: Any,
) -> None:
    about: dict[str, Any] = {"version": version.number, **more} if version else {}
    if version is not None and version.state == State.PUBLISHED:
        about["tiers"] = [rung["name"] for rung in version.rungs]
    events.record(
        kind=what,
        occurred_at=at,
        recorded_at=now,
        actor=actor,
        subject=f"scheme_version:{version.pk}" if version else f"scheme:{scheme.pk}",
        payload={"program": scheme.program.slug, "ladder": scheme.code, "name": scheme.name}
        | about,
    )
