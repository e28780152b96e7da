"""The types of rewards as data: what each says of itself, and what it asks of whoever wants it.

Terms are filled in by the program manager, answers by the redeemer; both are stored as JSON, money
in the smallest unit of the tenant's currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rewards.models.catalogue import RewardType

LONGEST = 200
DONE = _("Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`kind` is text, long, money (smallest units), count, day (ISO date) or email."""

    name: str
    label: str | Promise
    kind: str = "text"
    required: bool = True
    help: str | Promise = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTerms:
    """`stock_from` says where its stock is: a count, codes or slots. With `at_once` nothing is left
    to do once it is approved."""

    icon: str
    about: str | Promise
    terms: tuple[Field, ...]
    asks: tuple[Field, ...] = ()
    stock_from: str = "count"
    at_once: bool = False
    done: str | Promise = DONE


class WrongFields(ValueError):
    """Some fields do not fit; `problems` says of each, by its name, what is wrong."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))


_VALUE = Field(name="value", label=_("Worth"), kind="money")
_PERSON = (
    Field(name="name", label=_("Who takes part")),
    Field(name="email", label=_("Their email"), kind="email"),
)

TYPES: dict[str, TypeTerms] = {
    RewardType.CREDIT_NOTE: TypeTerms(
        icon="receipt-percent",
        about=_("Money off what the account owes."),
        terms=(_VALUE,),
        asks=(
            Field(
                name="invoice",
                label=_("Invoice to credit"),
                required=False,
                help=_("Left empty, the next one."),
            ),
        ),
        done=_("Credit note issued"),
    ),
    RewardType.GIFT_CARD: TypeTerms(
        icon="gift",
        about=_("A code to spend elsewhere."),
        terms=(
            Field(name="brand", label=_("Where it is good")),
            _VALUE,
            Field(name="instructions", label=_("How it is used"), kind="long", required=False),
        ),
        stock_from="codes",
        at_once=True,
        done=_("Code handed out"),
    ),
    RewardType.EXPERT_SESSION: TypeTerms(
        icon="chat-bubble-left-right",
        about=_("An hour with somebody who knows."),
        terms=(
            Field(name="topic", label=_("Topic")),
            Field(name="minutes", label=_("Length in minutes"), kind="count"),
        ),
        asks=(Field(name="question", label=_("What you would like to talk about"), kind="long"),),
        stock_from="slots",
        done=_("Session held"),
    ),
    RewardType.TRAINING_SEAT: TypeTerms(
        icon="academic-cap",
        about=_("A seat in a course."),
        terms=(
            Field(name="course", label=_("Course")),
            Field(name="held_on", label=_("Held on"), kind="day", required=False),
            Field(name="place", label=_("Where"), required=False),
        ),
        asks=_PERSON,
        done=_("Seat booked"),
    ),
    RewardType.EVENT_PLACE: TypeTerms(
        icon="ticket",
        about=_("A place at an event."),
        terms=(
            Field(name="event", label=_("Event")),
            Field(name="held_on", label=_("Held on"), kind="day"),
            Field(name="place", label=_("Where")),
        ),
        asks=_PERSON,
        done=_("Place booked"),
    ),
    RewardType.MARKETING_FUNDS: TypeTerms(
        icon="megaphone",
        about=_("Money for the account's own campaign."),
        terms=(
            _VALUE,
            Field(name="good_for", label=_("What it may be used for"), kind="long"),
        ),
        asks=(Field(name="campaign", label=_("The campaign you plan"), kind="long"),),
        done=_("Funds released"),
    ),
    RewardType.SERVICE_UPGRADE: TypeTerms(
        icon="arrow-trending-up",
        about=_("More of a service for a while."),
        terms=(
            Field(name="service", label=_("Service")),
            Field(name="level", label=_("Upgraded to")),
            Field(name="months", label=_("For how many months"), kind="count"),
        ),
        asks=(Field(name="contract", label=_("Contract or site to upgrade")),),
        done=_("Upgraded"),
    ),
    RewardType.MERCHANDISE: TypeTerms(
        icon="shopping-bag",
        about=_("Something that is shipped."),
        terms=(Field(name="item", label=_("What is shipped")),),
        asks=(
            Field(name="recipient", label=_("Recipient")),
            Field(name="street", label=_("Street and number")),
            Field(name="postal_code", label=_("Postal code")),
            Field(name="city", label=_("City")),
            Field(name="region", label=_("State or region"), required=False),
            Field(name="country", label=_("Country")),
            Field(name="phone", label=_("Phone for the carrier"), required=False),
        ),
        done=_("Shipped"),
    ),
    RewardType.DONATION: TypeTerms(
        icon="heart",
        about=_("Given on in the account's name."),
        terms=(Field(name="organization", label=_("Given to")), _VALUE),
        asks=(Field(name="dedication", label=_("In whose name"), required=False),),
        done=_("Donated"),
    ),
}


def checked(fields: tuple[Field, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given for the fields, and nothing else. Raises WrongFields."""
    problems, kept = {}, {}
    for field in fields:
        value = given.get(field.name)
        value = value.strip() if isinstance(value, str) else value
        if value is None or value == "":
            if field.required:
                problems[field.name] = gettext("This is needed.")
            continue
        problem = _problem(field, value)
        if problem:
            problems[field.name] = problem
        else:
            kept[field.name] = value
    unknown = set(given) - {field.name for field in fields}
    problems |= dict.fromkeys(sorted(unknown), gettext("This type of reward has no such field."))
    if problems:
        raise WrongFields(problems)
    return kept


def _problem(field: Field, value: Any) -> str:
    if field.kind in ("money", "count"):
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if is_whole and value > 0 else gettext("This is a whole number above zero.")
    if not isinstance(value, str):
        return gettext("This is a text.")
    if len(value) > (2000 if field.kind == "long" else LONGEST):
        return gettext("This is too long.")
    if "\0" in value:
        return gettext("This holds a character that no text has.")
    if field.kind == "day":
        try:
            date.fromisoformat(value)
        except ValueError:
            return gettext("This is a date such as 2026-05-20.")
    if field.kind == "email":
        try:
            validate_email(value)
        except ValidationError:
            return gettext("This is no email address.")
    return ""
