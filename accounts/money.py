"""Money as whole numbers of the currency's smallest unit; never floats."""

from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_precision, list_currencies


def is_currency(code: str) -> bool:
    return code in list_currencies()


def exponent(currency: str) -> int:
    """Decimal places of the currency's smallest unit (ISO 4217): USD 2, JPY 0, KWD 3."""
    return get_currency_precision(currency)


def to_minor(amount: Decimal, places: int) -> int:
    """`amount` in major units as a whole number of the smallest unit (`places` decimal places).

    Raises ValueError when it has a fraction of the smallest unit: rounding would move money.
    """
    minor = amount.scaleb(places)
    whole = int(minor)
    if minor != whole:
        raise ValueError(f"has more than {places} decimal places")
    return whole


def to_major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))


def money_text(minor: int, currency: str, locale: str = "en_US") -> str:
    """For people: 124055 USD as $1,240.55."""
    return format_currency(to_major(minor, currency), currency, locale=locale)


def whole_money_text(minor: int, currency: str, locale: str = "en_US") -> str:
    """A whole number of major units without decimals: 2500000 USD as $25,000."""
    pattern = Locale.parse(locale).currency_formats["standard"].pattern.replace(".00", "")
    return format_currency(
        to_major(minor, currency), currency, pattern, locale=locale, currency_digits=False
    )


def amount_text(minor: int, places: int) -> str:
    """Without a currency: 124055 with two places as 1,240.55."""
    return f"{Decimal(minor).scaleb(-places):,.{places}f}"
