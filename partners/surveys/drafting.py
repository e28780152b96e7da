"""What a survey asks, when, and of whom."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import Segment
from partners.models import Occasion, Survey

MOST_OPEN = 90


class BadSurvey(ValueError):
    """Its text says what to change, in `field` where it is one."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a survey says; see `Survey`."""

    name: str
    scale: str
    question: str
    follow_up: str = ""
    occasion: str = Occasion.HAND
    segment: Segment | None = None
    open_days: int = 21
    remind_days: int = 7
    is_active: bool = True


def add_survey(terms: Terms, *, actor: str, now: datetime) -> Survey:
    """Raises BadSurvey. What happened before is not asked about."""
    _check(terms)
    return _kept(Survey(created_at=now, created_by=actor), terms, actor=actor, now=now)


def change_survey(survey: Survey, terms: Terms, *, actor: str, now: datetime) -> Survey:
    """Who was asked before answers what they were asked, until the day they were told. Raises
    BadSurvey; the scale of one that was sent stays, or its answers could not be compared."""
    _check(terms)
    with transaction.atomic():
        found = Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
        if terms.scale != found.scale and found.asked.exists():
            raise BadSurvey(
                _("It was sent with this scale already: add another survey instead."), "scale"
            )
        return _kept(found, terms, actor=actor, now=now)


def _kept(survey: Survey, terms: Terms, *, actor: str, now: datetime) -> Survey:
    is_new = survey._state.adding
    for name in Terms.__slots__:
        setattr(survey, name, getattr(terms, name))
    try:
        with transaction.atomic():
            survey.save()
            events.record(
                kind="survey.added" if is_new else "survey.changed",
                occurred_at=now,
                recorded_at=now,
                actor=actor,
                subject=f"survey:{survey.pk}",
                payload=_said(terms),
            )
    except IntegrityError as error:
        if "survey_name_is_unique" not in str(error):
            raise
        raise BadSurvey(_("There is a survey of this name already."), "name") from None
    return survey


def _check(terms: Terms) -> None:
    if not terms.name.strip() or not terms.question.strip():
        raise BadSurvey(_("A survey has a name, and a question."))
    if not 1 <= terms.open_days <= MOST_OPEN:
        raise BadSurvey(_("It is open for 1 to %d days.") % MOST_OPEN, "open_days")
    if not 0 <= terms.remind_days < terms.open_days:
        raise BadSurvey(_("A reminder comes before it closes; 0 is none."), "remind_days")


def _said(terms: Terms) -> dict[str, object]:
    said = {name: getattr(terms, name) for name in Terms.__slots__}
    return said | {"segment": terms.segment.code if terms.segment else ""}
