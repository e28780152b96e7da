"""The reasons of entries in words: one sentence that a buyer understands, and its details."""

from collections.abc import Callable

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rewards.behind import GIVEN_BACK, Origins
from rewards.budgets import BudgetPeriod
from rewards.models import EntryKind, Unit
from rewards.voice import Voice
from rewards.why import Fact, Raised, Rule, Why

# What business people call the document behind a fact; other kinds are called by their own name.
DOCUMENTS = {
    "purchase": _("order"),
    "return": _("return"),
    "renewal": _("renewal"),
    "training": _("training"),
    "certificate": _("certificate"),
    "deal": _("deal"),
    "referral": _("referral"),
    "event": _("event"),
    "co_marketing": _("co-marketing"),
    "advocacy": _("case study"),
    "pipeline": _("pipeline contribution"),
    "satisfaction": _("satisfaction score"),
    "sustainable_choice": _("sustainable choice"),
}
# What the system itself says happened has no paper.
OCCASIONS = {
    "enrollment": _("joining the program"),
    "anniversary": _("an anniversary in the program"),
    "milestone": _("reaching a milestone"),
}
CAP_WORDS = {
    "activity": _("cap per activity"),
    "month": _("monthly cap"),
    "quarter": _("quarterly cap"),
    "year": _("yearly cap"),
    "fiscal_quarter": _("fiscal quarter's cap"),
    "fiscal_year": _("fiscal year's cap"),
}
RENEWED = {
    "month": _("monthly budget from {day} on"),
    "fiscal_quarter": _("quarterly budget from {day} on"),
    "fiscal_year": _("yearly budget from {day} on"),
}


def sentence(why: Why, *, voice: Voice) -> str:
    """Why this many: “1,860 points: 1 point per $1.00 of $1,240.55 (order SO123 line 1) × 1.5 as
    Gold”."""
    return TOLD[EntryKind(why.kind)](why, voice)


def details(why: Why, *, voice: Voice) -> list[tuple[str, str]]:
    """(label, text) of everything behind the sentence that has something to say."""
    rows = [
        (gettext("Rule"), _rule(why.rule) if why.rule else ""),
        (gettext("Happened"), voice.minute(why.fact.occurred_at) if why.fact else ""),
        (gettext("Product"), why.fact.product if why.fact else ""),
        (gettext("Tier"), _tier(why, voice)),
        (gettext("Campaigns"), ", ".join(_raised(one, voice) for one in why.raised_by)),
        (
            gettext("Before the cap"),
            voice.amount(why.desired or 0, why.unit) if why.is_capped else "",
        ),
        (
            gettext("Clears"),
            gettext("On {day}").format(day=voice.day(why.clears_at)) if why.clears_at else "",
        ),
        (
            gettext("Expires"),
            gettext("After {day}").format(day=voice.last_day(why.expires_at))
            if why.expires_at
            else "",
        ),
        (
            gettext("Back with") if why.kind in GIVEN_BACK else gettext("Taken from"),
            _origins(why.origins, voice),
        ),
        (gettext("Reason"), why.reason),
        (gettext("Corrects"), _corrected(why, voice)),
    ]
    return [(label, text) for label, text in rows if text]


def _corrected(why: Why, voice: Voice) -> str:
    if not why.corrects:
        return ""
    said = gettext("The quarter that began on {day}")
    if why.kind == EntryKind.ACCRUE:
        said = gettext("The period that began on {day}")
    return said.format(day=voice.day(why.corrects))


def document(fact: Fact) -> str:
    """How people call the paper behind a fact: “order SO123 line 1”."""
    if fact.kind in OCCASIONS:
        return str(OCCASIONS[fact.kind])
    name = DOCUMENTS.get(fact.kind, fact.kind.replace("_", " ").replace("-", " "))
    if not fact.called_line:
        return f"{name} {fact.called}"
    said = gettext("{document} line {line}")
    return said.format(document=f"{name} {fact.called}", line=fact.called_line)


def _earned(why: Why, voice: Voice) -> str:
    points = voice.amount(why.moved, why.unit)
    if why.rule is None or why.fact is None:
        return gettext("{points} earned").format(points=points)
    worked_out = _calculation(why, why.rule, why.fact, voice)
    if not why.is_capped:
        # A fixed number is its own calculation: “750 points for training”, said once.
        return worked_out if worked_out.startswith(f"{points} ") else f"{points}: {worked_out}"
    if why.less_because == "budget":
        said = gettext("the program's {budget} is used up")
        cap = said.format(budget=_budget(why.budget, voice))
    else:
        said = gettext("the {cap} of {most} is reached")
        cap = said.format(cap=CAP_WORDS[why.rule.cap_window], most=voice.number(why.rule.cap or 0))
    wanted = voice.amount(why.desired or 0, why.unit)
    got = gettext("{some} of {wanted}").format(some=voice.number(why.moved), wanted=wanted)
    return f"{got}: {cap}; {worked_out}"


