"""A catalogue to tell stories in: a program, people with points, rewards of each type."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from accounts.ids import uuid7
from accounts.models import Account, Member, Program, Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards import adjusting, adjustment_drafts, offering
from rewards.availability import Offer, offers
from rewards.codes import add_codes
from rewards.models import Redemption, Reward, RewardState, Wallet
from rewards.redeeming import Wish, redeem
from tests.factories import (
    ProgramFactory,
    StaffFactory,
    enrolled_account,
    publish_rule,
    publish_scheme,
)
from tests.rewards.stories import accepted, at, purchase

NOW = at("2026-05-20")
BOSS = "staff:boss"

# The least that each type says of itself, and what it asks.
DETAILS: dict[str, dict[str, Any]] = {
    "credit_note": {"value": 50_00},
    "gift_card": {"brand": "Bookshop", "value": 25_00},
    "expert_session": {"topic": "Pricing", "minutes": 60},
    "training_seat": {"course": "Welding safety"},
    "event_place": {"event": "Partner day", "held_on": "2026-09-10", "place": "Chicago"},
    "marketing_funds": {"value": 500_00, "good_for": "Local advertising"},
    "service_upgrade": {"service": "Support", "level": "Premium", "months": 12},
    "merchandise": {"item": "Work jacket"},
    "donation": {"organization": "Habitat", "value": 20_00},
}
ADDRESS = {
    "recipient": "Pat Partner",
    "street": "1 Main St",
    "postal_code": "10001",
    "city": "New York",
    "country": "United States",
}
ANSWERS: dict[str, dict[str, Any]] = {
    "expert_session": {"question": "How do we quote?"},
    "training_seat": {"name": "Sam", "email": "sam@example.com"},
    "event_place": {"name": "Sam", "email": "sam@example.com"},
    "marketing_funds": {"campaign": "Spring radio"},
    "service_upgrade": {"contract": "C-17"},
    "merchandise": ADDRESS,
}


def offered(program: Program, type: str = "credit_note", **terms: Any) -> Reward:
    """A published reward for 100 points that needs approval, with whatever else is said."""
    code = terms.pop("code", f"{type.replace('_', '-')}-{Reward.objects.count()}")
    prices = terms.pop("prices", ())
    values = {
        "code": code,
        "name": terms.pop("name", type.replace("_", " ").capitalize()),
        "type": type,
        "points": 100,
        "details": DETAILS[type],
    } | terms
    reward = offering.add_reward(
        program=program, terms=values, prices=prices, actor="system", now=NOW
    )
    Reward.objects.filter(pk=reward.pk).update(state=RewardState.PUBLISHED)
    reward.refresh_from_db()
    return reward


def with_codes(reward: Reward, *codes: str) -> Reward:
    add_codes(reward, codes, actor="system", now=NOW)
    return reward


def with_slots(reward: Reward, *starts: str) -> Reward:
    times = [at(start) for start in starts]
    offering.add_slots(reward, times, expert="Dr. Lee", actor="system", now=NOW)
    return reward


def own_points(member: Member, program: Program, amount: int) -> Wallet:
    """Points of the member's own, given by hand."""
    wanted = adjustment_drafts.Wanted(
        program_id=program.id,
        account_id=member.account_id,
        member_id=member.id,
        action="credit",
        reason="Welcome",
        amount=amount,
    )
    staff = StaffFactory(role="manager")
    drafted = adjustment_drafts.draft(wanted, identity=uuid7(), actor=staff.actor, now=NOW)
    adjusting.submit(adjustment_id=drafted.id, author=staff, now=NOW)
    return Wallet.objects.get(program=program, member=member, unit="points")


def offer_of(
    reward: Reward, account: Account, member: Member | None = None, *, as_of: datetime = NOW
) -> Offer:
    [offer] = offers_of([reward], account, member, as_of=as_of)
    return offer


def offers_of(
    rewards: Sequence[Reward],
    account: Account,
    member: Member | None = None,
    *,
    as_of: datetime = NOW,
) -> list[Offer]:
    return offers(
        Reward.objects.filter(pk__in=[reward.pk for reward in rewards]).order_by("code"),
        account=account,
        member=member,
        program_id=rewards[0].program_id,
        tenant=Tenant.objects.get(),
        as_of=as_of,
    )


def ask_for(
    reward: Reward, account: Account, member: Member | None = None, **more: Any
) -> Redemption:
    """Ask as the member, else as a system with a key."""
    now = more.pop("now", NOW)
    values = {
        "reward_id": reward.pk,
        "account": account,
        "member": member,
        "answers": ANSWERS.get(reward.type, {}),
        "key": str(uuid7()),
        "actor": member.actor if member else "key:erp",
    } | more
    return redeem(Wish(**values), tenant=Tenant.objects.get(), now=now)


def wallet_of(account: Account) -> tuple[int, int]:
    """(available, reserved) of its points."""
    wallet = Wallet.objects.get(account=account, unit="points", member=None)
    return wallet.available, wallet.reserved


def decide(how, redemption: Redemption, actor: str = BOSS, **more) -> str:
    """The state afterwards, or why not."""
    found = how([redemption.pk], actor=actor, now=NOW, **more)
    redemption.refresh_from_db()
    return found.refused.get(redemption.pk, redemption.state)


@contextmanager
def open_shop(tenant: Tenant) -> Iterator[Program]:
    """1 point per 1.00; every story ends with the self-check of all books."""
    with tenant_scope(tenant.id):
        program = ProgramFactory()
        publish_scheme(program, ("Silver", 0, "1"), ("Gold", 1_000_00, "1"))
        publish_rule(program)
        yield program
    assert [(one.invariant.claim, one.sample) for one in verify([tenant.id]) if one.sample] == []


def with_500_points(program: Program) -> Account:
    account = enrolled_account(program)
    accepted(purchase(account, "500.00", at("2026-02-10"), "BUY"), as_of=at("2026-02-11"))
    return account
