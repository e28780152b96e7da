"""Who is asked: the people of an account, each once about the same thing, in chunks that may be
killed anywhere and come again."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.ids import uuid7s
from accounts.models import Enrollment, Member
from accounts.models.directory import EnrollmentState
from accounts.periods import day_of, start_of
from accounts.segments import accounts_in
from partners.models import Deal, DealState, Occasion, Survey, SurveyAsked
from partners.surveys.telling import tell

AT_ONCE = 500  # people in one transaction
# An occasion that is longer ago is not asked about any more: nobody remembers it.
LATELY = timedelta(days=14)


class CannotAsk(ValueError):
    """Its text says what stands in the way; nobody was asked."""


def send_by_hand(survey_id: UUID, *, key: str, actor: str, zone: ZoneInfo, now: datetime) -> int:
    """Ask the people of the survey's segment now; how many were. `key` is the permanent identity:
    the same one asks nobody a second time. Raises CannotAsk."""
    survey = Survey.objects.select_related("segment").get(pk=survey_id)
    if not survey.is_active:
        raise CannotAsk(_("It is switched off: switch it on first."))
    about = f"hand:{key}"
    count = 0
    while some := _ask(survey, _of_segment(survey), about=about, actor=actor, zone=zone, now=now):
        count += some
    if not count and not survey.asked.filter(about=about).exists():
        raise CannotAsk(_("Nobody is in its segment: no active person of an account takes part."))
    return count


def ask_after_deals(*, actor: str, zone: ZoneInfo, now: datetime) -> int:
    """The people of accounts whose deals were won lately, and since there is a survey about it."""
    count = 0
    for survey in _active(Occasion.DEAL):
        since = max(survey.created_at, now - LATELY)
        won = Deal.objects.filter(state=DealState.WON, ended_at__gte=since)
        for deal in won.order_by("id"):
            sides = {deal.reseller_id, deal.distributor_id}
            people = _of_segment(survey).filter(account_id__in=sides)
            count += _ask_all(survey, people, f"deal:{deal.pk}", actor=actor, zone=zone, now=now)
    return count


def ask_after_quarter(*, ended: date, actor: str, zone: ZoneInfo, now: datetime) -> int:
    """About the quarter before the local day `ended`, the first of the next one, for two weeks."""
    if day_of(now, zone) >= ended + LATELY:
        return 0
    count = 0
    for survey in _active(Occasion.QUARTER):
        if day_of(survey.created_at, zone) < ended:
            about = f"quarter:{ended.isoformat()}"
            people = _of_segment(survey)
            count += _ask_all(survey, people, about, actor=actor, zone=zone, now=now)
    return count


def _active(occasion: Occasion) -> QuerySet[Survey]:
    found = Survey.objects.filter(occasion=occasion, is_active=True)
    return found.select_related("segment").order_by("id")


def _ask_all(
    survey: Survey,
    people: QuerySet[Member],
    about: str,
    *,
    actor: str,
    zone: ZoneInfo,
    now: datetime,
) -> int:
    count = 0
    while some := _ask(survey, people, about=about, actor=actor, zone=zone, now=now):
        count += some
    return count


def _ask(
    survey: Survey,
    people: QuerySet[Member],
    *,
    about: str,
    actor: str,
    zone: ZoneInfo,
    now: datetime,
) -> int:
    """Some of those who were not asked yet; how many."""
    done = SurveyAsked.objects.filter(survey=survey, about=about, member=OuterRef("pk"))
    last_day = day_of(now, zone) + timedelta(days=survey.open_days)
    with transaction.atomic():
        # Two clocks, or a clock and a hand, do not tell the same person twice.
        Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
        chosen = people.exclude(Exists(done)).select_related("account").order_by("id")[:AT_ONCE]
        members = list(chosen)
        asked = SurveyAsked.objects.bulk_create(
            SurveyAsked(
                id=identifier,
                survey=survey,
                account=member.account,
                member=member,
                about=about,
                asked_at=now,
                closes_at=start_of(last_day + timedelta(days=1), zone),
                scale=survey.scale,
            )
            for identifier, member in zip(uuid7s(len(members)), members, strict=True)
        )
        tell(asked, "asked", actor=actor, now=now, zone=zone)
    return len(members)


def _of_segment(survey: Survey) -> QuerySet[Member]:
    """Active people of the accounts that take part, and are in the segment where there is one."""
    takes_part = Enrollment.objects.filter(
        account=OuterRef("account"), state=EnrollmentState.ACTIVE
    )
    within = Q()
    if survey.segment is not None:
        within = Q(account__in=accounts_in(survey.segment.condition))
    return Member.objects.filter(Exists(takes_part), within, is_active=True)