def _budget(period: BudgetPeriod | None, voice: Voice) -> str:
    """“budget”, or “monthly budget from May 1, 2026, on”."""
    if period is None:
        return gettext("budget")
    return RENEWED[period.renews].format(day=voice.day(period.since))


def _calculation(why: Why, rule: Rule, fact: Fact, voice: Voice) -> str:
    paper = document(fact)
    if rule.basis == "per_amount":
        rate, money = voice.per_money(rule.rate, why.unit)
        base = gettext("{rate} per {money} of {amount} ({paper})").format(
            rate=rate, money=money, amount=voice.money(fact.amount), paper=paper
        )
    elif rule.basis == "per_unit":
        base = gettext("{rate} per unit for {quantity} ({paper})").format(
            rate=voice.amount(rule.rate, why.unit),
            quantity=voice.number(fact.quantity),
            paper=paper,
        )
    else:
        rate = voice.amount(rule.rate, why.unit)
        base = gettext("{rate} for {paper}").format(rate=rate, paper=paper)
    if why.multiplier != 1:
        base += f" × {voice.number(why.multiplier)}"
        base += " " + gettext("as {tier}").format(tier=why.tier) if why.tier else ""
    return " ".join([base, *(_raised(one, voice) for one in why.raised_by)])


def _raised(campaign: Raised, voice: Voice) -> str:
    """“× 2 in Spring double”, or “+ 100 in Spring bonus”."""
    times = f"× {voice.number(campaign.multiplier)}" if campaign.multiplier != 1 else ""
    plus = f"+ {voice.number(campaign.bonus)}" if campaign.bonus else ""
    within = gettext("in {campaign}").format(campaign=campaign.name)
    return " ".join(filter(None, [times, plus, within]))


def _activated(why: Why, voice: Voice) -> str:
    points = voice.amount(why.available, why.unit)
    if why.fact is None:
        return gettext("{points} cleared: ready to use").format(points=points)
    said = gettext("{points} cleared for {paper}: ready to use")
    return said.format(points=points, paper=document(why.fact))


def _expired(why: Why, voice: Voice) -> str:
    taken = voice.amount(-why.moved, why.unit)
    if why.reward:
        said = gettext("{points} expired: they came back from “{reward}” after their last day")
        return said.format(points=taken, reward=why.reward)
    last = voice.last_day(why.occurred_at)
    if why.origins.credits == 1:
        earned = voice.day(why.origins.first[0].earned_at)
        said = gettext("{points} expired: earned on {earned}, not used by {last}")
        return said.format(points=taken, earned=earned, last=last)
    return gettext("{points} expired: not used by {last}").format(points=taken, last=last)


def _reversed(why: Why, voice: Voice) -> str:
    taken = voice.amount(-why.moved, why.unit)
    if why.fact is None or why.original is None:
        return gettext("{points} taken back").format(points=taken)
    if not why.original.amount and not why.original.quantity:  # a certificate has no parts
        said = gettext("{points} taken back with {paper}")
        return said.format(points=taken, paper=document(why.original))
    said = gettext("{points} taken back: returned {returned}")
    return said.format(points=taken, returned=_returned(why.fact, why.original, voice))


def _returned(fact: Fact, original: Fact, voice: Voice) -> str:
    some, all_ = voice.money(-fact.amount), voice.money(original.amount)
    if fact.quantity:
        some, all_ = voice.number(-fact.quantity), voice.number(original.quantity)
    said = gettext("{some} of {all} ({paper})")
    return said.format(some=some, all=all_, paper=document(original))


def _spent(why: Why, voice: Voice) -> str:
    spent = voice.amount(-why.moved, why.unit)
    if why.unit == Unit.FUNDS:
        return gettext("{amount}, committed before, are paid").format(amount=spent)
    if why.unit == Unit.MONEY and why.available:
        return gettext("{amount} paid").format(amount=spent)
    if _is_paid_out(why):
        said = gettext("{amount}, set aside before, are now paid or credited")
        return said.format(amount=spent)
    if why.available == 0:
        said = gettext("{points}, set aside before, are now redeemed for {reward}")
        return said.format(points=spent, reward=_reward(why))
    return gettext("{points} redeemed, those that expire soonest first").format(points=spent)


def _reserved(why: Why, voice: Voice) -> str:
    if why.unit == Unit.FUNDS:
        amount = voice.amount(-why.available, why.unit)
        return gettext("{amount} committed to an activity").format(amount=amount)
    if _is_paid_out(why):
        amount = voice.amount(-why.available, why.unit)
        return gettext("{amount} set aside, to be paid or credited").format(amount=amount)
    said = gettext("{points} set aside for {reward}")
    return said.format(points=voice.amount(-why.available, why.unit), reward=_reward(why))


