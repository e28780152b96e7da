"""Tiers in words: where an account stands, what the next tier takes, what keeps the present one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from loyalty.criteria_words import Bar, CriteriaWords
from rewards.voice import Voice
from tiers.judging import Verdict
from tiers.ladders import Ladder, Rung
from tiers.progress import Progress, shortest_way

QUARTERS = {1: "first", 4: "second", 7: "third", 10: "fourth"}
PERIODS = {
    "month": "month",
    "quarter": "calendar quarter",
    "year": "calendar year",
    "fiscal_quarter": "fiscal quarter",
    "fiscal_year": "fiscal year",
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
        way.append(f"an invitation to {step.name}")
    label = f"{progress.percent}% of the way to {step.name}" if step else ""
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
        return f"{step.name} is met and comes with the next evaluation"
    by = f" by {voice.last_day(progress.by)}" if progress.by else ""
    said = f"{_listed(way)}{by} reaches {step.name}"
    gives = _times(step.multiplier, voice) if progress.ladder.is_leading else ""
    return f"{said} — {gives}" if gives else said


def _reached(progress: Progress, bars: Sequence[Bar], label: str) -> str:
    """Of a single condition what is reached of it, of several how far it is."""
    if len(bars) != 1:
        return label
    return f"{bars[0].reached} of {bars[0].wanted.removeprefix('at least ')}"


def _by(progress: Progress, voice: Voice) -> str:
    return f"{voice.last_day(progress.by)} ({voice.zone_name} time)" if progress.by else ""


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _times(factor: Decimal, voice: Voice) -> str:
    return "" if factor == 1 else f"{voice.number(factor)} × {voice.points_name}"


def _keeping(progress: Progress, words: CriteriaWords) -> str:
    """Until when the tier is safe and by what, and what makes it last longer."""
    voice, name = words.measures.voice, progress.held.name
    if progress.pinned_until:
        return f"{name} is yours until {voice.last_day(progress.pinned_until)}, whatever happens."
    if not progress.held.rank:
        return ""
    if progress.ladder.falls == "never":
        return f"{name} stays yours."
    if progress.kept_until is None or progress.kept_by is None:
        return ""
    until = voice.last_day(progress.kept_until)
    when = period_name(progress.kept_by, progress.ladder.evaluated, voice=voice)
    safe = f"{name} is yours until {until}: you met what it asks {when}."
    more = words.way(_way_to_keep(progress))
    if not more:
        return safe
    by = f" by {voice.last_day(progress.keep_by)}" if progress.keep_by else ""
    return f"{safe} {_listed(more)}{by} keeps it for longer."


def _way_to_keep(progress: Progress) -> list[Verdict]:
    return shortest_way(progress.to_keep) if progress.to_keep else []


def _warning(progress: Progress, words: CriteriaWords) -> str:
    if progress.falls_at is None:
        return ""
    voice = words.measures.voice
    more = words.way(_way_to_keep(progress))
    said = f"{progress.held.name} ends after {voice.last_day(progress.falls_at)}"
    if not more:
        return f"{said}."
    return f"{said}, unless you meet it again: {_listed(more)}."


def period_name(first: date, unit: str, *, voice: Voice) -> str:
    """“in the second quarter of 2026”, “in 2026”, “in the fiscal year from Mar 1, 2026”."""
    if unit == "quarter":
        return f"in the {QUARTERS[first.month]} quarter of {first.year}"
    if unit == "year":
        return f"in {first.year}"
    if unit == "month":
        return f"in {first:%B %Y}"
    return f"in the {PERIODS[unit]} from {voice.day(first)}"


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
    every = PERIODS[ladder.evaluated]
    rise = (
        "You rise as soon as you meet what a tier asks"
        if ladder.rises == "at_once"
        else f"You rise at the end of a {every}"
    )
    step = "" if ladder.skips_tiers else ", one tier at a time"
    kept = {0: "", 1: f", and through the next {PERIODS[ladder.kept_unit]}"}.get(
        ladder.kept_periods,
        f", and through {ladder.kept_periods} more {PERIODS[ladder.kept_unit]}s",
    )
    said = [
        f"{rise}{step}.",
        f"It stays yours until the end of that {PERIODS[ladder.kept_unit]}{kept}.",
    ]
    if ladder.falls == "never":
        return [said[0], "A tier once reached stays yours."]
    fall = "by one tier" if ladder.falls == "one_step" else "to the tier that you meet"
    grace = f", {ladder.grace_days} days later" if ladder.grace_days else ""
    return [*said, f"After that you move {fall} at the end of a {every}{grace}."]


NAMED = {
    "discount_percent": "{}% discount",
    "funds_share_percent": "Market funds: {}% of revenue",
    "support_level": "Support level: {}",
    "directory_place": "Place {} in the partner directory",
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
        said.append("Early access to new products")
    for code, value in benefits.get("entitlements", {}).items():
        name = code.replace("-", " ").replace("_", " ").capitalize()
        said.append(name if value is True else f"{name}: {value}")
    return said
