"""What a rule or a campaign meets when it is published: others whose facts it shares.

Codes of cautions: tie, never_wins, always_wins, adds_up, same_name, raised for a rule;
raises_nothing, multiplies, turns_group, same_name for a campaign.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts import segments
from accounts.conditions import expanded
from accounts.satisfiable import can_hold, implies
from rewards.cautions import NOT_NEGATIVE, Caution, impossible, too_small, unknown
from rewards.earning import Rule
from rewards.models import Campaign, RuleVersion
from rewards.terms import Terms, as_raise, as_rule, current_terms
from rewards.voice import Voice


def refusal_of_rule(version: RuleVersion, *, starts: datetime) -> str:
    """Why the draft cannot be published as it is; empty where it can."""
    terms = current_terms()
    rule = _as_drafted(version, terms)
    found = impossible(rule.condition or {}, starts=starts, ends=None, zone=terms.zone)
    return found[0].sentence if found else ""


def refusal_of_campaign(campaign: Campaign) -> str:
    """Why the draft cannot be published as it is; empty where it can."""
    found = impossible(
        _condition(campaign, is_draft=True),
        starts=campaign.starts_at,
        ends=campaign.ends_at,
        zone=current_terms().zone,
    )
    return found[0].sentence if found else ""


def cautions_for_rule(version: RuleVersion, *, starts: datetime, voice: Voice) -> list[Caution]:
    """All that whoever publishes the draft for facts from `starts` on should look at."""
    terms = current_terms()
    rule = _as_drafted(version, terms)
    condition = rule.condition or {}
    found = impossible(condition, starts=starts, ends=None, zone=terms.zone)
    if found:
        return found
    found += unknown(condition, kind=version.kind, program_id=rule.program_id)
    found += too_small(rule, places=terms.places, starts=starts, voice=voice)
    for other in _published(version, starts=starts):
        found += _against(rule, other, terms, voice)
    for campaign in _raising(rule, starts=starts):
        about = {"campaign": campaign.name, "raised": _raised(campaign, voice)}
        said = _("The campaign “%(campaign)s” raises it: %(raised)s.")
        if campaign.ends_at:
            about["day"] = voice.last_day(campaign.ends_at)
            said = _("The campaign “%(campaign)s” raises it: %(raised)s until %(day)s.")
        found.append(Caution(code="raised", sentence=said % about, other=campaign.code))
    return found


def cautions_for_campaign(campaign: Campaign, *, voice: Voice) -> list[Caution]:
    """All that whoever publishes the draft should look at."""
    terms, condition = current_terms(), _condition(campaign, is_draft=True)
    starts, ends = campaign.starts_at, campaign.ends_at
    found = impossible(condition, starts=starts, ends=ends, zone=terms.zone)
    if found:
        return found
    found += unknown(condition, kind=campaign.kind, program_id=campaign.program_id)
    rules = [
        rule
        for rule in _rules_in(campaign, terms)
        if can_hold(condition, rule.condition or {}, NOT_NEGATIVE)
    ]
    raised = [rule for rule in rules if campaign.rule_id in (None, rule.rule_id)]
    if not raised:
        said = _("No published rule gives anything for what it is about, so it raises nothing.")
        found.append(Caution(code="raises_nothing", sentence=said))
    raises = (as_raise(campaign, segments=segments.used_in(campaign.condition)),)
    for rule in raised:
        shared = {"places": terms.places, "starts": starts, "voice": voice}
        found += too_small(rule, **shared, raised_by=raises)
    found += _turned(campaign, raised, rules)
    for other in _overlapping(campaign):
        found += _beside(campaign, other, voice)
    return found


# ── A rule beside another ────────────────────────────────────────────────────────────────────────


def _against(rule: Rule, version: RuleVersion, terms: Terms, voice: Voice) -> Iterator[Caution]:
    """What publishing `rule` means beside a published version of another rule of its program."""
    name, code = version.rule.name, version.rule.code
    about = {"name": name, "code": code}
    if name.strip().casefold() == rule.name.strip().casefold():
        said = _(
            "The rule %(code)s has the same name, “%(name)s”: partners cannot tell the two apart."
        )
        yield Caution(code="same_name", sentence=said % about, other=code)
    if (version.kind, version.unit) != (rule.kind, rule.unit):
        return
    other = as_rule(version, year_starts=terms.fiscal_year_starts)
    if not can_hold(rule.condition or {}, other.condition or {}, NOT_NEGATIVE):
        return
    if not rule.exclusive_group or rule.exclusive_group != other.exclusive_group:
        said = _(
            "“%(name)s” (%(code)s) gives %(unit)s for the same activities too, and the two add up; "
            "put them into one exclusive group if only one should count."
        )
        about["unit"] = voice.unit_name(rule.unit)
        yield Caution(code="adds_up", sentence=said % about, other=code)
    elif _gives_alike(rule, other):
        about["first"] = min(rule.code, code)
        said = _(
            "“%(name)s” (%(code)s) of the same exclusive group gives exactly as much: where both "
            "apply, %(first)s counts, because its code comes first."
        )
        yield Caution(code="tie", sentence=said % about, other=code)
    elif _beats(other, rule):
        said = _(
            "“%(name)s” (%(code)s) of the same exclusive group gives more wherever this rule "
            "applies: by itself this one never counts."
        )
        yield Caution(code="never_wins", sentence=said % about, other=code)
    elif _beats(rule, other):
        said = _(
            "It gives more wherever “%(name)s” (%(code)s) of the same exclusive group applies: by "
            "itself that one never counts any more."
        )
        yield Caution(code="always_wins", sentence=said % about, other=code)


def _gives_alike(one: Rule, other: Rule) -> bool:
    names = ("basis", "rate", "tier_multiplies", "cap", "cap_window")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _beats(winner: Rule, loser: Rule) -> bool:
    """Whether `winner` gives more wherever `loser` gives anything; False in doubt."""
    return (
        winner.basis == loser.basis
        and winner.rate > loser.rate
        and winner.tier_multiplies == loser.tier_multiplies
        and winner.cap is None
        and winner.valid_to is None
        and (winner.beneficiary != "member" or loser.beneficiary == "member")
        and implies(loser.condition or {}, winner.condition or {})
    )


def _as_drafted(version: RuleVersion, terms: Terms) -> Rule:
    used = segments.used_in(version.condition)
    return as_rule(version, year_starts=terms.fiscal_year_starts, segments=used)


def _published(version: RuleVersion, *, starts: datetime) -> QuerySet[RuleVersion]:
    """Of other rules of the program, the versions that are valid from `starts` on."""
    return (
        RuleVersion.objects.filter(
            Q(valid_to=None) | Q(valid_to__gt=starts),
            rule__program_id=version.rule.program_id,
            published_at__isnull=False,
        )
        .exclude(Q(rule_id=version.rule_id) | Q(valid_to=F("valid_from")))
        .select_related("rule__program")
        .order_by("rule__code", "number")
    )


def _raising(rule: Rule, *, starts: datetime) -> list[Campaign]:
    campaigns = Campaign.objects.filter(
        Q(rule=None) | Q(rule_id=rule.rule_id),
        Q(ends_at=None) | Q(ends_at__gt=starts),
        program_id=rule.program_id,
        kind=rule.kind,
        unit=rule.unit,
        published_at__isnull=False,
    ).exclude(ends_at=F("starts_at"))
    return [
        one
        for one in campaigns.order_by("starts_at", "code")
        if can_hold(rule.condition or {}, _condition(one), NOT_NEGATIVE)
    ]


# ── A campaign beside rules and others ───────────────────────────────────────────────────────────


def _rules_in(campaign: Campaign, terms: Terms) -> list[Rule]:
    """The published rules for its kind and unit that are valid at some time in its dates."""
    until = Q(valid_from__lt=campaign.ends_at) if campaign.ends_at else Q()
    versions = RuleVersion.objects.filter(
        until,
        Q(valid_to=None) | Q(valid_to__gt=campaign.starts_at),
        rule__program_id=campaign.program_id,
        kind=campaign.kind,
        unit=campaign.unit,
        published_at__isnull=False,
    ).exclude(valid_to=F("valid_from"))
    return [
        as_rule(version, year_starts=terms.fiscal_year_starts)
        for version in versions.select_related("rule__program").order_by("rule__code", "number")
    ]


def _turned(campaign: Campaign, raised: list[Rule], rules: list[Rule]) -> Iterator[Caution]:
    """A campaign for one rule of an exclusive group can make that rule win."""
    if campaign.rule_id is None:
        return
    pairs = {
        (rule.name, other.name, rule.exclusive_group, other.code)
        for rule in raised
        for other in rules
        if rule.exclusive_group == other.exclusive_group != ""
        and other.rule_id != rule.rule_id
        and can_hold(rule.condition or {}, other.condition or {}, NOT_NEGATIVE)
    }
    for name, other, group, code in sorted(pairs):
        said = _(
            "It raises “%(name)s” alone, which can then count instead of “%(other)s” of the same "
            "group “%(group)s”."
        ) % {"name": name, "other": other, "group": group}
        yield Caution(code="turns_group", sentence=said, other=code)


def _overlapping(campaign: Campaign) -> QuerySet[Campaign]:
    until = Q(starts_at__lt=campaign.ends_at) if campaign.ends_at else Q()
    return (
        Campaign.objects.filter(
            until,
            Q(ends_at=None) | Q(ends_at__gt=campaign.starts_at),
            program_id=campaign.program_id,
            published_at__isnull=False,
        )
        .exclude(Q(pk=campaign.pk) | Q(ends_at=F("starts_at")))
        .order_by("starts_at", "code")
    )


def _beside(campaign: Campaign, other: Campaign, voice: Voice) -> Iterator[Caution]:
    if other.name.strip().casefold() == campaign.name.strip().casefold():
        said = _("The campaign %(code)s has the same name in the same days, “%(name)s”.") % {
            "code": other.code,
            "name": other.name,
        }
        yield Caution(code="same_name", sentence=said, other=other.code)
    share_rules = None in (campaign.rule_id, other.rule_id) or campaign.rule_id == other.rule_id
    if (other.kind, other.unit) != (campaign.kind, campaign.unit) or not share_rules:
        return
    if not can_hold(_condition(campaign, is_draft=True), _condition(other), NOT_NEGATIVE):
        return
    times = Decimal(campaign.multiplier) * Decimal(other.multiplier)
    plus = campaign.bonus + other.bonus
    both = f"× {voice.number(times)}" + (f" + {voice.number(plus)}" if plus else "")
    said = _(
        "“%(name)s” (%(code)s) runs at the same time: what meets both gets %(both)s in all."
    ) % {"name": other.name, "code": other.code, "both": both}
    yield Caution(code="multiplies", sentence=said, other=other.code)


def _raised(campaign: Campaign, voice: Voice) -> str:
    times = f"× {voice.number(campaign.multiplier)}" if campaign.multiplier != 1 else ""
    plus = f"+ {voice.number(campaign.bonus)}" if campaign.bonus else ""
    return " ".join(filter(None, [times, plus]))


def _condition(campaign: Campaign, *, is_draft: bool = False) -> dict:
    """With its segments in their places: of a draft as they are defined now."""
    used = segments.used_in(campaign.condition) if is_draft else campaign.segments
    return expanded(campaign.condition, segments=used)
