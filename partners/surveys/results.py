"""What came of surveys, summed up in SQL: NPS, averages, response rate; by tier, region, month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Avg, Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncMonth

from accounts.models import Account
from partners.models import Scale, Survey, SurveyAsked
from tiers.ladders import Ladder
from tiers.queries import with_standing

PROMOTER, PASSIVE = 9, 7  # from here on; below are detractors (Reichheld, 2003)
CONTENT = 4  # of a satisfaction from 1 to 5, from here on


@dataclass(frozen=True, slots=True)
class Result:
    """Of some people asked. On a scale of recommendation `score` is the NPS, from −100 to 100: the
    share of promoters less that of detractors; else the share of content ones, from 0 to 100. None
    where nobody has answered."""

    label: str
    asked: int
    answered: int
    promoters: int
    passives: int
    detractors: int
    average: Decimal | None
    scale: str

    @property
    def score(self) -> int | None:
        if not self.answered:
            return None
        against = self.detractors if self.scale == Scale.NPS else 0
        share = Decimal(100 * (self.promoters - against)) / self.answered
        return int(share.quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def rate(self) -> int:
        """How many of a hundred have answered, rounded down."""
        return 100 * self.answered // self.asked if self.asked else 0


def result_of(survey: Survey) -> Result:
    return _result("", SurveyAsked.objects.filter(survey=survey).aggregate(**_sums()), survey.scale)


def results_of(surveys: Sequence[Survey]) -> dict[Any, Result]:
    """Of several surveys, in one query, by their ids."""
    found = SurveyAsked.objects.filter(survey__in=surveys).order_by().values("survey_id")
    rows = {row["survey_id"]: row for row in found.annotate(**_sums())}
    return {one.pk: _result(one.name, rows.get(one.pk, _NOBODY), one.scale) for one in surveys}


def by_region(survey: Survey) -> list[Result]:
    asked = SurveyAsked.objects.filter(survey=survey)
    rows = asked.order_by().values("account__region").annotate(**_sums())
    return [
        _result(row["account__region"], row, survey.scale)
        for row in rows.order_by("account__region")
    ]


def by_tier(survey: Survey, *, program_id: Any, ladder: Ladder | None) -> list[Result]:
    """By the tiers that the accounts hold now; those without one are left out."""
    accounts = with_standing(Account.objects.all(), program_id=program_id, ladder=ladder)
    own = accounts.filter(pk=OuterRef("account"))
    asked = SurveyAsked.objects.filter(survey=survey).annotate(
        tier=Subquery(own.values("tier_name")[:1]), rank=Subquery(own.values("tier_rank")[:1])
    )
    rows = asked.order_by().filter(tier__isnull=False).values("tier", "rank").annotate(**_sums())
    return [_result(row["tier"], row, survey.scale) for row in rows.order_by("-rank")]


def by_month(survey: Survey, *, since: date, zone: ZoneInfo) -> dict[date, Result]:
    """By the local month of the answer, from the month `since` on."""
    answers = SurveyAsked.objects.filter(survey=survey, answered_at__isnull=False)
    rows = (
        answers.order_by()
        .annotate(month=TruncMonth("answered_at", tzinfo=zone))
        .values("month")
        .annotate(**_sums())
    )
    return {
        row["month"].date(): _result("", row, survey.scale)
        for row in rows
        if row["month"].date() >= since
    }


def comments_of(survey: Survey) -> QuerySet[SurveyAsked]:
    """Newest first."""
    said = SurveyAsked.objects.filter(survey=survey, answered_at__isnull=False).exclude(comment="")
    return said.select_related("account", "member").order_by("-answered_at", "-id")


def last_of(account: Account) -> SurveyAsked | None:
    """The last answer of anybody at the account."""
    answers = SurveyAsked.objects.filter(account=account, answered_at__isnull=False)
    found = answers.select_related("survey", "member")
    return found.order_by("-answered_at", "-id").first()


def open_for(members: Sequence[Any], *, now: datetime) -> QuerySet[SurveyAsked]:
    """What these people are asked and have not answered, the first to close first."""
    found = SurveyAsked.objects.filter(member__in=members, answered_at=None, closes_at__gt=now)
    return found.select_related("survey").order_by("closes_at", "id")


def _sums() -> dict[str, Any]:
    nps, csat = Q(scale=Scale.NPS), Q(scale=Scale.CSAT)
    return {
        "asked": Count("id"),
        "answered": Count("answer"),
        "promoters": Count(
            "id", filter=nps & Q(answer__gte=PROMOTER) | csat & Q(answer__gte=CONTENT)
        ),
        "passives": Count(
            "id",
            filter=nps & Q(answer__gte=PASSIVE, answer__lt=PROMOTER) | csat & Q(answer=CONTENT - 1),
        ),
        "detractors": Count(
            "id", filter=nps & Q(answer__lt=PASSIVE) | csat & Q(answer__lt=CONTENT - 1)
        ),
        "average": Avg("answer"),
    }


_NOBODY: dict[str, Any] = {
    "asked": 0,
    "answered": 0,
    "promoters": 0,
    "passives": 0,
    "detractors": 0,
    "average": None,
}


def _result(label: str, row: dict[str, Any], scale: str) -> Result:
    average = row["average"]
    rounded = None
    if average is not None:
        rounded = Decimal(str(average)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return Result(
        label=label,
        asked=row["asked"],
        answered=row["answered"],
        promoters=row["promoters"],
        passives=row["passives"],
        detractors=row["detractors"],
        average=rounded,
        scale=scale,
    )
