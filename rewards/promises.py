"""What a program promises, in plain sentences made from its published rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.dates import format_skeleton
from django.db.models import Q
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.kinds import kind_names
from rewards.fields import field_name
from rewards.models import Campaign, RuleVersion, Unit
from rewards.models.rules import Basis
from rewards.voice import Voice, within

COMPARED = {
    "eq": _("the {field} is {value}"),
    "ne": _("the {field} is not {value}"),
    "in": _("the {field} is one of {value}"),
    "not_in": _("the {field} is none of {value}"),
    "gt": _("the {field} is more than {value}"),
    "gte": _("the {field} is at least {value}"),
    "lt": _("the {field} is less than {value}"),
    "lte": _("the {field} is at most {value}"),
}
CAPS = {
    "activity": _("each time"),
    "month": _("a month"),
    "quarter": _("a quarter"),
    "year": _("a calendar year"),
    "fiscal_quarter": _("a fiscal quarter"),
    "fiscal_year": _("a fiscal year"),
}
WITHIN = {"month": _("in a month"), "quarter": _("in a quarter"), "year": _("in a year")}
SPANS = {
    ("quarter_end", False): pgettext_lazy("end of", "quarter"),
    ("half_end", False): pgettext_lazy("end of", "half-year"),
    ("year_end", False): pgettext_lazy("end of", "year"),
    ("quarter_end", True): pgettext_lazy("end of", "fiscal quarter"),
    ("half_end", True): pgettext_lazy("end of", "fiscal half-year"),
    ("year_end", True): pgettext_lazy("end of", "fiscal year"),
}
LATER = (
    _("{points} expire at the end of the {span} in which you {since}."),
    _("{points} expire at the end of the {span} after the one in which you {since}."),
    _("{points} expire at the end of the second {span} after the one in which you {since}."),
    _("{points} expire at the end of the third {span} after the one in which you {since}."),
    _("{points} expire at the end of the {n}th {span} after the one in which you {since}."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One rule for a reader: what it gives, for what, and the small print. `when` is the part of it
    without which what it gives would be too much: for what alone, and until when."""

    code: str
    name: str
    gives: str
    when: str
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
    names = kind_names()
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
    names = kind_names()
    return [campaign_promise(campaign, kinds=names, voice=voice) for campaign in campaigns]


def campaign_promise(campaign: Campaign, *, kinds: Mapping[str, str], voice: Voice) -> Promise:
    kind = within(kinds.get(campaign.kind, campaign.kind))
    gives = []
    if campaign.multiplier != 1:
        unit = voice.unit_name(campaign.unit)
        said = gettext("{times} × the {points} of each {kind}")
        times = voice.number(campaign.multiplier)
        gives.append(said.format(times=times, points=unit, kind=kind))
    if campaign.bonus:
        said = gettext("{points} more for each {kind}")
        bonus = voice.amount(campaign.bonus, campaign.unit)
        gives.append(said.format(points=bonus, kind=kind))
    small_print = [gettext("In {campaign}.").format(campaign=campaign.name)]
    if campaign.rule is not None:
        counts = gettext("Counts for “{rule}”.")
        small_print.append(counts.format(rule=campaign.rule.name))
    when = []
    if campaign.condition:
        when.append(_when(campaign.condition, voice))
    if campaign.trigger_kind:
        when.append(_trigger_text(campaign, kinds, voice))
    if campaign.ends_at:
        when.append(gettext("Until {day}.").format(day=voice.last_day(campaign.ends_at)))
    return Promise(
        code=campaign.code,
        name=campaign.name,
        gives=gettext(", and ").join(gives),
        when=" ".join(when),
        small_print=(*small_print, *when),
    )


def _when(condition: Mapping[str, Any], voice: Voice) -> str:
    return gettext("When {condition}.").format(condition=condition_text(condition, voice))


def _trigger_text(campaign: Campaign, kinds: Mapping[str, str], voice: Voice) -> str:
    kind = within(kinds.get(campaign.trigger_kind, campaign.trigger_kind))
    wanted = campaign.trigger_threshold or 0
    if campaign.trigger_counted == "amount":
        much = gettext("{amount} of {kind}").format(amount=voice.money(wanted), kind=kind)
    elif campaign.trigger_counted == "quantity":
        said = gettext("{count} units of {kind}")
        much = said.format(count=voice.number(wanted), kind=kind)
    else:
        much = f"{voice.number(wanted)} × {kind}"
    said = gettext("For {days} days after {much} {within}.")
    window = WITHIN[campaign.trigger_window]
    return said.format(days=campaign.days, much=much, within=window)


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
        when=_when(version.condition, voice) if version.condition else "",
        small_print=tuple(_small_print(version, voice)),
    )


