"""What a day brings to surveys: they are sent when their occasion has come, and reminded of once.
Running twice is once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value

from accounts.periods import quarter_of
from partners.models import SurveyAsked
from partners.surveys.asking import ask_after_deals, ask_after_quarter
from partners.surveys.telling import tell

ACTOR = "system"
AT_ONCE = 500  # people in one transaction


@dataclass(slots=True)
class Advanced:
    asked: int = 0
    reminded: int = 0


def advance(*, zone: ZoneInfo, now: datetime) -> Advanced:
    """Do all that is due by now, in transactions of its own."""
    about = {"actor": ACTOR, "zone": zone, "now": now}
    done = Advanced()
    done.asked = ask_after_deals(**about)
    done.asked += ask_after_quarter(ended=quarter_of(now, zone), **about)
    while count := _remind(zone=zone, now=now):
        done.reminded += count
    return done


def _remind(*, zone: ZoneInfo, now: datetime) -> int:
    days = ExpressionWrapper(
        F("survey__remind_days") * Value(timedelta(days=1), DurationField()),
        output_field=DurationField(),
    )
    due_at = ExpressionWrapper(F("asked_at") + days, output_field=DateTimeField())
    waiting = SurveyAsked.objects.filter(
        answered_at=None, reminded_at=None, closes_at__gt=now, survey__remind_days__gt=0
    )
    with transaction.atomic():
        rows = waiting.alias(due_at=due_at).filter(due_at__lte=now)
        rows = rows.select_for_update(of=("self",), skip_locked=True).select_related("survey")
        due = list(rows.order_by("id")[:AT_ONCE])
        for one in due:
            one.reminded_at = now
        SurveyAsked.objects.bulk_update(due, ["reminded_at"])
        tell(due, "reminded", actor=ACTOR, now=now, zone=zone)
    return len(due)
