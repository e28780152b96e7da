"""What people choose from when they say where they are: currencies and time zones."""

from functools import cache
from zoneinfo import available_timezones

from babel.core import get_global
from babel.numbers import get_currency_name, get_territory_currencies

_REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def currencies() -> list[tuple[str, str]]:
    """(code, "USD – US Dollar") of every currency in use today."""
    in_use = {
        code
        for territory in get_global("territory_currencies")
        for code in get_territory_currencies(territory)
    }
    return [
        (code, f"{code} – {get_currency_name(code, locale='en_US')}") for code in sorted(in_use)
    ]


@cache
def time_zones() -> list[tuple[str, object]]:
    """IANA zones grouped by region, as a select shows them; UTC first."""
    names = sorted(available_timezones())
    groups = [
        (region, [(name, _place(name)) for name in names if name.startswith(f"{region}/")])
        for region in _REGIONS
    ]
    return [("UTC", "UTC"), *groups]


def _place(name: str) -> str:
    return name.split("/", 1)[1].replace("_", " ").replace("/", ", ")
