"""A deal from its registration to its end: who decides, who goes first, what it earns, once."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from accounts.models import Activity, Event, JobRun
from loyalty.books import verify
from partners.deals import clock, deciding
from partners.deals.books import DEALS
from partners.deals.closing import withdraw
from partners.deals.conflicts import conflicts_of
from partners.deals.registering import CannotRegister, OtherDeal, register
from partners.deals.steps import NotNow
from partners.models import Deal, DealProduct, DealState
from tests.factories import (
    MemberFactory,
    ProductFactory,
    ProgramFactory,
    StaffFactory,
    UserFactory,
    enrolled_account,
)
from tests.partners.stories import (
    NOON,
    TODAY,
    approved,
    deal_form,
    deals_earn,
    lost,
    registered,
    wanted,
    won,
)
from tests.rewards.stories import accepted, at, purchase, wallet_of


@pytest.fixture
def program(in_tenant):
    program = ProgramFactory()
    deals_earn(program)
    deal_form()
    return program


@pytest.fixture
def reseller(program):
    return enrolled_account(program, number="R-1", name="Harbor IT")


@pytest.fixture
def other(program):
    return enrolled_account(program, number="R-2", name="Bay Systems")


@pytest.fixture
def manager(program):
    return StaffFactory()


def steps_of(deal: Deal) -> list[str]:
    found = Event.objects.filter(subject=f"deal:{deal.pk}").order_by("id")
    return [kind.removeprefix("deal.") for kind in found.values_list("kind", flat=True)]


def wrong(tenant) -> dict[str, int]:
    return {one.invariant.claim: one.violations for one in verify([tenant.id]) if one.violations}


def test_a_won_deal_earns_once_for_both_partners_and_a_lost_one_is_taken_back(
    in_tenant, program, reseller, other, manager
):
    form = deal_form("Gold", name="Together", credits="both")
    reseller.partner_type = "Gold"
    reseller.save()
    deal = registered(reseller, distributor=other)
    assert (deal.form, deal.state, deal.answers) == (form, "registered", {"seats": 25})
    assert (deal.core, deal.website, deal.site) == (
        "logistik nordstern",
        "www.nordstern.de",
        "nordstern.de",
    )
    deal = approved(deal, manager)
    assert deal.exclusive_until == date(2026, 8, 17)  # the 90th day, the first one counted

    deal = won(deal, amount=4_200_050, on=date(2026, 6, 2), now=at("2026-06-02"))

    facts = Activity.objects.filter(source="deals").order_by("line")
    assert [(fact.account_id, fact.line, fact.amount, fact.occurred_at) for fact in facts] == [
        (other.pk, "distributor", 4_200_050, at("2026-06-02 00:00")),
        (reseller.pk, "reseller", 4_200_050, at("2026-06-02 00:00")),
    ]
    assert [wallet_of(one, program).available for one in (reseller, other)] == [4_200, 4_200]
    with pytest.raises(NotNow, match="Won"):
        won(deal, amount=1, on=date(2026, 6, 2), now=at("2026-06-03"))
    assert Activity.objects.filter(source="deals").count() == 2

    lost(deal, now=at("2026-06-20"))

    assert [wallet_of(one, program).available for one in (reseller, other)] == [0, 0]
    assert steps_of(deal) == ["registered", "approved", "won", "lost"]
    with pytest.raises(NotNow, match="Lost"):
        lost(deal, now=at("2026-06-21"))


def test_the_same_key_registers_once_and_other_content_under_it_nothing(program, reseller):
    ProductFactory(sku="SEAT")
    first = registered(reseller, key="k", products=["SEAT"])
    assert registered(reseller, key="k", products=["SEAT"]) == first
    with pytest.raises(OtherDeal):
        registered(reseller, key="k", products=["SEAT"], amount=1)
    assert (Deal.objects.count(), DealProduct.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"customer": " .,- "}, "customer"),
        ({"website": "not an address"}, "website"),
        ({"amount": 0}, "amount"),
        ({"closes_on": TODAY - timedelta(days=1)}, "closes_on"),
        ({"answers": {}}, "seats"),
        ({"answers": {"seats": "many"}}, "seats"),
        ({"answers": {"seats": 1, "color": "red"}}, "answers"),
        ({"products": ["NONE"]}, "products"),
        ({"reseller": None}, ""),
    ],
)
def test_what_cannot_be_registered_names_its_field(program, reseller, said, field):
    with pytest.raises(CannotRegister) as refused:
        register(wanted(reseller, **said), today=TODAY, now=NOON)
    assert refused.value.field == field
    assert Deal.objects.count() == 0


def test_first_come_first_served_and_two_are_never_exclusive(program, reseller, other, manager):
    earlier = registered(reseller)
    later = registered(
        other,
        customer="NORDSTERN-LOGISTIK AG",
        website="shop.nordstern.de",
        now=NOON + timedelta(hours=1),
    )
    assert (earlier.conflict_score, later.conflict_score >= 90) == (0, True)
    [seen] = conflicts_of(later, today=TODAY)
    assert (seen.deal, seen.is_earlier) == (earlier, True)
    assert seen.resemblance.reasons == ("site", "name")
    [seen] = conflicts_of(earlier, today=TODAY)
    assert (seen.deal, seen.is_earlier) == (later, False)

    with pytest.raises(NotNow, match="say why this goes ahead"):
        approved(later, manager)
    approved(earlier, manager)  # the earlier one goes first without a word
    with pytest.raises(NotNow, match=r"of Harbor IT is exclusive .* until Aug 17, 2026"):
        approved(later, manager, note="They know them better")
    withdraw(earlier.pk, note="", actor="system", now=NOON)
    approved(later, manager)
    assert steps_of(later) == ["registered", "approved"]


def test_other_products_of_the_same_customer_are_another_deal(program, reseller, other, manager):
    for sku in ("SEAT", "BOX"):
        ProductFactory(sku=sku)
    approved(registered(reseller, products=["SEAT"]), manager)
    second = registered(other, products=["BOX"])
    assert second.conflict_score == 0  # related, and seen as such by staff alone
    assert [one.resemblance.reasons[-1] for one in conflicts_of(second, today=TODAY)] == [
        "other_products"
    ]
    assert approved(second, manager).state == DealState.APPROVED


def test_nobody_decides_on_their_own(program, reseller):
    both = UserFactory()
    member = MemberFactory(account=reseller, user=both)
    insider = StaffFactory(user=both)
    deal = registered(reseller, member=member, actor=member.actor)
    for decide in (
        lambda: approved(deal, insider),
        lambda: deciding.reject(deal.pk, by=insider.actor, reason="No", now=NOON),
    ):
        with pytest.raises(NotNow, match="another decides"):
            decide()
    entered = StaffFactory()
    by_staff = registered(reseller, customer="Ostwind", website="", actor=entered.actor)
    with pytest.raises(NotNow, match="another decides"):
        approved(by_staff, entered)
    assert set(Deal.objects.values_list("state", flat=True)) == {"registered"}


def test_a_rejection_is_appealed_once(program, reseller, manager):
    deal = registered(reseller)
    by = manager.actor
    with pytest.raises(NotNow, match="Say why"):
        deciding.reject(deal.pk, by=by, reason=" ", now=NOON)
    deciding.reject(deal.pk, by=by, reason="Known to us", now=NOON)
    assert not Deal.objects.get().keys.filter(is_live=True).exists()
    again = deciding.appeal(deal.pk, text="Another division", actor="system", now=NOON)
    assert (again.state, again.decided_by, again.registered_at) == ("registered", "", NOON)
    deciding.reject(deal.pk, by=by, reason="Still known", now=NOON)
    with pytest.raises(NotNow, match="that decision stays"):
        deciding.appeal(deal.pk, text="Please", actor="system", now=NOON)
    assert steps_of(deal) == ["registered", "rejected", "appealed", "rejected"]


def test_the_clock_reminds_waits_for_an_answer_and_ends_it_once(program, reseller, manager):
    deal = approved(registered(reseller), manager)
    last = deal.exclusive_until

    def on(day: date) -> tuple[int, int]:
        done = clock.advance(today=day, now=at(f"{day} 01:00"))
        return done.reminded, done.expired

    assert on(last - timedelta(days=15)) == (0, 0)
    assert on(last - timedelta(days=14)) == (1, 0)
    assert on(last - timedelta(days=13)) == (0, 0)
    asked = deciding.ask_extension(
        deal.pk, reason="Budget in fall", actor="system", today=last, now=at(f"{last} 09:00")
    )
    assert on(last + timedelta(days=2)) == (0, 0)
    extended = deciding.extend(asked.pk, by=manager.actor, today=last, now=at(f"{last} 10:00"))
    assert extended.exclusive_until == last + timedelta(days=30)
    with pytest.raises(NotNow, match="cannot be extended any more"):
        deciding.ask_extension(deal.pk, reason="More", actor="system", today=last, now=NOON)
    assert on(last + timedelta(days=30)) == (1, 0)
    assert on(last + timedelta(days=31)) == (0, 1)
    assert on(last + timedelta(days=31)) == (0, 0)
    assert steps_of(deal) == [
        "registered", "approved", "reminded", "extension_asked", "extended", "reminded", "expired",
    ]  # fmt: skip
    second = registered(reseller, today=last, now=at(f"{last + timedelta(days=40)} 09:00"))
    assert second.conflict_score == 0  # an ended one stands in nobody's way


DAMAGE = {
    "a won deal is an activity of each account it counts for, returned if lost": (
        lambda deals: Deal.objects.filter(pk=deals["won"].pk).update(won_amount=1)
    ),
    "at most one open deal is exclusive for a customer and a product": (
        lambda deals: Deal.objects.filter(pk=deals["later"].pk).update(site=deals["open"].site)
    ),
    "no exclusivity goes on beyond its last day, but while more days are asked for": (
        lambda deals: Deal.objects.filter(pk=deals["open"].pk).update(
            exclusive_until=TODAY - timedelta(days=1)
        )
    ),
    "a deal's last event tells its state, and new deals are compared with the open ones": (
        lambda deals: deals["open"].keys.update(is_live=False)
    ),
    "nobody decided on a deal of their own account": (
        lambda deals: Deal.objects.filter(pk=deals["open"].pk).update(
            member=MemberFactory(account=deals["open"].account, user=deals["manager"].user)
        )
    ),
}


def test_the_books_of_deals_are_sound_and_each_damage_is_found(tenant):
    from accounts.tenancy import tenant_scope

    with tenant_scope(tenant.id):
        program = ProgramFactory()
        deals_earn(program)
        deal_form()
        account = enrolled_account(program, number="R-1")
        manager = StaffFactory()
        first = approved(registered(account), manager)
        later = approved(
            registered(account, customer="Ostwind", website="ostwind.example.com"), manager
        )
        taken = approved(registered(account, customer="Südwerk", website=""), manager)
        taken = won(taken, amount=100_000, on=TODAY, now=NOON + timedelta(minutes=1))
        back = approved(registered(account, customer="Westfeld", website=""), manager)
        back = won(back, amount=50_000, on=TODAY, now=NOON + timedelta(minutes=1))
        lost(back, now=NOON + timedelta(minutes=2))
        JobRun.objects.create(
            job="advance_deals", period="2026-05-20", state="done", started_at=NOON
        )
    deals = {"open": first, "later": later, "won": taken, "manager": manager}
    assert wrong(tenant) == {}
    assert set(DAMAGE) == {one.claim for one in DEALS}
    for claim, damage in DAMAGE.items():
        with transaction.atomic():
            with tenant_scope(tenant.id):
                damage(deals)
            assert set(wrong(tenant)) == {claim}
            transaction.set_rollback(True)
    with tenant_scope(tenant.id):
        day = at("2026-05-21")
        fake = purchase(account, "5.00", day, str(first.pk), kind="deal", line="reseller")
        accepted(fake, as_of=day, source="deals")
    assert set(wrong(tenant)) == {next(iter(DAMAGE))}
