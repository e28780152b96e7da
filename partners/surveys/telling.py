"""What is recorded of surveys: the outbox, and all that a notice needs."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.events import NewEvent, record_many
from accounts.periods import day_of
from partners.models import SurveyAsked


def tell(
    asked: Sequence[SurveyAsked],
    what: str,
    *,
    actor: str,
    now: datetime,
    zone: ZoneInfo,
    **more: Any,
) -> None:
    """Of people whose surveys are loaded."""
    record_many(
        [
            NewEvent(
                kind=f"survey.{what}",
                occurred_at=now,
                recorded_at=now,
                actor=actor,
                subject=f"survey_asked:{one.pk}",
                account_id=one.account_id,
                payload={
                    "survey": one.survey.name,
                    "question": one.survey.question,
                    "scale": one.scale,
                    "about": one.about,
                    "member": str(one.member_id),
                    "until": _last_day(one, zone).isoformat(),
                }
                | more,
            )
            for one in asked
        ]
    )


def _last_day(asked: SurveyAsked, zone: ZoneInfo) -> date:
    return day_of(asked.closes_at - timedelta(microseconds=1), zone)
