"""How a tenant's numbers are written for people: its currency, its zone, its word for points."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from django.utils.translation import get_language, ngettext

from accounts.models import Tenant
from accounts.money import exponent, money_text, whole_money_text
from accounts.periods import day_of
from rewards.models import Unit

# How people write money, numbers and dates in each language that pages speak.
LOCALES = {"en": "en_US", "de": "de_DE"}
MINUTES = {"en_US": "MMM d, y, h:mm a"}
IN_MONEY = (Unit.MONEY, Unit.FUNDS)
LARGE_NOUNS = ("de",)
LAST_INSTANT = time(23, 59, 59, 999_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What every sentence about points needs to know of the tenant and the program."""

    currency: str
    zone: ZoneInfo
    points_name: str = "points"
    locale: str = "en_US"

    def exact_money(self, minor: int) -> str:
        """Smallest units as money with all its decimals, as columns of a table have them."""
        return money_text(minor, self.currency, self.locale)

    def money(self, minor: int) -> str:
        """As a sentence says it: a whole amount of major units loses its zeros: $25,000."""
        places = exponent(self.currency)
        if not places or minor % 10**places or abs(minor) < 100_000:
            return self.exact_money(minor)
        return whole_money_text(minor, self.currency, self.locale)

    def per_money(self, rate: Decimal, unit: str) -> tuple[str, str]:
        """A rate per 1.00 as people say it: (“1 point”, “$1.00”), and for 0.1 (“1 point”, “$10.00”)
        rather than a tenth of a point."""
        one = 10 ** exponent(self.currency)
        times = 1 / rate
        if rate < 1 and times == int(times):
            return self.amount(1, unit), self.money(one * int(times))
        return self.amount(rate, unit), self.money(one)

    def number(self, value: int | Decimal) -> str:
        if isinstance(value, Decimal):
            value = value.normalize()
        return format_decimal(value, format="#,##0.####", locale=self.locale)

    def signed(self, value: int) -> str:
        """With its sign, so that a loss is not told by color alone: +1,860 or −450."""
        return f"{_sign(value)}{self.number(abs(value))}"

    def held(self, value: int, unit: str) -> str:
        """What a wallet holds, as a column of figures has it: its heading names the unit."""
        return self.exact_money(value) if unit in IN_MONEY else self.number(value)

    def moved(self, value: int, unit: str) -> str:
        """The same of a movement, with its sign."""
        if unit not in IN_MONEY:
            return self.signed(value)
        return f"{_sign(value)}{self.exact_money(abs(value))}"

    def unit_name(self, unit: str, count: int | Decimal = 2) -> str:
        """The tenant's word for the unit: "point" after 1, "points" after any other count."""
        number = 1 if count == 1 else 2
        if unit in IN_MONEY:
            return str(Unit(unit).label)
        if unit == Unit.CREDITS:
            return ngettext("status credit", "status credits", number)
        if self.points_name == _points(2):
            return _points(number)
        return self.points_name.removesuffix("s") if count == 1 else self.points_name

    def amount(self, count: int | Decimal, unit: str) -> str:
        if unit in IN_MONEY:
            return self.exact_money(int(count))
        return f"{self.number(count)} {self.unit_name(unit, count)}"

    def day(self, instant: datetime | date) -> str:
        local = day_of(instant, self.zone) if isinstance(instant, datetime) else instant
        return format_date(local, "medium", locale=self.locale)

    def last_day(self, end: datetime) -> str:
        """The last day before `end`: what expires at midnight on July 1 is good on June 30."""
        return self.day(end - timedelta(microseconds=1))

    @property
    def zone_name(self) -> str:
        """The zone as people say it, by its city: New York."""
        return self.zone.key.rpartition("/")[2].replace("_", " ")

    def minute(self, instant: datetime) -> str:
        """Day and time; the day alone for what has no time of its own, which is dated to the first
        or the last instant of its day."""
        local = instant.astimezone(self.zone)
        if local.time() == time.min or local.time() >= LAST_INSTANT:
            return self.day(instant)
        pattern = MINUTES.get(self.locale, "dd.MM.y, HH:mm")
        return format_datetime(local, pattern, locale=self.locale)


def _sign(value: int) -> str:
    return "+" if value > 0 else "−" if value < 0 else ""


def within(name: str) -> str:
    """A noun within a sentence: small, but in a language that writes its nouns large."""
    return name if get_language() in LARGE_NOUNS else name.lower()


def voice_of(tenant: Tenant, points_name: str = "points") -> Voice:
    """In the language that is being spoken; a program's own word for points is said as it is."""
    return Voice(
        currency=tenant.currency,
        zone=tenant.zone,
        points_name=_own_word(points_name),
        locale=LOCALES.get(get_language() or "", "en_US"),
    )


def voice_named(voice: Voice, points_name: str) -> Voice:
    """The same for another program, where a list is of several."""
    return replace(voice, points_name=_own_word(points_name))


def _own_word(points_name: str) -> str:
    return _points(2) if points_name == "points" else points_name


def _points(count: int) -> str:
    return ngettext("point", "points", count)
