"""Tiers in words: where an account stands, what the next tier takes, what keeps the present one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_skeleton
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from loyalty.criteria_words import Bar, CriteriaWords
from rewards.voice import Voice
from tiers.judging import Verdict
from tiers.ladders import Ladder, Rung
from tiers.progress import Progress, shortest_way

QUARTERS = {
    1: _("in the first quarter of {year}"),
    4: _("in the second quarter of {year}"),
    7: _("in the third quarter of {year}"),
    10: _("in the fourth quarter of {year}"),
}
PERIODS = {
    "month": pgettext_lazy("end of", "month"),
    "quarter": pgettext_lazy("end of", "calendar quarter"),
    "year": pgettext_lazy("end of", "calendar year"),
    "fiscal_quarter": pgettext_lazy("end of", "fiscal quarter"),
    "fiscal_year": pgettext_lazy("end of", "fiscal year"),
}
THROUGH_MORE = {
    "month": _(", and through {count} more months"),
    "quarter": _(", and through {count} more calendar quarters"),
    "year": _(", and through {count} more calendar years"),
    "fiscal_quarter": _(", and through {count} more fiscal quarters"),
    "fiscal_year": _(", and through {count} more fiscal years"),
}
FISCAL = {
    "fiscal_quarter": _("in the fiscal quarter from {day}"),
    "fiscal_year": _("in the fiscal year from {day}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TierWords:
    """For a reader: the tier, each condition of the next one in `bars`, the shortest `way` there
    by `deadline`, and what keeps the tier."""

    ladder: str
    is_leading: bool
    name: str
    multiplier: str
    factor: str
    benefits: list[str]
    percent: int
    bars: list[Bar]
    next_name: str
    next_multiplier: str
    way: list[str]
    way_text: str
    opening: str
    reached: str
    deadline: str
    keeping: str
    keep_bars: list[Bar]
    warning: str
    since: str


@dataclass(frozen=True, slots=True)
class LadderRow:
    name: str
    asks: list[tuple[int, str]]
    multiplier: str
    benefits: list[str]
    by_invitation: bool
    is_held: bool
    accounts: int | None


def progress_words(progress: Progress, *, words: CriteriaWords) -> TierWords:
    voice, step = words.measures.voice, progress.next
    bars = words.bars(progress.to_next) if progress.to_next else []
    way = words.way(progress.way)
    if progress.needs_invitation and step:
        way.append(gettext("an invitation to {tier}").format(tier=step.name))
    label = ""
    if step:
        said = gettext("{percent}% of the way to {tier}")
        label = said.format(percent=progress.percent, tier=step.name)
    return TierWords(
        ladder=progress.ladder.name,
        is_leading=progress.ladder.is_leading,
        name=progress.held.name,
        multiplier=_times(progress.held.multiplier, voice) if progress.ladder.is_leading else "",
        factor=voice.number(progress.held.multiplier),
        benefits=benefit_words(progress.held.benefits, voice=voice),
        percent=progress.percent,
        bars=carried(bars, progress.carriers),
        next_name=step.name if step and progress.is_meant else "",
        next_multiplier=_times(step.multiplier, voice)
        if step and progress.ladder.is_leading
        else "",
        way=way,
        way_text=_listed(way),
        opening=_opening(progress, way, voice),
        reached=_reached(progress, bars, label),
        deadline=_by(progress, voice),
        keeping=_keeping(progress, words),
        keep_bars=words.bars(progress.to_keep) if progress.to_keep else [],
        warning=_warning(progress, words),
        since=voice.day(progress.since),
    )


def carried(bars: Sequence[Bar], carriers: Mapping[str, str]) -> list[Bar]:
    """What was best is named: “$300,000 with Power Tools”."""
    named = []
    for bar in bars:
        key = getattr(getattr(bar.verdict.criteria, "reading", None), "key", "")
        carrier = carriers.get(key, "")
        named.append(bar.carried_by(carrier) if carrier else bar)
    return named


def _opening(progress: Progress, way: Sequence[str], voice: Voice) -> str:
    """The sentence that says what to do: “$6,780 more by Jun 30, 2026 reaches Gold”."""
    step = progress.next
    if step is None or not progress.is_meant:
        return ""
    if not way:
        return gettext("{tier} is met and comes with the next evaluation").format(tier=step.name)
    said = gettext("{way} reaches {tier}").format(way=_listed(way), tier=step.name)
    if progress.by:
        said = gettext("{way} by {day} reaches {tier}").format(
            way=_listed(way), day=voice.last_day(progress.by), tier=step.name
        )
    said = capfirst(said)
    gives = _times(step.multiplier, voice) if progress.ladder.is_leading else ""
    return f"{said} — {gives}" if gives else said


def _reached(progress: Progress, bars: Sequence[Bar], label: str) -> str:
    """Of a single condition what is reached of it, of several how far it is."""
    if len(bars) != 1:
        return label
    return gettext("{some} of {wanted}").format(some=bars[0].reached, wanted=bars[0].goal)


def _by(progress: Progress, voice: Voice) -> str:
    if not progress.by:
        return ""
    said = gettext("{day} ({zone} time)")
    return said.format(day=voice.last_day(progress.by), zone=voice.zone_name)


def _listed(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return gettext("{some} and {last}").format(some=", ".join(parts[:-1]), last=parts[-1])


def _times(factor: Decimal, voice: Voice) -> str:
    return "" if factor == 1 else f"{voice.number(factor)} × {voice.points_name}"


def _keeping(progress: Progress, words: CriteriaWords) -> str:
    """Until when the tier is safe and by what, and what makes it last longer."""
    voice, name = words.measures.voice, progress.held.name
    if progress.pinned_until:
        said = gettext("{tier} is safe until {day}, whatever happens.")
        return said.format(tier=name, day=voice.last_day(progress.pinned_until))
    if not progress.held.rank:
        return ""
    if progress.ladder.falls == "never":
        return gettext("{tier} is kept for good.").format(tier=name)
    if progress.kept_until is None or progress.kept_by is None:
        return ""
    until = voice.last_day(progress.kept_until)
    when = period_name(progress.kept_by, progress.ladder.evaluated, voice=voice)
    said = gettext("{tier} is safe until {day}: what it asks was met {period}.")
    safe = said.format(tier=name, day=until, period=when)
    more = words.way(_way_to_keep(progress))
    if not more:
        return safe
    said = gettext("{way} keeps it for longer.").format(way=_listed(more))
    if progress.keep_by:
        said = gettext("{way} by {day} keeps it for longer.").format(
            way=_listed(more), day=voice.last_day(progress.keep_by)
        )
    return f"{safe} {capfirst(said)}"


def _way_to_keep(progress: Progress) -> list[Verdict]:
    return shortest_way(progress.to_keep) if progress.to_keep else []


def _warning(progress: Progress, words: CriteriaWords) -> str:
    if progress.falls_at is None:
        return ""
    voice = words.measures.voice
    more = words.way(_way_to_keep(progress))
    day, name = voice.last_day(progress.falls_at), progress.held.name
    if not more:
        return gettext("{tier} ends after {day}.").format(tier=name, day=day)
    said = gettext("{tier} ends after {day}, unless you meet it again: {way}.")
    return said.format(tier=name, day=day, way=_listed(more))


def period_name(first: date, unit: str, *, voice: Voice) -> str:
    """“in the second quarter of 2026”, “in 2026”, “in the fiscal year from Mar 1, 2026”."""
    if unit == "quarter":
        return QUARTERS[first.month].format(year=first.year)
    if unit == "year":
        return gettext("in {year}").format(year=first.year)
    if unit == "month":
        month = format_skeleton("yMMMM", first, locale=voice.locale)
        return gettext("in {month}").format(month=month)
    return FISCAL[unit].format(day=voice.day(first))


# ── The whole ladder ─────────────────────────────────────────────────────────────────────────────


def ladder_rows(
    ladder: Ladder, progress: Progress | None, *, words: CriteriaWords
) -> list[LadderRow]:
    held = progress.held.code if progress else ""
    return [
        ladder_row(rung, words=words, leads=ladder.is_leading, is_held=rung.code == held)
        for rung in ladder.rungs
    ]


def ladder_row(
    rung: Rung,
    *,
    words: CriteriaWords,
    leads: bool = True,
    is_held: bool = False,
    accounts: int | None = None,
) -> LadderRow:
    """`accounts` is how many hold the tier, where that is to be shown; a multiplier has only the
    ladder that `leads`."""
    voice = words.measures.voice
    return LadderRow(
        name=rung.name,
        asks=words.lines(rung.criteria),
        multiplier=voice.number(rung.multiplier) if leads else "",
        benefits=benefit_words(rung.benefits, voice=voice),
        by_invitation=rung.by_invitation,
        is_held=is_held,
        accounts=accounts,
    )


def policy_words(ladder: Any) -> list[str]:
    """The policies of a ladder or of a version, one sentence each."""
    every, unit = PERIODS[ladder.evaluated], PERIODS[ladder.kept_unit]
    rise = (
        gettext("You rise as soon as you meet what a tier asks")
        if ladder.rises == "at_once"
        else gettext("You rise at the end of a {period}").format(period=every)
    )
    step = "" if ladder.skips_tiers else gettext(", one tier at a time")
    kept = {0: "", 1: gettext(", and through the next {period}").format(period=unit)}.get(
        ladder.kept_periods,
        THROUGH_MORE[ladder.kept_unit].format(count=ladder.kept_periods),
    )
    stays = gettext("It stays yours until the end of that {period}{longer}.")
    said = [f"{rise}{step}.", stays.format(period=unit, longer=kept)]
    if ladder.falls == "never":
        return [said[0], gettext("A tier once reached stays yours.")]
    fall = (
        gettext("by one tier")
        if ladder.falls == "one_step"
        else gettext("to the tier that you meet")
    )
    days = ladder.grace_days
    grace = ngettext(", {days} day later", ", {days} days later", days) if days else ""
    after = gettext("After that you move {where} at the end of a {period}{later}.")
    return [*said, after.format(where=fall, period=every, later=grace.format(days=days))]


NAMED = {
    "discount_percent": _("{}% discount"),
    "funds_share_percent": _("Market funds: {}% of revenue"),
    "support_level": _("Support level: {}"),
    "directory_place": _("Place {} in the partner directory"),
}


def benefit_words(benefits: Mapping[str, Any], *, voice: Voice) -> list[str]:
    """What a tier gives besides points, one phrase each."""
    said = []
    for name, text in NAMED.items():
        if name in benefits:
            value = benefits[name]
            is_number = name.endswith("_percent")
            said.append(text.format(voice.number(Decimal(value)) if is_number else value))
    if benefits.get("early_access"):
        said.append(gettext("Early access to new products"))
    for code, value in benefits.get("entitlements", {}).items():
        name = code.replace("-", " ").replace("_", " ").capitalize()
        said.append(name if value is True else f"{name}: {value}")
    return said
