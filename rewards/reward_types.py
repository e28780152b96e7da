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

from rewards.models.catalogue import RewardType

LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`kind` is text, long, money (smallest units), count, day (ISO date) or email."""

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTerms:
    """`stock_from` says where its stock is: a count, codes or slots. With `at_once` nothing is left
    to do once it is approved."""

    icon: str
    about: str
    terms: tuple[Field, ...]
    asks: tuple[Field, ...] = ()
    stock_from: str = "count"
    at_once: bool = False
    done: str = "Done"


class WrongFields(ValueError):
    """Some fields do not fit; `problems` says of each, by its name, what is wrong."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))


_VALUE = Field(name="value", label="Worth", kind="money")
_PERSON = (
    Field(name="name", label="Who takes part"),
    Field(name="email", label="Their email", kind="email"),
)

TYPES: dict[str, TypeTerms] = {
    RewardType.CREDIT_NOTE: TypeTerms(
        icon="receipt-percent",
        about="Money off what the account owes.",
        terms=(_VALUE,),
        asks=(
            Field(
                name="invoice",
                label="Invoice to credit",
                required=False,
                help="Left empty, the next one.",
            ),
        ),
        done="Credit note issued",
    ),
    RewardType.GIFT_CARD: TypeTerms(
        icon="gift",
        about="A code to spend elsewhere.",
        terms=(
            Field(name="brand", label="Where it is good"),
            _VALUE,
            Field(name="instructions", label="How it is used", kind="long", required=False),
        ),
        stock_from="codes",
        at_once=True,
        done="Code handed out",
    ),
    RewardType.EXPERT_SESSION: TypeTerms(
        icon="chat-bubble-left-right",
        about="An hour with somebody who knows.",
        terms=(
            Field(name="topic", label="Topic"),
            Field(name="minutes", label="Length in minutes", kind="count"),
        ),
        asks=(Field(name="question", label="What you would like to talk about", kind="long"),),
        stock_from="slots",
        done="Session held",
    ),
    RewardType.TRAINING_SEAT: TypeTerms(
        icon="academic-cap",
        about="A seat in a course.",
        terms=(
            Field(name="course", label="Course"),
            Field(name="held_on", label="Held on", kind="day", required=False),
            Field(name="place", label="Where", required=False),
        ),
        asks=_PERSON,
        done="Seat booked",
    ),
    RewardType.EVENT_PLACE: TypeTerms(
        icon="ticket",
        about="A place at an event.",
        terms=(
            Field(name="event", label="Event"),
            Field(name="held_on", label="Held on", kind="day"),
            Field(name="place", label="Where"),
        ),
        asks=_PERSON,
        done="Place booked",
    ),
    RewardType.MARKETING_FUNDS: TypeTerms(
        icon="megaphone",
        about="Money for the account's own campaign.",
        terms=(
            _VALUE,
            Field(name="good_for", label="What it may be used for", kind="long"),
        ),
        asks=(Field(name="campaign", label="The campaign you plan", kind="long"),),
        done="Funds released",
    ),
    RewardType.SERVICE_UPGRADE: TypeTerms(
        icon="arrow-trending-up",
        about="More of a service for a while.",
        terms=(
            Field(name="service", label="Service"),
            Field(name="level", label="Upgraded to"),
            Field(name="months", label="For how many months", kind="count"),
        ),
        asks=(Field(name="contract", label="Contract or site to upgrade"),),
        done="Upgraded",
    ),
    RewardType.MERCHANDISE: TypeTerms(
        icon="shopping-bag",
        about="Something that is shipped.",
        terms=(Field(name="item", label="What is shipped"),),
        asks=(
            Field(name="recipient", label="Recipient"),
            Field(name="street", label="Street and number"),
            Field(name="postal_code", label="Postal code"),
            Field(name="city", label="City"),
            Field(name="region", label="State or region", required=False),
            Field(name="country", label="Country"),
            Field(name="phone", label="Phone for the carrier", required=False),
        ),
        done="Shipped",
    ),
    RewardType.DONATION: TypeTerms(
        icon="heart",
        about="Given on in the account's name.",
        terms=(Field(name="organization", label="Given to"), _VALUE),
        asks=(Field(name="dedication", label="In whose name", required=False),),
        done="Donated",
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
                problems[field.name] = "This is needed."
            continue
        problem = _problem(field, value)
        if problem:
            problems[field.name] = problem
        else:
            kept[field.name] = value
    unknown = set(given) - {field.name for field in fields}
    problems |= dict.fromkeys(sorted(unknown), "This type of reward has no such field.")
    if problems:
        raise WrongFields(problems)
    return kept


def _problem(field: Field, value: Any) -> str:
    if field.kind in ("money", "count"):
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if is_whole and value > 0 else "This is a whole number above zero."
    if not isinstance(value, str):
        return "This is a text."
    if len(value) > (2000 if field.kind == "long" else LONGEST):
        return "This is too long."
    if "\0" in value:
        return "This holds a character that no text has."
    if field.kind == "day":
        try:
            date.fromisoformat(value)
        except ValueError:
            return "This is a date such as 2026-05-20."
    if field.kind == "email":
        try:
            validate_email(value)
        except ValidationError:
            return "This is no email address."
    return ""