def _gives(version: RuleVersion, kind: str, voice: Voice, *, is_extra: bool) -> str:
    what, money = voice.amount(version.rate, version.unit), ""
    if version.basis == Basis.PER_AMOUNT:
        what, money = voice.per_money(version.rate, version.unit)
    if is_extra:
        count, __, unit = what.partition(" ")
        what = gettext("{count} extra {points}").format(count=count, points=unit)
    said = gettext("{points} for each {kind}")
    if version.basis == Basis.PER_AMOUNT:
        said = gettext("{points} for every {money} of each {kind}")
    elif version.basis == Basis.PER_UNIT:
        said = gettext("{points} for every unit of each {kind}")
    return said.format(points=what, money=money, kind=within(kind))


def _small_print(version: RuleVersion, voice: Voice) -> list[str]:
    said = []
    if version.condition:
        said.append(_when(version.condition, voice))
    if version.tier_multiplies:
        said.append(gettext("Multiplied by your tier."))
    if version.cap is not None:
        most = voice.amount(version.cap, version.unit)
        text = gettext("At most {points} {period}.")
        said.append(text.format(points=most, period=CAPS[version.cap_window]))
    if version.beneficiary == "member":
        said.append(gettext("Goes to the person who did it."))
    elif version.beneficiary == "both":
        said.append(gettext("Goes to the account, and as much to the person who did it."))
    if version.hold_days:
        later = ngettext(
            "Ready to use {days} day later, when returns are settled.",
            "Ready to use {days} days later, when returns are settled.",
            version.hold_days,
        )
        said.append(later.format(days=version.hold_days))
    return said


def condition_text(condition: Mapping[str, Any], voice: Voice) -> str:
    """A condition of `accounts.conditions` as people say it."""
    for word, joint in (("all", gettext(" and ")), ("any", gettext(" or "))):
        if word in condition:
            return joint.join(_nested(part, voice) for part in condition[word])
    if "not" in condition:
        said = gettext("it is not so that {condition}")
        return said.format(condition=_nested(condition["not"], voice))
    if not condition:
        return gettext("anything")
    field = condition["field"]
    name = field_name(field)
    op, value = condition["op"], condition["value"]
    if isinstance(value, list) and len(value) == 1:
        op, value = {"in": "eq", "not_in": "ne"}.get(op, op), value[0]
    if value in (None, "", []):
        empty, filled = gettext("the {field} is empty"), gettext("the {field} is something")
        return (filled if op in ("ne", "not_in") else empty).format(field=name)
    return COMPARED[op].format(field=name, value=_value_text(field, value, voice))


def _nested(condition: Mapping[str, Any], voice: Voice) -> str:
    text = condition_text(condition, voice)
    return f"({text})" if {"all", "any"} & set(condition) else text


def _value_text(field: str, value: Any, voice: Voice) -> str:
    if isinstance(value, list):
        return _listed([_value_text(field, part, voice) for part in value])
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int | float):
        if field == "amount":
            return voice.money(int(value))
        return voice.number(Decimal(str(value)))
    return str(value)


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return gettext("{some} or {last}").format(some=", ".join(words[:-1]), last=words[-1])


def expiry_text(policy: Mapping[str, Any], *, voice: Voice) -> str:
    """How long points last, from the program's `points_expiry`."""
    points = voice.points_name.capitalize()
    name = policy.get("policy", "never")
    since = gettext("earned them")
    if policy.get("from") == "activation":
        since = gettext("could first use them")
    if (name, False) in SPANS:
        plus, span = policy.get("plus", 0), SPANS[name, bool(policy.get("fiscal"))]
        return LATER[min(plus, 4)].format(points=points, span=span, since=since, n=plus)
    if name == "months":
        said = gettext("{points} expire {span} after you {since}.")
        if policy.get("round_up", True):
            said = gettext("{points} expire {span} after you {since}, at the end of that month.")
        span = ngettext("one month", "{count} months", policy["months"])
        return said.format(points=points, span=span.format(count=policy["months"]), since=since)
    if name == "dates":
        return _on_dates(policy, points=points, since=since, voice=voice)
    if name == "inactivity":
        said = ngettext(
            "{points} last as long as you earn or redeem something every month.",
            "{points} last as long as you earn or redeem something every {count} months.",
            policy["months"],
        )
        return said.format(points=points, count=policy["months"])
    return gettext("{points} never expire.").format(points=points)


def _on_dates(policy: Mapping[str, Any], *, points: str, since: str, voice: Voice) -> str:
    days = _listed([_day_of_a_year(day, voice) for day in sorted(policy["dates"])])
    said = gettext("{points} expire after {days}, the first time this comes once you {since}.")
    if policy.get("plus", 0):
        said = gettext(
            "{points} expire after {days}, {n} of these days after the first that comes once you "
            "{since}."
        )
    return said.format(points=points, days=days, n=policy.get("plus", 0), since=since)


def _day_of_a_year(text: str, voice: Voice) -> str:
    month, day = map(int, text.split("-"))
    return format_skeleton("MMMd", date(2024, month, day), locale=voice.locale)
