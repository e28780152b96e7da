"""Whom a rule lets have a lead, who of them goes first, and the reasons of both. Pure.

A reason is {"code": …} with the values that `loyalty.lead_words` puts into its sentence.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from partners.leads.candidates import Candidate, Held
from partners.models import Lead, LeadRule, Method

Reason = dict[str, Any]
NEVER = datetime.min.replace(tzinfo=UTC)

# What a best fit is made of, as points out of 100.
LINES, TERRITORY, TIER, CAPACITY, RECORD = 35, 20, 20, 15, 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """`against` says why not; without it `points` say how well it fits, out of 100 in all."""

    candidate: Candidate
    against: Reason | None
    points: tuple[Reason, ...] = ()

    @property
    def score(self) -> int:
        return sum(one["points"] for one in self.points)


def tidy_postcode(text: str) -> str:
    return "".join(text.upper().split())


def misfit_of(rule: LeadRule, lead: Lead) -> str:
    """Why the rule is not for this lead: "country", "region", "postcode", "lines"; "" if it is."""
    if rule.countries and lead.country not in rule.countries:
        return "country"
    if rule.regions and lead.region.casefold() not in {one.casefold() for one in rule.regions}:
        return "region"
    begins = tuple(tidy_postcode(one) for one in rule.postcodes)
    if begins and not tidy_postcode(lead.postcode).startswith(begins):
        return "postcode"
    if rule.lines and not set(rule.lines) & set(lead.lines):
        return "lines"
    return ""


def judge(
    rule: LeadRule, lead: Lead, candidates: Sequence[Candidate], *, asked: Collection[UUID]
) -> list[Verdict]:
    """Of each candidate whether it may have the lead under the rule, and how well it fits; `asked`
    had it before, and never get it again by themselves."""
    found = []
    for one in candidates:
        against = _against(one, rule, asked)
        found.append(Verdict(one, against, () if against else _points(one, lead)))
    return found


def in_order(rule: LeadRule, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that may have it, the first one first. No two are alike: the number decides last."""
    fit = [one for one in verdicts if one.against is None]
    if rule.method == Method.ROUND_ROBIN:
        return sorted(fit, key=lambda one: (_number(one) <= rule.served, _number(one)))
    return sorted(
        fit,
        key=lambda one: (
            -one.score,
            one.candidate.open,
            one.candidate.last_offered or NEVER,
            _number(one),
        ),
    )


def why_chosen(rule: LeadRule, chosen: Verdict, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """As an offer keeps it; of the others (the first 50) only staff read."""
    others = [one for one in in_order(rule, verdicts) if one is not chosen]
    others += [one for one in verdicts if one.against]
    return {
        "rule": rule.name,
        "method": rule.method,
        "score": chosen.score,
        "points": list(chosen.points),
        "others": [
            {"number": _number(one), "name": one.candidate.account.name}
            | (one.against or _later(rule, one))
            for one in others[:50]
        ],
    }


def _later(rule: LeadRule, one: Verdict) -> Reason:
    if rule.method == Method.ROUND_ROBIN:
        return {"code": "turn"}
    return {"code": "score", "score": one.score}


def _number(one: Verdict) -> str:
    return one.candidate.account.number


# ── Why not ──────────────────────────────────────────────────────────────────────────────────────


def _against(one: Candidate, rule: LeadRule, asked: Collection[UUID]) -> Reason | None:
    if one.account.pk in asked:
        return {"code": "asked"}
    if not one.has_people:
        return {"code": "nobody"}
    return _tier_against(one, rule) or _skill_against(one, rule) or _full(one)


def _tier_against(one: Candidate, rule: LeadRule) -> Reason | None:
    wanted = rule.tier_code
    if wanted and not any(wanted in t.ranks and t.rank >= t.ranks[wanted] for t in one.tiers):
        return {"code": "tier", "wanted": wanted, "has": ", ".join(t.name for t in one.tiers)}
    if rule.entitlement and not any(t.entitlements.get(rule.entitlement) for t in one.tiers):
        return {"code": "entitlement", "wanted": rule.entitlement}
    return None


def _skill_against(one: Candidate, rule: LeadRule) -> Reason | None:
    line, wanted = rule.certificate_line, rule.least_certificates
    has = one.certificates.get(line, 0) if line else sum(one.certificates.values())
    if has < wanted:
        return {"code": "certificates", "wanted": wanted, "has": has, "line": line}
    if rule.attribute:
        value = one.account.attributes.get(rule.attribute)
        if value is None or str(value).casefold() != rule.attribute_value.casefold():
            wanted_value = f"{rule.attribute}: {rule.attribute_value}"
            return {"code": "attribute", "wanted": wanted_value}
    return None


def _full(one: Candidate) -> Reason | None:
    if one.open < one.limit:
        return None
    if not one.limit:
        return {"code": "none_wanted", "by": one.limited_by}
    return {"code": "full", "open": one.open, "limit": one.limit, "by": one.limited_by}


# ── How well ─────────────────────────────────────────────────────────────────────────────────────


def _points(one: Candidate, lead: Lead) -> tuple[Reason, ...]:
    return (
        _line_points(one, lead),
        _territory_points(one, lead),
        _tier_points(one),
        {
            "code": "capacity",
            "points": CAPACITY * (one.limit - one.open) // one.limit,
            "most": CAPACITY,
            "open": one.open,
            "limit": one.limit,
        },
        _record_points(one),
    )


def _line_points(one: Candidate, lead: Lead) -> Reason:
    """The share of the lead's product lines in which the partner has a valid certificate."""
    lines = set(lead.lines)
    known = sorted(line for line in lines if one.certificates.get(line))
    points = LINES * len(known) // len(lines) if lines else 0
    return {"code": "lines", "points": points, "most": LINES, "known": known}


def _territory_points(one: Candidate, lead: Lead) -> Reason:
    account = one.account
    points, where = 0, ""
    if lead.region and account.region.casefold() == lead.region.casefold():
        points, where = TERRITORY, "region"
    elif lead.country and account.country.casefold() == lead.country.casefold():
        points, where = TERRITORY // 2, "country"
    return {"code": "territory", "points": points, "most": TERRITORY, "where": where}


def _tier_points(one: Candidate) -> Reason:
    def of(held: Held) -> int:
        return TIER * held.rank // held.top if held.top else 0

    best = max(one.tiers, key=of, default=None)
    points = of(best) if best else 0
    return {"code": "tier", "points": points, "most": TIER, "tier": best.name if best else ""}


def _record_points(one: Candidate) -> Reason:
    """The share of leads won of those that ended; whoever had none yet gets the benefit of half."""
    ended = one.won + one.lost
    points = RECORD * one.won // ended if ended else RECORD // 2
    return {"code": "record", "points": points, "most": RECORD, "won": one.won, "ended": ended}
