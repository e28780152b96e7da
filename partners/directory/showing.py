"""What the directory shows: approved versions of partners whose tier has a place in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.text import slugify

from accounts.models.directory import EnrollmentState
from partners.models import ProfileState, ProfileVersion
from tiers.models import Standing
from tiers.queries import held_at

PLACE = "tier__benefits__directory_place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a visitor looks for; "" is everything."""

    words: str = ""
    country: str = ""
    city: str = ""
    specialization: str = ""
    tier: str = ""


def listed(*, now: datetime) -> QuerySet[ProfileVersion]:
    """Those shown at `now`, in their order: by the place that the tier gives, then by tier, then by
    name. Each has `place`, `rank` and `tier` of the best tier its account holds."""
    best = (
        Standing.objects.filter(
            held_at(now),
            enrollment__account=OuterRef("profile__account"),
            enrollment__state=EnrollmentState.ACTIVE,
            tier__benefits__has_key="directory_place",
        )
        .order_by(PLACE, "-tier__rank", "scheme_id")
        .values(PLACE, "tier__rank", "tier__name")
    )
    return (
        ProfileVersion.objects.filter(state=ProfileState.APPROVED, profile__is_listed=True)
        .annotate(
            place=Subquery(best.values(PLACE)[:1]),
            rank=Subquery(best.values("tier__rank")[:1]),
            tier=Subquery(best.values("tier__name")[:1]),
        )
        .filter(place__isnull=False)
        .select_related("profile", "logo")
        .order_by("place", "-rank", "name", "id")
    )


def found(rows: QuerySet[ProfileVersion], search: Search) -> QuerySet[ProfileVersion]:
    """Of `rows` those that fit all of what is looked for."""
    for word in search.words.lower().split()[:10]:
        rows = rows.filter(words__contains=word)
    where = {"country": search.country, "city": search.city}
    if where := {name: value for name, value in where.items() if value}:
        rows = rows.filter(places__contains=[where])
    if search.specialization:
        rows = rows.filter(specializations__contains=[search.specialization])
    if search.tier:
        rows = rows.filter(tier=search.tier)
    return rows


def choices(rows: QuerySet[ProfileVersion]) -> dict[str, list[str]]:
    """What there is to look for among `rows`, each in alphabetical order; tiers from the top."""
    offered: dict[str, set[str]] = {"country": set(), "city": set(), "specialization": set()}
    tiers: dict[str, None] = {}
    for places, special, tier in rows.values_list("places", "specializations", "tier"):
        offered["country"].update(one["country"] for one in places if one.get("country"))
        offered["city"].update(one["city"] for one in places if one.get("city"))
        offered["specialization"].update(special)
        tiers[tier] = None
    return {name: sorted(values) for name, values in offered.items()} | {"tier": list(tiers)}


def slug_for(name: str, *, number: str) -> str:
    """The address of a partner: its name, and its number's letters where the name has none."""
    return (slugify(name) or slugify(number) or "partner")[:60]


def words_of(said: Mapping[str, Any]) -> str:
    """What a search looks through, in lower case."""
    parts = [said["name"], said["text"], *said["specializations"], *said["languages"]]
    for place in said["places"]:
        parts += [str(place.get(name, "")) for name in ("city", "postcode", "country", "street")]
    return " ".join(parts).lower()
