"""Days counted by a column: PostgreSQL adds whole numbers to dates as they are."""

from datetime import date

from django.db.models import DateField, F, Func, Value
from django.db.models.functions import Cast


def day_before(day: date, field: str) -> Func:
    """The day that is as many days before `day` as `field` says."""
    return _shifted(day, " - ", field)


def day_after(day: date, field: str) -> Func:
    return _shifted(day, " + ", field)


def _shifted(day: date, sign: str, field: str) -> Func:
    return Func(
        Cast(Value(day), DateField()),
        F(field),
        template="(%(expressions)s)",
        arg_joiner=sign,
        output_field=DateField(),
    )
