"""The reasons of entries in words: one sentence that a buyer understands, and its details."""

from collections.abc import Callable

from rewards.behind import GIVEN_BACK, Origins
from rewards.budgets import BudgetPeriod
from rewards.models import EntryKind
from rewards.voice import Voice
from rewards.why import Fact, Raised, Rule, Why

# What business people call the document behind a fact; other kinds are called by their own name.
DOCUMENTS = {"purchase": "order", "return": "return"}
# What the system itself says happened has no paper.
OCCASIONS = {
    "enrollment": "joining the program",
    "anniversary": "an anniversary in the program",
    "milestone": "reaching a milestone",
}
CAP_WORDS = {
    "activity": "cap per activity",
    "month": "monthly cap",
    "quarter": "quarterly cap",
    "year": "yearly cap",
    "fiscal_quarter": "fiscal quarter's cap",
    "fiscal_year": "fiscal year's cap",
}
RENEWED = {"month": "monthly", "fiscal_quarter": "quarterly", "fiscal_year": "yearly"}


def sentence(why: Why, *, voice: Voice) -> str:
    """Why this many: “1,860 points: 1 point per $1.00 of $1,240.55 (order SO123 line 1) × 1.5 as
    Gold”."""
    return TOLD[EntryKind(why.kind)](why, voice)


def details(why: Why, *, voice: Voice) -> list[tuple[str, str]]:
    """(label, text) of everything behind the sentence that has something to say."""
    rows = [
        ("Rule", _rule(why.rule) if why.rule else ""),
        ("Happened", voice.minute(why.fact.occurred_at) if why.fact else ""),
        ("Product", why.fact.product if why.fact else ""),
        ("Tier", _tier(why, voice)),
        ("Campaigns", ", ".join(_raised(one, voice) for one in why.raised_by)),
        ("Before the cap", voice.amount(why.desired or 0, why.unit) if why.is_capped else ""),
        ("Clears", f"On {voice.day(why.clears_at)}" if why.clears_at else ""),
        ("Expires", f"After {voice.last_day(why.expires_at)}" if why.expires_at else ""),
        ("Back with" if why.kind in GIVEN_BACK else "Taken from", _origins(why.origins, voice)),
        ("Reason", why.reason),
        (
            "Corrects",
            f"The {'period' if why.kind == EntryKind.ACCRUE else 'quarter'} that began on "
            f"{voice.day(why.corrects)}"
            if why.corrects
            else "",
        ),
    ]
    return [(label, text) for label, text in rows if text]


def document(fact: Fact) -> str:
    """How people call the paper behind a fact: “order SO123 line 1”."""
    if fact.kind in OCCASIONS:
        return OCCASIONS[fact.kind]
    name = DOCUMENTS.get(fact.kind, fact.kind.replace("_", " ").replace("-", " "))
    line = f" line {fact.line}" if fact.line else ""
    return f"{name} {fact.document}{line}"


def _earned(why: Why, voice: Voice) -> str:
    if why.rule is None or why.fact is None:
        return f"{voice.amount(why.moved, why.unit)} earned"
    worked_out = _calculation(why, why.rule, why.fact, voice)
    if not why.is_capped:
        return f"{voice.amount(why.moved, why.unit)}: {worked_out}"
    if why.less_because == "budget":
        cap = f"the program's {_budget(why.budget, voice)} is used up"
    else:
        most = voice.number(why.rule.cap or 0)
        cap = f"the {CAP_WORDS[why.rule.cap_window]} of {most} is reached"
    wanted = voice.amount(why.desired or 0, why.unit)
    return f"{voice.number(why.moved)} of {wanted}: {cap}; {worked_out}"


def _budget(period: BudgetPeriod | None, voice: Voice) -> str:
    """“budget”, or “monthly budget from May 1, 2026, on”."""
    if period is None:
        return "budget"
    return f"{RENEWED[period.renews]} budget from {voice.day(period.since)} on"


def _calculation(why: Why, rule: Rule, fact: Fact, voice: Voice) -> str:
    paper = document(fact)
    if rule.basis == "per_amount":
        rate, money = voice.per_money(rule.rate, why.unit)
        base = f"{rate} per {money} of {voice.money(fact.amount)} ({paper})"
    elif rule.basis == "per_unit":
        rate, quantity = voice.amount(rule.rate, why.unit), voice.number(fact.quantity)
        base = f"{rate} per unit for {quantity} ({paper})"
    else:
        base = f"{voice.amount(rule.rate, why.unit)} for {paper}"
    if why.multiplier != 1:
        base += f" × {voice.number(why.multiplier)}" + (f" as {why.tier}" if why.tier else "")
    return " ".join([base, *(_raised(one, voice) for one in why.raised_by)])