def _released(why: Why, voice: Voice) -> str:
    if why.unit == Unit.FUNDS:
        amount = voice.amount(why.available, why.unit)
        return gettext("{amount} of what was committed are not needed").format(amount=amount)
    if _is_paid_out(why):
        amount = voice.amount(why.available, why.unit)
        return gettext("{amount} back: not paid or credited after all").format(amount=amount)
    said = gettext("{points} back: {reward} was not redeemed after all")
    return said.format(points=voice.amount(why.available, why.unit), reward=_reward(why))


def _refunded(why: Why, voice: Voice) -> str:
    if not why.available:
        said = gettext("{reward} was refunded; what had expired came back for some days")
        return said.format(reward=_reward(why))
    points = voice.amount(why.available, why.unit)
    if _is_paid_out(why):
        return gettext("{amount} back: the payment came back").format(amount=points)
    said = gettext("{points} back: {reward} was refunded")
    return said.format(points=points, reward=_reward(why))


def _is_paid_out(why: Why) -> bool:
    """Money of rebates and SPIFFs goes to its holder; only what a reward took was redeemed."""
    return why.unit == Unit.MONEY and not why.reward


def _reward(why: Why) -> str:
    return gettext("“{name}”").format(name=why.reward) if why.reward else gettext("a redemption")


def _adjusted(why: Why, voice: Voice) -> str:
    points = voice.amount(abs(why.moved), why.unit)
    if why.reason:
        added = gettext("{points} added: {reason}")
        said = added if why.moved >= 0 else gettext("{points} taken off: {reason}")
        return said.format(points=points, reason=why.reason)
    added = gettext("{points} added by hand")
    said = added if why.moved >= 0 else gettext("{points} taken off by hand")
    return said.format(points=points)


def _transferred(why: Why, voice: Voice) -> str:
    received = gettext("{points} received from {other}")
    said = received if why.moved >= 0 else gettext("{points} passed on to {other}")
    other = why.other or gettext("the account")
    return said.format(points=voice.amount(abs(why.moved), why.unit), other=other)


def _accrued(why: Why, voice: Voice) -> str:
    is_more = why.moved >= 0
    if why.corrects:
        more = gettext("{amount} more for a period that is closed")
        said = more if is_more else gettext("{amount} less for a period that is closed")
    else:
        more = gettext("{amount} accrued")
        said = more if is_more else gettext("{amount} less accrued than before")
    return said.format(amount=voice.amount(abs(why.moved), why.unit))


def _settled(why: Why, voice: Voice) -> str:
    approved = gettext("{amount} approved")
    said = approved if why.available >= 0 else gettext("{amount} taken back")
    return said.format(amount=voice.amount(abs(why.available), why.unit))


def _allocated(why: Why, voice: Voice) -> str:
    allocated = gettext("{amount} allocated")
    said = allocated if why.available >= 0 else gettext("{amount} taken back")
    return said.format(amount=voice.amount(abs(why.available), why.unit))


def _awarded(why: Why, voice: Voice) -> str:
    said = gettext("{points} for {reason}")
    return said.format(points=voice.amount(why.moved, why.unit), reason=why.reason)


def _recalled(why: Why, voice: Voice) -> str:
    said = gettext("{points} taken back: {reason}")
    return said.format(points=voice.amount(-why.moved, why.unit), reason=why.reason)


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
    EntryKind.ALLOCATE: _allocated,
    EntryKind.AWARD: _awarded,
    EntryKind.RECALL: _recalled,
}


def _rule(rule: Rule) -> str:
    said = gettext("{name} ({code}, version {version})")
    return said.format(name=rule.name, code=rule.code, version=rule.version)


def _tier(why: Why, voice: Voice) -> str:
    if not why.tier:
        return ""
    tier = why.tier
    if why.tier_since:
        said = gettext("{tier} since {day}")
        tier = said.format(tier=tier, day=voice.day(why.tier_since))
    return f"{tier}: {voice.number(why.multiplier)} × {voice.points_name}"


def _origins(origins: Origins, voice: Voice) -> str:
    """The first credits that were used up, and how many more."""
    told = [
        gettext("{amount} of {day}").format(
            amount=voice.number(abs(part.amount)), day=voice.day(part.earned_at)
        )
        + (f" ({part.document})" if part.document else "")
        for part in origins.first
    ]
    more = origins.credits - len(origins.first)
    if more:
        told.append(gettext("{count} more").format(count=voice.number(more)))
    return ", ".join(told)
