"""xAPI statements (IEEE 9274.1.1): “somebody completed something” as learning systems say it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.ids import uuid7
from partners.models import Course
from partners.training.reporting import Report

SOURCE = "xapi"
VERBS = frozenset(
    {
        "http://adlnet.gov/expapi/verbs/completed",
        "http://adlnet.gov/expapi/verbs/passed",
        "https://w3id.org/xapi/adl/verbs/completed",
        "https://w3id.org/xapi/adl/verbs/passed",
    }
)


class BadStatement(ValueError):
    """Its text says what to change; nothing was taken in."""


def read_statement(raw: Any, *, now: datetime) -> Report:
    """What a statement reports. One without an id gets a new one, as the standard has it, and so
    is never known again. Raises BadStatement."""
    if not isinstance(raw, Mapping):
        raise BadStatement(_("A statement is an object with actor, verb and object."))
    if _inside(raw, "verb").get("id") not in VERBS:
        raise BadStatement(_("Only “completed” and “passed” are taken in."))
    result = _inside(raw, "result") if "result" in raw else {}
    if result.get("success") is False or result.get("completion") is False:
        raise BadStatement(_("It says that it was not completed, or not with success."))
    email, account = _person(_inside(raw, "actor"))
    return Report(
        course=_course(_inside(raw, "object")),
        member=email,
        account=account,
        completed_at=_moment(raw.get("timestamp"), now),
        external_id=_identity(raw.get("id")),
        score=_score(result),
    )


def _inside(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = raw.get(name)
    if not isinstance(value, Mapping):
        raise BadStatement(_("“%s” is missing, or is no object.") % name)
    return value


def _identity(value: Any) -> str:
    if value is None:
        return str(uuid7())
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise BadStatement(_("The statement’s id is no UUID.")) from None


def _person(actor: Mapping[str, Any]) -> tuple[str, str]:
    """(e-mail, number of the account). `mbox` is an e-mail; `account.name` is one, too, where its
    `homePage` ends with the account's number, as in https://partners.example.com/D-1."""
    mbox = actor.get("mbox")
    if isinstance(mbox, str) and mbox.lower().startswith("mailto:"):
        return _text(mbox[len("mailto:") :], 254), ""
    account = actor.get("account")
    if isinstance(account, Mapping) and isinstance(account.get("name"), str):
        home = account.get("homePage")
        number = _last_part(home) if isinstance(home, str) else ""
        return _text(account["name"], 254), _text(number, 64)
    raise BadStatement(_("Name the person by “mbox” or by “account”."))


def _course(thing: Mapping[str, Any]) -> str:
    """The code of the course with this address, or which the address ends with."""
    address = thing.get("id")
    if not isinstance(address, str) or not address:
        raise BadStatement(_("“object” needs the course’s address as its id."))
    address = _text(address, 500)
    named = Course.objects.filter(address=address).values_list("code", flat=True).first()
    return named or _last_part(address)[:60]


def _last_part(address: str) -> str:
    try:
        return urlsplit(address).path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return ""


def _score(result: Mapping[str, Any]) -> int | None:
    """In percent, rounded down. Raises BadStatement."""
    score = result.get("score")
    scaled = score.get("scaled") if isinstance(score, Mapping) else None
    if scaled is None:
        return None
    try:
        if isinstance(scaled, bool):
            raise InvalidOperation
        exact = Decimal(str(scaled))
        if not exact.is_finite() or not -1 <= exact <= 1:
            raise InvalidOperation
    except InvalidOperation:
        raise BadStatement(_("The scaled score is a number from -1 to 1.")) from None
    return max(0, int((exact * 100).to_integral_value(ROUND_DOWN)))


def _moment(value: Any, now: datetime) -> datetime:
    """When it happened; without a timestamp, when it came."""
    if value is None:
        return now
    try:
        moment = datetime.fromisoformat(value)
        if not 1970 <= moment.year < 9999 or moment.tzinfo is None:
            raise ValueError
    except (ValueError, TypeError):
        raise BadStatement(
            _("The timestamp is written like 2026-03-31T23:30:00Z, with its offset.")
        ) from None
    return moment.astimezone(UTC)


def _text(value: str, longest: int) -> str:
    if len(value) > longest or not value.isprintable():
        raise BadStatement(_("“%s” does not fit.") % value[:40].replace("\0", ""))
    return value
