"""One fact as an edge hands it in: read strictly, refused with a reason that says how to mend it.

The only way from the outside world to a `Fact`, for API and CSV alike. It is on the hot path of
every import, so the usual case takes no detour; the kind words are spent where something is wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NoReturn
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
# Clocks differ and time zones span 26 hours; `latest` is now plus this.
MAY_BE_AHEAD = timedelta(days=2)
MAX_AMOUNT = 10**15  # smallest units; sums of many such facts still fit in 64 bits
MAX_QUANTITY = 10**12
QUANTITY_PLACES = 4

# Longest text per field: the lengths of the columns that keep it.
TEXTS = {"account": 64, "kind": 40, "external_id": 120, "line": 64, "product": 64, "member": 254}
MAX_ATTRIBUTES = 40
MAX_ATTRIBUTE_NAME = 60
MAX_ATTRIBUTE_TEXT = 400
MAX_ATTRIBUTE_NUMBER = 2**53  # what every JSON reader can hold exactly

FIELDS = frozenset({*TEXTS, "occurred_at", "amount", "quantity", "attributes", "reverses"})
_REVERSES = frozenset({"external_id", "line"})
_ZERO = Decimal(0)
# Controls (NUL among them) and halves of surrogate pairs: no reader expects them, PostgreSQL
# refuses some of them, and log and CSV readers trip over the others.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].+)?")


class FactRefused(ValueError):
    """A fact that cannot be taken in; its text is the reason shown to people."""


@dataclass(frozen=True, slots=True)
class Fact:
    """`account` did `kind` at `occurred_at` (UTC), known by (source, `external_id`, `line`).

    `amount` is in the smallest unit of the tenant's currency; like `quantity` it is never negative:
    on a return, which names in `reverses` the (external_id, line) of the original, both say how
    much is taken back. `account` is the account's number, `product` the SKU or "", `member` the
    e-mail of the person at the account who did it, or "".
    """

    account: str
    kind: str
    external_id: str
    line: str
    occurred_at: datetime
    amount: int
    quantity: Decimal
    product: str
    attributes: dict | None
    reverses: tuple[str, str] | None
    member: str = ""


def parse_fact(raw: Mapping[str, object], *, places: int, zone: ZoneInfo, latest: datetime) -> Fact:
    """The fact in `raw`, whose keys are among FIELDS.

    Amount and quantity may be text, int or Decimal, never float. `occurred_at` is ISO 8601 text or
    a datetime; without an offset it is local time in `zone`, without a time local midnight.
    `places` is the number of decimal places of the tenant's currency; nothing may have occurred
    after `latest`. Raises FactRefused.
    """
    if not raw.keys() <= FIELDS:
        _refuse_unknown(raw.keys() - FIELDS, known=FIELDS)
    get = raw.get
    attributes, reverses = get("attributes"), get("reverses")
    amount, quantity = get("amount"), get("quantity")
    return Fact(
        account=_text(get("account"), "account")
        or _refuse(gettext("account is missing; give the account's number.")),
        kind=_text(get("kind"), "kind")
        or _refuse(gettext("kind is missing; give what happened, such as purchase.")),
        external_id=_text(get("external_id"), "external_id")
        or _refuse(
            gettext("external_id is missing; give what identifies the fact where it comes from.")
        ),
        line=_text(get("line"), "line"),
        occurred_at=_instant(get("occurred_at"), zone, latest),
        amount=0 if amount is None else _minor(amount, places),
        quantity=_ZERO if quantity is None else _quantity(quantity),
        product=_text(get("product"), "product"),
        attributes=_attributes(attributes) if attributes else None,
        reverses=None if reverses is None else _reverses(reverses),
        member=_text(get("member"), "member").lower(),
    )


def shown(value: object) -> str:
    """`value` quoted for a reason: short, and without characters that could disturb a reader."""
    text = _UNFIT.sub("\N{REPLACEMENT CHARACTER}", str(value)[:41])
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"


# ── Texts ────────────────────────────────────────────────────────────────────────────────────────


def _text(value: object, field: str) -> str:
    if type(value) is str:
        text = value.strip()
    elif value is None:
        return ""
    elif type(value) is int and abs(value) < MAX_AMOUNT:
        text = str(value)
    else:
        raise FactRefused(gettext("%(field)s must be text.") % {"field": field})
    if len(text) > TEXTS[field]:
        refuse_longer(text, field, TEXTS[field])
    if not text.isprintable():
        refuse_unfit(text, field)
    return text


def _refuse(why: str) -> NoReturn:
    raise FactRefused(why)


def refuse_longer(text: str, field: str, longest: int) -> NoReturn:
    """Raises FactRefused, saying how many characters fit."""
    raise FactRefused(
        gettext("%(field)s %(shown)s is %(length)s characters long; %(longest)s fit.")
        % {"field": field, "shown": shown(text), "length": len(text), "longest": longest}
    )


def refuse_unfit(text: str, field: str) -> None:
    """Not everything unprintable is unfit: a no-break space, say, may stand in a name."""
    found = _UNFIT.search(text)
    if found:
        raise FactRefused(
            gettext(
                "%(field)s contains the control character %(character)s at position %(position)s; "
                "remove it."
            )
            % {
                "field": field,
                "character": f"U+{ord(found[0]):04X}",
                "position": found.start() + 1,
            }
        )


def _refuse_unknown(keys: set, *, known: frozenset[str], inside: str = "") -> NoReturn:
    names = ", ".join(sorted(shown(key) for key in list(keys)[:5]))
    said = {"names": names, "known": ", ".join(sorted(known)), "inside": inside}
    raise FactRefused(
        gettext("Unknown field of %(inside)s: %(names)s; known are %(known)s.") % said
        if inside
        else gettext("Unknown field: %(names)s; known are %(known)s.") % said
    )


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────


def _minor(value: object, places: int) -> int:
    """`value` in major units as a whole number of the smallest unit."""
    whole, fraction = _digits(value, "amount", places)
    minor = int(whole + fraction.ljust(places, "0"))
    if minor > MAX_AMOUNT:
        _refuse_large(value, "amount")
    return minor


def _quantity(value: object) -> Decimal:
    """Without trailing zeros: 3 and 3.00 are the same content under the same identity."""
    whole, fraction = _digits(value, "quantity", QUANTITY_PLACES)
    quantity = Decimal(f"{whole}.{fraction}") if fraction else Decimal(int(whole))
    if quantity >= MAX_QUANTITY:
        _refuse_large(value, "quantity")
    return quantity


def _digits(value: object, field: str, places: int) -> tuple[str, str]:
    """The digits before and after the decimal point, the latter without trailing zeros."""
    text = value.strip() if type(value) is str else _written_out(value, field)
    whole, _point, fraction = text.partition(".")
    fraction = fraction.rstrip("0") if fraction.isdecimal() else fraction
    if not (whole + fraction).isdecimal() or not text.isascii() or not whole or text[-1] == ".":
        _refuse_number(text, field)
    if len(fraction) > places:
        raise FactRefused(
            gettext(
                "%(field)s %(shown)s has more than %(places)s decimal places; round it where it "
                "comes from."
            )
            % {"field": field, "shown": shown(text), "places": places}
            if places
            else gettext(
                "%(field)s %(shown)s must be a whole number: this currency has no decimals."
            )
            % {"field": field, "shown": shown(text)}
        )
    if len(whole) > 40:
        _refuse_large(text, field)
    return whole, fraction


def _written_out(value: object, field: str) -> str:
    if type(value) is int and abs(value) <= 10**18:
        return str(value)
    if type(value) is Decimal:
        # An exponent could blow a few characters up to gigabytes of digits.
        plain = value.is_finite() and value.adjusted() < 40 and len(value.as_tuple().digits) < 80
        return format(value, "f") if plain and value.adjusted() > -40 else str(value)
    if type(value) is float:
        raise FactRefused(
            gettext(
                "%(field)s came as a floating-point number, which does not hold money exactly; "
                'send it as text, such as "1240.55".'
            )
            % {"field": field}
        )
    raise FactRefused(gettext("%(field)s must be a number such as 1240.55.") % {"field": field})


def _refuse_large(value: object, field: str) -> NoReturn:
    raise FactRefused(
        gettext("%(field)s %(shown)s is too large.") % {"field": field, "shown": shown(value)}
    )


def _refuse_number(text: str, field: str) -> NoReturn:
    said = {"field": field, "shown": shown(text)}
    if not text:
        raise FactRefused(gettext("%(field)s is empty; write 0 where there is none.") % said)
    if re.fullmatch(r"[-−][\d.,]+", text):
        raise FactRefused(
            gettext(
                "%(field)s %(shown)s is negative; hand a return in as a fact of its own that names "
                "the one it reverses, with what is taken back as a positive number."
            )
            % said
        )
    if re.fullmatch(r"[-+]?(inf(inity)?|s?nan\d*)", text, re.IGNORECASE):
        raise FactRefused(gettext("%(field)s %(shown)s is not a finite number.") % said)
    raise FactRefused(
        gettext(
            "%(field)s %(shown)s is not a number; write it like 1240.55, with digits and a decimal "
            "point only."
        )
        % said
    )


# ── Dates ────────────────────────────────────────────────────────────────────────────────────────


def _instant(value: object, zone: ZoneInfo, latest: datetime) -> datetime:
    if type(value) is str or type(value) is datetime:
        occurred_at = _utc(value, zone)
    elif value is None:
        raise FactRefused(gettext("occurred_at is missing; give the date, such as 2026-03-31."))
    else:
        raise FactRefused(
            gettext("occurred_at must be text such as 2026-03-31 or 2026-03-31T23:30:00Z.")
        )
    if occurred_at < EARLIEST:
        raise FactRefused(
            gettext("The date %(date)s is before 1970; check the year.") % {"date": shown(value)}
        )
    if occurred_at > latest:
        raise FactRefused(
            gettext("The date %(date)s is in the future (after %(latest)s); check the year.")
            % {"date": shown(value), "latest": f"{latest:%Y-%m-%d}"}
        )
    return occurred_at


@lru_cache(maxsize=8192)  # the rows of a file share their days
def _utc(value: str | datetime, zone: ZoneInfo) -> datetime:
    """Of a local time that the clocks skipped or showed twice, what the earlier offset makes it."""
    moment = _read_iso(value.strip()) if isinstance(value, str) else value
    if not 1 < moment.year < 9999:  # at the ends of the calendar UTC cannot be reckoned
        raise FactRefused(
            gettext("The date %(date)s lies outside of 1970 to today; check the year.")
            % {"date": shown(value)}
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def _read_iso(text: str) -> datetime:
    if not text:
        raise FactRefused(gettext("occurred_at is empty; give the date, such as 2026-03-31."))
    try:
        if _ISO_DATE.fullmatch(text) and text.isascii():
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise FactRefused(
        gettext("%(shown)s is not a date; write it like 2026-03-31 or 2026-03-31T23:30:00Z.")
        % {"shown": shown(text)}
    )


# ── Attributes and returns ───────────────────────────────────────────────────────────────────────


def _attributes(value: object) -> dict:
    if not isinstance(value, Mapping):
        raise FactRefused(gettext("attributes must be an object of names and plain values."))
    if len(value) > MAX_ATTRIBUTES:
        raise FactRefused(
            gettext("attributes has %(count)s names; %(most)s fit.")
            % {"count": len(value), "most": MAX_ATTRIBUTES}
        )
    return {_attribute_name(name): _attribute(entry, name) for name, entry in value.items()}


def _attribute_name(name: object) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= MAX_ATTRIBUTE_NAME:
        raise FactRefused(
            gettext("A name in attributes must have 1 to %(longest)s characters.")
            % {"longest": MAX_ATTRIBUTE_NAME}
        )
    refuse_unfit(name, gettext("A name in attributes"))
    return name


def _attribute(value: object, name: str) -> str | int | float | bool | None:
    where = f"attributes.{name}"
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if len(value) > MAX_ATTRIBUTE_TEXT:
            raise FactRefused(
                gettext("%(field)s is %(length)s characters long; %(longest)s fit.")
                % {"field": where, "length": len(value), "longest": MAX_ATTRIBUTE_TEXT}
            )
        refuse_unfit(value, where)
        return value
    if isinstance(value, int | float | Decimal):
        nan = isinstance(value, Decimal) and value.is_nan()  # which refuses to be compared
        if nan or not abs(value) <= MAX_ATTRIBUTE_NUMBER:  # written so that a float's NaN fails too
            raise FactRefused(
                gettext("%(field)s is not a number that can be kept exactly; send it as text.")
                % {"field": where}
            )
        return int(value) if value == int(value) else float(value)
    raise FactRefused(
        gettext("%(field)s must be a plain value: text, a number, true, false or null.")
        % {"field": where}
    )


def _reverses(value: object) -> tuple[str, str]:
    if not isinstance(value, Mapping):
        raise FactRefused(gettext("reverses must name the original by external_id and line."))
    if not value.keys() <= _REVERSES:
        _refuse_unknown(value.keys() - _REVERSES, known=_REVERSES, inside="reverses")
    external_id = _text(value.get("external_id"), "external_id")
    if not external_id:
        _refuse(gettext("reverses.external_id is missing; give that of the original."))
    return external_id, _text(value.get("line"), "line")
