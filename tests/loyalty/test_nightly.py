"""The nightly check: what does not add up stops whatever is handed out, until it does again."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client

from accounts.ids import uuid7
from accounts.models import Event, JobRun
from accounts.tenancy import tenant_scope
from loyalty import nightly, tasks
from rewards import deciding, payouts
from rewards.availability import Hindrance
from rewards.codes import show_code
from rewards.models import CorrectionTerms, Entry, Redemption, Transfer, Wallet
from rewards.redeeming import Unavailable
from rewards.transferring import TransferRefused, transfer_points
from tests.factories import MemberFactory, StaffFactory, TenantFactory, enrolled_account
from tests.loyalty.claims import OUTSTANDING, WALLETS
from tests.loyalty.faces import client_of, running_program, text_of
from tests.rewards.shop import ask_for, offered, with_codes
from tests.rewards.stories import accepted, at, purchase

NIGHT = at("2026-05-21 02:40")


@pytest.fixture
def clock(monkeypatch) -> list[datetime]:
    """What the clock says, last."""
    said = [NIGHT]
    monkeypatch.setattr("django.utils.timezone.now", lambda: said[-1])
    return said


@pytest.fixture
def shop(committed, clock) -> dict[str, Any]:
    """An account with 1,000 points, two rewards for 100, one of which waits for approval; all of it
    committed, because the owner of the tables looks at it, too."""
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = running_program()
        CorrectionTerms.objects.create(program=program, transfers=True)
        dealer = enrolled_account(program, name="Harbor Bikes", on=at("2026-03-01 00:00"))
        day = at("2026-05-02")
        accepted(purchase(dealer, "1000.00", day, "A"), as_of=at("2026-05-02 20:00"))
        rewards = {
            "jacket": offered(program, "merchandise", code="jacket", needs_approval=False),
            "boots": offered(program, "merchandise", code="boots"),
            "card": offered(program, "gift_card", code="card", needs_approval=False),
        }
        with_codes(rewards["card"], "BOOK-123456")
        made = {
            "tenant": tenant,
            "dealer": dealer,
            "program": program,
            "member": MemberFactory(account=dealer),
            "owner": StaffFactory(role="owner", name="Olga Owner"),
            **rewards,
        }
        names = {"waiting": "boots", "approved": "jacket", "handed out": "card"}
        made |= {name: ask(made, reward) for name, reward in names.items()}
    return made


def ask(shop: dict[str, Any], reward: str) -> Redemption:
    return ask_for(shop[reward], shop["dealer"], shop["member"], now=NIGHT)


def within(shop: dict[str, Any], act, *args: Any) -> Any:
    with tenant_scope(shop["tenant"].id), transaction.atomic():
        return act(*args)


def damage(points: int) -> None:
    """By the owner of the tables, behind everybody's back."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE rewards_wallet SET available = available + %s WHERE unit = 'points'", [points]
        )
    connections["owner"].close()


def check(shop: dict[str, Any]) -> None:
    tasks.check_books(tenant_id=str(shop["tenant"].id), of_database=[])


def moved(shop: dict[str, Any]) -> tuple:
    return within(
        shop,
        lambda: (
            Entry.objects.count(),
            Transfer.objects.count(),
            sorted(Redemption.objects.values_list("pk", "state")),
            sorted(Wallet.objects.values_list("pk", "available", "reserved")),
        ),
    )


def test_damage_stops_payouts_until_a_check_finds_none(shop, clock):
    damage(+5)
    check(shop)
    before = moved(shop)

    with pytest.raises(Unavailable) as refused:
        within(shop, lambda: ask(shop, "jacket"))
    assert refused.value.hindrances == (Hindrance(code="stopped"),)
    for decide, what in ((deciding.approve, "waiting"), (deciding.fulfill, "approved")):
        which = shop[what].pk
        decided = within(shop, lambda: decide([which], actor="key:x", now=NIGHT))  # noqa: B023
        assert (decided.refused, decided.done) == ({which: "stopped"}, [])
    with pytest.raises(payouts.PayoutsStopped):
        within(shop, lambda: show(shop))
    with pytest.raises(TransferRefused, match="your points are safe"):
        within(shop, lambda: pass_on(shop))
    assert moved(shop) == before

    # what was asked for can be called off, and facts go on coming in
    late = purchase(shop["dealer"], "7.00", at("2026-05-20"), "B")
    within(shop, lambda: accepted(late, as_of=NIGHT))
    damage(-5)
    clock.append(NIGHT + timedelta(days=1))
    check(shop)
    within(shop, lambda: ask(shop, "jacket"))
    approved = within(
        shop, lambda: deciding.approve([shop["waiting"].pk], actor="key:x", now=NIGHT)
    )
    assert [one.state for one in approved.done] == ["approved"]
    within(shop, lambda: pass_on(shop))
    assert within(shop, lambda: show(shop)) == "BOOK-123456"

    told = within(
        shop, lambda: list(Event.objects.filter(kind__startswith="payouts.").order_by("id"))
    )
    assert [(one.kind, one.actor, one.occurred_at) for one in told] == [
        ("payouts.stopped", "system", NIGHT),
        ("payouts.resumed", "system", NIGHT + timedelta(days=1)),
    ]
    claims = {one["claim"]: one["rows"] for one in told[0].payload["violations"]}
    assert claims[WALLETS] == claims[OUTSTANDING] == 1


