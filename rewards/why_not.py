"""Why a fact earned nothing: for each rule of its programs what stood in the way, as data and as a
sentence. The same judgement that grants also refuses, so that the two cannot contradict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.conditions import Condition, unmet
from accounts.models import Activity, Enrollment, Program
from accounts.periods import day_of
from accounts.postgres.statements import ask
from rewards import caps
from rewards.earning import CapKey, Grant, Rule, Setting, best_of_each_group, judge
from rewards.models import Entry, EntryKind
from rewards.promises import condition_text
from rewards.terms import Terms, current_terms
from rewards.voice import Voice
from tiers.memberships import Membership, memberships

BECAUSE = {
    "no_member": _("{rule}: gives to a member, and the fact names none."),
    "nothing": _("{rule}: amount and quantity are too small for a whole unit."),
    "exclusive": _("{rule}: another rule of the same group gave more."),
    "cap": _("{rule}: its cap was reached before."),
    "budget": _("{rule}: the program's budget was used up."),
    "published_later": _("{rule}: was published after the fact had come in."),
}
OUTSIDE = {
    "": _("The account is not enrolled in {program}."),
    "active": _("The account is active in {program}."),
    "paused": _("The account is paused in {program}."),
    "left": _("The account is left in {program}."),
    "invited": _("The account is invited in {program}."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """`reason` is not_valid, condition, no_member, nothing, exclusive, cap, budget or
    published_later (it was not there yet when the fact came in) for a rule; not_enrolled, paused,
    too_early or no_rules for a program as a whole (then `rule` is ""). `unmet` are the comparisons
    that did not hold, each with what was there instead."""

    program: str
    rule: str
    reason: str
    unmet: tuple[tuple[Condition, Any], ...] = ()
    sentence: str = ""


def judgements(rules: Sequence[Rule], setting: Setting) -> list[tuple[Rule, str]]:
    """Each rule with the reason why it gives the fact nothing; "" where it gives something."""
    judged = [(rule, judge(rule, setting)) for rule in rules]
    grants = [grant for _, grant in judged if isinstance(grant, Grant)]
    best = best_of_each_group(grants)
    found = []
    for rule, said in judged:
        if isinstance(said, str):
            found.append((rule, said))
        elif not any(grant is said for grant in best):
            found.append((rule, "exclusive"))
        else:
            found.append((rule, "" if said.granted else "cap"))
    return found


def why_not(activity: Activity, *, voice: Voice) -> list[WhyNot]:
    """What stood in the way of each rule that gave `activity` nothing, by the rules valid then; a
    cap or budget that is used up is told from what was written when the fact came in."""
    terms = current_terms()
    since = activity.occurred_at
    (found,) = ask(memberships([activity.account.number], since=since))
    joined = {one.program_id: one for one in found.get(activity.account_id, [])}
    states = dict(
        Enrollment.objects.filter(account_id=activity.account_id).values_list("program_id", "state")
    )
    written = _written(activity)
    told: list[WhyNot] = []
    for program in Program.objects.order_by("name", "id"):
        membership = joined.get(program.id)
        if membership is None or activity.occurred_at < membership.enrolled_at:
            told.append(_outside(program, membership, states.get(program.id), voice))
            continue
        rules = [one for (of, _), some in terms.rules.items() if of == program.id for one in some]
        told += _in_program(activity, program, rules, membership, terms, written, voice)
    return told


def _outside(
    program: Program, membership: Membership | None, state: str | None, voice: Voice
) -> WhyNot:
    if membership is not None:
        said = gettext("It happened before the account joined on {day}.")
        said = said.format(day=voice.day(membership.enrolled_at))
        return WhyNot(program=program.slug, rule="", reason="too_early", sentence=said)
    reason = "paused" if state else "not_enrolled"
    said = OUTSIDE[state or ""].format(program=program.name)
    return WhyNot(program=program.slug, rule="", reason=reason, sentence=said)


def _in_program(
    activity: Activity,
    program: Program,
    rules: Sequence[Rule],
    membership: Membership,
    terms: Terms,
    written: Mapping[UUID, tuple[int, str]],
    voice: Voice,
) -> list[WhyNot]:
    for_kind = [rule for rule in rules if rule.kind == activity.kind]
    if not for_kind:
        said = gettext("{program} has no rule for this kind of activity.")
        said = said.format(program=program.name)
        return [WhyNot(program=program.slug, rule="", reason="no_rules", sentence=said)]
    capped = {rule.rule_id for rule in for_kind if rule.cap_window}
    used = caps.used_by([activity.account_id], rule_ids=capped) if capped else {}
    setting = setting_of(activity, membership, terms, cap_used=used)
    found = []
    for rule, reason in judgements(for_kind, setting):
        granted, less_because = written.get(rule.version_id, (0, ""))
        if granted:
            continue
        # Caps are used differently by now: what was written then decides.
        told = reason if reason not in ("", "cap") else less_because or "published_later"
        found.append(_told(program, rule, told, setting, voice))
    return found


def setting_of(
    activity: Activity,
    membership: Membership,
    terms: Terms,
    *,
    cap_used: Mapping[CapKey, int],
) -> Setting:
    """A stored fact as it meets a program's rules, without campaigns and budgets."""
    held = membership.held_at(activity.occurred_at)
    member, account, product = activity.member, activity.account, activity.product
    return Setting(
        facts={
            "kind": activity.kind,
            "amount": activity.amount,
            "quantity": activity.quantity,
            "product": product.sku if product else "",
            "line": activity.product_line,
            "attributes": activity.attributes,
            "country": account.country,
            "region": account.region,
            "vertical": account.vertical,
            "partner_type": account.partner_type,
            "account": account.attributes,
            "member": activity.member_id,
            "member_role": member.business_role if member else "",
            "tier": held.name if held else "",
            "occurred_on": day_of(activity.occurred_at, terms.zone).isoformat(),
        },
        occurred_at=activity.occurred_at,
        held=held,
        account_id=activity.account_id,
        cap_used=cap_used,
        places=terms.places,
        zone=terms.zone,
    )


