"""What waits of marketing funds: requests to decide, claims to check, claims to pay."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Tenant
from accounts.periods import day_of
from loyalty.console.inbox.kind import APPROVE, REJECT, Decider, Decision, Kind, Line, Said
from partners.funds import claiming, deciding
from partners.funds.shares import share_offered
from partners.funds.steps import NotNow
from partners.models import FundBudget, FundRequest, RequestState
from rewards.payouts import PayoutsStopped
from rewards.voice import Voice

DECIDERS = frozenset(("owner", "manager"))
PAYERS = frozenset(("owner", "finance"))
REFUSALS = (NotNow, PayoutsStopped)


def _in_state(state: RequestState) -> Any:
    def rows(tenant: Tenant) -> QuerySet[FundRequest]:
        found = FundRequest.objects.filter(state=state)
        return found.select_related("account", "budget", "activity", "member")

    return rows


def _budgets(rows: Iterable[FundRequest]) -> QuerySet[FundBudget]:
    budgets = FundBudget.objects.filter(pk__in={one.budget_id for one in rows})
    return budgets.select_for_update(no_key=True).order_by("pk")


def _own(one: FundRequest, decider: Decider) -> bool:
    return one.requested_by in decider.hands or one.account_id in decider.accounts


def _page(one: FundRequest) -> str:
    return reverse("console_fund_request", args=[one.pk])


def _what(one: FundRequest, voice: Voice) -> list[tuple[Any, str]]:
    return [
        (_("Activity"), one.activity.name),
        (_("Budget"), one.budget.name),
        (_("From"), voice.day(one.starts_on)),
        (_("Through"), voice.day(one.ends_on)),
        (_("Asked for by"), one.member.name if one.member else ""),
        (_("Number"), one.reference),
    ]


def _request(one: FundRequest, voice: Voice) -> Line:
    said = {"asked": voice.exact_money(one.asked), "cost": voice.exact_money(one.total_cost)}
    note = _("%(asked)s of %(cost)s") % said
    facts = [
        (_("Asked for"), note),
        (_("Percent of the cost"), voice.number(_share(one))),
        *_what(one, voice),
    ]
    return Line(one.title, one.account.name, note, facts)


def _share(one: FundRequest) -> Any:
    return share_offered(one.asked, one.total_cost, most=one.activity.share)


def _approve(one: FundRequest, said: Said) -> None:
    zone = said.tenant.zone
    deciding.approve(
        one.pk,
        amount=one.asked,
        share=_share(one),
        note=said.reason,
        by=said.actor,
        today=day_of(said.now, zone),
        zone=zone,
        now=said.now,
    )


def _reject(one: FundRequest, said: Said) -> None:
    deciding.reject(one.pk, reason=said.reason, by=said.actor, now=said.now)


REQUESTS = Kind(
    code="fund_request",
    label=gettext_lazy("Fund requests"),
    icon="megaphone",
    roles=DECIDERS,
    rows=_in_state(RequestState.REQUESTED),
    since="requested_at",
    due="starts_on",
    line=_request,
    page=_page,
    is_own=_own,
    shared=_budgets,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Approve"),
            does=gettext_lazy(
                "What is asked for is committed to it; open its page to approve another amount."
            ),
            done=gettext_lazy("approved"),
            do=_approve,
        ),
        REJECT: Decision(
            label=gettext_lazy("Reject"),
            does=gettext_lazy("Nothing is committed; the partner reads why."),
            done=gettext_lazy("rejected"),
            do=_reject,
            needs_reason=True,
        ),
    },
    refusals=REFUSALS,
)


def _claim(one: FundRequest, voice: Voice) -> Line:
    said = {"amount": voice.exact_money(claiming.payable(one)), "cost": _cost(one, voice)}
    note = _("%(amount)s of a cost of %(cost)s") % said
    facts = [
        (_("Comes to"), note),
        (_("Approved"), voice.exact_money(one.approved) if one.approved else ""),
        (_("Note"), one.claim_note),
        *_what(one, voice),
    ]
    return Line(one.title, one.account.name, note, facts)


def _cost(one: FundRequest, voice: Voice) -> str:
    return voice.exact_money(one.cost or 0)


def _accept(one: FundRequest, said: Said) -> None:
    amount = claiming.payable(one)
    claiming.accept(one.pk, amount=amount, note=said.reason, by=said.actor, now=said.now)


def _refuse(one: FundRequest, said: Said) -> None:
    claiming.refuse(one.pk, reason=said.reason, by=said.actor, now=said.now)


CLAIMS = Kind(
    code="fund_claim",
    label=gettext_lazy("Fund claims"),
    icon="document-check",
    roles=DECIDERS,
    rows=_in_state(RequestState.CLAIMED),
    since="claimed_at",
    line=_claim,
    page=_page,
    is_own=lambda one, decider: _own(one, decider) or one.claimed_by in decider.hands,
    shared=_budgets,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Accept"),
            does=gettext_lazy(
                "The approved share of the cost is to be paid; what was committed beyond it is "
                "the account’s again. Look at the proof on its page first."
            ),
            done=gettext_lazy("approved"),
            do=_accept,
            is_final=True,
        ),
        REJECT: Decision(
            label=gettext_lazy("Refuse"),
            does=gettext_lazy(
                "Nothing is paid, and that is final; the partner reads why. Where only proof is "
                "missing, ask for it on its page."
            ),
            done=gettext_lazy("rejected"),
            do=_refuse,
            needs_reason=True,
            is_final=True,
        ),
    },
    refusals=REFUSALS,
)


def _payment(one: FundRequest, voice: Voice) -> Line:
    amount = voice.exact_money(one.accepted or 0)
    facts = [(_("To be paid"), amount), (_("Cost"), _cost(one, voice)), *_what(one, voice)]
    return Line(one.title, one.account.name, amount, facts)


# How and when it was paid is written down on its page: no decision says that.
PAYMENTS = Kind(
    code="fund_payment",
    label=gettext_lazy("Fund claims to be paid"),
    icon="banknotes",
    roles=PAYERS,
    rows=_in_state(RequestState.ACCEPTED),
    since="checked_at",
    line=_payment,
    page=_page,
    is_own=lambda one, decider: _own(one, decider) or one.checked_by in decider.hands,
    decisions={},
    refusals=(),
)
