"""The desk at which leads are given out: one at a time of a tenant, by its lock.

Turns are taken and limits kept by whoever holds it. Order of locks: the desk, then leads by id.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.events import NewEvent, record_many
from accounts.models import Account
from partners.leads.candidates import Candidate, candidates_of, read
from partners.leads.fitting import Verdict, in_order, judge, misfit_of, why_chosen
from partners.leads.telling import told
from partners.models import Lead, LeadOffer, LeadRule, LeadState, LeadTerms

# What moves in the life of a lead.
MOVING = (
    "state", "account", "answer_by", "accepted_at", "heard_at", "reminded_at", "ended_at",
    "end_note", "won_on", "won_amount",
)  # fmt: skip


class NotNow(ValueError):
    """The lead's state, or a rule, does not allow it; its text says why. Nothing changed."""


@dataclass(slots=True)
class Desk:
    """What is known while leads are given out; `candidates` are of each rule, once asked for."""

    terms: LeadTerms
    rules: list[LeadRule]
    now: datetime
    candidates: dict[UUID, list[Candidate]] = field(default_factory=dict)
    known: dict[UUID, Candidate] = field(default_factory=dict)

    def pool_of(self, rule: LeadRule) -> list[Candidate]:
        """The rule's candidates; of an account that several rules know, one candidate."""
        if rule.pk not in self.candidates:
            found = candidates_of(rule, most_open=self.terms.most_open, now=self.now)
            self.candidates[rule.pk] = [self.known.setdefault(c.account.pk, c) for c in found]
        return self.candidates[rule.pk]

    def candidate(self, account: Account) -> Candidate | None:
        """What is known of one account; None for one that takes part in no program."""
        if account.pk not in self.known:
            only = Account.objects.filter(pk=account.pk)
            for found in read(only, most_open=self.terms.most_open, now=self.now):
                self.known[account.pk] = found
        return self.known.get(account.pk)


@dataclass(slots=True)
class Dealt:
    """Offers made and events to record; written together by `written`."""

    offers: list[LeadOffer] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    rules: dict[UUID, LeadRule] = field(default_factory=dict)


def terms_of_tenant() -> LeadTerms:
    """As they are; the usual ones where nobody has set any."""
    return LeadTerms.objects.first() or LeadTerms()


def open_desk(*, now: datetime) -> Desk:
    """Lock the desk until the running transaction ends, and read the rules."""
    LeadTerms.objects.bulk_create([LeadTerms()], ignore_conflicts=True)
    terms = LeadTerms.objects.select_for_update().get()
    return Desk(terms, rules_in_order(), now)


def rules_in_order() -> list[LeadRule]:
    return list(LeadRule.objects.filter(is_active=True).order_by("position", "id"))


def asked_before(leads: Collection[Lead]) -> dict[UUID, dict[UUID, int]]:
    """Of each lead the accounts that had it, and the number of the last offer to each."""
    found: dict[UUID, dict[UUID, int]] = {}
    rows = LeadOffer.objects.filter(lead__in=leads).order_by().values_list("lead_id", "account_id")
    for lead_id, account_id, number in rows.annotate(last=Max("number")):
        found.setdefault(lead_id, {})[account_id] = number
    return found


def give_out(desk: Desk, leads: Sequence[Lead], *, actor: str, done: Dealt) -> None:
    """Offer each lead, which is with nobody and locked, to whoever is next; to nobody where all
    that rules allow had it. The leads are changed, and written by the caller."""
    before = asked_before(leads)
    for lead in leads:
        asked = before.get(lead.pk, {})
        _give_out(desk, lead, asked, actor=actor, done=done)


def _give_out(desk: Desk, lead: Lead, asked: dict[UUID, int], *, actor: str, done: Dealt) -> None:
    number = max(asked.values(), default=0) + 1
    if not asked and (one := _wished(desk, lead)):
        why = {"method": "wished"}
        _offer(desk, lead, one, number=number, why=why, rule=None, actor=actor, done=done)
        return
    for rule in desk.rules:
        if misfit_of(rule, lead):
            continue
        verdicts = judge(rule, lead, desk.pool_of(rule), asked=asked)
        for chosen in in_order(rule, verdicts)[:1]:
            why = why_chosen(rule, chosen, verdicts)
            rule.served = chosen.candidate.account.number
            done.rules[rule.pk] = rule
            one = chosen.candidate
            _offer(desk, lead, one, number=number, why=why, rule=rule, actor=actor, done=done)
            return
    lead.state, lead.account, lead.answer_by = LeadState.OPEN, None, None
    done.events.append(told(lead, "left_over", actor=actor, now=desk.now, asked=len(asked)))


def _wished(desk: Desk, lead: Lead) -> Candidate | None:
    """The partner that the person asked for by name, unless it is full or has nobody to answer."""
    one = desk.candidate(lead.wished) if lead.wished else None
    return one if one and one.has_people and one.open < one.limit else None


def hand_to(desk: Desk, lead: Lead, account: Account, *, actor: str, note: str) -> Dealt:
    """Offer the lead, which is with nobody and locked, to `account`, whatever rules say. Raises
    NotNow for one that takes part in no program or has nobody who could answer."""
    one = desk.candidate(account)
    if one is None or not one.has_people:
        raise NotNow(_("%s has nobody who could answer: choose another partner.") % account.name)
    asked, done = asked_before([lead]).get(lead.pk, {}), Dealt()
    number = max(asked.values(), default=0) + 1
    why = {"method": "by_hand", "note": note}
    _offer(desk, lead, one, number=number, why=why, rule=None, actor=actor, done=done, by_hand=True)
    return done


def _offer(
    desk: Desk,
    lead: Lead,
    one: Candidate,
    *,
    number: int,
    why: dict,
    rule: LeadRule | None,
    actor: str,
    done: Dealt,
    by_hand: bool = False,
) -> None:
    until = desk.now + timedelta(hours=desk.terms.answer_hours)
    lead.state, lead.account, lead.answer_by = LeadState.OFFERED, one.account, until
    done.offers.append(
        LeadOffer(
            lead=lead,
            account=one.account,
            rule=rule,
            number=number,
            by_hand=by_hand,
            offered_at=desk.now,
            offered_by=actor,
            answer_by=until,
            open_before=one.open,
            most=one.limit,
            why=why,
        )
    )
    one.open += 1
    one.last_offered = desk.now
    done.events.append(told(lead, "offered", actor=actor, now=desk.now, turn=number))


def explained(desk: Desk, lead: Lead) -> list[tuple[LeadRule, str, list[Verdict]]]:
    """Of each rule whether it is for the lead, and what it makes of its partners, the first one
    first. Nothing is given out."""
    asked = asked_before([lead]).get(lead.pk, {})
    found = []
    for rule in desk.rules:
        misfit = misfit_of(rule, lead)
        verdicts = [] if misfit else judge(rule, lead, desk.pool_of(rule), asked=asked)
        ordered = in_order(rule, verdicts) + [one for one in verdicts if one.against]
        found.append((rule, misfit, ordered))
    return found


def write(leads: Sequence[Lead], done: Dealt) -> None:
    """Keep what was decided at the desk of leads that are there already."""
    Lead.objects.bulk_update(leads, MOVING)
    LeadOffer.objects.bulk_create(done.offers)
    LeadRule.objects.bulk_update(done.rules.values(), ["served"])
    record_many(done.events)
