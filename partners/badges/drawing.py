"""A badge as a picture: drawn in the tenant's colors, with nothing of anybody else's in it."""

from html import escape

from accounts.colors import ink_on

_PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 240" role="img" \
aria-label="{label}"><path d="M120 6 220 62v116l-100 56L20 178V62z" fill="{brand}"/>\
<path d="M120 22 206 70v100l-86 48-86-48V70z" fill="none" stroke="{ink}" stroke-width="3"/>\
<g font-family="system-ui, sans-serif" text-anchor="middle" fill="{ink}">\
<text x="120" y="70" font-size="13">{issuer}</text>{lines}\
<text x="120" y="178" font-size="12">{foot}</text></g></svg>"""
_LINE = '<text x="120" y="{y}" font-size="20" font-weight="700">{text}</text>'
WIDEST, MOST_LINES = 15, 3  # characters in a line


def picture(*, name: str, issuer: str, foot: str, brand: str) -> str:
    """An SVG; `foot` is its last line, such as its level. Colors are "#rrggbb"."""
    rows = _wrapped(name)
    first = 128 - 12 * (len(rows) - 1)
    lines = "".join(
        _LINE.format(y=first + 25 * place, text=escape(row)) for place, row in enumerate(rows)
    )
    return _PICTURE.format(
        label=escape(f"{name}, {issuer}"),
        brand=brand,
        ink=ink_on(brand),
        issuer=escape(_cut(issuer, 24)),
        lines=lines,
        foot=escape(_cut(foot, 26)),
    )


def _wrapped(name: str) -> list[str]:
    rows = [""]
    for word in name.split():
        joined = f"{rows[-1]} {word}".strip()
        if len(joined) <= WIDEST or not rows[-1]:
            rows[-1] = joined
        else:
            rows.append(word)
    rows = [_cut(row, WIDEST) for row in rows]
    if len(rows) > MOST_LINES:
        rows = [*rows[: MOST_LINES - 1], _cut(" ".join(rows[MOST_LINES - 1 :]), WIDEST)]
    return rows


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
