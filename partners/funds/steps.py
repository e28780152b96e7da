"""What all steps of a request have in common: who may take them, locks, what stands in the way.

Locks go in one order: the budget, its funds, its requests, and then the ledger's wallets.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.hands import hands_of, has_hand_in
from partners import words
from partners.funds.telling import tell_of_requests
from partners.models import Fund, FundBudget, FundRequest


class NotNow(ValueError):
    """The state of things, or a rule, does not allow it; its text says why. Nothing changed."""


a_reason = partial(words.a_reason, refused=NotNow)
a_note = partial(words.a_note, refused=NotNow)


@dataclass(frozen=True, slots=True)
class Held:
    """A request with its budget and, where there is one, the account's fund of it; all locked."""

    request: FundRequest
    budget: FundBudget
    fund: Fund | None

    @property
    def own_fund(self) -> Fund:
        """Of a request that has something committed: it is committed from there."""
        if self.fund is None:
            raise Fund.DoesNotExist(self.request.pk)
        return self.fund


def lock_budget(budget_id: UUID) -> FundBudget:
    """Whoever changes what a budget has allocated, or what its funds hold, holds this lock. New
    requests come in meanwhile: they refer to the budget, and change nothing of it."""
    budgets = FundBudget.objects.select_for_update(of=("self",), no_key=True)
    return budgets.select_related("segment").get(pk=budget_id)


def locked(request_id: UUID, *, states: Collection[str]) -> Held:
    """Raises FundRequest.DoesNotExist, and NotNow unless it is in one of `states`."""
    budget_id = FundRequest.objects.values_list("budget_id", flat=True).get(pk=request_id)
    budget = lock_budget(budget_id)
    requests = FundRequest.objects.select_for_update(of=("self",), no_key=True)
    request = requests.select_related("account", "activity").get(pk=request_id)
    request.budget = budget
    funds = Fund.objects.filter(budget=budget, account_id=request.account_id)
    fund = funds.select_for_update(of=("self",), no_key=True).first()
    if fund is not None:
        fund.budget, fund.account = budget, request.account
    if request.state not in states:
        raise NotNow(
            _("It is “%s” meanwhile: this cannot be done with it any more, or not yet.")
            % request.get_state_display()
        )
    return Held(request, budget, fund)


def refuse_own(request: FundRequest, by: str, *, also: Collection[str] = ()) -> None:
    """Raises NotNow where the person behind `by` asked for it or belongs to its account, or is one
    of `also`: two people see to each step that leads to money."""
    if has_hand_in(by, actors=[request.requested_by], account_ids=[request.account_id]):
        raise NotNow(_("You asked for it, or belong to its account: somebody else decides."))
    if hands_of(by).intersection(also):
        raise NotNow(_("You took the step before: somebody else takes this one."))


def moved(
    request: FundRequest, what: str, *, actor: str, now: datetime, **more: Any
) -> FundRequest:
    """Keep the request as it is now, and say what became of it."""
    request.save()
    tell_of_requests([request], what, actor=actor, now=now, **more)
    return request
