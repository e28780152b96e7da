"""What should be looked at before a rule or a campaign is published: what it says by itself.

What could never hold is refused; what is only strange is said, and published if it is meant.
Against other rules and campaigns it is held in `rewards.conflicts`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.attributes import Attribute
from accounts.conditions import Condition, comparisons
from accounts.dates import said_day
from accounts.kinds import kinds
from accounts.models import Product
from accounts.periods import day_of
from accounts.satisfiable import can_hold
from rewards.earning import Raise, Rule, desired_amount
from rewards.models import Budget
from rewards.voice import Voice
from tiers.models import Tier

# No fact that earns has less than nothing.
NOT_NEGATIVE: Condition = {
    "all": [{"field": name, "op": "gte", "value": 0} for name in ("amount", "quantity")]
}
WHAT = {
    "line": gettext_noop("No product is of the line “%(value)s”"),
    "product": gettext_noop("No product is called “%(value)s”"),
    "tier": gettext_noop("No tier is called “%(value)s”"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """`code` is never, over, unknown, nothing, cap, budget, or one of `rewards.conflicts`; `other`
    names the other rule or campaign by its code. With `is_refusal` it is not published so."""

    code: str
    sentence: str
    other: str = ""
    is_refusal: bool = False


def impossible(
    condition: Condition, *, starts: datetime, ends: datetime | None, zone: ZoneInfo
) -> list[Caution]:
    """The refusal of an expanded condition that no fact of [starts, ends) could meet."""
    if not can_hold(condition, NOT_NEGATIVE):
        said = _("Its conditions contradict each other: nothing could ever meet all of them.")
        return [Caution(code="never", sentence=said, is_refusal=True)]
    first = day_of(starts, zone)
    span = _("from %(first)s on") % {"first": said_day(first)}
    dates = [{"field": "occurred_on", "op": "gte", "value": first.isoformat()}]
    if ends is not None:
        last = day_of(ends - timedelta(microseconds=1), zone)
        dates.append({"field": "occurred_on", "op": "lte", "value": last.isoformat()})
        said = {"first": said_day(first), "last": said_day(last)}
        span = _("between %(first)s and %(last)s") % said
    if can_hold(condition, NOT_NEGATIVE, *dates):
        return []
    asked = _(
        "Its conditions ask for dates of which none is %(span)s: nothing could ever meet them."
    )
    return [Caution(code="over", sentence=asked % {"span": span}, is_refusal=True)]


def unknown(condition: Condition, *, kind: str, program_id: UUID) -> list[Caution]:
    """Values that are asked for and that nothing has, such as a product line misspelled."""
    asked: dict[str, list[Any]] = defaultdict(list)
    for part in comparisons(condition):
        if part["op"] in ("eq", "in"):
            values = part["value"] if part["op"] == "in" else [part["value"]]
            asked[part["field"]] += [one for one in values if one not in (None, "")]
    there = {
        "line": Product.objects.filter(line__in=asked["line"]).values_list("line", flat=True),
        "product": Product.objects.filter(sku__in=asked["product"]).values_list("sku", flat=True),
        "tier": Tier.objects.filter(
            version__scheme__program_id=program_id, version__published_at__isnull=False
        ).values_list("name", flat=True),
    }
    found = [
        _missing(_(WHAT[field]) % {"value": value})
        for field, known in there.items()
        if asked[field]
        for value in _but(asked[field], set(known))
    ]
    return found + _unknown_attributes(condition, asked, kind=kind)


def _unknown_attributes(
    condition: Condition, asked: Mapping[str, list[Any]], *, kind: str
) -> list[Caution]:
    declared: Mapping[str, Attribute] = kinds().attributes.get(kind) or {}
    fields = dict.fromkeys(part["field"] for part in comparisons(condition))
    found = []
    for field in fields:
        inside, _dot, name = field.partition(".")
        if inside != "attributes" or not declared:
            continue
        if name not in declared:
            said = _("Activities of the kind “%(kind)s” declare no “%(name)s”")
            found.append(_missing(said % {"kind": kind, "name": name}))
        elif declared[name].choices:
            values = _but(asked.get(field, []), declared[name].choices)
            said = _("“%(value)s” is none of the choices of “%(name)s”")
            found += [_missing(said % {"value": value, "name": name}) for value in values]
    return found


def _but(values: Iterable[Any], known: Collection[Any]) -> list[Any]:
    return [value for value in dict.fromkeys(values) if value not in known]


def _missing(what: str) -> Caution:
    said = _("%(what)s: as it is now, that part of its condition holds for nothing.")
    return Caution(code="unknown", sentence=said % {"what": what})


def too_small(
    rule: Rule, *, places: int, starts: datetime, voice: Voice, raised_by: tuple[Raise, ...] = ()
) -> list[Caution]:
    """Of a rule, or a campaign that raises it: what is below a single whole grant."""
    grant = least_grant(rule, places=places, raised_by=raised_by)
    found = []
    if grant <= 0 and rule.basis == "fixed" and not raised_by:
        said = _(
            "Its rate is below one: an activity gives something only where a tier multiplies it."
        )
        found.append(Caution(code="nothing", sentence=said))
    one = voice.amount(grant, rule.unit)
    if rule.cap is not None and grant > rule.cap:
        said = _(
            "The cap of “%(rule)s” is %(cap)s, less than what one activity gives (%(one)s): none "
            "is paid in full."
        ) % {"rule": rule.name, "cap": voice.number(rule.cap), "one": one}
        found.append(Caution(code="cap", sentence=said))
    budgets = Budget.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=starts),
        program_id=rule.program_id,
        unit=rule.unit,
        amount__lt=grant,
        carries_over=False,  # else what is carried over may be enough
    )
    for budget in budgets.order_by("starts_at", "id"):
        least = {"amount": voice.number(budget.amount), "one": one}
        said = _(
            "The budget is %(amount)s, less than what one activity gives (%(one)s): none is paid "
            "in full."
        )
        if budget.ends_at:
            least["day"] = voice.last_day(budget.ends_at)
            said = _(
                "The budget until %(day)s is %(amount)s, less than what one activity gives "
                "(%(one)s): none is paid in full."
            )
        found.append(Caution(code="budget", sentence=said % least))
    return found


def least_grant(rule: Rule, *, places: int, raised_by: tuple[Raise, ...] = ()) -> int:
    """What the smallest activity that the rule is for gives without a tier: of the least amount or
    quantity that its condition asks for, else of 1.00 and of one unit."""
    condition = rule.condition or {}
    return desired_amount(
        rule,
        amount=int(_least(condition, "amount") or 10**places),
        quantity=_least(condition, "quantity") or Decimal(1),
        places=places,
        held=None,
        raised_by=raised_by,
    )


def _least(condition: Condition, field: str) -> Decimal | None:
    parts = condition.get("all", [condition])
    asked = [
        Decimal(str(part["value"]))
        for part in parts
        if part.get("field") == field
        and part["op"] in ("gt", "gte", "eq")
        and isinstance(part["value"], int | float)
    ]
    return max(asked, default=None)
