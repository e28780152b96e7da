"""What a referral brings to both sides: won by a first purchase, and taken back with it."""

from datetime import date

import pytest
from django.db import transaction

from accounts.enrolling import enroll
from accounts.models import Account, Activity, ActivityKind, Event
from partners.models import Referral
from partners.referrals import clock, deciding
from partners.referrals.deciding import NotNow
from partners.referrals.referring import OtherReferral, refer
from partners.spiffs import deciding as spiffs_deciding
from rewards import awarding
from rewards.ledger import activate_due
from rewards.models import Wallet
from rewards.payouts import follow_check
from tests.factories import (
    AccountFactory,
    ProductFactory,
    enrolled_account,
)
from tests.partners.referral_stories import (
    NOON,
    OSTWIND,
    TODAY,
    ZONE,
    advanced,
    bought,
    customer,
    held,
    qualified,
    referral_terms,
    referred,
    wanted,
)
from tests.partners.spiff_stories import claimed, spiff
from tests.rewards.stories import accepted, at, taken_back, wrong


def test_a_first_purchase_wins_and_both_sides_get_theirs_once_the_days_are_over(
    in_tenant, program, sender, manager
):
    asked = wanted(program, sender, key="form 1")
    one = refer(asked, today=TODAY, now=NOON)
    assert (one.state, one.flags, one.protected_until) == ("received", [], date(2026, 11, 16))
    assert refer(asked, today=TODAY, now=NOON).pk == one.pk
    with pytest.raises(OtherReferral), transaction.atomic():
        referred(program, sender, key="form 1", customer="Another Company")
    qualified(one, manager)
    account = customer(program)
    assert advanced("2026-05-21") == (0, 0, 0)
    bought(account, "900.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (1, 0, 0)
    assert advanced("2026-05-22") == (0, 0, 0)
    one.refresh_from_db()
    assert (one.state, one.referred_account, one.activity.external_id) == ("won", account, "INV-1")
    assert (held(sender.account), held(account)) == ((0, 500), (0, 200))
    fact = Activity.objects.get(source="system:referrals")
    assert (fact.account_id, fact.kind) == (sender.account_id, "referral")
    assert one.held_until == at("2026-06-22 00:00")
    activate_due(upto=one.held_until, actor="system")
    assert (held(sender.account), held(account)) == ((500, 0), (200, 0))
    accepted(
        taken_back(account, "900.00", at("2026-06-23"), of="INV-1", document="G-1"),
        as_of=at("2026-06-23"),
    )
    assert advanced("2026-06-23") == (0, 0, 0)  # the window is over
    with pytest.raises(NotNow, match="days"), transaction.atomic():
        deciding.take_back(one.pk, by=manager.actor, reason="Returned", now=at("2026-06-23"))
    assert wrong(in_tenant) == set()


def test_a_purchase_of_the_day_of_the_referral_wins_it_where_only_its_day_is_known(
    in_tenant, program, sender, manager
):
    """It was referred at noon. A purchase without a time is dated at the midnight before: that
    somebody had bought before, it does not say; one of the morning does, and one of the day
    before."""
    companies = {
        "nordstern.de": "2026-05-20 00:00",
        "ostwind.de": "2026-05-20 09:00",
        "westfeld.de": "2026-05-19 00:00",
    }
    found = []
    for number, (domain, bought_at) in enumerate(companies.items()):
        name = domain.removesuffix(".de").title()
        said = {"customer": f"{name} AG", "website": domain, "contact_email": f"a@{domain}"}
        found.append(qualified(referred(program, sender, **said), manager))
        account = customer(program, f"N-{number}", name=f"{name} AG", domain=domain)
        bought(account, "900.00", bought_at, f"INV-{number}")
        bought(account, "900.00", "2026-05-21", f"INV-{number}-2")
    assert advanced("2026-05-21") == (1, 0, 0)
    for each in found:
        each.refresh_from_db()
    assert [each.state for each in found] == ["won", "qualified", "qualified"]
    assert found[0].activity.external_id == "INV-0"
    for number in (1, 2):
        account = Account.objects.get(number=f"N-{number}")
        about = {"activity": None, "by": manager.actor, "zone": ZONE, "now": at("2026-05-21")}
        with pytest.raises(NotNow, match="has bought before"), transaction.atomic():
            deciding.win(found[number].pk, account=account, **about)
    assert wrong(in_tenant) == set()


def test_what_cannot_be_won_ends_with_its_reason_and_can_be_won_once_that_is_mended(
    in_tenant, program, sender, manager
):
    one = qualified(referred(program, sender), manager)
    Referral.objects.filter(pk=one.pk).update(site="nord_tern.de", mail_site="")
    other = enrolled_account(program, number="N-0", domain="shop.nordstern.de")
    bought(other, "900.00", "2026-05-21", "INV-0")
    assert advanced("2026-05-21") == (0, 0, 0)  # nobody's site, but for what LIKE makes of it
    Referral.objects.filter(pk=one.pk).update(site="nordstern.example")

    account = AccountFactory(number="N-1", name="Nordstern", domain="shop.nordstern.example")
    bought(account, "900.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (0, 0, 0)
    one.refresh_from_db()
    assert (one.state, one.reason, one.decided_by) == ("rejected", "not_enrolled", "system")
    assert (held(sender.account), held(account)) == ((0, 0), (0, 0))
    assert advanced("2026-05-23") == (0, 0, 0)
    assert Event.objects.filter(subject=f"referral:{one.pk}").count() == 3  # and not tried again
    enroll(
        program=program,
        account_ids=[account.pk],
        enrolled_at=NOON,
        recorded_at=NOON,
        actor="system",
    )
    qualified(one, manager)
    assert advanced("2026-05-24") == (1, 0, 0)
    assert (held(sender.account), held(account)) == ((0, 500), (0, 200))
    assert wrong(in_tenant) == set()


def test_money_waits_while_payouts_are_stopped_and_points_do_not(
    in_tenant, program, sender, manager
):
    ProductFactory(sku="SKU-X")
    money, points = spiff(program), spiff(program, name="P", unit="points", items={"SKU-X": 100})
    claims = [claimed(one, sender) for one in (money, points)]
    one = qualified(referred(program, sender), manager)
    referral_terms(program, unit="money")
    two = qualified(referred(program, sender, **OSTWIND), manager)
    follow_check([{"claim": "One", "number": 1, "rows": 1, "sample": []}], at=NOON)
    for name, domain in (("N-1", "nordstern.de"), ("O-1", "ostwind.de")):
        bought(customer(program, name, domain=domain), "900.00", "2026-05-22", f"INV-{name}")
    assert advanced("2026-05-22") == (1, 0, 0)
    with pytest.raises(spiffs_deciding.NotNow, match="Payouts are stopped"), transaction.atomic():
        spiffs_deciding.approve(claims[0].pk, by=manager.actor, now=NOON)
    spiffs_deciding.approve(claims[1].pk, by=manager.actor, now=NOON)
    assert [Referral.objects.get(pk=each.pk).state for each in (one, two)] == ["won", "qualified"]
    assert not Wallet.objects.filter(unit="money", available__gt=0).exists()

    follow_check([], at=NOON)
    assert advanced("2026-05-23") == (1, 0, 0)
    spiffs_deciding.approve(claims[0].pk, by=manager.actor, now=NOON)
    sums = Wallet.objects.filter(unit="money").order_by("-available", "-pending")
    assert list(sums.values_list("available", "pending")) == [(50_00, 0), (0, 500), (0, 200)]
    assert wrong(in_tenant) == set()


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_what_waits_keeps_no_later_one_from_its_turn(
    program, sender, manager, monkeypatch, at_once
):
    """Of the money's referral two companies have bought, and both wait for the payouts."""
    monkeypatch.setattr(clock, "AT_ONCE", at_once)
    referral_terms(program, unit="money")
    waits = qualified(referred(program, sender, **OSTWIND), manager)
    referral_terms(program)
    won = qualified(referred(program, sender), manager)
    follow_check([{"claim": "One", "number": 1, "rows": 1, "sample": []}], at=NOON)
    for number, domain in (("O-1", "ostwind.de"), ("O-2", "ostwind.de"), ("N-1", "nordstern.de")):
        account = customer(program, number, domain=domain)
        bought(account, "900.00", "2026-05-22", f"INV-{number}")
    assert advanced("2026-05-22") == (1, 0, 0)
    assert [Referral.objects.get(pk=each.pk).state for each in (waits, won)] == ["qualified", "won"]


def test_what_was_not_taken_back_is_told_and_what_somebody_took_back_before_is_not(
    program, sender, manager, monkeypatch
):
    one = qualified(referred(program, sender), manager)
    account = customer(program)
    bought(account, "900.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (1, 0, 0)
    whole = {"of": "INV-1", "document": "G-1"}
    accepted(taken_back(account, "900.00", at("2026-05-25"), **whole), as_of=at("2026-05-25"))
    ActivityKind.objects.filter(code="return").update(code="return-2")  # it is refused now
    with pytest.raises(NotNow, match="cannot be taken in"):
        advanced("2026-05-25")
    one.refresh_from_db()
    assert (one.state, held(account)) == ("won", (0, 200))

    ActivityKind.objects.filter(code="return-2").update(code="return")
    take_back = deciding.take_back

    def second(referral_id, **about):
        about |= {"by": manager.actor}
        take_back(referral_id, **about)
        take_back(referral_id, **about)

    monkeypatch.setattr(clock, "take_back", second)
    assert advanced("2026-05-25") == (0, 0, 0)
    assert held(account) == (0, 0)


def test_a_return_within_the_window_takes_both_back(in_tenant, program, sender, manager):
    one = qualified(referred(program, sender), manager)
    account = customer(program)
    bought(account, "900.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (1, 0, 0)
    back = {"of": "INV-1", "document": "G-1\N{ZERO WIDTH SPACE}"}
    accepted(taken_back(account, "900.00", at("2026-05-25"), **back), as_of=at("2026-05-25"))
    assert advanced("2026-05-25") == (0, 1, 0)
    assert advanced("2026-05-25") == (0, 0, 0)
    one.refresh_from_db()
    assert (one.state, one.reason) == ("returned", "G-1\N{REPLACEMENT CHARACTER}")
    assert (held(sender.account), held(account)) == ((0, 0), (0, 0))
    kinds = Event.objects.filter(subject=f"referral:{one.pk}").order_by("id")
    assert [kind.removeprefix("referral.") for kind in kinds.values_list("kind", flat=True)] == [
        "received", "qualified", "won", "returned",
    ]  # fmt: skip
    assert wrong(in_tenant) == set()


def test_one_that_cannot_be_taken_back_holds_up_no_other(program, sender, manager):
    """Nor the end of those whose protection is over."""
    over = referred(program, sender, **OSTWIND)
    Referral.objects.filter(pk=over.pk).update(protected_until=TODAY)
    westfeld = {"customer": "Westfeld KG", "website": "westfeld.de", "contact_email": "w@w.de"}
    ones = [qualified(referred(program, sender, **said), manager) for said in ({}, westfeld)]
    for number, domain in (("N-1", "nordstern.de"), ("W-1", "westfeld.de")):
        account = customer(program, number, domain=domain)
        bought(account, "900.00", "2026-05-22", f"INV-{number}")
    assert advanced("2026-05-20") == (2, 0, 0)
    for number in ("N-1", "W-1"):
        back = {"of": f"INV-{number}", "document": f"G-{number}"}
        account = Account.objects.get(number=number)
        accepted(taken_back(account, "900.00", at("2026-05-25"), **back), as_of=at("2026-05-25"))
    ones[0].refresh_from_db()
    about = {"reason": "By mistake", "identity": over.pk, "actor": manager.actor, "now": NOON}
    awarding.take_back(ones[0].referrer_award_id, amount=500, **about)
    with pytest.raises(awarding.CannotAward):
        advanced("2026-05-25")
    states = [Referral.objects.get(pk=each.pk).state for each in (*ones, over)]
    assert states == ["won", "returned", "expired"]
    assert held(sender.account) == (0, 0)


def test_a_return_on_the_last_day_is_found_when_the_clock_comes_by(program, sender, manager):
    one = qualified(referred(program, sender), manager)
    account = customer(program)
    bought(account, "900.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (1, 0, 0)
    late = at("2026-06-21 22:00")
    accepted(taken_back(account, "900.00", late, of="INV-1", document="G-1"), as_of=late)
    activate_due(upto=at("2026-06-22 00:00"), actor="system")
    assert (held(sender.account), held(account)) == ((500, 0), (200, 0))
    assert advanced("2026-06-22") == (0, 1, 0)
    one.refresh_from_db()
    assert (one.state, held(sender.account), held(account)) == ("returned", (0, 0), (0, 0))
