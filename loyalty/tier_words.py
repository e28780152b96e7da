"""Tiers in words: where an account stands, what the next tier takes, what keeps the present one."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rewards.voice import Voice
from tiers.models import Basis, Span
from tiers.progress import Progress
from tiers.queries import Ladder

QUARTERS = {1: "first", 4: "second", 7: "third", 10: "fourth"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TierWords:
    """For a reader: `reached` of `wanted`, `missing` by `deadline`, and what keeps the tier."""

    name: str
    multiplier: str
    factor: str
    percent: int
    reached: str
    wanted: str
    bar_label: str
    next_name: str
    next_multiplier: str
    missing: str
    deadline: str
    keeping: str


@dataclass(frozen=True, slots=True)
class LadderRow:
    name: str
    asks: str
    multiplier: str
    is_held: bool


def progress_words(progress: Progress, *, voice: Voice) -> TierWords:
    step = progress.next_tier
    reached = counted(progress.value, basis=progress.basis, voice=voice)
    best = f" with {progress.line}, your best product line" if progress.line else ""
    wanted = f"{counted(step.threshold, basis=progress.basis, voice=voice)}" if step else ""
    return TierWords(
        name=progress.tier.name,
        multiplier=_times(progress.tier.multiplier, voice),
        factor=voice.number(Decimal(progress.tier.multiplier)),
        percent=progress.percent,
        reached=f"{reached}{best}" + (f" · {progress.percent}%" if step else ""),
        wanted=f"{wanted} for {step.name}" if step else "",
        bar_label=f"{reached} of {wanted}, {progress.percent}% of the way to {step.name}"
        if step
        else "",
        next_name=step.name if step else "",
        next_multiplier=_times(step.multiplier, voice) if step else "",
        missing=counted(progress.missing, basis=progress.basis, voice=voice),
        deadline=f"{voice.last_day(progress.by)} ({voice.zone_name} time)",
        keeping=_keeping(progress, voice),
    )


def counted(value: int, *, basis: str, voice: Voice) -> str:
    """A threshold or value in what the ladder counts: $25,000 or 1,200 status credits."""
    return voice.money(value) if basis == Basis.AMOUNT else voice.amount(value, "credits")


def counted_in_a_table(value: int, *, basis: str, voice: Voice) -> str:
    """The same for a column: $25,000.00 or 1,200 status credits."""
    if basis == Basis.AMOUNT:
        return voice.exact_money(value)
    return counted(value, basis=basis, voice=voice)


def _times(multiplier: str, voice: Voice) -> str:
    factor = Decimal(multiplier)
    return "" if factor == 1 else f"{voice.number(factor)} × {voice.points_name}"


def _keeping(progress: Progress, voice: Voice) -> str:
    """Until when the tier is safe and by what, and what makes it last longer."""
    if progress.kept_until is None or progress.kept_by is None:
        return ""
    name, until = progress.tier.name, voice.last_day(progress.kept_until)
    asked = counted(progress.tier.threshold, basis=progress.basis, voice=voice)
    quarter = quarter_name(progress.kept_by)
    safe = f"{name} is yours until {until}: you reached its {asked} {quarter}"
    if not progress.missing_to_keep:
        return f"{safe}."
    more = counted(progress.missing_to_keep, basis=progress.basis, voice=voice)
    return f"{safe}. {more} more by {voice.last_day(progress.by)} keeps it for longer."


def quarter_name(first: date) -> str:
    return f"in the {QUARTERS[first.month]} quarter of {first.year}"


def ladder_rows(ladder: Ladder, progress: Progress | None, *, voice: Voice) -> list[LadderRow]:
    held = progress.tier.rank if progress else None
    return [
        LadderRow(
            name=tier.name,
            asks=counted_in_a_table(tier.threshold, basis=ladder.version.basis, voice=voice)
            if tier.threshold
            else "—",
            multiplier=voice.number(tier.multiplier),
            is_held=tier.rank == held,
        )
        for tier in ladder.tiers
    ]


def ladder_text(ladder: Ladder) -> str:
    """What is counted, when one rises, and how long a tier is kept."""
    version = ladder.version
    what = "purchases" if version.basis == Basis.AMOUNT else "status credits"
    if version.span == Span.BEST_LINE:
        what += " of your best product line"
    kept = {0: "until the end of that quarter", 1: "until the end of the next quarter"}.get(
        version.keep_quarters, f"for {version.keep_quarters} more quarters"
    )
    return (
        f"Your {what} in a calendar quarter decide. You rise as soon as you reach a tier, "
        f"and it stays yours {kept}."
    )