def _written(activity: Activity) -> dict[UUID, tuple[int, str]]:
    """By rule version, what the fact was granted, and what lowered that."""
    found: dict[UUID, tuple[int, str]] = {}
    entries = Entry.objects.filter(cause=activity.id, kind=EntryKind.EARN)
    for version_id, available, pending, less in entries.values_list(
        "rule_version_id", "available", "pending", "note__less_because"
    ):
        before = found.get(version_id, (0, ""))[0]
        # An entry of nothing was capped: notes are as old as campaigns, entries are older.
        reason = less or "cap"
        found[version_id] = (before + available + pending, reason)
    return found


def _told(program: Program, rule: Rule, reason: str, setting: Setting, voice: Voice) -> WhyNot:
    parts: tuple[tuple[Condition, Any], ...] = ()
    if reason == "condition":
        parts = tuple(
            (part, _have(part, setting.facts))
            for part in unmet(rule.condition or {}, setting.facts)
        )
    return WhyNot(
        program=program.slug,
        rule=rule.code,
        reason=reason,
        unmet=parts,
        sentence=_sentence(rule, reason, parts, voice),
    )


def _have(part: Condition, facts: Mapping[str, Any]) -> Any:
    field = part.get("field", "")
    inside, dot, name = field.partition(".")
    return (facts.get(inside) or {}).get(name) if dot else facts.get(field)


def _sentence(rule: Rule, reason: str, parts: Sequence[tuple[Condition, Any]], voice: Voice) -> str:
    name = rule.name or rule.code
    if reason == "condition":
        asked = "; ".join(_asked(part, have, voice) for part, have in parts)
        return gettext("{rule}: asks that {condition}.").format(rule=name, condition=asked)
    if reason == "not_valid":
        said = gettext("{rule}: version {number} is for {first} on.")
        if rule.valid_to:
            said = gettext("{rule}: version {number} is for {first} to {last}.")
        last = voice.last_day(rule.valid_to) if rule.valid_to else ""
        first = voice.day(rule.valid_from)
        return said.format(rule=name, number=rule.number, first=first, last=last)
    return BECAUSE[reason].format(rule=name)


def _asked(part: Condition, have: Any, voice: Voice) -> str:
    said = condition_text(part, voice)
    if "field" not in part:
        return said
    there = gettext("nothing") if have in (None, "") else gettext("“{name}”").format(name=have)
    if part["field"] == "amount" and isinstance(have, int):
        there = voice.money(have)
    return gettext("{condition} (it was {value})").format(condition=said, value=there)
