"""Measures in words: their names, their values as people write them, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from django.utils.translation import get_language, gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.counting import RATIO, Catalogue, counting_of
from accounts.declaring import measures
from accounts.money import exponent
from accounts.readings import Reading
from accounts.windows import VALID_NOW, in_words
from rewards.voice import LARGE_NOUNS, Voice

# What one of them is called within a sentence, and more of them; of other measures the name.
NOUNS = {
    "orders": ngettext_lazy("purchase", "purchases"),
    "units": ngettext_lazy("unit", "units"),
    "status_credits": ngettext_lazy("status credit", "status credits"),
    "points_earned": ngettext_lazy("point earned", "points earned"),
    "certificates": ngettext_lazy("certificate", "certificates"),
    "certified_people": ngettext_lazy("certified person", "certified people"),
    "trainings": ngettext_lazy("training", "trainings"),
    "trained_people": ngettext_lazy("trained person", "trained people"),
    "deals": ngettext_lazy("deal", "deals"),
    "renewals": ngettext_lazy("contract renewal", "contract renewals"),
    "referrals": ngettext_lazy("referral", "referrals"),
    "events": ngettext_lazy("event", "events"),
    "co_marketing": ngettext_lazy("co-marketing activity", "co-marketing activities"),
    "advocacy": ngettext_lazy("case study or reference", "case studies or references"),
}
SPLITS = {
    "product_line": _("of the best product line"),
    "kind": _("of the best kind of activity"),
    "region": _("of the best region"),
    "vertical": _("of the best vertical"),
}
REVENUE = "revenue"
MOST_DIGITS = 18


class NotANumber(ValueError):
    def __init__(self, text: str) -> None:
        said = gettext("“{text}” is no number; write it like 25000 or 4.5.")
        super().__init__(said.format(text=text))


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureWords:
    """All measures of a tenant by their codes, and its voice."""

    names: Mapping[str, str]
    catalogue: Catalogue
    voice: Voice

    def with_own(self, own: Mapping[str, tuple[str, Mapping[str, Any]]]) -> "MeasureWords":
        """As if these were declared, too: name and terms by code."""
        return replace(
            self,
            names={**{code: name for code, (name, _) in own.items()}, **self.names},
            catalogue={
                **{code: counting_of(terms) for code, (_, terms) in own.items()},
                **self.catalogue,
            },
        )

    def name(self, code: str) -> str:
        return self.names.get(code, code.replace("_", " ").capitalize())

    def scale(self, code: str) -> int:
        """How many stored units make one as people write it. Raises KeyError for no measure."""
        return self.catalogue[code].scale or 10 ** exponent(self.voice.currency)

    def value(self, code: str, value: int) -> str:
        """With its unit where it has one of its own: $25,000, 70%, 6."""
        counting = self.catalogue[code]
        if counting.is_money:
            return self.voice.money(value)
        number = self.voice.number(Decimal(value) / self.scale(code))
        return gettext("{number}%").format(number=number) if counting.counts == RATIO else number

    def to_go(self, code: str, value: int) -> str:
        """$25,000 to go, $25,000 of deal value to go, 1 certificate to go."""
        said, noun = self.value(code, value), self._noun(code, value)
        if self.catalogue[code].is_money:
            if code == REVENUE:
                return gettext("{value} to go").format(value=said)
            return gettext("{value} of {measure} to go").format(value=said, measure=noun)
        return gettext("{count} {noun} to go").format(count=said, noun=noun)

    def more(self, code: str, value: int) -> str:
        """$25,000 more, $25,000 more of deal value, 1 more certificate."""
        said, noun = self.value(code, value), self._noun(code, value)
        if self.catalogue[code].is_money:
            if code == REVENUE:
                return gettext("{value} more").format(value=said)
            return gettext("{value} more of {measure}").format(value=said, measure=noun)
        return gettext("{count} more {noun}").format(count=said, noun=noun)

    def less(self, code: str, value: int) -> str:
        """3 fewer than there are: what is at most wanted is exceeded by that."""
        said = gettext("{value} less of {measure}")
        return said.format(value=self.value(code, value), measure=_small(self.name(code)))

    def _noun(self, code: str, value: int) -> str:
        nouns = NOUNS.get(code)
        if nouns is None:
            return _small(self.name(code))
        return nouns % (1 if value == self.scale(code) else 2)

    def typed(self, code: str, value: int) -> str:
        """As it stands in a form: without separators, only the decimal places that it needs."""
        with localcontext(prec=40):
            number = (Decimal(value) / self.scale(code)).normalize()
        return f"{number:f}"

    def read(self, code: str, text: str) -> int:
        """What people typed, in stored units. Raises NotANumber."""
        try:
            number = Decimal(text.strip().replace(",", "").removesuffix("%"))
        except InvalidOperation:
            raise NotANumber(text) from None
        if not number.is_finite() or number.adjusted() > MOST_DIGITS:
            raise NotANumber(text)
        units = number * self.scale(code)
        if units != int(units):
            raise NotANumber(text)
        return int(units)

    def reading(self, reading: Reading) -> str:
        """Revenue of the best product line, this quarter, of the whole family."""
        name = self.name(reading.measure)
        if reading.by:
            name += f" {SPLITS[reading.by]}"
        parts = [name]
        if reading.window.window != VALID_NOW:
            parts.append(in_words(reading.window))
        if reading.family:
            parts.append(gettext("the whole family together"))
        return ", ".join(parts)


def _small(name: str) -> str:
    """Within a sentence; a name that begins with an abbreviation keeps it, and so does every noun
    of a language that writes them large."""
    if get_language() in LARGE_NOUNS:
        return name
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def measure_words(voice: Voice) -> MeasureWords:
    """Of the open tenant: the measures that everybody has, and its own."""
    named = measures()
    return MeasureWords(
        names={code: one.name for code, one in named.items()},
        catalogue={code: one.counting for code, one in named.items()},
        voice=voice,
    )
