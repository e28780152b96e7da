"""Surveys as all faces say them: what a score means, and how it went over the year."""

from datetime import date, datetime

from babel.dates import format_skeleton
from django.utils.translation import gettext as _

from accounts.periods import add_months, month_of
from loyalty.charts import Chart, Series, bar_chart
from partners.models import Scale, Survey, SurveyAsked
from partners.surveys.answering import RANGES
from partners.surveys.results import Result, by_month
from rewards.voice import Voice

MONTHS = 12


def score_name(scale: str) -> str:
    return _("NPS") if scale == Scale.NPS else _("Content, in percent")


def group_names(scale: str) -> tuple[str, str, str]:
    """Those for it, in between and against it, by what they answered."""
    if scale == Scale.NPS:
        return _("Promoters (9–10)"), _("Passives (7–8)"), _("Detractors (0–6)")
    return _("Content (4–5)"), _("In between (3)"), _("Not content (1–2)")


def answer_text(asked: SurveyAsked) -> str:
    """“9 of 10”."""
    _least, most = RANGES[Scale(asked.scale)]
    return _("%(answer)d of %(most)d") % {"answer": asked.answer or 0, "most": most}


def ends_of(scale: str) -> tuple[str, str]:
    """What the lowest and the highest number mean."""
    if scale == Scale.NPS:
        return _("not at all likely"), _("extremely likely")
    return _("not at all content"), _("fully content")


def trend_of(survey: Survey, *, voice: Voice, now: datetime) -> Chart:
    """Answers of twelve months by what they say, this month so far."""
    last = month_of(now, voice.zone)
    months = [add_months(last, back) for back in range(1 - MONTHS, 1)]
    found = by_month(survey, since=months[0], zone=voice.zone)
    none = Result("", 0, 0, 0, 0, 0, None, survey.scale)
    rows = [found.get(month, none) for month in months]
    names = group_names(survey.scale)
    return bar_chart(
        key="survey",
        title=_("Answers by month"),
        columns=[(_month("MMM", month, voice), _month("yMMMM", month, voice)) for month in months],
        series=[
            Series(names[0], [row.promoters for row in rows]),
            Series(names[1], [row.passives for row in rows]),
            Series(names[2], [row.detractors for row in rows]),
        ],
        voice=voice,
    )


def _month(skeleton: str, month: date, voice: Voice) -> str:
    return format_skeleton(skeleton, month, locale=voice.locale)
