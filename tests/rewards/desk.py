"""Where points are put right by hand: a dealer with points, and who may move them."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from django.db import transaction

from accounts.ids import uuid7
from accounts.models import Account, Program, Staff, Tenant
from loyalty.books import verify
from rewards import adjusting, adjustment_drafts
from rewards.adjustment_drafts import AdjustmentRefused, Wanted
from rewards.models import Adjustment, CorrectionTerms, Entry, Lot
from rewards.transferring import TransferRefused
from tests.factories import ProgramFactory, StaffFactory, enrolled_account, publish_rule
from tests.loyalty.claims import VISIBLE
from tests.rewards.stories import accepted, at, purchase, wallet_of

NOW = at("2026-02-20")
ENDS = at("2026-04-01 00:00")  # of the quarter, and of the points


class Desk:
    """A program whose points expire with the quarter, a dealer with 500, a manager and an owner."""

    def __init__(self) -> None:
        self.program: Program = ProgramFactory(points_expiry={"policy": "quarter_end"})
        publish_rule(self.program)
        self.account: Account = enrolled_account(self.program)
        self.manager: Staff = StaffFactory(role="manager")
        self.owner: Staff = StaffFactory(role="owner")
        self.terms = CorrectionTerms.objects.create(
            program=self.program, transfers=True, approval_above=1_000
        )
        accepted(purchase(self.account, "500.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))

    def wanted(self, action: str, amount: int = 0, **more) -> Wanted:
        about = {"program_id": self.program.id, "account_id": self.account.id, "reason": "Because"}
        return Wanted(action=action, amount=amount, **(about | more))

    def draft(
        self, action: str, amount: int = 0, *, now: datetime = NOW, identity: UUID | None = None,
        **more,
    ) -> Adjustment:  # fmt: skip
        return adjustment_drafts.draft(
            self.wanted(action, amount, **more),
            identity=identity or uuid7(),
            actor=self.manager.actor,
            now=now,
        )

    def do(self, action: str, amount: int = 0, *, now: datetime = NOW, **more) -> Adjustment:
        drafted = self.draft(action, amount, now=now, **more)
        return adjusting.submit(adjustment_id=drafted.id, author=self.manager, now=now)

    @property
    def available(self) -> int:
        return wallet_of(self.account, self.program).available


def violated() -> list[str]:
    """Of the open tenant; one claim is about having none open."""
    found = verify([Tenant.objects.get().id])
    return [
        one.invariant.claim for one in found if one.violations and one.invariant.claim != VISIBLE
    ]


def lots_left() -> list[tuple]:
    return list(Lot.objects.order_by("entry_id").values_list("remaining", "expires_at"))


def refused(act: Callable[[], object], text: str) -> None:
    """It is refused in these words, and nothing moved."""
    before = list(Entry.objects.order_by("id").values_list("id", flat=True))
    lots = lots_left()
    with pytest.raises((AdjustmentRefused, TransferRefused), match=text), transaction.atomic():
        act()
    assert list(Entry.objects.order_by("id").values_list("id", flat=True)) == before
    assert lots_left() == lots
