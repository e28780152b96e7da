"""A tenant's color made readable: contrast as WCAG 2.2 defines it, computed and not guessed.

Colors are "#rrggbb". The surfaces are those of the style sheet's tokens.
"""

from dataclasses import dataclass

WHITE, BLACK = "#ffffff", "#101318"
READABLE = 4.5  # text, WCAG 1.4.3
VISIBLE = 3.0  # marks that carry meaning, WCAG 1.4.11
NOTICED = 2.4  # a button in the dark: its text is readable anyway, its shape should not vanish

# The surfaces on which brand-colored text stands: lightest to darkest of each scheme.
LIGHT_SURFACES = ("#ffffff", "#eef0f3")
DARK_SURFACES = ("#1e2530", "#0d1016")


@dataclass(frozen=True, slots=True)
class Shades:
    """One color in one scheme: `fill` with `on_fill` over it; `text`, `mark` and `soft` stand on a
    surface, and `text` also on `soft`."""

    fill: str
    on_fill: str
    text: str
    mark: str
    soft: str


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def ink_on(fill: str) -> str:
    """White or near-black, whichever reads better on `fill`."""
    return max(WHITE, BLACK, key=lambda ink: contrast(ink, fill))


def shades(color: str, *, dark: bool) -> Shades:
    """`color` as it is for fills, moved toward black or white just as far as reading needs."""
    surfaces = DARK_SURFACES if dark else LIGHT_SURFACES
    away = WHITE if dark else "#000000"
    soft = mix(color, surfaces[0], 0.2 if dark else 0.1)
    fill = _moved(color, away, surfaces, NOTICED) if dark else color
    return Shades(
        fill=_with_readable_ink(fill),
        on_fill=ink_on(_with_readable_ink(fill)),
        text=_moved(color, away, (*surfaces, soft), READABLE),
        mark=_moved(color, away, surfaces, VISIBLE),
        soft=soft,
    )


def mix(color: str, other: str, share: float) -> str:
    """`share` of `color`, the rest `other`."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def _moved(color: str, toward: str, surfaces: tuple[str, ...], least: float) -> str:
    for step in range(101):
        moved = mix(toward, color, step / 100)
        if all(contrast(moved, surface) >= least for surface in surfaces):
            return moved
    return toward


def _with_readable_ink(fill: str) -> str:
    # A few middle tones read badly under both inks; a step darker is enough.
    for step in range(101):
        darker = mix("#000000", fill, step / 100)
        if contrast(ink_on(darker), darker) >= READABLE:
            return darker
    return "#000000"


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
