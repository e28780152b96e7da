"""What a program promises, in plain sentences made from its published rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import ActivityKind
from rewards.fields import field_name
from rewards.models import Campaign, RuleVersion, Unit
from rewards.models.rules import Basis
from rewards.voice import Voice

COMPARED = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "gt": "is more than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
}
CAPS = {
    "activity": "each time",
    "month": "a month",
    "quarter": "a quarter",
    "year": "a calendar year",
    "fiscal_quarter": "a fiscal quarter",
    "fiscal_year": "a fiscal year",
}
WITHIN = {"month": "in a month", "quarter": "in a quarter", "year": "in a year"}
SPANS = {"quarter_end": "quarter", "half_end": "half-year", "year_end": "year"}
LATER = (
    "{span}",
    "{span} after the one",
    "second {span} after the one",
    "third {span} after the one",
    "{n}th {span} after the one",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One rule for a reader: what it gives, for what, and the small print."""

    code: str
    name: str
    gives: str
    small_print: tuple[str, ...]


def promises(*, program_id: UUID, as_of: datetime, voice: Voice) -> list[Promise]:
    """The rules of the program that facts of `as_of` earn by, in two queries."""
    versions = (
        RuleVersion.objects.filter(
            Q(valid_to=None) | Q(valid_to__gt=as_of),
            rule__program_id=program_id,
            published_at__isnull=False,
            valid_from__lte=as_of,
        )
        .select_related("rule")
        .order_by("rule__code")
    )
    names = dict(ActivityKind.objects.values_list("code", "name"))
    told = sorted(versions, key=_from_plain_to_special)
    return [
        promise_of(version, kinds=names, voice=voice, is_extra=_is_extra(version, told))
        for version in told
    ]


def _is_extra(version: RuleVersion, told: Sequence[RuleVersion]) -> bool:
    """Whether it comes on top of what the same thing earns everybody; of an exclusive group the
    best rule alone counts, which adds nothing up."""
    if not version.condition:
        return False
    group = version.rule.exclusive_group
    return any(
        not other.condition
        and (other.kind, other.unit) == (version.kind, version.unit)
        and not (group and group == other.rule.exclusive_group)
        for other in told
    )


def campaign_promises(*, program_id: UUID, as_of: datetime, voice: Voice) -> list[Promise]:
    """The campaigns of the program that raise what facts of `as_of` earn; in two queries."""
    campaigns = list(
        Campaign.objects.filter(
            Q(ends_at=None) | Q(ends_at__gt=as_of),
            program_id=program_id,
            published_at__isnull=False,
            starts_at__lte=as_of,
        )
        .select_related("rule")
        .order_by("ends_at", "code")
    )
    if not campaigns:
        return []
    names = dict(ActivityKind.objects.values_list("code", "name"))
    return [campaign_promise(campaign, kinds=names, voice=voice) for campaign in campaigns]


def campaign_promise(campaign: Campaign, *, kinds: Mapping[str, str], voice: Voice) -> Promise:
    kind = kinds.get(campaign.kind, campaign.kind).lower()
    gives = []
    if campaign.multiplier != 1:
        unit = voice.unit_name(campaign.unit)
        gives.append(f"{voice.number(campaign.multiplier)} × the {unit} of each {kind}")
    if campaign.bonus:
        gives.append(f"{voice.amount(campaign.bonus, campaign.unit)} more for each {kind}")
    said = [f"In {campaign.name}."]
    if campaign.rule is not None:
        said.append(f"Counts for “{campaign.rule.name}”.")
    if campaign.condition:
        said.append(f"When {condition_text(campaign.condition, voice)}.")
    if campaign.trigger_kind:
        said.append(_trigger_text(campaign, kinds, voice))
    if campaign.ends_at:
        said.append(f"Until {voice.last_day(campaign.ends_at)}.")
    return Promise(
        code=campaign.code,
        name=campaign.name,
        gives=", and ".join(gives),
        small_print=tuple(said),
    )


def _trigger_text(campaign: Campaign, kinds: Mapping[str, str], voice: Voice) -> str:
    kind = kinds.get(campaign.trigger_kind, campaign.trigger_kind).lower()
    wanted = campaign.trigger_threshold or 0
    if campaign.trigger_counted == "amount":
        much = f"{voice.money(wanted)} of {kind}"
    elif campaign.trigger_counted == "quantity":
        much = f"{voice.number(wanted)} units of {kind}"
    else:
        much = f"{voice.number(wanted)} × {kind}"
    return f"For {campaign.days} days after {much} {WITHIN[campaign.trigger_window]}."


def _from_plain_to_special(version: RuleVersion) -> tuple[bool, bool, bool]:
    """Points before credits, rules for everybody before those with conditions, money first."""
    return version.unit != Unit.POINTS, bool(version.condition), version.basis != Basis.PER_AMOUNT


