"""What a list may be narrowed by: read from the query, refused with a sentence, and documented."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounts.periods import start_of
from loyalty.api.problems import Problem

FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
PAGING = frozenset({"limit", "cursor"})


@dataclass(frozen=True, slots=True)
class Text:
    """Rows whose `lookup` is the text."""

    name: str
    lookup: str
    help: str
    longest: int
    is_needed: bool = False

    def read(self, text: str, zone: ZoneInfo) -> str:
        if not 1 <= len(text) <= self.longest:
            raise Problem(
                HTTPStatus.BAD_REQUEST, f"“{self.name}” has 1 to {self.longest} characters."
            )
        return text

    def schema(self) -> dict[str, Any]:
        without_nul = r"^[^\u0000]+$"
        return {"type": "string", "minLength": 1, "maxLength": self.longest, "pattern": without_nul}


@dataclass(frozen=True, slots=True)
class Choice:
    """Rows whose `lookup` is one of a few words."""

    name: str
    lookup: str
    help: str
    words: tuple[str, ...]

    def read(self, text: str, zone: ZoneInfo) -> str:
        if text not in self.words:
            raise Problem(
                HTTPStatus.BAD_REQUEST, f"“{self.name}” is one of {', '.join(self.words)}."
            )
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Instant:
    """Rows before or after an instant: ISO 8601; without a time the tenant's local midnight."""

    name: str
    lookup: str
    help: str

    def read(self, text: str, zone: ZoneInfo) -> datetime:
        try:
            # A plus sign that was not written as %2B arrives as a space.
            return _moment(text.strip().replace(" ", "+").upper(), zone)
        except ValueError:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                f"“{self.name}” is a date such as 2026-03-31, or an instant such as "
                "2026-03-31T23:30:00Z.",
            ) from None

    def schema(self) -> dict[str, Any]:
        shapes = [{"type": "string", "format": form} for form in ("date", "date-time")]
        return {"anyOf": shapes}


Filter = Text | Choice | Instant


def narrowed(request: Request, filters: Sequence[Filter], *, pages: bool = True) -> dict[str, Any]:
    """The lookups that the query asks for. A name that is none is refused: a list that ignored a
    misspelled filter would show what was not asked for, and nobody would notice."""
    asked = request.query_params
    known = {one.name for one in filters} | (PAGING if pages else set())
    unknown = sorted(asked.keys() - known)
    if unknown:
        there = f"; there are {', '.join(sorted(known))}" if known else ", which takes none"
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"“{unknown[0][:40]}” is no parameter of this{there}."
        )
    missing = [one.name for one in filters if _is_needed(one) and one.name not in asked]
    if missing:
        raise Problem(HTTPStatus.BAD_REQUEST, f"Say which: “{missing[0]}” is needed.")
    zone = request.tenant.zone
    return {one.lookup: one.read(asked[one.name], zone) for one in filters if one.name in asked}


def parameters(filters: Sequence[Filter]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(one.name, one.schema(), description=one.help, required=_is_needed(one))
        for one in filters
    ]


def _is_needed(one: Filter) -> bool:
    return isinstance(one, Text) and one.is_needed


def _moment(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(text)
    if not 1 < moment.year < 9999:  # where UTC cannot be reckoned, and nothing happened
        return FIRST if moment.year <= 1 else LAST
    if len(text) == len("2026-03-31"):
        return start_of(moment.date(), zone)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)  # offsets beyond 16 hours are none for Postgres
