"""What a tier asks as people write it: rows of a measure, a window and a threshold; and JSON for
trees that rows cannot say.

Works without a script: two rows are always empty, and a button gives more.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.readings import BEST_OF, TOTAL, Reading
from accounts.windows import PERIODS, ROLLING, Window, in_words, parse_window
from loyalty.measure_words import SPLITS, MeasureWords, NotANumber
from tiers.criteria import (
    AtLeast,
    BadCriteria,
    Condition,
    Criteria,
    OnLadder,
    Weighted,
    parse,
)

EMPTY_ROWS = 2
MOST_ROWS = 30
LADDER = "ladder:"  # begins the choice of a tier held on another ladder
MATCHES = ("all", "any", "n_of", "weighted")


@dataclass(frozen=True, slots=True)
class Row:
    """`of` is a measure's code, or a ladder's behind LADDER; then `wanted` is a tier's code.
    `weight` and `least` are for scores, where `wanted` is what brings all the weight."""

    of: str = ""
    window: str = "quarter"
    take: str = TOTAL
    op: str = "gte"
    wanted: str = ""
    weight: str = ""
    least: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a form. `number` is how many of them are asked, or which score."""

    match: str = "all"
    rows: tuple[Row, ...] = ()
    number: str = ""
    as_json: str = ""

    @property
    def shown(self) -> tuple[Row, ...]:
        return (*self.rows, *[Row()] * EMPTY_ROWS)


Choices = list[tuple[str, str]]
_OFFERED = (
    *(Window(name) for name in PERIODS),
    *(Window(name, back=1) for name in PERIODS),
    *(Window(ROLLING, months=months) for months in (3, 6, 12, 24, 36)),
    Window("since_enrollment"),
    Window("lifetime"),
    Window("valid_now"),
)
_ROLLED = f"{ROLLING}:"


def windows(rows: Rows) -> Choices:
    """Those that are offered, and those that the rows have anyway."""
    keys = [window.key for window in _OFFERED]
    others = [row.window for row in rows.rows if row.window not in keys]
    every = [*_OFFERED, *map(window_of, dict.fromkeys(others))]
    return [(window.key, in_words(window)) for window in every if window]


def takes() -> Choices:
    """A whole account or family, or the best of what it is made of."""
    own = [
        (TOTAL, _("in total")),
        *((name, _("best %(name)s") % {"name": SPLITS[name]}) for name in ("product_line", "kind")),
    ]
    family = [("family", _("whole family in total"))]
    family += [
        (f"{name}:family", _("best %(said)s of the family") % {"said": said})
        for name, said in SPLITS.items()
    ]
    return own + family


def rows_of(criteria: Mapping[str, Any], *, words: MeasureWords) -> Rows:
    """Stored criteria as rows, or as JSON where rows cannot say them."""
    parsed = parse(criteria)
    if isinstance(parsed, Weighted):
        return Rows("weighted", tuple(_parts(parsed, words)), str(parsed.score))
    parts = parsed.parts if isinstance(parsed, AtLeast) else (parsed,)
    rows = [_row(part, words) for part in parts]
    if None in rows:
        written = json.dumps(criteria, indent=2, ensure_ascii=False)
        return Rows(as_json=written)
    match = parsed.word if isinstance(parsed, AtLeast) else "all"
    number = str(parsed.least) if isinstance(parsed, AtLeast) and match == "n_of" else ""
    return Rows(match, tuple(row for row in rows if row), number)


def _row(part: Criteria, words: MeasureWords) -> Row | None:
    if isinstance(part, OnLadder):
        return Row(of=f"{LADDER}{part.ladder}", wanted=part.tier)
    if not isinstance(part, Condition):
        return None
    code = part.reading.measure
    return Row(
        of=code,
        window=part.reading.window.key,
        take=_take(part.reading),
        op=part.op,
        wanted=words.typed(code, part.threshold),
    )


def _parts(criteria: Weighted, words: MeasureWords) -> list[Row]:
    return [
        Row(
            of=part.reading.measure,
            window=part.reading.window.key,
            take=_take(part.reading),
            wanted=words.typed(part.reading.measure, part.full),
            weight=str(part.weight),
            least=str(part.least) if part.least else "",
        )
        for part in criteria.parts
    ]


def _take(reading: Reading) -> str:
    if reading.by:
        return f"{reading.by}:family" if reading.family else reading.by
    return "family" if reading.family else TOTAL


