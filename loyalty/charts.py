"""Bar charts drawn on the server: plain SVG that page, PDF and letter show alike.

Told apart by how they are filled and not by color alone, named and described for those who listen,
and always with the same numbers as a table (templates/components/chart.html).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from babel.numbers import format_compact_currency, format_compact_decimal
from django.utils.translation import gettext as _

from accounts.money import to_major
from rewards.voice import Voice

LOOKS = ("full", "light", "hollow")  # as many series as can be told apart
MOST_TICKS = 5
STEPS = (1, 2, 5)  # a tick's value is one of these, times a power of ten


@dataclass(frozen=True, slots=True)
class Series:
    label: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle in the units of its drawing; `tip` says what it stands for."""

    x: float
    y: float
    width: float
    height: float
    look: str
    tip: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word at a place: a tick's at its height, a column's below it."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """One size of a chart; the page shows the one that fits."""

    size: str
    width: int
    height: int
    left: int
    bottom: int
    bars: list[Bar]
    ticks: list[Mark]
    columns: list[Mark]

    @property
    def right(self) -> int:
        return self.width - 4


@dataclass(frozen=True, slots=True)
class Chart:
    """`legend` is (look, label) of each series; `rows` are the table: (column, its numbers)."""

    key: str
    title: str
    description: str
    legend: list[tuple[str, str]]
    rows: list[tuple[str, list[str]]]
    drawings: list[Drawing]


def bar_chart(
    *,
    key: str,
    title: str,
    columns: Sequence[tuple[str, str]],
    series: Sequence[Series],
    voice: Voice,
    in_money: bool = False,
) -> Chart:
    """`columns` are (short, full) names; each series has a value for each of them, and no bar where
    it is below zero. `key` tells the charts of a page apart. Values `in_money` are smallest units
    of the currency.
    """
    said = _Said(voice, in_money)
    if len(series) > len(LOOKS):
        raise ValueError(f"At most {len(LOOKS)} series can be told apart.")
    full = [name for _, name in columns]
    return Chart(
        key=key,
        title=title,
        description=" ".join(_told(one, full, said) for one in series),
        legend=[(look, one.label) for look, one in zip(LOOKS, series, strict=False)],
        rows=[
            (name, [said.exact(one.values[place]) for one in series])
            for place, name in enumerate(full)
        ],
        drawings=[
            _drawing("wide", columns, series, said, width=720, height=240, every=1),
            _drawing("narrow", columns, series, said, width=340, height=220, every=3),
        ],
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """How the values of a chart are written."""

    voice: Voice
    in_money: bool

    def exact(self, value: int) -> str:
        return self.voice.exact_money(value) if self.in_money else self.voice.number(value)

    def short(self, value: int) -> str:
        """For an axis: 5M, or $5M."""
        voice = self.voice
        if self.in_money:
            major = to_major(value, voice.currency)
            return format_compact_currency(
                major, voice.currency, locale=voice.locale, fraction_digits=1
            )
        return format_compact_decimal(value, locale=voice.locale, fraction_digits=1)


def _told(series: Series, columns: list[str], said: _Said) -> str:
    """A series in a sentence: its highest value, and its last."""
    highest = max(series.values, default=0)
    if not highest:
        return _("%(series)s: nothing.") % {"series": series.label}
    when = columns[list(series.values).index(highest)]
    last = said.exact(series.values[-1])
    told = _("%(series)s: most in %(when)s, %(highest)s; %(last)s in %(until)s.")
    return told % {
        "series": series.label,
        "when": when,
        "highest": said.exact(highest),
        "last": last,
        "until": columns[-1],
    }


def _drawing(
    size: str,
    columns: Sequence[tuple[str, str]],
    series: Sequence[Series],
    said: _Said,
    *,
    width: int,
    height: int,
    every: int,
) -> Drawing:
    left, top, bottom = 44, 12, height - 26
    highest = max((max(one.values, default=0) for one in series), default=0)
    step = tick_step(highest)
    ticks = max(1, -(-highest // step))
    scale = (bottom - top) / (step * ticks)
    slot = (width - left - 4) / max(1, len(columns))
    bar = slot * 0.8 / max(1, len(series))
    bars = [
        Bar(
            x=round(left + slot * place + slot * 0.1 + bar * number, 1),
            y=round(bottom - value * scale, 1),
            width=round(bar - 1, 1),
            height=round(value * scale, 1),
            look=LOOKS[number],
            tip=f"{full}, {one.label}: {said.exact(value)}",
        )
        for place, (_, full) in enumerate(columns)
        for number, one in enumerate(series)
        if (value := one.values[place]) > 0
    ]
    return Drawing(
        size=size,
        width=width,
        height=height,
        left=left,
        bottom=bottom,
        bars=bars,
        ticks=[
            Mark(round(bottom - step * number * scale, 1), said.short(step * number))
            for number in range(ticks + 1)
        ],
        columns=[
            Mark(round(left + slot * (place + 0.5), 1), short)
            for place, (short, _) in enumerate(columns)
            if (len(columns) - 1 - place) % every == 0
        ],
    )


def tick_step(highest: int) -> int:
    """The smallest round step of which MOST_TICKS reach up to `highest`; at least 1."""
    power = 1
    while True:
        for step in STEPS:
            if step * power * MOST_TICKS >= highest:
                return step * power
        power *= 10
