"""Numbers and dates in templates, as the tenant writes them: {{ cents|money:voice }}.

`voice` (rewards.voice.Voice) knows currency, zone and the program's word for points.
"""

from datetime import date, datetime
from decimal import Decimal

from django import template

from loyalty.countries import country_name
from rewards.voice import Voice

register = template.Library()


@register.filter
def money(minor: int | None, voice: Voice) -> str:
    """For tables: with all decimals, so that the figures of a column stand below each other."""
    return "" if minor is None else voice.exact_money(minor)


@register.filter
def number(value: int | Decimal | None, voice: Voice) -> str:
    return "" if value is None else voice.number(value)


@register.filter
def signed(value: int, voice: Voice) -> str:
    return voice.signed(value)


@register.filter
def points(value: int, voice: Voice) -> str:
    return voice.amount(value, "points")


@register.filter
def day(instant: datetime | date | None, voice: Voice) -> str:
    return "" if instant is None else voice.day(instant)


@register.filter
def last_day(end: datetime | None, voice: Voice) -> str:
    """The last day before an end: what ends at midnight on July 1 is good on June 30."""
    return "" if end is None else voice.last_day(end)


@register.filter
def minute(instant: datetime | None, voice: Voice) -> str:
    return "" if instant is None else voice.minute(instant)


@register.filter
def country(code: str) -> str:
    return country_name(code)


@register.filter
def iso(instant: datetime) -> str:
    """For <time datetime>."""
    return instant.isoformat()