def promise_of(
    version: RuleVersion, *, kinds: Mapping[str, str], voice: Voice, is_extra: bool = False
) -> Promise:
    return Promise(
        code=version.rule.code,
        name=version.rule.name,
        gives=_gives(version, kinds.get(version.kind, version.kind), voice, is_extra=is_extra),
        small_print=tuple(_small_print(version, voice)),
    )


def _gives(version: RuleVersion, kind: str, voice: Voice, *, is_extra: bool) -> str:
    what, money = voice.amount(version.rate, version.unit), ""
    if version.basis == Basis.PER_AMOUNT:
        what, money = voice.per_money(version.rate, version.unit)
    if is_extra:
        count, _, unit = what.partition(" ")
        what = f"{count} extra {unit}"
    if version.basis == Basis.PER_AMOUNT:
        return f"{what} for every {money} of each {kind.lower()}"
    if version.basis == Basis.PER_UNIT:
        return f"{what} for every unit of each {kind.lower()}"
    return f"{what} for each {kind.lower()}"


def _small_print(version: RuleVersion, voice: Voice) -> list[str]:
    said = []
    if version.condition:
        said.append(f"When {condition_text(version.condition, voice)}.")
    if version.tier_multiplies:
        said.append("Multiplied by your tier.")
    if version.cap is not None:
        most = voice.amount(version.cap, version.unit)
        said.append(f"At most {most} {CAPS[version.cap_window]}.")
    if version.beneficiary == "member":
        said.append("Goes to the person who did it.")
    elif version.beneficiary == "both":
        said.append("Goes to the account, and as much to the person who did it.")
    if version.hold_days:
        days = "day" if version.hold_days == 1 else "days"
        said.append(f"Ready to use {version.hold_days} {days} later, when returns are settled.")
    return said


def condition_text(condition: Mapping[str, Any], voice: Voice) -> str:
    """A condition of `accounts.conditions` as people say it."""
    for word, joint in (("all", " and "), ("any", " or ")):
        if word in condition:
            return joint.join(_nested(part, voice) for part in condition[word])
    if "not" in condition:
        return f"it is not so that {_nested(condition['not'], voice)}"
    if not condition:
        return "anything"
    field = condition["field"]
    name = field_name(field)
    op, value = condition["op"], condition["value"]
    if isinstance(value, list) and len(value) == 1:
        op, value = {"in": "eq", "not_in": "ne"}.get(op, op), value[0]
    if value in (None, "", []):
        return f"the {name} is {'something' if op in ('ne', 'not_in') else 'empty'}"
    return f"the {name} {COMPARED[op]} {_value_text(field, value, voice)}"


def _nested(condition: Mapping[str, Any], voice: Voice) -> str:
    text = condition_text(condition, voice)
    return f"({text})" if {"all", "any"} & set(condition) else text


def _value_text(field: str, value: Any, voice: Voice) -> str:
    if isinstance(value, list):
        return _listed([_value_text(field, part, voice) for part in value])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if field == "amount":
            return voice.money(int(value))
        return voice.number(Decimal(str(value)))
    return str(value)


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def expiry_text(policy: Mapping[str, Any], *, voice: Voice) -> str:
    """How long points last, from the program's `points_expiry`."""
    points = voice.points_name.capitalize()
    name = policy.get("policy", "never")
    since = "could first use them" if policy.get("from") == "activation" else "earned them"
    if name in SPANS:
        span = f"fiscal {SPANS[name]}" if policy.get("fiscal") else SPANS[name]
        later = LATER[min(policy.get("plus", 0), 4)].format(n=policy.get("plus", 0), span=span)
        return f"{points} expire at the end of the {later} in which you {since}."
    if name == "months":
        end = ", at the end of that month" if policy.get("round_up", True) else ""
        span = "one month" if policy["months"] == 1 else _months(policy["months"])
        return f"{points} expire {span} after you {since}{end}."
    if name == "dates":
        days = _listed([_day_of_a_year(day, voice) for day in sorted(policy["dates"])])
        nth = policy.get("plus", 0)
        which = "the first time this" if not nth else f"{nth} of these days after the first that"
        return f"{points} expire after {days}, {which} comes once you {since}."
    if name == "inactivity":
        span = _months(policy["months"])
        return f"{points} last as long as you earn or redeem something every {span}."
    return f"{points} never expire."


def _months(count: int) -> str:
    return "month" if count == 1 else f"{count} months"


def _day_of_a_year(text: str, voice: Voice) -> str:
    month, day = map(int, text.split("-"))
    return voice.day(date(2024, month, day)).removesuffix(", 2024")
