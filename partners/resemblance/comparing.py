"""Whether two customers may be the same one: a score from 0 to 100, with its reasons.

Pieces of evidence add up as independent ones do: what is left of doubt is multiplied. Evidence
against takes away a share. Keys are what resembling customers have in common, so that candidates
are found by an index and never by comparing with everybody.
"""

from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

from partners.resemblance.domains import label_of
from partners.resemblance.names import GENERIC, weight_of, words_of

CONFLICT = 50  # from here on two deals may be for the same customer
RELATED = 30  # from here on somebody may want to look

_TELLING = 2  # so many words of a name are looked up with a typo
_START = 6  # a typo is looked for in so many first letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """As a deal keeps it: `site` is the registered domain, `tax` letters and digits alone."""

    name: str
    site: str = ""
    tax: str = ""
    country: str = ""
    products: frozenset = frozenset()


@dataclass(frozen=True, slots=True)
class Resemblance:
    """`reasons` are codes, the strongest first: see `loyalty.deal_words`."""

    score: int
    reasons: tuple[str, ...]


def tax_of(text: str) -> str:
    """A tax number without what people put between its characters."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def compare(one: Customer, other: Customer) -> Resemblance:
    """How likely it is that both are the same customer, wanting the same."""
    doubt, reasons = 1.0, []
    for weight, reason in _for_it(one, other):
        doubt *= 1 - weight
        reasons.append((weight, reason))
    belief = 1 - doubt
    for share, reason in _against_it(one, other):
        belief *= share
        reasons.append((0.0, reason))
    ordered = sorted(reasons, key=lambda pair: -pair[0])
    return Resemblance(round(100 * belief), tuple(reason for _, reason in ordered))


def _for_it(one: Customer, other: Customer) -> list[tuple[float, str]]:
    found = []
    if one.tax and other.tax:
        if one.tax == other.tax:
            found.append((0.97, "tax"))
        elif len(one.tax) > 6 and edits(one.tax, other.tax, most=1) <= 1:
            found.append((0.6, "tax_near"))
    if one.site and one.site == other.site:
        found.append((0.9, "site"))
    elif one.site and other.site and label_of(one.site) == label_of(other.site):
        found.append((0.5, "site_label"))
    likeness = name_likeness(words_of(one.name), words_of(other.name))
    for least, weight, reason in ((0.97, 0.88, "name"), (0.84, 0.75, "name_near"),
                                  (0.7, 0.4, "name_part"), (0.55, 0.2, "name_part")):  # fmt: skip
        if likeness >= least:
            found.append((weight, reason))
            break
    return found


def _against_it(one: Customer, other: Customer) -> list[tuple[float, str]]:
    found = []
    if one.tax and other.tax and edits(one.tax, other.tax, most=1) > 1:
        found.append((0.45, "other_tax"))
    if one.site and other.site and label_of(one.site) != label_of(other.site):
        found.append((0.65, "other_site"))
    if one.country and other.country and one.country != other.country:
        found.append((0.8, "other_country"))
    if one.products and other.products and not one.products & other.products:
        found.append((0.45, "other_products"))
    return found


def name_likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """From 0 to 1: which share of the words, by weight, has its like in the other name."""
    if one == other:
        return 1.0
    glued = _glued(one, other)
    if glued == 1.0:
        return glued
    left, common = list(other), 0.0
    for word in one:
        best = max(left, key=lambda its, word=word: _word_likeness(word, its), default="")
        likeness = _word_likeness(word, best)
        if likeness:
            left.remove(best)
            common += likeness * (weight_of(word) + weight_of(best)) / 2
    whole = sum(map(weight_of, one)) + sum(map(weight_of, other))
    return max(2 * common / whole, glued)


def _glued(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """“Blue Sky” is “Bluesky”: the same letters, words or not."""
    one, other = telling_of(one), telling_of(other)
    if len(one) == len(other):
        return 0.0
    left, right = "".join(one), "".join(other)
    if sorted(left) == sorted(right):
        return 1.0
    longest, apart = max(len(left), len(right)), edits(left, right, most=2)
    near = 1 - apart / longest
    return near if apart <= 2 and near >= 0.85 else 0.0


def telling_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """Those that few companies share; all where there is none."""
    return tuple(word for word in words if word not in GENERIC) or words


def _word_likeness(one: str, other: str) -> float:
    """1 for the same word; a typo or two count less in a long word; 0 for another word."""
    if one == other:
        return 1.0
    shorter, longer = sorted((len(one), len(other)))
    if shorter < 4:
        return 0.0
    most = 1 if longer < 8 else 2
    apart = edits(one, other, most=most)
    return 1 - apart / longer if apart <= most else 0.0


def edits(one: str, other: str, *, most: int) -> int:
    """Letters put in, left out, changed or swapped with their neighbor; beyond `most`, most + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before, last = [], list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, its in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != its))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == its:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > most:
            return most + 1
        before, last = last, line
    return min(last[-1], most + 1)


# ── Keys ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Keys:
    """`strong` name one customer, whoever else has them; `weak` are passed over where they are
    common. Each is a 64-bit number."""

    strong: frozenset[int]
    weak: frozenset[int]


def keys_of(customer: Customer) -> Keys:
    """What somebody who resembles `customer` has in common with it."""
    words = words_of(customer.name)
    letters = sorted("".join(telling_of(words)))
    strong = {_number("name", " ".join(words)), _number("letters", "".join(letters))}
    if customer.tax:
        strong |= {_number("tax", customer.tax)}
    if customer.site:
        strong |= {_number("site", customer.site), _number("label", label_of(customer.site))}
    return Keys(frozenset(strong), frozenset(_number("words", key) for key in _of_words(words)))


def _of_words(words: tuple[str, ...]) -> set[str]:
    """Of a name of one word, the word with a letter left out; of more, each of its two longest by
    itself, and both together with a letter left out of one of them."""
    telling = telling_of(words)
    chosen = sorted(telling, key=lambda word: (-len(word), word))[:_TELLING]
    if len(chosen) == 1:
        return _shortened(chosen[0])
    found = set(chosen) | {" ".join(sorted(pair)) for pair in combinations(telling[:4], 2)}
    for whole, other in (chosen, chosen[::-1]):
        found |= {f"{whole}|{start}" for start in _shortened(other)}
    return found


def _shortened(word: str) -> set[str]:
    """The start of the word, and the start with each of its letters left out: two words that are
    one typo apart share at least one of these (Garbe's symmetric deletes)."""
    start = word[:_START]
    if len(start) < 4:
        return {start}
    return {start} | {start[:place] + start[place + 1 :] for place in range(len(start))}


def _number(kind: str, text: str) -> int:
    digest = blake2b(f"{kind}:{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
