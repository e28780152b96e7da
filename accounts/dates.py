"""Days and numbers as people write them, in sentences that rules say."""

from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils.translation import get_language


def said_day(day: date) -> str:
    """“Mar 31, 2026”, or “31.03.2026” where German is being spoken."""
    return format_date(day, "medium", locale=get_language() or "en")


def said_number(number: int) -> str:
    """“1,000,000”, or “1.000.000” where German is being spoken."""
    return format_decimal(number, locale=get_language() or "en")
