"""Who is asked: the people of an account, each once about the same thing, in chunks that may be
killed anywhere and come again."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
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
    count = _ask_all(survey, about, actor=actor, zone=zone, now=now)
    if not count and not survey.asked.filter(about=about).exists():
        raise CannotAsk(_("Nobody is in its segment: no active person of an account takes part."))
    return count


def ask_after_deals(*, actor: str, zone: ZoneInfo, now: datetime) -> int:
    """The people of accounts whose deals were won lately, and since there is a survey about it."""
    count = 0
    for survey in _active(Occasion.DEAL):
        for deal in _won(survey, since=max(survey.created_at, now - LATELY)):
            sides = {deal.reseller_id, deal.distributor_id} - {None}
            with transaction.atomic():  # all of a deal's people or none: it is not looked at again
                about = f"deal:{deal.pk}"
                count += _ask_all(survey, about, only=sides, actor=actor, zone=zone, now=now)
    return count


def ask_after_quarter(*, ended: date, actor: str, zone: ZoneInfo, now: datetime) -> int:
    """About the quarter before the local day `ended`, the first of the next one, for two weeks."""
    if day_of(now, zone) >= ended + LATELY:
        return 0
    count = 0
    for survey in _active(Occasion.QUARTER):
        if day_of(survey.created_at, zone) < ended:
            about = f"quarter:{ended.isoformat()}"
            count += _ask_all(survey, about, actor=actor, zone=zone, now=now)
    return count


def _active(occasion: Occasion) -> list[Survey]:
    with transaction.atomic():
        found = Survey.objects.filter(occasion=occasion, is_active=True)
        return list(found.select_related("segment").order_by("id"))


def _won(survey: Survey, *, since: datetime) -> list[Deal]:
    """Deals won since then that nobody was asked about yet."""
    about = Concat(Value("deal:"), Cast(OuterRef("pk"), CharField()))
    asked = SurveyAsked.objects.filter(survey=survey, about=about)
    with transaction.atomic():
        won = Deal.objects.filter(~Exists(asked), state=DealState.WON, ended_at__gte=since)
        return list(won.order_by("id"))


def _ask_all(survey: Survey, about: str, **how: Any) -> int:
    count = 0
    while some := _ask(survey, about, **how):
        count += some
    return count


def _ask(
    survey: Survey,
    about: str,
    *,
    only: Collection[UUID] = (),
    actor: str,
    zone: ZoneInfo,
    now: datetime,
) -> int:
    """Some of those who were not asked yet, `only` of these accounts where any are named; how many
    they were."""
    done = SurveyAsked.objects.filter(survey=survey, about=about, member=OuterRef("pk"))
    last_day = day_of(now, zone) + timedelta(days=survey.open_days)
    with transaction.atomic():
        # Two clocks, or a clock and a hand, do not tell the same person twice.
        Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
        people = _of_segment(survey).exclude(Exists(done))
        if only:
            people = people.filter(account_id__in=only)
        members = list(people.select_related("account").order_by("id")[:AT_ONCE])
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