def posted(data: QueryDict) -> Rows:
    """The rows as they were sent; empty ones drop out. One with a value and no measure stays, to
    be asked about: without it a tier would ask less than was written."""
    names = ("of", "window", "take", "op", "wanted", "weight", "least")
    columns = [[text.strip() for text in data.getlist(name)[:MOST_ROWS]] for name in names]
    sent = (Row(*cells) for cells in zip(*columns, strict=False))
    rows = tuple(row for row in sent if row.of or row.wanted or row.weight or row.least)
    match = data.get("match", "")
    return Rows(
        match if match in MATCHES else "all",
        rows,
        data.get("number", "").strip(),
        data.get("as_json", "").strip(),
    )


def criteria_of(rows: Rows, *, words: MeasureWords) -> dict[str, Any]:
    """The criteria that the rows say. Raises BadCriteria with what to change."""
    written = _from_json(rows) if rows.as_json else _from_rows(rows, words)
    parse(written)
    return written


def _from_json(rows: Rows) -> dict[str, Any]:
    if rows.rows:
        raise BadCriteria("", _("Write rows or JSON, not both."))
    try:
        written = json.loads(rows.as_json)
    except (ValueError, RecursionError):
        raise BadCriteria("", _("This is no JSON; check brackets, quotes and commas.")) from None
    if not isinstance(written, dict):
        raise BadCriteria("", _("Criteria are an object in braces."))
    return written


def _from_rows(rows: Rows, words: MeasureWords) -> dict[str, Any]:
    if rows.match == "weighted":
        parts = [_weighted(row, words, n) for n, row in enumerate(rows.rows, start=1)]
        return {"weighted": parts, "score": _number(rows.number, _("The score"))}
    parts = [_condition(row, words, n) for n, row in enumerate(rows.rows, start=1)]
    if not parts:
        return {}
    if rows.match == "n_of":
        return {"n_of": _number(rows.number, _("How many of them")), "of": parts}
    return parts[0] if len(parts) == 1 else {rows.match: parts}


def _condition(row: Row, words: MeasureWords, place: int) -> dict[str, Any]:
    if row.of.startswith(LADDER):
        return {"ladder": row.of.removeprefix(LADDER), "op": "gte", "tier": row.wanted}
    return _reading(row, words, place) | {
        "op": row.op,
        "threshold": _units(row.of, row.wanted, words, place),
    }


def _weighted(row: Row, words: MeasureWords, place: int) -> dict[str, Any]:
    if row.of.startswith(LADDER):
        raise BadCriteria(
            _("Row %(place)s") % {"place": place}, _("another ladder's tier is no part of a score.")
        )
    return {
        "reading": _reading(row, words, place),
        "full": _units(row.of, row.wanted, words, place),
        "weight": _number(row.weight, _("The weight in row %(place)s") % {"place": place}),
        "least": _number(row.least or "0", _("The least in row %(place)s") % {"place": place}),
    }


def _reading(row: Row, words: MeasureWords, place: int) -> dict[str, Any]:
    if not row.of:
        raise BadCriteria(
            _("Row %(place)s") % {"place": place}, _("choose a measure, or empty the row.")
        )
    if row.of not in words.catalogue:
        raise BadCriteria(
            _("Row %(place)s") % {"place": place},
            _("there is no measure “%(of)s”.") % {"of": row.of},
        )
    window = window_of(row.window)
    if window is None:
        raise BadCriteria(
            _("Row %(place)s") % {"place": place},
            _("there is no window “%(window)s”.") % {"window": row.window},
        )
    taken, _colon, family = row.take.partition(":")
    said: dict[str, Any] = {"measure": row.of, "window": window.as_json()}
    if taken in SPLITS:
        said["take"] = {BEST_OF: taken}
    if family or taken == "family":
        said["family"] = True
    return said


def _units(code: str, text: str, words: MeasureWords, place: int) -> int:
    try:
        return words.read(code, text)
    except NotANumber as problem:
        raise BadCriteria(_("Row %(place)s") % {"place": place}, str(problem)) from None


def _number(text: str, what: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise BadCriteria(what, _("is a whole number."))
    return int(text)


def window_of(key: str) -> Window | None:
    """The window with this key, or None."""
    if key.startswith(_ROLLED):
        name, back, months = ROLLING, "", key.removeprefix(_ROLLED)
    else:
        name, _, back = key.partition("-")
        months = ""
    raw = {"window": name} | {
        said: int(number)
        for said, number in (("back", back), ("months", months))
        if number.isdecimal() and len(number) < 4
    }
    try:
        return parse_window(raw)
    except ValueError:
        return None
