"""How each person wants to be told: language, quiet hours; of each kind, where and how often."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext

from accounts import events
from accounts.models import (
    Notice,
    NoticeChoice,
    NoticeManners,
    NoticeTerms,
    Tenant,
    User,
)
from accounts.models.notice import Frequency
from accounts.notices.kinds import KINDS, Kind
from accounts.notices.wording import STANDARD, languages
from accounts.tenancy import current_tenant_id

WARN_DAYS = (30, 7, 1)
MOST_WARNINGS = 5


class BadChoice(ValueError):
    """A choice that a kind does not offer; the text says which there are."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the tenant decides for everybody."""

    language: str
    warn_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Manners:
    language: str
    zone: ZoneInfo
    quiet_from: time | None
    quiet_until: time | None


@dataclass(frozen=True, slots=True)
class Choice:
    in_inbox: bool
    by_letter: Frequency


def terms() -> Terms:
    """Of the open tenant."""
    found = NoticeTerms.objects.first()
    if found is None:
        return Terms(STANDARD, WARN_DAYS)
    language = found.language if found.language in languages() else STANDARD
    return Terms(language, tuple(found.warn_days))


def change_terms(*, language: str, warn_days: Iterable[int], actor: str, now: datetime) -> Terms:
    """Raises BadChoice for a language that is not there, and for days that nobody can be warned."""
    days = tuple(sorted({*warn_days}, reverse=True))
    if language not in languages():
        raise BadChoice(
            gettext("There are no texts in “%(language)s”. There are: %(languages)s.")
            % {"language": language, "languages": ", ".join(languages())}
        )
    if len(days) > MOST_WARNINGS or any(not 1 <= day <= 365 for day in days):
        raise BadChoice(
            gettext("Warn at most %(most_warnings)s times, 1 to 365 days before.")
            % {"most_warnings": MOST_WARNINGS}
        )
    changed = Terms(language, days)
    with transaction.atomic():
        before = _said(terms())
        NoticeTerms.objects.update_or_create(
            tenant_id=current_tenant_id(), defaults={"language": language, "warn_days": days}
        )
        events.record(
            kind="notice.terms_changed",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"tenant:{current_tenant_id()}",
            payload=_said(changed) | events.compared(before, _said(changed)),
        )
    return changed


def _said(terms: Terms) -> dict[str, object]:
    return {"language": terms.language, "warn_days": list(terms.warn_days)}


def manners_of(users: Collection[UUID], *, tenant: Tenant) -> dict[UUID, Manners]:
    """Of some people: what they chose, else what holds for everybody at the tenant."""
    usual = Manners(terms().language, tenant.zone, None, None)
    chosen = {one.user_id: one for one in NoticeManners.objects.filter(user_id__in=users)}
    return {user_id: _manners(chosen.get(user_id), usual) for user_id in users}


def _manners(chosen: NoticeManners | None, usual: Manners) -> Manners:
    if chosen is None:
        return usual
    return Manners(
        language=chosen.language if chosen.language in languages() else usual.language,
        zone=ZoneInfo(chosen.time_zone) if chosen.time_zone else usual.zone,
        quiet_from=chosen.quiet_from,
        quiet_until=chosen.quiet_until,
    )


def choices_of(user: User, *, kinds: Collection[Kind], is_rep: bool) -> dict[str, Choice]:
    """For each of these kinds, how the person hears of it."""
    chosen = {one.kind: one for one in NoticeChoice.objects.filter(user=user)}
    found = {}
    for kind in kinds:
        usual = Choice(in_inbox=True, by_letter=kind.often_to_rep if is_rep else kind.often)
        one = chosen.get(kind.code)
        found[kind.code] = Choice(one.in_inbox, Frequency(one.by_letter)) if one else usual
    return found


@transaction.atomic
def change_choices(*, user: User, choices: Mapping[str, Choice], actor: str, now: datetime) -> None:
    """From now on; letters that wait and are not wanted any more are not written.

    Raises BadChoice, with nothing changed.
    """
    for code, choice in choices.items():
        _refuse_unless_offered(KINDS[code], choice)
    NoticeChoice.objects.bulk_create(
        [
            NoticeChoice(user=user, kind=code, in_inbox=choice.in_inbox, by_letter=choice.by_letter)
            for code, choice in sorted(choices.items())
        ],
        update_conflicts=True,
        unique_fields=["tenant", "user", "kind"],
        update_fields=["in_inbox", "by_letter"],
    )
    never = [code for code, choice in choices.items() if choice.by_letter == Frequency.NEVER]
    Notice.objects.filter(user=user, kind__in=never, letter_due_at__isnull=False).update(
        letter_due_at=None
    )
    events.record(
        kind="notice.choices_changed",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"user:{user.pk}",
        payload={
            code: {"in_inbox": choice.in_inbox, "by_letter": choice.by_letter}
            for code, choice in choices.items()
        },
    )


def _refuse_unless_offered(kind: Kind, choice: Choice) -> None:
    if choice.by_letter not in kind.may_choose:
        offered = ", ".join(Frequency(one).label.lower() for one in kind.may_choose)
        raise BadChoice(
            gettext("Letters about “%(name)s” come: %(offered)s.")
            % {"name": kind.name, "offered": offered}
        )
    if not choice.in_inbox and not kind.may_unsubscribe:
        raise BadChoice(gettext("“%(name)s” is always in your inbox.") % {"name": kind.name})


def unsubscribe(*, user: User, kinds: Collection[str], now: datetime) -> list[Kind]:
    """No more letters about these kinds; the inbox goes on. Those that may not be turned off stay
    as they are. Returns what was turned off."""
    ended = [KINDS[code] for code in kinds if code in KINDS and KINDS[code].may_unsubscribe]
    now_are = choices_of(user, kinds=ended, is_rep=False)
    changed = {code: replace(choice, by_letter=Frequency.NEVER) for code, choice in now_are.items()}
    if changed:
        change_choices(user=user, choices=changed, actor=f"user:{user.pk}", now=now)
    return ended


def change_manners(
    *,
    user: User,
    language: str,
    time_zone: str,
    quiet_from: time | None,
    quiet_until: time | None,
    single_keys: bool = True,
) -> None:
    """The values are those of a checked form: a known language and zone, or "" for the tenant's."""
    NoticeManners.objects.update_or_create(
        user=user,
        defaults={
            "language": language,
            "time_zone": time_zone,
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
            "single_keys": single_keys,
        },
    )