def show(shop: dict[str, Any]) -> str:
    return show_code(shop["handed out"], member=shop["member"], now=NIGHT)


def pass_on(shop: dict[str, Any]) -> None:
    transfer_points(
        program_id=shop["program"].pk,
        account_id=shop["dealer"].pk,
        giver_id=None,
        taker_id=shop["member"].pk,
        amount=10,
        command=uuid7(),
        reason="",
        actor="key:x",
        now=NIGHT,
    )


def test_everybody_reads_why_and_an_owner_lets_payouts_go_on(shop, clock):
    partner = client_of(shop["tenant"], shop["member"].user)
    owner = client_of(shop["tenant"], shop["owner"].user)
    with tenant_scope(shop["tenant"].id), transaction.atomic():
        manager = client_of(shop["tenant"], StaffFactory().user)
    damage(+5)
    check(shop)
    enrollment = within(shop, lambda: shop["dealer"].enrollments.get().pk)

    catalog = text_of(partner.get(f"/portal/{enrollment}/rewards/"))
    banner = text_of(manager.get("/console/"))
    page = text_of(manager.get("/console/jobs/payouts/"))

    assert str(payouts.KINDLY) in catalog
    assert "add up" not in catalog
    assert str(payouts.KINDLY) in text_of(partner.get(f"/portal/{enrollment}/entries/transfer/"))
    assert "Payouts are stopped since May 21, 2026, 2:40 AM, because the books do not" in banner
    assert f"Not true for one row: {WALLETS}" in banner
    assert "Let payouts go on" not in page
    assert lift(manager, "Known").status_code == 403
    assert lift(owner, " ").status_code == 422
    assert "Payouts are stopped" in text_of(owner.get("/console/"))
    assert lift(owner, "A known gap, paid by hand").status_code == 302
    assert "Payouts are stopped" not in text_of(owner.get("/console/"))
    within(shop, lambda: ask(shop, "jacket"))
    assert lift(owner, "Again").status_code == 409

    lifted = within(shop, lambda: Event.objects.get(kind="payouts.resumed"))
    assert (lifted.actor, lifted.payload) == (
        shop["owner"].actor,
        {"since": NIGHT.isoformat(), "reason": "A known gap, paid by hand"},
    )
    clock.append(NIGHT + timedelta(days=1))
    check(shop)  # still damaged
    assert within(shop, payouts.are_stopped)


def lift(client: Client, reason: str):
    return client.post("/console/jobs/payouts/", {"reason": reason})


def test_books_are_checked_once_a_night_of_the_tenant(in_tenant, clock):
    for hour, runs in (("01:40", 0), ("02:40", 1), ("03:40", 1), ("23:40", 1)):
        clock.append(at(f"2026-05-21 {hour}"))
        tasks.check_books(tenant_id=str(in_tenant.id), of_database=[])
        assert JobRun.objects.filter(job=nightly.JOB, state="done").count() == runs
    # the night in which summer time begins has no 2:40
    assert nightly.next_night(at("2026-03-07 12:00"), in_tenant.zone) == at("2026-03-08 03:00")


def test_what_is_wrong_everywhere_goes_on_to_stop_until_somebody_looks(in_tenant, clock):
    wrong = {"claim": "C", "number": 4, "rows": 1, "sample": "S", "everywhere": True, "stops": True}
    tasks.check_books(tenant_id=str(in_tenant.id), of_database=[wrong])
    tasks.check_books(tenant_id=str(in_tenant.id), asked=str(uuid7()))  # which looks at one tenant
    assert payouts.are_stopped()
    clock.append(NIGHT + timedelta(days=1))
    tasks.check_books(tenant_id=str(in_tenant.id), of_database=[])
    assert not payouts.are_stopped()


def test_a_check_that_breaks_off_decides_nothing_and_is_tried_three_times(
    in_tenant, clock, monkeypatch
):
    def broken():
        raise ZeroDivisionError

    monkeypatch.setattr(nightly, "verify_tenant", broken)
    for hour in ("02:40", "03:40", "04:40"):
        clock.append(at(f"2026-05-21 {hour}"))
        with pytest.raises(ZeroDivisionError):
            tasks.check_books(tenant_id=str(in_tenant.id), of_database=[])
    clock.append(at("2026-05-21 05:40"))
    tasks.check_books(tenant_id=str(in_tenant.id), of_database=[])

    found = JobRun.objects.get(job=nightly.JOB)
    assert (found.state, found.outcome["failures"]) == ("failed", 3)
    assert not payouts.are_stopped()
