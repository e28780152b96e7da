"""What people were given for SPIFFs in a calendar year, and whether that is to be reported."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.events import record
from accounts.facts import MAX_AMOUNT
from accounts.models import Member
from accounts.money import exponent
from accounts.periods import start_of
from partners.models import SpiffClaim, SpiffClaimState, SpiffSettings

MOST_POINTS = 1_000_000


class BadSettings(ValueError):
    """Its text says what to change; nothing was written."""


def settings() -> SpiffSettings:
    return SpiffSettings.objects.first() or SpiffSettings()


def change_settings(
    *, threshold: int | None, points_worth: int | None, actor: str, now: datetime
) -> SpiffSettings:
    """From which value a person is flagged, and how many points are worth 1.00. Raises
    BadSettings."""
    for value, most in ((threshold, MAX_AMOUNT), (points_worth, MOST_POINTS)):
        if value is not None and not 0 < value <= most:
            raise BadSettings(_("Write a number above zero, or leave it empty."))
    with transaction.atomic():
        kept, _made = SpiffSettings.objects.update_or_create(
            defaults={"threshold": threshold, "points_worth": points_worth}
        )
        record(
            kind="spiff_settings.changed",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"spiff_settings:{kept.pk}",
            payload={"threshold": threshold, "points_worth": points_worth},
        )
    return kept


def people_in(
    year: int, *, zone: ZoneInfo, currency: str, setting: SpiffSettings
) -> QuerySet[Member]:
    """Who was given something in the year: `points` and `money` of each at their account, and
    `worth`, in the smallest unit, of the person at all of theirs. Money and points that went to the
    account are not the person's."""
    rows = Member.objects.select_related("account").annotate(
        points=_given(year, zone, "points", member=OuterRef("pk")),
        money=_given(year, zone, "money", member=OuterRef("pk")),
        person_points=_given(year, zone, "points", member__user=OuterRef("user")),
        person_money=_given(year, zone, "money", member__user=OuterRef("user")),
    )
    worth: Any = F("person_money")
    if setting.points_worth:
        per_unit = 10 ** exponent(currency)
        worth = worth + F("person_points") * Value(per_unit) / Value(setting.points_worth)
    return rows.annotate(worth=worth).exclude(points=0, money=0)


def is_flagged(worth: int, setting: SpiffSettings) -> bool:
    return setting.threshold is not None and worth >= setting.threshold


def _given(year: int, zone: ZoneInfo, unit: str, **whose: Any) -> Coalesce:
    since, until = (start_of(date(one, 1, 1), zone) for one in (year, year + 1))
    claims = SpiffClaim.objects.filter(
        spiff__unit=unit,
        state=SpiffClaimState.APPROVED,
        version__beneficiary="member",
        decided_at__gte=since,
        decided_at__lt=until,
        **whose,
    )
    sums = claims.order_by().values("tenant").annotate(sum=Sum(F("granted") - F("recalled")))
    nothing = Value(0, output_field=BigIntegerField())
    return Coalesce(Subquery(sums.values("sum"), output_field=BigIntegerField()), nothing)
