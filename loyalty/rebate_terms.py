"""The terms of an agreement in plain words: what counts, what each band pays, how it is settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.kinds import kind_names
from accounts.money import exponent
from rebates.models import AgreementVersion, Method, Period, Settles
from rebates.terms import (
    ABSOLUTE,
    BASELINE,
    EXCESS,
    FIXED,
    GROWTH,
    GUARANTEED,
    IGNORED,
    INCREMENTAL,
    QUANTITY,
    VALUE,
    WHOLE,
    WITH_THE_ORIGINAL,
    YEAR_BEFORE,
    Base,
    Terms,
    parse_terms,
)
from rewards.voice import Voice
from tiers.queries import ladder_of

QUANTITY_PLACES = 4  # a quantity is counted in ten-thousandths: see accounts.counting


@dataclass(frozen=True, slots=True)
class BandWords:
    begins: str
    gives: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsWords:
    """`gist` is the agreement in a sentence; `counts` what is counted, `pays` how bands pay and
    `settles` how it reaches the partner, each a list of sentences."""

    gist: str
    counts: list[str]
    bands: list[BandWords]
    pays: list[str]
    settles: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How this agreement's numbers are said: its terms, its period, the tenant's voice."""

    terms: Terms
    period: str
    voice: Voice
    kinds: Mapping[str, str]
    tiers: Mapping[str, str]

    def sold(self, value: int | Fraction) -> str:
        """A number of the measure: money, units or points."""
        return sold_text(value, measure=self.terms.measure, voice=self.voice)

    @property
    def base_name(self) -> str:
        return _("baseline") if self.terms.position == BASELINE else _("target")

    def rate(self, rate: Decimal) -> str:
        """What a band pays."""
        if self.terms.method == FIXED:
            return self.voice.money(int(rate))
        if self.terms.measure == VALUE:
            return _("{number}%").format(number=self.voice.number(rate))
        each = {"money": rate_money(rate, self.voice)}
        if self.terms.measure == QUANTITY:
            return _("%(money)s a unit") % each
        return _("%(money)s a point") % each

    def start(self, start: Decimal) -> str:
        """Where a band begins."""
        if self.terms.position == ABSOLUTE:
            return _("from %(sold)s") % {"sold": self.sold(int(start))}
        percent = self.voice.number(start)
        if self.terms.method == GROWTH:
            return _("from %(percent)s%% above the %(base)s") % {
                "percent": percent,
                "base": self.base_name,
            }
        return _("from %(percent)s%% of the %(base)s") % {
            "percent": percent,
            "base": self.base_name,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What agreements call by a code: kinds of activities, tiers of a program's leading ladder."""

    voice: Voice
    kinds: Mapping[str, str]
    tiers: Mapping[str, str]

    def wording(self, version: AgreementVersion, *, period: str) -> Wording:
        return Wording(
            terms=parse_terms(version.terms),
            period=period,
            voice=self.voice,
            kinds=self.kinds,
            tiers=self.tiers,
        )


def names(*, voice: Voice, program_id: UUID, at: datetime) -> Names:
    ladder = ladder_of(program_id=program_id, as_of=at)
    return Names(
        voice=voice,
        kinds=kind_names(),
        tiers={rung.code: rung.name for rung in ladder.rungs} if ladder else {},
    )


def sold_text(value: int | Fraction, *, measure: str, voice: Voice) -> str:
    """A number of a measure, in the units of `accounts.counting`."""
    if measure == VALUE:
        return voice.exact_money(round(value))
    if measure == QUANTITY:
        units = Decimal(round(value)).scaleb(-QUANTITY_PLACES)
        number = voice.number(units)
        return ngettext("%(number)s unit", "%(number)s units", 1 if units == 1 else 2) % {
            "number": number
        }
    return voice.amount(round(value), "points")


def rate_money(rate: Decimal, voice: Voice) -> str:
    """An amount in smallest units that may have decimals of them: 432.5 cents as $4.325."""
    if rate == int(rate):
        return voice.exact_money(int(rate))
    return f"{voice.number(rate.scaleb(-exponent(voice.currency)))} {voice.currency}"


def terms_words(version: AgreementVersion, said: Wording) -> TermsWords:
    bands = [BandWords(said.start(band.start), said.rate(band.rate)) for band in said.terms.bands]
    return TermsWords(
        gist=_gist(said, bands),
        counts=[*_counted(said), *_base(said)],
        bands=bands,
        pays=_pays(said),
        settles=_settles(version),
    )


def _gist(said: Wording, bands: Sequence[BandWords]) -> str:
    period = {"period": Period(said.period).label}
    if len(bands) == 1:
        only = period | {"gives": bands[0].gives, "begins": bands[0].begins}
        return _("%(gives)s %(begins)s, each %(period)s") % only
    span = period | {"least": bands[0].gives, "most": bands[-1].gives, "count": len(bands)}
    return _("%(least)s to %(most)s in %(count)s bands, each %(period)s") % span


def _counted(said: Wording) -> list[str]:
    """What counts for the bands, what of it earns, and what is taken off."""
    terms = said.terms
    kinds = _listed([said.kinds.get(kind, kind) for kind in terms.kinds])
    found = [
        _("Counted: %(kinds)s of %(lines)s.") % {"kinds": kinds, "lines": _listed(terms.lines)}
        if terms.lines
        else _("Counted: %(kinds)s of all product lines.") % {"kinds": kinds}
    ]
    if terms.earning_lines:
        lines = {"lines": _listed(terms.earning_lines)}
        found.append(_("Of these, %(lines)s earn; the others count for the band only.") % lines)
    if terms.net_of:
        found.append(_("Net of %(parts)s.") % {"parts": _listed(terms.net_of)})
    found.append(_returns(terms))
    return found


def _returns(terms: Terms) -> str:
    if terms.returns == IGNORED:
        return _("Returns are not taken off.")
    if terms.returns == WITH_THE_ORIGINAL:
        return _("Returns are taken off in the period in which the goods were bought.")
    return _("Returns are taken off in the period in which they come back.")


def _base(said: Wording) -> list[str]:
    base = said.terms.base
    if base is None:
        return []
    name = said.base_name.capitalize()
    if base.given is not None:
        return [_("%(name)s: %(sold)s.") % {"name": name, "sold": said.sold(base.given)}]
    return [_("%(name)s: %(text)s.") % {"name": name, "text": _history(base, said)}]


def _history(base: Base, said: Wording) -> str:
    period = Period(said.period).label
    if base.of == YEAR_BEFORE:
        text = _("what was sold in the same %(period)s a year before") % {"period": period}
        if base.periods > 1:
            text = _("the mean of %(count)s of the periods a year before") % {"count": base.periods}
    else:
        text = ngettext(
            "what was sold in the %(period)s before",
            "the mean of the last %(count)s periods (%(period)s)",
            base.periods,
        ) % {"period": period, "count": base.periods}
    if base.plus:
        text += _(" plus %(percent)s%%") % {"percent": said.voice.number(base.plus)}
    if base.floor is not None:
        text += _(", at least %(sold)s") % {"sold": said.sold(base.floor)}
    if base.ceiling is not None:
        text += _(", at most %(sold)s") % {"sold": said.sold(base.ceiling)}
    return text


def _pays(said: Wording) -> list[str]:
    terms, voice = said.terms, said.voice
    found = [method_text(said)]
    if terms.method == GUARANTEED:
        rate = {"rate": said.rate(terms.guaranteed)}
        found.append(_("%(rate)s is guaranteed on everything; a band pays on top of it.") % rate)
    for code, times in terms.tier_multipliers.items():
        tier = {"tier": said.tiers.get(code, code), "times": voice.number(times)}
        found.append(_("At %(tier)s times %(times)s.") % tier)
    if terms.minimum:
        found.append(_("Less than %(money)s is not paid.") % {"money": voice.money(terms.minimum)})
    if terms.cap is not None:
        found.append(_("At most %(money)s a period.") % {"money": voice.money(terms.cap)})
    return found


def method_text(said: Wording) -> str:
    """How the band reached pays."""
    base = {"base": said.base_name}
    over = said.terms.position == ABSOLUTE
    return {
        WHOLE: _("The band reached pays on the whole volume."),
        GUARANTEED: _("The band reached pays on the whole volume."),
        EXCESS: _("The band reached pays on what is above the first band.")
        if over
        else _("The band reached pays on what is above the %(base)s.") % base,
        INCREMENTAL: _("Each band pays on the part of the volume that lies in it."),
        GROWTH: _("The band reached pays on the growth above the %(base)s.") % base,
        FIXED: _("The band reached pays its fixed amount."),
    }[said.terms.method]


def _settles(version: AgreementVersion) -> list[str]:
    how = {
        "when": Settles(version.settles).label,
        "method": Method(version.method).label,
        "days": version.grace_days,
    }
    found = [_("Settled %(when)s, after %(days)s days of grace: %(method)s.") % how]
    if version.method == Method.POINTS and version.points_rate:
        rate = f"{version.points_rate.normalize():f}"
        found.append(_("%(rate)s points for each 1.00.") % {"rate": rate})
    answer = {"days": version.answer_days}
    found.append(_("There are %(days)s days to accept a statement or to dispute it.") % answer)
    if version.silence_accepts:
        found.append(_("Without an answer in time a statement counts as accepted."))
    return found


def _listed(names: Sequence[str]) -> str:
    """As people list names: “Bikes, Parts and Tires”."""
    if len(names) < 2:
        return "".join(names)
    return _("%(some)s and %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}