def _raised(campaign: Raised, voice: Voice) -> str:
    """“× 2 in Spring double”, or “+ 100 in Spring bonus”."""
    times = f"× {voice.number(campaign.multiplier)}" if campaign.multiplier != 1 else ""
    plus = f"+ {voice.number(campaign.bonus)}" if campaign.bonus else ""
    return " ".join(filter(None, [times, plus, f"in {campaign.name}"]))


def _activated(why: Why, voice: Voice) -> str:
    paper = f" for {document(why.fact)}" if why.fact else ""
    return f"{voice.amount(why.available, why.unit)} cleared{paper}: ready to use"


def _expired(why: Why, voice: Voice) -> str:
    taken = voice.amount(-why.moved, why.unit)
    if why.reward:
        return f"{taken} expired: they came back from “{why.reward}” after their last day"
    unused = f"not used by {voice.last_day(why.occurred_at)}"
    if why.origins.credits == 1:
        earned = voice.day(why.origins.first[0].earned_at)
        return f"{taken} expired: earned on {earned}, {unused}"
    return f"{taken} expired: {unused}"


def _reversed(why: Why, voice: Voice) -> str:
    taken = voice.amount(-why.moved, why.unit)
    if why.fact is None or why.original is None:
        return f"{taken} taken back"
    return f"{taken} taken back: returned {_returned(why.fact, why.original, voice)}"


def _returned(fact: Fact, original: Fact, voice: Voice) -> str:
    paper = f"({document(original)})"
    if fact.quantity:
        return f"{voice.number(-fact.quantity)} of {voice.number(original.quantity)} {paper}"
    return f"{voice.money(-fact.amount)} of {voice.money(original.amount)} {paper}"


def _spent(why: Why, voice: Voice) -> str:
    spent = voice.amount(-why.moved, why.unit)
    if why.available == 0:
        return f"{spent}, set aside before, are now redeemed for {_reward(why)}"
    return f"{spent} redeemed, those that expire soonest first"


def _reserved(why: Why, voice: Voice) -> str:
    return f"{voice.amount(-why.available, why.unit)} set aside for {_reward(why)}"


def _released(why: Why, voice: Voice) -> str:
    return (
        f"{voice.amount(why.available, why.unit)} back: {_reward(why)} was not redeemed after all"
    )


def _refunded(why: Why, voice: Voice) -> str:
    return f"{voice.amount(why.available, why.unit)} back: {_reward(why)} was refunded"


def _reward(why: Why) -> str:
    return f"“{why.reward}”" if why.reward else "a redemption"


def _adjusted(why: Why, voice: Voice) -> str:
    verb = "added" if why.moved >= 0 else "taken off"
    return f"{voice.amount(abs(why.moved), why.unit)} {verb} by hand"


def _transferred(why: Why, voice: Voice) -> str:
    verb = "received from" if why.moved >= 0 else "passed on to"
    return f"{voice.amount(abs(why.moved), why.unit)} {verb} {why.other or 'the account'}"


def _accrued(why: Why, voice: Voice) -> str:
    moved = voice.amount(abs(why.moved), why.unit)
    if why.corrects:
        return f"{moved} {'more' if why.moved >= 0 else 'less'} for a period that is closed"
    return f"{moved} accrued" if why.moved >= 0 else f"{moved} less accrued than before"


def _settled(why: Why, voice: Voice) -> str:
    moved = voice.amount(abs(why.available), why.unit)
    return f"{moved} approved" if why.available >= 0 else f"{moved} taken back"


TOLD: dict[EntryKind, Callable[[Why, Voice], str]] = {
    EntryKind.EARN: _earned,
    EntryKind.ACTIVATE: _activated,
    EntryKind.RESERVE: _reserved,
    EntryKind.SPEND: _spent,
    EntryKind.RELEASE: _released,
    EntryKind.REFUND: _refunded,
    EntryKind.EXPIRE: _expired,
    EntryKind.REVERSE: _reversed,
    EntryKind.ADJUST: _adjusted,
    EntryKind.TRANSFER: _transferred,
    EntryKind.ACCRUE: _accrued,
    EntryKind.SETTLE: _settled,
}


def _rule(rule: Rule) -> str:
    return f"{rule.name} ({rule.code}, version {rule.version})"


def _tier(why: Why, voice: Voice) -> str:
    if not why.tier:
        return ""
    since = f" since {voice.day(why.tier_since)}" if why.tier_since else ""
    return f"{why.tier}{since}: {voice.number(why.multiplier)} × {voice.points_name}"


def _origins(origins: Origins, voice: Voice) -> str:
    """The first credits that were used up, and how many more."""
    told = [
        f"{voice.number(abs(part.amount))} of {voice.day(part.earned_at)}"
        + (f" ({part.document})" if part.document else "")
        for part in origins.first
    ]
    more = origins.credits - len(origins.first)
    return ", ".join([*told, f"{voice.number(more)} more"] if more else told)
