"""Days as people write them, in sentences that rules say."""

from datetime import date

from babel.dates import format_date
from django.utils.translation import get_language


def said_day(day: date) -> str:
    """“Mar 31, 2026”, or “31.03.2026” where German is being spoken."""
    return format_date(day, "medium", locale=get_language() or "en")
